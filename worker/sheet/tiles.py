"""A tile of the contact sheet: one layer, cut out of the plate and of its matte side by side, and its name."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from worker.labels import LabelSet
from worker.layers import LayerSpec
from worker.mattes import Matte
from worker.mattes.geometry import Box, meet, part_of
from worker.sheet.overlay import track_color
from worker.sheet.pictures import scaled
from worker.sheet.text import LABEL_PX, SMALL_PX, cut, font, lines

CAPTION_PX = LABEL_PX + 2 * SMALL_PX + 20
"""Height of the text below the pictures."""

_ASPECT = 0.9
"""Height of a picture by its width: people stand, cars lie."""

_MARGIN = 0.12
"""How much of the surroundings is shown on each side, by the size of the object."""

_LARGEST = 3.0
"""Pixels of the sheet for one of the plate, at the most."""

_HALF_BITS = 0x3800
"""The bits of 0.5 as a half float."""

_INK, _FAINT, _BACK = (236, 236, 236), (150, 150, 150), (20, 20, 20)

Size = tuple[int, int]


def picture_wh(width: int) -> Size:
    """Width and height of each of the two pictures in a tile of a width."""
    return (width - 2) // 2, round((width - 2) // 2 * _ASPECT)


def draw_tile(
    width: int, layer: LayerSpec, matte: Matte, frame: int, plate: npt.NDArray[np.uint8], label_set: LabelSet
) -> Image.Image:
    """Draw a tile.

    Args:
        width: Of the tile, in pixels.
        layer: The layer.
        matte: Its matte.
        frame: The frame it is of.
        plate: The frame's plate. Shape ``(H, W, 3)``, RGB, sRGB.
        label_set: Where categories have their colours from.
    """
    cell = picture_wh(width)
    tile = Image.new("RGB", (width, cell[1] + CAPTION_PX), (32, 32, 32))
    draw = ImageDraw.Draw(tile)
    plate_wh = (plate.shape[1], plate.shape[0])
    box = around(matte, plate_wh, cell)
    x0, y0, x1, y1 = box
    pictures = (Image.fromarray(plate[y0:y1, x0:x1]), _matte_picture(matte, box))
    scale = min(cell[0] / (x1 - x0), cell[1] / (y1 - y0))
    size = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
    for number, picture in enumerate(pictures):
        left = number * (cell[0] + 2)
        draw.rectangle((left, 0, left + cell[0] - 1, cell[1] - 1), fill=_BACK)
        at = (left + (cell[0] - size[0]) // 2, (cell[1] - size[1]) // 2)
        tile.paste(scaled(picture, size), at)

    y = cell[1] + 4
    color = track_color(label_set[layer.categories[0]].color, layer.track)
    draw.rectangle((0, y + 3, LABEL_PX - 4, y + LABEL_PX - 1), fill=color)
    draw.text((LABEL_PX + 2, y), cut(layer.name, width - LABEL_PX - 2, LABEL_PX), _INK, font(LABEL_PX))
    for line in lines(f"frame {frame}: {layer.border.describe()}", width):
        y += SMALL_PX + 4
        draw.text((0, y + 4), line, _FAINT, font(SMALL_PX))
    return tile


def around(matte: Matte, plate_wh: Size, cell: Size) -> Box:
    """The part of the plate that shows a matte: its object with some surroundings, in the shape of a picture.

    Args:
        matte: The matte; all of the plate is shown of one without coverage.
        plate_wh: Width and height of the plate.
        cell: Width and height of the picture.
    """
    box = _object(matte)
    if box is None:
        return 0, 0, *plate_wh
    sizes = [(box[2] - box[0]) * (1 + 2 * _MARGIN), (box[3] - box[1]) * (1 + 2 * _MARGIN)]
    sizes = [max(size, cell[axis] / _LARGEST) for axis, size in enumerate(sizes)]
    # As much more on one axis as the shape of the picture has room for.
    scale = max(sizes[0] / cell[0], sizes[1] / cell[1])
    starts, ends = [], []
    for axis in (0, 1):
        size = min(round(cell[axis] * scale), plate_wh[axis])
        start = round((box[axis] + box[axis + 2] - size) / 2)
        starts.append(min(max(start, 0), plate_wh[axis] - size))
        ends.append(starts[axis] + size)
    return starts[0], starts[1], ends[0], ends[1]


def _object(matte: Matte) -> Box | None:
    """The box of what is covered by half, without a soft rim; of all that is covered where nothing is."""
    if matte.window is None:
        return None
    # Bits of half floats from 0 to 1 are in the order of the numbers, and whole numbers are compared far quicker.
    half = matte.coverage.view(np.int16) >= _HALF_BITS
    rows, cols = np.flatnonzero(half.any(axis=1)), np.flatnonzero(half.any(axis=0))
    if not rows.size:
        return matte.window
    x, y = matte.window[:2]
    return x + int(cols[0]), y + int(rows[0]), x + int(cols[-1]) + 1, y + int(rows[-1]) + 1


def _matte_picture(matte: Matte, box: Box) -> Image.Image:
    """The part of the matte in a box of the plate, white where it covers."""
    picture = Image.new("L", (box[2] - box[0], box[3] - box[1]), 0)
    shown = None if matte.window is None else meet(matte.window, box)
    if matte.window is not None and shown is not None:
        part = matte.coverage[part_of(matte.window, shown)].astype(np.float32)
        grey = Image.fromarray(np.rint(part * 255.0).astype(np.uint8))
        picture.paste(grey, (shown[0] - box[0], shown[1] - box[1]))
    return picture
