"""The data sets of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bridge.errors import DataSetError
from worker.datasets import DataSet, Frame
from worker.datasets.coco import open_listing
from worker.datasets.coco_format import DataCategory
from worker.evaluation.panoptic import PanopticMap


class Part:
    """Some frames of a data set."""

    def __init__(self, data: DataSet, frames: Sequence[Frame]) -> None:
        self._data = data
        self.name: str = data.name
        self.root: Path = data.root
        self.fps: float | None = data.fps
        self.categories: Sequence[DataCategory] = data.categories
        self.frames = tuple(frames)

    def truth(self, frame: Frame) -> PanopticMap:
        """See `worker.datasets.DataSet`."""
        return self._data.truth(frame)


def open_parts(
    train: Path, images: Path | None, val: Path | None, val_images: Path | None, frames: int | None
) -> tuple[DataSet, DataSet]:
    """What to train and what to judge on.

    Args:
        train: A JSON in COCO panoptic format.
        images: Where its pictures lie; None is beside it.
        val: The same for judging; None judges on the frames of `train` that are not trained on.
        val_images: Where its pictures lie.
        frames: Train on so many frames, spread over all.

    Raises:
        DataSetError: Files are missing or damaged, the two differ in their categories, or none are left.
    """
    data = open_listing(train, None, images)
    count = len(data.frames) if frames is None else min(frames, len(data.frames))
    chosen = [data.frames[index * len(data.frames) // count] for index in range(count)]
    training = Part(data, chosen)
    if val is None:
        taken = {frame.key for frame in chosen}
        left = [frame for frame in data.frames if frame.key not in taken]
        if not left:
            raise DataSetError("nothing is left to judge on; give --val, or train on fewer of them with --frames")
        return training, Part(data, left)
    judged = open_listing(val, None, val_images)
    ours, theirs = ([(c.id, c.name) for c in part.categories] for part in (data, judged))
    if ours != theirs:
        raise DataSetError(f"{train} and {val} have different categories: {ours[:6]} ... and {theirs[:6]} ...")
    return training, judged
