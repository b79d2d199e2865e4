"""A clip of mattes on disk, the true ones and the plates beside it, matched by frame number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.errors import BadRequestError
from bridge.frames import format_frames
from worker.evaluation.matte_files import MatteFiles
from worker.evaluation.matte_metrics import unknown_region
from worker.evaluation.mattes import MatteFrame
from worker.media import Source


@dataclass(frozen=True)
class MatteClip:
    """Predicted mattes, and what they are judged by.

    Raises:
        BadRequestError: the truth has other frames than the prediction, or trimaps or plates lack some.
    """

    predicted: MatteFiles
    truth: MatteFiles | None = None
    trimap: MatteFiles | None = None
    plates: Source | None = None
    """Left open."""

    def __post_init__(self) -> None:
        frames = self.predicted.frames
        if self.truth is not None and self.truth.frames != frames:
            raise BadRequestError(
                f"expected {self.predicted.path} to have the frames of {self.truth}, but "
                + " and ".join(_differences(self.truth.frames, frames))
            )
        if self.trimap is not None:
            _check_covers(str(self.trimap), self.trimap.frames, frames)
        if self.plates is not None:
            _check_covers(f"{self.plates.path} (frames {self.plates.available})", self.plates.frames, frames)

    @property
    def frames(self) -> tuple[int, ...]:
        """The frames that are judged, ascending."""
        return self.predicted.frames

    def read(self) -> Iterator[MatteFrame]:
        """The frames, one at a time.

        Raises:
            FrameUnreadableError: a file is damaged, or no matte.
            BadRequestError: pictures differ in size, of one frame or from frame to frame.
        """
        reference = self.truth or self.predicted
        expected = reference.read(self.frames[0]).shape
        for number in self.frames:
            predicted = self.predicted.read(number)
            truth = self.truth.read(number) if self.truth else None
            trimap = self.trimap.read(number) if self.trimap else None
            plate = self.plates.read(number) if self.plates else None
            for files, picture in (
                (self.predicted, predicted),
                (self.truth, truth),
                (self.trimap, trimap),
                (self.plates, plate),
            ):
                if files is not None and picture is not None and picture.shape[:2] != expected:
                    raise BadRequestError(
                        f"frame {number} of {files.path} is {_size(picture.shape)}, expected {_size(expected)} "
                        f"like the first frame of {reference.path}"
                    )
            yield MatteFrame(number, predicted, truth, None if trimap is None else unknown_region(trimap), plate)


def _check_covers(what: str, there: Sequence[int], needed: Sequence[int]) -> None:
    missing = set(needed) - set(there)
    if missing:
        raise BadRequestError(
            f"expected {what} to have all frames of the mattes, but it lacks {format_frames(missing)}"
        )


def _differences(expected: Sequence[int], found: Sequence[int]) -> Iterator[str]:
    if lacking := set(expected) - set(found):
        yield f"it lacks {format_frames(lacking)}"
    if besides := set(found) - set(expected):
        yield f"it has {format_frames(besides)} besides"


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} x {shape[0]}"
