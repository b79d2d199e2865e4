"""What an export writes, settled before its first file: frames, layers, layouts, and each file's key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import torch

from bridge.errors import ModelError
from bridge.frames import format_frames
from bridge.manifest import FileEntry, LayerEntry, Manifest, ModelEntry, TrackEntry
from bridge.request import MatteRequest
from bridge.version import SOFTWARE, version
from worker.device import cores
from worker.earlier import settings_of
from worker.exr.header import Origin
from worker.exr.key import read_key
from worker.exr.layouts import FileSet, Layout, Stamp, needs_tracks
from worker.exr.layouts.foreground import ForegroundLayout
from worker.following import with_tracks
from worker.frame_writer import FOREGROUND, FrameOrder, frame_mattes, layout_of
from worker.layers import LayerSpec, settle_layers
from worker.mattes.make import Matte
from worker.media import Source
from worker.media.linear import LinearPlate
from worker.memory import available_bytes, frames_at_once
from worker.models.base import Plate
from worker.models.catalog import terms_for
from worker.planned_frames import PlannedFrame, plan_frames
from worker.predictions import Predictions
from worker.segments import FramePrediction
from worker.smoothing import Smoother
from worker.stages import Stopwatch
from worker.tracking import TrackIndex


class ExportPlan:
    """What the stages of an export share once tracks and layers are settled.

    Raises:
        ModelError: the model found nothing at all and no category was named.
    """

    def __init__(
        self,
        request: MatteRequest,
        predictions: Predictions,
        index: TrackIndex,
        bad: dict[int, str],
        device: torch.device,
        watch: Stopwatch,
        ahead: Source | None = None,
    ) -> None:
        """
        Args:
            request: What was asked for.
            predictions: Of all frames that can be read.
            index: Their tracks.
            bad: The frames that cannot be read, each with the reason.
            device: Where mattes are computed.
            watch: Times the stages.
            ahead: The source, opened once more: smoothing looks at plates ahead of those that are written, and a
                movie is fast only for one reader that goes forwards. Needed where smoothing was asked for.
        """
        self.request = request
        self.predictions = predictions
        self.source = predictions.source
        self.model = predictions.model
        self.index = index
        self.device = device
        self.watch = watch
        self.out = Path(request.out)
        self.frames = plan_frames(self.source.frames, bad, request.on_error)
        self._tracks = {track.id: track for track in index.tracks}
        self._smoother = None
        if request.smoothing:
            assert ahead is not None
            good = [frame for frame in self.source.frames if frame not in bad]
            self._smoother = Smoother(request.smoothing, good, self.found, ahead.read)
        shown: dict[str, set[int]] = {}
        for track in index.tracks:
            shown.setdefault(track.category, set()).add(track.id)
        names = [layout.value for layout in dict.fromkeys(request.layouts)]
        layers = settle_layers(
            shown,
            request.categories,
            request.policy,
            self.model.label_set,
            tracks=request.tracks or needs_tracks(names),
            groups=request.groups,
        )
        if not layers:
            raise ModelError(
                f"model {self.model.name!r} found nothing in the frames {format_frames(self.source.frames)} of "
                f"{self.source.path}; name categories to get their empty layers, or choose another model"
            )
        self.origin = Origin(
            software=f"{SOFTWARE} {version()}",
            model=ModelEntry(
                name=self.model.name,
                licence=self.model.licence,
                fingerprint=self.model.fingerprint,
                label_set=self.model.label_set.name,
                allows=terms_for(self.model.name, self.model.licence).words,
            ),
            overlap=request.overlap.value,
            smoothing=request.smoothing,
            source=self.source.path,
            colorspace=self.source.colorspace,
            colorspace_from=self.source.colorspace_from,
            fps=self.source.fps,
        )
        self.file_set = FileSet(
            clip=self.source.clip,
            plate_wh=self.source.size_wh,
            layers=layers,
            origin=self.origin,
            tracks=request.tracks,
            padding=self.source.padding,
            device=device,
        )
        self.layouts: dict[str, Layout] = {name: layout_of(name, self.file_set) for name in names}
        self.foreground = ForegroundLayout(self.file_set) if request.foreground else None
        """Foreground colour, where it was asked for: laid out like the others, but made from the plate's light."""
        self._described = {
            name: [(layer.name, layer.categories, layer.track, layer.border.describe()) for layer in output.layers]
            for name, output in self.outputs.items()
        }

    @property
    def outputs(self) -> dict[str, Layout | ForegroundLayout]:
        """All that is written for a frame, by name."""
        return {**self.layouts, **({} if self.foreground is None else {FOREGROUND: self.foreground})}

    def frames_at_once(self) -> int:
        """How many frames there are cores and memory for; DeviceMemoryError where there is not enough for one."""
        if self.device.type != "cpu":
            return 1
        return frames_at_once(
            self.source.size_wh,
            len({layer for output in self.outputs.values() for layer in output.layers}),
            self.request.layouts,
            foreground=self.request.foreground,
            wanted=cores(),
            free_bytes=available_bytes(),
        )

    def missing(self, frame: PlannedFrame) -> tuple[str, ...]:
        """The layouts whose files of a frame are not there, or not what they would be now."""
        return tuple(
            name
            for name, layout in self.outputs.items()
            if any(
                (found := read_key(self.out / file)) is None or found != self.key(name, frame)
                for file in layout.files_of(frame.number)
            )
        )

    def tracked(self, frame: int) -> FramePrediction:
        """What is shown in a frame that can be read, with settled ids and categories; steadied where asked for."""
        if self._smoother is None:
            return self.found(frame)
        with self.watch.time("smoothing"):
            return self._smoother.smoothed(frame)

    def found(self, frame: int) -> FramePrediction:
        """What was found in a frame that can be read, with settled ids and categories."""
        return with_tracks(self.predictions.get(frame), self.index.frames[frame], self._tracks)

    def order(self, frame: PlannedFrame, names: Sequence[str]) -> FrameOrder:
        """What the files of a frame are made from, for the layouts of some names."""
        # Layouts share layers: each matte is made once, for all that show it.
        layers = tuple(dict.fromkeys(layer for name in names for layer in self.outputs[name].layers))
        return FrameOrder(
            folder=self.out,
            files=self.file_set,
            overlap=self.request.overlap,
            stamps={name: Stamp(frame.number, self.key(name, frame), frame.state) for name in names},
            layers=layers,
            prediction=None if frame.shows is None else self.tracked(frame.shows),
            plate=None if frame.shows is None else self._plate(frame.shows, layers),
            light=self._light(frame) if FOREGROUND in names else None,
        )

    def mattes(self, prediction: FramePrediction, layers: Sequence[LayerSpec], plate: Plate) -> list[Matte]:
        """The mattes of some layers, made here and now."""
        return frame_mattes(prediction, layers, self.file_set, self.request.overlap, plate)

    def title(self) -> str:
        """What the export is of, in a line."""
        source = self.source
        size = f"{source.size_wh[0]} x {source.size_wh[1]}"
        return f"{source.clip}   frames {format_frames(source.frames)}   {size}   {self.model.name}"

    def _plate(self, frame: int, layers: Iterable[LayerSpec]) -> Plate | None:
        if not any(layer.border.needs_plate for layer in layers):
            return None
        with self.watch.time("decode"):
            return self.source.read(frame)

    def _light(self, frame: PlannedFrame) -> LinearPlate:
        with self.watch.time("decode"):
            pixels = None if frame.shows is None else self.source.read_linear(frame.shows)
        return LinearPlate(self.source.light, pixels)

    def key(self, layout: str, frame: PlannedFrame) -> str:
        """Digest of all that decides the content of a layout's files; files that carry it are kept."""
        shown: Sequence[int] = () if frame.shows is None else (frame.shows,)
        if frame.shows is not None and self._smoother is not None:
            shown = self._smoother.window(frame.shows)
        parts = (
            version(),
            layout,
            self.source.fingerprint,
            frame.shows,
            [(number, self.predictions.stamp(number)) for number in shown],
            self.model.fingerprint,
            sorted(self.model.settings.items()),
            self._described[layout],
            [
                [(track_id, self._tracks[track_id].category if track_id else "") for track_id in ids]
                for ids in (self.index.frames[number] for number in shown)
            ],
            self.request.overlap.value,
            self.source.light.identity if layout == FOREGROUND else None,
            frame.number,
            frame.state,
        )
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]

    def manifest(self, indexes: tuple[str, ...], sheet: str | None) -> Manifest:
        """The manifest of the export once all of its files are written.

        Args:
            indexes: What the layouts wrote beside their files.
            sheet: The contact sheet's name; None where there is none.
        """
        source, origin = self.source, self.origin
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
            smoothing=origin.smoothing,
            settings=settings_of(self.request, source),
            layers=tuple(self._layer_entry(layer) for layer in self.file_set.layers),
            tracks=tuple(
                TrackEntry(
                    id=track.id,
                    category=track.category,
                    first=track.first_frame,
                    last=track.last_frame,
                    frames=track.frame_count,
                )
                for track in self.index.tracks
            ),
            files=tuple(
                FileEntry(path=file, frame=frame.number, layout=name, state=frame.state, reason=frame.reason)
                for frame in self.frames
                for name, layout in self.outputs.items()
                for file in layout.files_of(frame.number)
            ),
            indexes=indexes,
            contact_sheet=sheet,
        )

    def _layer_entry(self, layer: LayerSpec) -> LayerEntry:
        return LayerEntry(
            name=layer.name,
            category=layer.category,
            is_thing=layer.is_thing,
            track=layer.track,
            border=layer.border.describe(),
            layouts=tuple(name for name, layout in self.outputs.items() if layer in layout.layers),
        )
