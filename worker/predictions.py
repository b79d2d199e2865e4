"""The predictions of a source: taken from the store where they are, found by the model where they are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice

from bridge.errors import FrameUnreadableError
from bridge.request import OnError
from worker.jobs import Progress
from worker.media import Source
from worker.models.base import Model, Plate
from worker.models.registry import ModelPool
from worker.segments import FramePrediction
from worker.stages import Stopwatch, ahead
from worker.store import Shelf
from worker.thumbnail import with_thumbnail

_DECODED_AHEAD = 3
_PREDICTED_AHEAD = 6


class Predictions:
    """What a model finds in the frames of a source, each frame found once and then kept."""

    def __init__(self, source: Source, model: Model, pool: ModelPool, shelf: Shelf, watch: Stopwatch) -> None:
        self.source = source
        self.model = model
        self.shelf = shelf
        self._pool = pool
        self._watch = watch

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
        plates = ahead(self._plates(missing, on_error, bad), _DECODED_AHEAD, "decode")
        found = ahead(self._predict(plates), _PREDICTED_AHEAD, "predict")
        with closing(found):
            for frame, prediction in found:
                with self._watch.time("store"):
                    self.shelf.save(frame, self.source.frame_stamp(frame), prediction)
                done += 1
                progress.at(done)
        progress.at(done + len(bad))
        return bad

    def get(self, frame: int) -> FramePrediction:
        """One frame's prediction; FrameUnreadableError where it is not in the store and cannot be read."""
        stamp = self.source.frame_stamp(frame)
        with self._watch.time("store"):
            kept = self.shelf.load(frame, stamp)
        if kept is not None:
            return kept
        plate = self.source.read(frame)
        prediction = with_thumbnail(self._pool.predict(self.model, [plate])[0], plate)
        self.shelf.save(frame, stamp, prediction)
        return prediction

    def _missing(self, frames: Sequence[int], on_error: OnError, bad: dict[int, str]) -> list[int]:
        missing = []
        for frame in frames:
            try:
                if not self.shelf.has(frame, self.source.frame_stamp(frame)):
                    missing.append(frame)
            except FrameUnreadableError as err:
                _note(err, frame, on_error, bad)
        return missing

    def _plates(
        self, frames: Sequence[int], on_error: OnError, bad: dict[int, str]
    ) -> Iterator[tuple[int, Plate]]:
        for frame in frames:
            try:
                with self._watch.time("decode"):
                    plate = self.source.read(frame)
            except FrameUnreadableError as err:
                _note(err, frame, on_error, bad)
            else:
                yield frame, plate

    def _predict(self, plates: Iterator[tuple[int, Plate]]) -> Iterator[tuple[int, FramePrediction]]:
        # `plates` is a stage of its own: closing this one must close it, too.
        try:
            while batch := list(islice(plates, self.model.batch_size)):
                with self._watch.time("model"):
                    found = self._pool.predict(self.model, [plate for _, plate in batch])
                for (frame, plate), prediction in zip(batch, found, strict=True):
                    yield frame, with_thumbnail(prediction, plate)
        finally:
            close = getattr(plates, "close", None)
            if close is not None:
                close()


def _note(err: FrameUnreadableError, frame: int, on_error: OnError, bad: dict[int, str]) -> None:
    if on_error is OnError.ERROR:
        raise err
    bad[frame] = str(err)
