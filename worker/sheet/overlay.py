"""The plate under the soft masks of what was found in it, each in its colour and with its name."""

from __future__ import annotations

import colorsys
import math

import numpy as np
from PIL import Image, ImageDraw

from bridge.naming import short_category
from worker.labels import LabelSet
from worker.segments import UNTRACKED, FramePrediction, Segment, full_mask
from worker.sheet.text import font

_TINT = 0.6
"""How much of the plate a segment's colour hides where its mask is full."""

_TINTED = np.rint(_TINT * np.arange(256)).astype(np.uint8)
"""The same for each value of a mask."""

_GOLDEN = 0.381966
"""Turn of the hue from track to track: the golden section keeps neighbours far apart."""

_PAPER, _INK = (0, 0, 0), (236, 236, 236)
_MARGIN = 8

_LOOKED_AT = 4096
"""Samples of a mask, about, among which the place of its name is looked for."""

Rgb = tuple[int, int, int]
Size = tuple[int, int]


def overlay(plate: Image.Image, prediction: FramePrediction, label_set: LabelSet, label_px: int) -> Image.Image:
    """The plate under the soft masks of its segments.

    Args:
        plate: At the size that is shown.
        prediction: Its segments, with track ids.
        label_set: Where categories have their colours from.
        label_px: Height of the names' letters.
    """
    image = plate.copy()
    # Lowest score first, so that what the model is surest of lies on top.
    for segment in prediction.segments[::-1]:
        mask, box = _tint(segment, prediction.grid_wh, plate.size)
        image.paste(_segment_color(segment, label_set), box, mask)
    draw = ImageDraw.Draw(image)
    taken: list[tuple[float, float, float, float]] = []
    for segment in prediction.segments:
        _name_tag(draw, segment, prediction.grid_wh, plate.size, label_px, taken)
    return image


def _tint(segment: Segment, grid_wh: Size, size: Size) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """How much of the plate a segment's colour hides, and the box of the picture outside which that is nothing."""
    boxes = []
    for axis in (0, 1):
        scale = size[axis] / grid_wh[axis]
        low, high = max(segment.box[axis] - 1, 0), min(segment.box[axis + 2] + 1, grid_wh[axis])
        first, last = math.floor(low * scale), min(math.ceil(high * scale), size[axis])
        boxes.append((first, last, first / scale, min(last / scale, grid_wh[axis])))
    (x0, x1, left, right), (y0, y1, top, bottom) = boxes
    tinted = Image.fromarray(_TINTED[full_mask(segment, grid_wh)])
    mask = tinted.resize((x1 - x0, y1 - y0), Image.Resampling.BILINEAR, (left, top, right, bottom))
    return mask, (x0, y0, x1, y1)


def _name_tag(
    draw: ImageDraw.ImageDraw,
    segment: Segment,
    grid_wh: Size,
    size: Size,
    label_px: int,
    taken: list[tuple[float, float, float, float]],
) -> None:
    """Write category and track id on a segment, below the tags that are there already."""
    name = short_category(segment.category)
    # All of a category's stuff is one track: its number says nothing.
    text = f"{name} {segment.track}" if segment.is_thing and segment.track != UNTRACKED else name
    face = font(label_px)
    left, top, right, bottom = draw.textbbox((0, 0), text, face)
    width, height = right - left + _MARGIN, bottom - top + _MARGIN
    x, y = _heart(segment)
    x = min(max(x * size[0] / grid_wh[0] - width / 2, 0.0), max(size[0] - width, 0.0))
    y = min(max(y * size[1] / grid_wh[1] - height / 2, 0.0), size[1] - height)
    while any(x < b[2] and b[0] < x + width and y < b[3] and b[1] < y + height for b in taken):
        y += height / 2
    box = (x, y, x + width, y + height)
    taken.append(box)
    draw.rectangle(box, fill=_PAPER)
    draw.text((x + _MARGIN / 2 - left, y + _MARGIN / 2 - top), text, _INK, face)


def _heart(segment: Segment) -> tuple[float, float]:
    """A point in the mask grid where the segment is: its centre of mass, or the nearest of its full samples.

    Of a large mask not every sample is looked at, which moves the name by a few of them.
    """
    step = max(1, math.isqrt(segment.mask.size // _LOOKED_AT))
    mask = segment.mask[::step, ::step]
    rows, cols = np.nonzero(mask >= 0.5 * mask.max())
    weights = mask[rows, cols].astype(np.float32)
    total = max(float(weights.sum()), 1.0)
    middle_row, middle_col = float(rows @ weights) / total, float(cols @ weights) / total
    nearest = np.argmin((rows - middle_row) ** 2 + (cols - middle_col) ** 2)
    x, y = (float(place[nearest]) * step + 0.5 for place in (cols, rows))
    return segment.box[0] + x, segment.box[1] + y


def _segment_color(segment: Segment, label_set: LabelSet) -> Rgb:
    track = segment.track if segment.is_thing and segment.track != UNTRACKED else None
    return track_color(label_set[segment.category].color, track)


def track_color(color: Rgb, track: int | None) -> Rgb:
    """A category's colour, turned to another hue for each track, so that two persons differ."""
    if track is None:
        return color
    hue, lightness, saturation = colorsys.rgb_to_hls(*(c / 255.0 for c in color))
    red, green, blue = colorsys.hls_to_rgb((hue + _GOLDEN * (track - 1)) % 1.0, lightness, max(saturation, 0.5))
    return round(red * 255), round(green * 255), round(blue * 255)
