"""The predictions of a source: taken from the store where they are, found by the model where they are not."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing

from bridge.errors import FrameUnreadableError
from bridge.request import OnError
from worker.media import Source
from worker.models.base import Model, Plate, Predictor, VideoModel
from worker.models.registry import ModelPool
from worker.progress import Progress
from worker.runs import Runs
from worker.segments import FramePrediction
from worker.stages import Stopwatch, ahead, side_by_side
from worker.store import Shelf
from worker.thumbnail import with_thumbnail

log = logging.getLogger(__name__)

_DECODED_AHEAD = 3
_PREDICTED_AHEAD = 6


class Predictions:
    """What a model finds in the frames of a source, each frame found once and then kept."""

    def __init__(
        self,
        source: Source,
        model: Model,
        pool: ModelPool,
        shelf: Shelf,
        watch: Stopwatch,
        *,
        careful: bool = False,
    ) -> None:
        """Nothing is found yet. With `careful` the model sees one plate at a time, since memory is short."""
        self.source = source
        self.model = model
        self.shelf = shelf
        self._pool = pool
        self._watch = watch
        self._careful = careful
        self._batch_size = 1 if careful else model.batch_size
        self._runs = Runs(source, model.run_length) if isinstance(model, VideoModel) else None
        # What remembers must see its frames in order.
        self._at_once = 1 if careful or self._runs is not None else pool.at_once

    def stamp(self, frame: int) -> str:
        """Text that changes with the plates that the frame's prediction is made from."""
        return self.source.frame_stamp(frame) if self._runs is None else self._runs.stamp(frame)

    def find(self, on_error: OnError, progress: Progress) -> dict[int, str]:
        """Run the model on every selected frame that the store does not have.

        Returns:
            The frames that could not be read, each with the reason.

        Raises:
            FrameUnreadableError: a frame cannot be read and `on_error` says to stop.
            JobCancelledError: the job was cancelled.
        """
        bad: dict[int, str] = {}
        frames = self.source.frames
        missing = self._missing(frames, on_error, bad)
        done = len(frames) - len(missing)
        # Following tracks and making mattes together take about as long as finding segments on a CPU.
        progress.begin("finding segments", len(frames), already=done, later=1.0)
        plates = self._plates(missing, on_error, bad)
        if self._careful:
            # One after the other: if the process ends, it is plain what it was at.
            found = self._predict(plates)
        else:
            found = ahead(self._predict(ahead(plates, _DECODED_AHEAD, "decode")), _PREDICTED_AHEAD, "predict")
        wanted = set(missing)
        with closing(found):
            for frame, prediction in found:
                with self._watch.time("store"):
                    self.shelf.save(frame, self.stamp(frame), prediction)
                done += frame in wanted
                progress.at(done)
        progress.at(done + len(bad))
        return bad

    def get(self, frame: int) -> FramePrediction:
        """One frame's prediction; FrameUnreadableError where it is not in the store and cannot be read."""
        with self._watch.time("store"):
            kept = self.shelf.load(frame, self.stamp(frame))
        if kept is not None:
            return kept
        for number, prediction in self._predict(self._plates([frame], OnError.ERROR, {})):
            self.shelf.save(number, self.stamp(number), prediction)
        return prediction

    def _missing(self, frames: Sequence[int], on_error: OnError, bad: dict[int, str]) -> list[int]:
        missing = []
        for frame in frames:
            avoided = self.source.why_avoided(frame)
            if avoided is not None:
                # What the store has of it was found when it could still be read; mattes may need the plate again.
                _note(FrameUnreadableError(avoided), frame, on_error, bad)
                continue
            try:
                if not self.shelf.has(frame, self.stamp(frame)):
                    missing.append(frame)
            except FrameUnreadableError as err:
                _note(err, frame, on_error, bad)
        return missing

    def _plates(
        self, wanted: Sequence[int], on_error: OnError, bad: dict[int, str]
    ) -> Generator[tuple[int, Plate], None, None]:
        """The plates that the model must see for the wanted frames."""
        asked_for = set(wanted)
        for frame in wanted if self._runs is None else self._runs.needed(wanted):
            try:
                with self._watch.time("decode"):
                    plate = self.source.read(frame)
            except FrameUnreadableError as err:
                # A video model goes on over a frame that it was only to see on the way.
                if frame in asked_for:
                    _note(err, frame, on_error, bad)
            else:
                yield frame, plate

    def _predict(
        self, plates: Generator[tuple[int, Plate], None, None]
    ) -> Generator[tuple[int, FramePrediction], None, None]:
        def look(batch: tuple[Predictor, list[tuple[int, Plate]]]) -> list[tuple[int, FramePrediction]]:
            predictor, shown = batch
            with self._watch.time("model"):
                found = self._pool.predict(predictor, [plate for _, plate in shown])
            return [
                (frame, with_thumbnail(prediction, plate))
                for (frame, plate), prediction in zip(shown, found, strict=True)
            ]

        # `plates` is a stage of its own: closing this one must close it, too.
        try:
            with closing(side_by_side(self._batches(plates), look, self._at_once, "model")) as batches:
                for found in batches:
                    yield from found
        finally:
            plates.close()

    def _batches(
        self, plates: Iterable[tuple[int, Plate]]
    ) -> Generator[tuple[Predictor, list[tuple[int, Plate]]], None, None]:
        """Plates as many as the model likes, each batch with what takes it: the model, or one of its runs."""
        predictor: Predictor = self.model
        run: int | None = None
        batch: list[tuple[int, Plate]] = []
        for frame, plate in plates:
            number = None if self._runs is None else self._runs.number(frame)
            if number is not None and number != run and isinstance(self.model, VideoModel):
                if batch:
                    yield predictor, batch
                predictor, run, batch = self.model.begin(number), number, []
            batch.append((frame, plate))
            if len(batch) == self._batch_size:
                yield predictor, batch
                batch = []
        if batch:
            yield predictor, batch


def _note(err: FrameUnreadableError, frame: int, on_error: OnError, bad: dict[int, str]) -> None:
    if on_error is OnError.ERROR:
        raise err
    log.warning("frame %d cannot be read: %s", frame, err, extra={"frame": frame})
    bad[frame] = str(err)
