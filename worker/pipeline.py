"""An export: find segments, follow tracks, make mattes, write files; what is done is kept frame by frame."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch

from bridge.errors import FrameUnreadableError, ModelError
from bridge.files import remove_unfinished
from bridge.frames import format_frames
from bridge.manifest import FileEntry, LayerEntry, Manifest, ModelEntry, TrackEntry, write_manifest
from bridge.request import Layout, MatteRequest, OnError
from bridge.version import SOFTWARE, version
from worker.exr import Origin, attributes, layers_file, write_layers
from worker.exr.header import Attribute
from worker.exr.key import KEY, read_key
from worker.following import follow_tracks, with_tracks
from worker.jobs import Progress
from worker.layers import LayerSpec, settle_layers
from worker.mattes.make import Matte, empty_mattes, make_mattes
from worker.predictions import Predictions
from worker.segments import FramePrediction
from worker.sheet import SheetFrame, write_sheet
from worker.stages import Stopwatch, ahead
from worker.tracking import TrackIndex

OVERLAP = "independent"
"""Each matte stands for itself; the sum over a pixel's mattes may be above or below 1."""

_SHEET_FRAMES = 4
_LOADED_AHEAD = 3
_MATTES_AHEAD = 2


@dataclass(frozen=True)
class _Frame:
    """One frame to be written."""

    number: int
    shows: int | None
    """The frame whose mattes it gets: itself, a neighbour where it is held, None where it is black."""
    reason: str | None = None
    """Why it could not be read; None where it could."""

    @property
    def state(self) -> str:
        if self.reason is None:
            return "good"
        return "black" if self.shows is None else "held"


class _Export:
    """One run of one request: what its stages share once tracks and layers are settled."""

    def __init__(
        self,
        request: MatteRequest,
        predictions: Predictions,
        index: TrackIndex,
        bad: dict[int, str],
        device: torch.device,
        watch: Stopwatch,
    ) -> None:
        self.request = request
        self.predictions = predictions
        self.source = predictions.source
        self.model = predictions.model
        self.index = index
        self.device = device
        self.watch = watch
        self.out = Path(request.out)
        self.origin = Origin(
            software=f"{SOFTWARE} {version()}",
            model=ModelEntry(
                name=self.model.name,
                licence=self.model.licence,
                fingerprint=self.model.fingerprint,
                label_set=self.model.label_set.name,
            ),
            overlap=OVERLAP,
            source=self.source.path,
            colorspace=self.source.colorspace,
            colorspace_from=self.source.colorspace_from,
            fps=self.source.fps,
        )
        self.frames = _planned(self.source.frames, bad, request.on_error)
        self._tracks = {track.id: track for track in index.tracks}
        shown: dict[str, set[int]] = {}
        for track in index.tracks:
            shown.setdefault(track.category, set()).add(track.id)
        self.layers = settle_layers(
            shown, request.categories, request.policy, self.model.label_set, tracks=request.tracks
        )
        if not self.layers:
            raise ModelError(
                f"model {self.model.name!r} found nothing in the frames {format_frames(self.source.frames)} of "
                f"{self.source.path}; name categories to get their empty layers, or choose another model"
            )

    def path(self, frame: int) -> Path:
        return self.out / layers_file(self.source.clip, frame, self.source.padding)

    def tracked(self, frame: int) -> FramePrediction:
        """What is shown in a frame that can be read, with the settled ids and categories."""
        return with_tracks(self.predictions.get(frame), self.index.frames[frame], self._tracks)

    def mattes(self, prediction: FramePrediction | None) -> list[Matte]:
        if prediction is None:
            return empty_mattes(self.layers)
        with self.watch.time("mattes"):
            return make_mattes(prediction, self.layers, self.source.size_wh, self.device)

    def key(self, frame: _Frame) -> str:
        """Digest of everything that decides a file's content: a file that carries it need not be written again."""
        ids = () if frame.shows is None else self.index.frames[frame.shows]
        parts = (
            version(),
            self.source.fingerprint,
            None if frame.shows is None else (frame.shows, self.source.frame_stamp(frame.shows)),
            self.model.fingerprint,
            sorted(self.model.settings.items()),
            [(layer.name, layer.category, layer.track, layer.border.describe()) for layer in self.layers],
            [(track_id, self._tracks[track_id].category if track_id else "") for track_id in ids],
            OVERLAP,
            frame.number,
            frame.state,
        )
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]

    def header(self, frame: _Frame) -> dict[str, Attribute]:
        return {**attributes(self.origin, self.layers, frame.number, frame.state), KEY: self.key(frame)}


def run_export(
    request: MatteRequest,
    predictions: Predictions,
    device: torch.device,
    progress: Progress,
    watch: Stopwatch,
) -> Path:
    """Carry an export out.

    Args:
        request: A request that has been checked; `predictions` are of its source and model.
        predictions: What the model finds.
        device: Where mattes are computed.
        progress: Told of every frame; may cancel.
        watch: Times the stages ``decode``, ``model``, ``store``, ``tracking``, ``mattes`` and ``exr``.

    Returns:
        The manifest's path.

    Raises:
        FrameUnreadableError: a frame cannot be read and the request says to stop, or none can be read.
        ModelError: the model found nothing at all and no category was named.
        JobCancelledError: the job was cancelled.
    """
    bad = predictions.find(request.on_error, progress)
    good = [frame for frame in predictions.source.frames if frame not in bad]
    if not good:
        raise FrameUnreadableError(
            f"no frame of {predictions.source.path} can be read: {next(iter(bad.values()))}"
        )
    index = follow_tracks(predictions, good, progress, watch)
    export = _Export(request, predictions, index, bad, device, watch)
    manifest = export.out / f"{export.source.clip}.mattes.json"
    remove_unfinished(export.out)
    _write_files(export, manifest, progress)
    sheet = _write_sheet(export, good, progress) if request.contact_sheet else None
    write_manifest(manifest, _manifest(export, sheet))
    return manifest


def _planned(frames: Sequence[int], bad: dict[int, str], on_error: OnError) -> list[_Frame]:
    """What each frame gets: a held one its nearest earlier good neighbour's mattes, or the next one's."""
    good = [frame for frame in frames if frame not in bad]
    planned = []
    last: int | None = good[0] if good and on_error is OnError.HOLD else None
    for frame in frames:
        if frame not in bad:
            planned.append(_Frame(frame, frame))
            if on_error is OnError.HOLD:
                last = frame
        else:
            planned.append(_Frame(frame, last, bad[frame]))
    return planned


def _write_files(export: _Export, manifest: Path, progress: Progress) -> None:
    missing = [frame for frame in export.frames if read_key(export.path(frame.number)) != export.key(frame)]
    if missing:
        # It speaks of files that are about to change; whoever finds none knows that the export is not done.
        manifest.unlink(missing_ok=True)
    done = len(export.frames) - len(missing)
    progress.begin("writing mattes", len(export.frames), already=done)

    def loaded() -> Iterator[tuple[_Frame, FramePrediction | None]]:
        for frame in missing:
            yield frame, None if frame.shows is None else export.tracked(frame.shows)

    def made() -> Iterator[tuple[_Frame, list[Matte]]]:
        with closing(ahead(loaded(), _LOADED_AHEAD, "load")) as stage:
            for frame, prediction in stage:
                yield frame, export.mattes(prediction)

    with closing(ahead(made(), _MATTES_AHEAD, "mattes")) as stage:
        for frame, mattes in stage:
            with export.watch.time("exr"):
                write_layers(export.path(frame.number), mattes, export.source.size_wh, export.header(frame))
            done += 1
            progress.at(done)


def _write_sheet(export: _Export, good: Sequence[int], progress: Progress) -> str:
    count = min(_SHEET_FRAMES, len(good))
    chosen = [good[round((len(good) - 1) * (i + 0.5) / count)] for i in range(count)]
    progress.begin("contact sheet", count)
    name = f"{export.source.clip}_sheet.png"

    def frames() -> Iterator[SheetFrame]:
        for done, frame in enumerate(chosen):
            prediction = export.tracked(frame)
            with export.watch.time("sheet"):
                yield SheetFrame(frame, export.source.read(frame), prediction, export.mattes(prediction))
            progress.at(done + 1)

    write_sheet(export.out / name, frames(), export.layers, export.model.label_set)
    return name


def _manifest(export: _Export, sheet: str | None) -> Manifest:
    source, origin = export.source, export.origin
    return Manifest(
        software=origin.software,
        clip=source.clip,
        source=origin.source,
        size_wh=source.size_wh,
        fps=None if source.fps is None else f"{source.fps.numerator}/{source.fps.denominator}",
        frames=format_frames(source.frames),
        colorspace=origin.colorspace,
        colorspace_from=origin.colorspace_from,
        model=origin.model,
        overlap=origin.overlap,
        layers=tuple(_layer_entry(layer) for layer in export.layers),
        tracks=tuple(
            TrackEntry(
                id=track.id,
                category=track.category,
                first=track.first_frame,
                last=track.last_frame,
                frames=track.frame_count,
            )
            for track in export.index.tracks
        ),
        files=tuple(
            FileEntry(
                path=export.path(frame.number).name,
                frame=frame.number,
                layout=Layout.LAYERS.value,
                state=frame.state,
                reason=frame.reason,
            )
            for frame in export.frames
        ),
        contact_sheet=sheet,
    )


def _layer_entry(layer: LayerSpec) -> LayerEntry:
    return LayerEntry(
        name=layer.name,
        category=layer.category,
        is_thing=layer.is_thing,
        track=layer.track,
        border=layer.border.describe(),
    )
