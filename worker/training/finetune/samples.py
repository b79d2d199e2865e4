"""Samples for query models: a picture, and one mask for each of its segments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from worker.datasets import DataSet
from worker.datasets.pictures import read_picture
from worker.evaluation.panoptic import PanopticMap

MIN_SHARE = 0.0005
"""Segments that cover less of a sample are not asked for."""
_TRIES = 8
"""Crops that are tried until one shows something."""


@dataclass(frozen=True)
class Augment:
    """How samples differ from the pictures they are cut from."""

    size: int
    """Side of a sample in pixels; samples are square."""
    zoom: tuple[float, float] = (0.7, 1.5)
    """Range of scales; at 1 the picture just fits into the sample."""
    flip: bool = True
    gain: float = 0.1
    """Standard deviation of the logarithm of a factor on all channels; each channel gets half as much more."""


@dataclass(frozen=True)
class Sample:
    """One picture as the network is shown it."""

    picture: Tensor
    """uint8, shape ``(3, size, size)``; black where the picture does not reach."""
    masks: Tensor
    """bool, shape ``(n, size, size)``."""
    classes: Tensor
    """Class index of each mask. int64, shape ``(n,)``."""


@dataclass(frozen=True)
class Batch:
    """Some samples."""

    pictures: Tensor
    """uint8, shape ``(B, 3, size, size)``."""
    masks: tuple[Tensor, ...]
    classes: tuple[Tensor, ...]


class Samples:
    """The samples of a data set; the same seed and iteration give the same batch."""

    def __init__(self, data: DataSet, augment: Augment, seed: int) -> None:
        self._data = data
        self._augment = augment
        self._seed = seed
        # A map calls its categories by their ids, as text.
        self._index = {str(category.id): index for index, category in enumerate(data.categories)}
        self._is_thing = [bool(category.isthing) for category in data.categories]

    def batch(self, iteration: int, count: int) -> Batch:
        """The batch of an iteration."""
        rng = np.random.default_rng([self._seed, iteration])
        frames = len(self._data.frames)
        chosen = rng.choice(frames, count, replace=frames < count)
        samples = [self._sample(int(number), rng) for number in chosen]
        return Batch(
            torch.stack([sample.picture for sample in samples]),
            tuple(sample.masks for sample in samples),
            tuple(sample.classes for sample in samples),
        )

    def _sample(self, number: int, rng: np.random.Generator) -> Sample:
        frames = self._data.frames
        for tried in range(len(frames)):
            # A picture in which nothing is annotated teaches these losses nothing; the next one stands in.
            frame = frames[(number + tried) % len(frames)]
            picture, truth = read_picture(frame.picture), self._data.truth(frame)
            if truth.categories:
                break
        for _ in range(_TRIES):
            sample = self._cut(picture, truth, rng)
            if len(sample.classes):
                return sample
        return self._placed(picture, truth, 1.0, (0, 0), False, np.ones(3))

    def _cut(self, picture: npt.NDArray[np.uint8], truth: PanopticMap, rng: np.random.Generator) -> Sample:
        wish = self._augment
        h, w = picture.shape[:2]
        zoom = float(np.exp(rng.uniform(np.log(wish.zoom[0]), np.log(wish.zoom[1]))))
        scale = zoom * wish.size / max(h, w)
        room = [round(side * scale) - wish.size for side in (h, w)]
        top, left = (int(rng.integers(0, spare + 1)) if spare > 0 else 0 for spare in room)
        gains = np.exp(rng.normal(0, wish.gain) + rng.normal(0, wish.gain / 2, 3))
        return self._placed(picture, truth, zoom, (top, left), wish.flip and rng.random() < 0.5, gains)

    def _placed(
        self,
        picture: npt.NDArray[np.uint8],
        truth: PanopticMap,
        zoom: float,
        start: tuple[int, int],
        flip: bool,
        gains: npt.NDArray[np.float64],
    ) -> Sample:
        """Scale, cut from `start` on, and lay into the upper left of the sample."""
        size = self._augment.size
        h, w = picture.shape[:2]
        scale = zoom * size / max(h, w)
        high, wide = max(1, round(h * scale)), max(1, round(w * scale))
        pixels = torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None]
        # Antialiased and rounded to 8 bits, as pictures are before they go to the network for real.
        pixels = F.interpolate(pixels, (high, wide), mode="bilinear", antialias=True)[0]
        # Each pixel takes the id at its centre.
        rows = ((np.arange(high) + 0.5) * h / high).astype(np.intp)
        columns = ((np.arange(wide) + 0.5) * w / wide).astype(np.intp)
        ids = truth.ids[np.ix_(rows, columns)]
        top, left = start
        pixels, ids = pixels[:, top : top + size, left : left + size], ids[top : top + size, left : left + size]
        if flip:
            pixels, ids = pixels.flip(-1), ids[:, ::-1]
        bright = (pixels.float() * torch.from_numpy(gains).float()[:, None, None]).round().clamp(0, 255)
        out = torch.zeros((3, size, size), dtype=torch.uint8)
        out[:, : ids.shape[0], : ids.shape[1]] = bright.to(torch.uint8)
        masks, classes = self._targets(ids, truth, size)
        return Sample(out, masks, classes)

    def _targets(self, ids: npt.NDArray[np.integer], truth: PanopticMap, size: int) -> tuple[Tensor, Tensor]:
        """A mask for each thing, and one for each category of stuff; crowds are nobody's target."""
        joined: dict[object, list[int]] = {}
        for id_, category in truth.categories.items():
            if id_ not in truth.crowds:
                index = self._index[category]
                joined.setdefault(("thing", id_) if self._is_thing[index] else ("stuff", index), []).append(id_)
        found: list[npt.NDArray[np.bool_]] = []
        classes: list[int] = []
        for members in joined.values():
            mask = np.zeros((size, size), np.bool_)
            mask[: ids.shape[0], : ids.shape[1]] = np.isin(ids, members)
            if mask.sum() >= max(1, MIN_SHARE * mask.size):
                found.append(mask)
                classes.append(self._index[truth.categories[members[0]]])
        masks = np.stack(found) if found else np.zeros((0, size, size), np.bool_)
        return torch.from_numpy(masks), torch.tensor(classes, dtype=torch.int64)
