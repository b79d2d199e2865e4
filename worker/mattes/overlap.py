"""Overlap rules: what the mattes of one pixel add up to.

`independent` leaves every matte as its border made it. `normalized` is the rule here: where category layers add up
to more than 1 all of them are scaled alike, so that grades laid over each other never weigh a pixel twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from worker.layers import LayerSpec
from worker.mattes.geometry import Box, box_wh, meet, part_of, union
from worker.mattes.make import Matte, cropped

_STRIP = 1 << 18
"""Pixels that are added up at once, so that the sums stay in the cache."""

Half = npt.NDArray[np.float16]


def normalized(mattes: Sequence[Matte], layers: Sequence[LayerSpec]) -> list[Matte]:
    """Scale the mattes of a frame so that category layers never add up to more than 1.

    The tracks of a category share its scaled matte in the same way: their sum never exceeds it. Tracks whose
    category has no layer count as layers of their own. Pixels that add up to no more than allowed stay as they
    are, to the bit. Halves are multiples of 2^-24 and are rounded towards zero, so that the bounds hold exactly,
    in any order of layers and of adding, in float32 too. The cost grows with the mattes' windows.

    Args:
        mattes: The mattes of one frame.
        layers: Their layers, in the same order.

    Returns:
        The mattes in their order.
    """
    of_category = {layer.category: index for index, layer in enumerate(layers) if layer.track is None}
    top = [i for i, layer in enumerate(layers) if layer.track is None or layer.category not in of_category]
    out = list(mattes)
    _share(out, top, None)
    for category, index in of_category.items():
        tracks = [i for i, layer in enumerate(layers) if layer.category == category and layer.track is not None]
        _share(out, tracks, out[index])
    return [after if after is before else _cropped(after) for before, after in zip(mattes, out, strict=True)]


def _cropped(matte: Matte) -> Matte:
    assert matte.window is not None
    return cropped(matte.layer, matte.window, torch.from_numpy(matte.coverage))


def _share(mattes: list[Matte], members: Sequence[int], whole: Matte | None) -> None:
    """Scale some mattes, in place of the list's, so that they add up to no more than a whole; None for 1."""
    shown = [i for i in members if mattes[i].window is not None]
    if not shown or (whole is None and len(shown) == 1):
        return
    writable = set[int]()
    for strip in _strips([mattes[i] for i in shown]):
        parts = [(i, box) for i in shown if (box := _inside(mattes[i], strip)) is not None]
        total = np.zeros(box_wh(strip)[::-1])
        for i, box in parts:
            # Multiples of 2^-24 add up exactly in double precision: the order of layers changes nothing.
            total[part_of(strip, box)] += _view(mattes[i], box)
        allowed = np.ones_like(total) if whole is None else _on(whole, strip)
        over = total > allowed
        if not over.any():
            continue
        scale = np.divide(allowed, total, out=np.ones_like(total), where=over)
        for i, box in parts:
            if not over[part_of(strip, box)].any():
                continue
            if i not in writable:
                writable.add(i)
                mattes[i] = Matte(mattes[i].layer, mattes[i].window, mattes[i].coverage.copy())
            view = _view(mattes[i], box)
            view[:] = towards_zero(view.astype(np.float64) * scale[part_of(strip, box)])


def towards_zero(values: npt.NDArray[np.float64]) -> Half:
    """Round to half floats, never up. Values are 0 or above, any shape."""
    nearest = values.astype(np.float16)
    return np.where(nearest > values, np.nextafter(nearest, np.float16(0.0)), nearest)


def _strips(mattes: Sequence[Matte]) -> Iterator[Box]:
    """Rows of the box round all windows, some at a time, each no wider than the windows that it meets."""
    windows = [matte.window for matte in mattes if matte.window is not None]
    around = union(windows)
    assert around is not None
    rows = max(1, _STRIP // (around[2] - around[0]))
    for y0 in range(around[1], around[3], rows):
        strip = (around[0], y0, around[2], min(y0 + rows, around[3]))
        met = [part for window in windows if (part := meet(window, strip)) is not None]
        span = union(met)
        if span is not None:
            yield span[0], strip[1], span[2], strip[3]


def _inside(matte: Matte, box: Box) -> Box | None:
    return None if matte.window is None else meet(matte.window, box)


def _view(matte: Matte, box: Box) -> Half:
    """The coverage in a box inside its window."""
    assert matte.window is not None
    view: Half = matte.coverage[part_of(matte.window, box)]
    return view


def _on(matte: Matte, strip: Box) -> npt.NDArray[np.float64]:
    """The coverage on a strip, 0 outside its window."""
    out = np.zeros(box_wh(strip)[::-1])
    box = _inside(matte, strip)
    if box is not None:
        out[part_of(strip, box)] = _view(matte, box)
    return out
