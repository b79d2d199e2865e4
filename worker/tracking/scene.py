"""One frame as tracking sees it: every thing measured on the working grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from worker.segments import Segment
from worker.tracking.appearance import BINS, ColourBins
from worker.tracking.grid import Plane, reduced_mask

Floats = npt.NDArray[np.float32]

_TOUCHING = 0.3
"""An edge may be cut off by other things where they lie beyond this share of it."""

_EDGE_SHARE = 0.05
"""The share of a thing's coverage beyond each of its edges, so that a faint fringe does not move them."""


@dataclass(frozen=True)
class Scene:
    """The things of one frame, in the order of their segments. Lengths are in cells of the working grid."""

    categories: tuple[str, ...]
    scores: tuple[float, ...]
    planes: Floats
    """Coverage of each cell. Shape ``(N, h * w)``, in [0, 1]."""
    areas: Floats
    """Shape ``(N,)``; above 0."""
    centroids: Floats
    """Columns x, y. Shape ``(N, 2)``."""
    edges: Floats
    """Columns left, top, right, bottom. Shape ``(N, 4)``."""
    free: npt.NDArray[np.bool_]
    """Whether that edge is the thing's own: no other thing and no border of the picture may cut it off there."""
    looks: Floats | None
    """Colour histograms, shape ``(N, BINS)``; None where the prediction has no thumbnail."""
    wh: tuple[int, int]
    """Width and height of the working grid."""

    def __len__(self) -> int:
        return len(self.categories)

    @property
    def together(self) -> Plane:
        """The coverage of all things together, in [0, 1]. Shape ``(h, w)``."""
        w, h = self.wh
        return np.asarray(self.planes.max(axis=0, initial=0.0).reshape(h, w), np.float32)

    def only(self, positions: Sequence[int]) -> Scene:
        """The same frame with only the things at these positions."""
        rows = list(positions)
        return Scene(
            categories=tuple(self.categories[i] for i in rows),
            scores=tuple(self.scores[i] for i in rows),
            planes=self.planes[rows],
            areas=self.areas[rows],
            centroids=self.centroids[rows],
            edges=self.edges[rows],
            free=self.free[rows],
            looks=None if self.looks is None else self.looks[rows],
            wh=self.wh,
        )


@dataclass(frozen=True)
class Moment:
    """A frame in its place in the source."""

    frame: int
    """Its number."""
    fps: float
    """Frames per second of the source."""
    scene: Scene
    camera: Floats
    """How far the background moved in the picture since the first frame. Shape ``(2,)``, x and y in cells."""
    shot_start: int
    """The frame that its shot began with, as far as cuts were seen."""


def observe(
    segments: Sequence[Segment], grid_wh: tuple[int, int], wh: tuple[int, int], colours: ColourBins | None
) -> Scene:
    """Measure segments.

    Args:
        segments: The things of one frame.
        grid_wh: Width and height of the frame's mask grid.
        wh: Width and height of the working grid.
        colours: Of the frame's thumbnail on the working grid; None without one.
    """
    w, h = wh
    count = len(segments)
    planes = np.empty((count, h, w), np.float32)
    for plane, segment in zip(planes, segments, strict=True):
        plane[:] = reduced_mask(segment, grid_wh, wh)
        if not plane.any():
            # An empty mask has no place of its own, but its box has.
            x0, y0, x1, y1 = segment.box
            plane[(y0 + y1) * h // (2 * grid_wh[1]), (x0 + x1) * w // (2 * grid_wh[0])] = 1e-3
    left, right, x = _profile(planes.sum(axis=1))
    top, bottom, y = _profile(planes.sum(axis=2))
    edges = np.stack([left, top, right, bottom], axis=1)
    flat = planes.reshape(count, h * w)
    looks = None
    if colours is not None:
        looks = (
            np.stack([colours.histogram(plane) for plane in planes]) if count else np.empty((0, BINS), np.float32)
        )
    return Scene(
        categories=tuple(s.category for s in segments),
        scores=tuple(s.score for s in segments),
        planes=flat,
        areas=flat.sum(axis=1),
        centroids=np.stack([x, y], axis=1),
        edges=edges,
        free=_free(planes, edges),
        looks=looks,
        wh=wh,
    )


def _free(planes: Floats, edges: Floats) -> npt.NDArray[np.bool_]:
    """Which edges neither touch another thing nor lie at the picture's border.

    Shapes ``(N, h, w)`` and ``(N, 4)`` to ``(N, 4)``.
    """
    h, w = planes.shape[1:]
    others = np.minimum(planes.sum(axis=0) - planes, 1.0)
    inner, outer = slice(None, -1), slice(1, None)
    touching = np.empty(edges.shape, np.float32)
    for side, (own, beyond) in enumerate(
        [
            (np.s_[:, :, outer], np.s_[:, :, inner]),
            (np.s_[:, outer], np.s_[:, inner]),
            (np.s_[:, :, inner], np.s_[:, :, outer]),
            (np.s_[:, inner], np.s_[:, outer]),
        ]
    ):
        rim = planes[own] * (1.0 - planes[beyond])
        shared = (rim * others[beyond]).sum(axis=(1, 2))
        touching[:, side] = shared / np.maximum(rim.sum(axis=(1, 2)), np.float32(1e-6))
    borders = np.array([0, 0, w, h], np.float32)
    return np.asarray((touching < _TOUCHING) & (np.abs(edges - borders) > 1.0), bool)


def _profile(profiles: Floats) -> tuple[Floats, Floats, Floats]:
    """Low edge, high edge and centroid of coverage summed along the other axis.

    Shape ``(N, cells)`` to three of ``(N,)``.
    """
    cells = np.arange(profiles.shape[1], dtype=np.float32)
    total = profiles.sum(axis=1)
    centroid = (profiles @ (cells + np.float32(0.5))) / total
    reached = np.cumsum(profiles, axis=1) / total[:, None]
    ends = np.empty((2, len(profiles)), np.float32)
    for row, share in enumerate((_EDGE_SHARE, 1 - _EDGE_SHARE)):
        for i, line in enumerate(reached):
            ends[row, i] = np.interp(share, line, cells + 1, left=0.0)
    return ends[0], ends[1], np.asarray(centroid, np.float32)
