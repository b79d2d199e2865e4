"""An export: find segments, follow tracks, make mattes, write files; what is done is kept frame by frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import torch

from bridge.errors import FrameUnreadableError
from bridge.files import remove_unfinished
from bridge.manifest import write_manifest
from bridge.request import MatteRequest
from worker import signs
from worker.device import cores
from worker.earlier import Folder, FolderChangedError, joined, manifest_path
from worker.export_plan import ExportPlan
from worker.folder_lock import sole_writer
from worker.following import follow_tracks
from worker.frame_writer import write_frames
from worker.media import Source, open_source
from worker.predictions import Predictions
from worker.processes import warm_up
from worker.progress import Progress
from worker.sheet import SheetFrame, SheetPlates, plan_sheet, write_sheet
from worker.stages import Stopwatch, ahead

_LOADED_AHEAD = 3


def run_export(
    request: MatteRequest,
    predictions: Predictions,
    device: torch.device,
    progress: Progress,
    watch: Stopwatch,
    *,
    careful: bool = False,
) -> Path:
    """Carry an export out.

    Args:
        request: A request that has been checked; `predictions` are of its source and model.
        predictions: What the model finds.
        device: Where mattes are computed.
        progress: Told of every frame; may cancel.
        watch: Times the stages ``decode``, ``model``, ``store``, ``tracking``, ``smoothing``, ``mattes`` and
            ``exr``.
        careful: Write one frame at a time, since memory is short.

    Returns:
        The manifest's path.

    Raises:
        FrameUnreadableError: a frame cannot be read and the request says to stop, or none can be read.
        ModelError: the model found nothing at all and no category was named.
        DeviceMemoryError: there is not enough memory for a frame with all of its layers.
        JobCancelledError: the job was cancelled.
        FolderBusyError: another export writes the same clip's mattes to the same folder.
        FolderChangedError: one added frames to it since this one was planned.
        OtherSettingsError: one wrote mattes to it with other settings.
    """
    if not careful:
        warm_up(device)
    bad = predictions.find(request.on_error, progress)
    good = [frame for frame in predictions.source.frames if frame not in bad]
    if not good:
        raise FrameUnreadableError(
            f"no frame of {predictions.source.path} can be read: {next(iter(bad.values()))}"
        )
    index = follow_tracks(predictions, good, progress, watch)
    with ExitStack() as opened:
        ahead_of = opened.enter_context(_again(request)) if request.smoothing else None
        export = ExportPlan(request, predictions, index, bad, device, watch, ahead_of)
        path = manifest_path(export.out, export.source.clip)
        opened.enter_context(sole_writer(export.out, export.source.clip))
        if joined(request, export.source) is not request:
            raise FolderChangedError(f"another export added frames to {export.out}; run the same command again")
        remove_unfinished(export.out)
        folder = Folder(export.out, export.source.clip)
        at_once = 1 if careful else export.frames_at_once()
        beside = _room_beside(request, device, at_once)
        plates = opened.enter_context(SheetPlates(export.source, (lambda: _again(request)) if beside else None))
        drawing = None
        if request.contact_sheet and beside:
            pool = opened.enter_context(ThreadPoolExecutor(1, "sheet", signs.begin_call, (signs.this_call(),)))
            drawing = pool.submit(_write_sheet, export, plates, good, progress.check)
        _write_files(export, folder, progress, at_once, careful=careful)
        sheet = None
        if request.contact_sheet:
            progress.begin("contact sheet", 1)
            sheet = _write_sheet(export, plates, good, progress.check) if drawing is None else drawing.result()
            progress.at(1)
        indexes = [layout.write_index(export.out) for layout in export.layouts.values()]
        manifest = export.manifest(tuple(index for index in indexes if index), sheet)
        write_manifest(path, manifest)
        folder.done(manifest)
    return path


def _again(request: MatteRequest) -> Source:
    return open_source(request.source, frames=request.frames, colorspace=request.colorspace)


def _room_beside(request: MatteRequest, device: torch.device, at_once: int) -> bool:
    """Whether the sheet can be drawn while frames are written: there is memory, and nobody else steadies masks."""
    return device.type == "cpu" and at_once == cores() > 1 and not request.smoothing


def _write_files(export: ExportPlan, folder: Folder, progress: Progress, at_once: int, *, careful: bool) -> None:
    missing = {frame: names for frame in export.frames if (names := export.missing(frame))}
    # Whoever finds no manifest knows that the export is not done.
    folder.will_change(
        {
            file
            for frame, names in missing.items()
            for n in names
            for file in export.outputs[n].files_of(frame.number)
        }
    )
    done = len(export.frames) - len(missing)
    progress.begin("writing mattes", len(export.frames), already=done)

    orders = (export.order(frame, names) for frame, names in missing.items())
    if not careful:
        orders = ahead(orders, _LOADED_AHEAD, "load")
    with closing(orders), closing(write_frames(orders, export.device, at_once=at_once)) as written:
        for busy_s in written:
            for stage, seconds in busy_s.items():
                export.watch.add(stage, seconds)
            done += 1
            progress.at(done)


def _write_sheet(export: ExportPlan, plates: SheetPlates, good: Sequence[int], check: Callable[[], None]) -> str:
    """Draw the contact sheet; `check` is asked before every frame, and raises where the job was cancelled."""
    name = f"{export.source.clip}_sheet.png"
    layers = export.file_set.asked_for
    plan = plan_sheet(good, export.index, layers, export.found)

    def frames() -> Iterator[SheetFrame]:
        for frame in plan.frames:
            check()
            prediction = export.tracked(frame)
            plate = plates.read(frame)
            mattes = export.mattes(prediction, plan.best.get(frame, ()), plate)
            with export.watch.time("sheet"):
                yield SheetFrame(frame, plate, prediction, {matte.layer: matte for matte in mattes})

    write_sheet(export.out / name, export.title(), plan, frames(), layers, export.model.label_set)
    return name
