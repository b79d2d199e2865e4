"""What carries requests out: a device, loaded models, the prediction store and the folders it may touch."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import torch

from bridge import wire
from bridge.errors import OutputError
from bridge.messages import DescribeReply, Segment, SegmentReply
from bridge.request import MatteRequest
from worker.describe import describe
from worker.device import device_words, share_cores
from worker.earlier import FolderChangedError, joined, joining
from worker.engine_link import Held
from worker.following import follow_tracks
from worker.held import held
from worker.layers import find_categories, settle_layers
from worker.mattes import check_borders
from worker.media import Source, linked_files, open_source
from worker.memory import available_bytes, frames_at_once
from worker.models.base import LoadOptions
from worker.models.detail import closer
from worker.models.licences import check_licence
from worker.models.registry import ModelEntry, ModelPool, find_model, is_path
from worker.notes import notes_on
from worker.pipeline import run_export
from worker.plates import PlateDesk
from worker.predictions import Predictions
from worker.processes import end_processes
from worker.progress import Progress
from worker.roots import Roots
from worker.spawning import check_guard
from worker.stages import Stopwatch
from worker.store import Store
from worker.tracking import TrackIndex

_TRIES = 3
"""How often an export is planned anew because others added frames to its folder meanwhile."""


class Engine:
    """A worker without its socket. Methods may be called from any thread; one export runs at a time."""

    def __init__(
        self, device: torch.device, store: Store, roots: Roots | None = None, options: LoadOptions | None = None
    ) -> None:
        check_guard()
        share_cores(device)
        self.device = device
        self.watch = Stopwatch()
        """Where exports spent their time, since the engine was made."""
        self._pool = ModelPool(device, options)
        self._store = store
        self._plates = PlateDesk(self._pool, store, device)
        self._roots = Roots() if roots is None else roots

    def check(self, request: MatteRequest) -> tuple[str, ...]:
        """Find out, before any work, whether a request can be carried out.

        Returns:
            What whoever asked should know before the work begins, such as a licence that forbids commercial use.

        Raises:
            BadRequestError: (or a class below it) names what is wrong and what to do.
            DeviceMemoryError: a frame of this size takes more memory than there is.
        """
        notices = self._check_words(request)
        with _opened(request) as source:
            return notices + _check_plates(request, source, joined(request, source))

    @property
    def device_words(self) -> str:
        """The device, for people."""
        return device_words(self.device)

    @property
    def ready(self) -> bool:
        """Always: an engine can work once it is made."""
        return True

    @property
    def losses(self) -> int:
        """None: this process is its own."""
        return 0

    @property
    def held(self) -> Held:
        """The memory that this process and its device hold now."""
        return held(self.device)

    def describe(self) -> DescribeReply:
        """Models, categories, layouts, formats and colour spaces that there are here."""
        return describe(self.device)

    def export(self, request: MatteRequest, progress: Progress, *, careful: bool = False) -> Path:
        """Carry an export out; what an earlier run of the same request left is kept.

        Args:
            request: What to export.
            progress: Told of every frame; may cancel.
            careful: Take as little memory as can be: one plate and one frame at a time.

        Returns:
            The manifest's path.

        Raises:
            JobCancelledError: the job was cancelled.
            MattebridgeError: the export cannot go on; finished frames are kept.
        """
        self._check_words(request)
        for left in reversed(range(_TRIES)):
            try:
                return self._export(request, progress, careful)
            except FolderChangedError:
                # What was found is in the store: planning anew takes moments.
                if not left:
                    raise
        raise AssertionError

    def _export(self, request: MatteRequest, progress: Progress, careful: bool) -> Path:
        with ExitStack() as opened:
            source = opened.enter_context(_opened(request))
            wider = joined(request, source)
            _check_plates(request, source, wider)
            model = closer(self._pool.get(request.model), request.detail)
            if wider is not request:
                source = opened.enter_context(_opened(wider))
            shelf = self._store.shelf(source.fingerprint, model.fingerprint, model.settings)
            shelf.mark_used()
            predictions = Predictions(source, model, self._pool, shelf, self.watch, careful=careful)
            manifest = run_export(wider, predictions, self.device, progress, self.watch, careful=careful)
        self._store.evict(keep=shelf)
        return manifest

    def track(self, request: MatteRequest, progress: Progress, *, anew: bool = False) -> TrackIndex:
        """Find segments and give them track ids, without writing anything but to the store.

        Args:
            request: Whose source, frames, model, detail, colour space and ways with bad frames count.
            progress: Told of every frame; may cancel.
            anew: Forget the ids that earlier jobs gave to frames of this source.

        Raises:
            JobCancelledError: the job was cancelled.
            MattebridgeError: the source or the model cannot be used.
        """
        self._check_source(request.source)
        entry = self._find(request.model)
        check_licence(entry.name, entry.terms, request.licence)
        model = closer(self._pool.get(request.model), request.detail)
        with _opened(request) as source:
            shelf = self._store.shelf(source.fingerprint, model.fingerprint, model.settings)
            shelf.mark_used()
            predictions = Predictions(source, model, self._pool, shelf, self.watch)
            bad = predictions.find(request.on_error, progress)
            good = [frame for frame in source.frames if frame not in bad]
            index = follow_tracks(predictions, good, progress, self.watch, anew=anew)
        self._store.evict(keep=shelf)
        return index

    def segment(self, message: Segment, arrays: Sequence[wire.Array]) -> tuple[SegmentReply, list[wire.Array]]:
        """The mattes of one plate, by path or by pixels; see `bridge.messages.Segment`.

        Raises:
            BadRequestError: (or a class below it) neither a path nor pixels, or one that cannot be used.
        """
        entry = self._find(message.model)
        notices = check_licence(entry.name, entry.terms, message.licence)
        for category in message.categories or ():
            find_categories(category, entry.label_set)
        borders = (
            message.policy.border_for(category.name, is_thing=category.is_thing)
            for category in entry.label_set.categories
        )
        notices += check_borders(borders, message.licence)
        if message.source is not None:
            self._check_source(message.source)
        return self._plates.answer(message, arrays, entry.label_set, notices)

    def close(self) -> None:
        """End the processes that help; another export or plate would start them again."""
        end_processes()

    def _check_source(self, source: str) -> None:
        self._roots.check(source, "source")
        if self._roots:
            for file in linked_files(source):
                self._roots.check(file, "source")

    def _check_words(self, request: MatteRequest) -> tuple[str, ...]:
        """What can be checked of an export without a look at its source; as `check`."""
        self._check_source(request.source)
        self._roots.check(request.out, "output folder")
        entry = self._find(request.model)
        notices = check_licence(entry.name, entry.terms, request.licence)
        # As if the source showed everything: names of categories and groups are known before anything is found.
        shown: dict[str, tuple[int, ...]] = dict.fromkeys(entry.label_set.names, ())
        layers = settle_layers(shown, request.categories, request.policy, entry.label_set, groups=request.groups)
        return notices + check_borders((layer.border for layer in layers), request.licence)

    def _find(self, model: str) -> ModelEntry:
        """The model that a request asks for; one that is named by its path must lie in the roots."""
        if is_path(model):
            self._roots.check(model, "model")
        return find_model(model)


def _check_plates(request: MatteRequest, source: Source, wider: MatteRequest) -> tuple[str, ...]:
    """The rest of what `Engine.check` finds out; `wider` is the request as `joined`."""
    if request.foreground:
        # Raises where the configuration has no way to scene-linear light.
        _ = source.light
    # At the least: the layers of tracks are not known yet.
    frames_at_once(
        source.size_wh,
        max(1, len(request.categories or ())),
        request.layouts,
        foreground=request.foreground,
        wanted=1,
        free_bytes=available_bytes(),
    )
    check_output(Path(request.out))
    return notes_on(find_model(request.model).name, source, request) + joining(request, wider)


def check_output(folder: Path) -> None:
    """Make the folder of an export and see that files can be written there; OutputError where they cannot."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".mattebridge-"):
            pass
    except OSError as err:
        raise OutputError(f"cannot write to the output folder {folder}: {os.strerror(err.errno or 0)}") from None


def _opened(request: MatteRequest) -> Source:
    return open_source(request.source, frames=request.frames, colorspace=request.colorspace)
