"""The contact sheet: a PNG that shows, for a few frames, the plate, what was found in it, and every matte."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from bridge.files import whole
from bridge.naming import short_category
from worker.exr.disk import disk_errors
from worker.labels import LabelSet
from worker.layers import LayerSpec
from worker.mattes import Matte
from worker.segments import UNTRACKED, FramePrediction, Segment, full_mask

_WIDTH = 1920
_GAP = 8
_COLUMNS = 6
_MAX_CELL_HEIGHT = 320
_TITLE_PX, _LABEL_PX, _SMALL_PX = 28, 18, 14
_PAPER, _INK, _FAINT = (32, 32, 32), (236, 236, 236), (150, 150, 150)

_TINT = 0.6
"""How much of the plate a segment's colour hides where its mask is full."""

_GOLDEN = 0.381966
"""Turn of the hue from track to track: the golden section keeps neighbours far apart."""

Rgb = tuple[int, int, int]
Size = tuple[int, int]


@dataclass(frozen=True)
class SheetFrame:
    """One frame of the sheet."""

    frame: int
    """The plate's own frame number."""
    plate: npt.NDArray[np.uint8]
    """Shape ``(H, W, 3)``, RGB, sRGB."""
    prediction: FramePrediction
    """Its segments, with track ids."""
    mattes: Sequence[Matte]
    """Its mattes, in the order of the layers."""


def write_sheet(
    path: str | Path, frames: Iterable[SheetFrame], layers: Sequence[LayerSpec], label_set: LabelSet
) -> None:
    """Draw the sheet and write it; it appears under its name when it is whole.

    Args:
        path: The PNG.
        frames: At least one frame; they are drawn one below the other and held one at a time.
        layers: The layers of the export.
        label_set: Where categories have their colours from.

    Raises:
        OutOfSpaceError: the disk is full.
        OutputError: the file cannot be written.
    """
    sections = [_section(frame, layers, label_set) for frame in frames]
    sheet = Image.new("RGB", (_WIDTH, sum(s.height for s in sections)), _PAPER)
    top = 0
    for section in sections:
        sheet.paste(section, (0, top))
        top += section.height
    with disk_errors(path), whole(path) as temporary:
        # The quickest compression: the default takes seconds for a fifth less.
        sheet.save(temporary, "PNG", compress_level=1)


def _section(frame: SheetFrame, layers: Sequence[LayerSpec], label_set: LabelSet) -> Image.Image:
    """Everything about one frame: a title, plate and overlay side by side, the mattes in rows below."""
    plate = Image.fromarray(frame.plate)
    large = _fitted(plate.size, ((_WIDTH - 3 * _GAP) // 2, 3 * _MAX_CELL_HEIGHT))
    column = (_WIDTH - _GAP) // _COLUMNS
    cell = _fitted(plate.size, (column - _GAP, _MAX_CELL_HEIGHT))
    title_height = _TITLE_PX + 2 * _GAP
    row_height = cell[1] + _LABEL_PX + 2 * _SMALL_PX + 4 * _GAP
    rows = -(-len(layers) // _COLUMNS)
    section = Image.new("RGB", (_WIDTH, title_height + large[1] + 2 * _GAP + rows * row_height), _PAPER)
    draw = ImageDraw.Draw(section)
    draw.text((_GAP, _GAP), f"frame {frame.frame}", _INK, _font(_TITLE_PX))

    shown = plate.resize(large, Image.Resampling.BICUBIC)
    section.paste(shown, (_GAP, title_height))
    section.paste(_overlay(shown, frame.prediction, label_set), (2 * _GAP + large[0], title_height))
    for number, (layer, matte) in enumerate(zip(layers, frame.mattes, strict=True)):
        x = _GAP + number % _COLUMNS * column
        y = title_height + large[1] + 2 * _GAP + number // _COLUMNS * row_height
        section.paste(_matte_image(matte, plate.size).resize(cell, Image.Resampling.BICUBIC), (x, y))
        draw.rectangle((x, y, x + cell[0] - 1, y + cell[1] - 1), outline=_FAINT)
        _caption(draw, (x, y + cell[1] + _GAP // 2), column - _GAP, layer, matte, label_set)
    return section


def _caption(
    draw: ImageDraw.ImageDraw, at: Size, width: int, layer: LayerSpec, matte: Matte, label_set: LabelSet
) -> None:
    """The layer's name beside a chip of its colour, and in two lines its border or that it is empty here."""
    x, y = at
    color = _track_color(label_set[layer.categories[0]].color, layer.track)
    draw.rectangle((x, y + 3, x + _LABEL_PX - 4, y + _LABEL_PX - 1), fill=color)
    name_at = (x + _LABEL_PX + 2, y)
    empty = matte.window is None
    draw.text(name_at, _cut(layer.name, width - _LABEL_PX, _LABEL_PX), _FAINT if empty else _INK, _font(_LABEL_PX))
    words = "not in this frame" if empty else layer.border.describe()
    for line in _lines(words, width):
        y += _SMALL_PX + 4
        draw.text((x, y + 4), line, _FAINT, _font(_SMALL_PX))


def _overlay(plate: Image.Image, prediction: FramePrediction, label_set: LabelSet) -> Image.Image:
    """The plate under the soft masks of its segments, each in its colour and with its name."""
    pixels = np.asarray(plate, np.float32)
    # Lowest score first, so that what the model is surest of lies on top.
    segments = prediction.segments[::-1]
    for segment in segments:
        mask = Image.fromarray(full_mask(segment, prediction.grid_wh))
        alpha = np.asarray(mask.resize(plate.size, Image.Resampling.BILINEAR), np.float32)[:, :, None]
        alpha *= _TINT / 255.0
        pixels = pixels + alpha * (np.array(_segment_color(segment, label_set), np.float32) - pixels)
    image = Image.fromarray(np.rint(pixels).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    taken: list[tuple[float, float, float, float]] = []
    for segment in prediction.segments:
        _name_tag(draw, segment, prediction.grid_wh, plate.size, taken)
    return image


def _name_tag(
    draw: ImageDraw.ImageDraw,
    segment: Segment,
    grid_wh: Size,
    size: Size,
    taken: list[tuple[float, float, float, float]],
) -> None:
    """Write category and track id on a segment, below the tags that are there already."""
    name = short_category(segment.category)
    text = name if segment.track == UNTRACKED else f"{name} {segment.track}"
    font = _font(_LABEL_PX)
    left, top, right, bottom = draw.textbbox((0, 0), text, font)
    width, height = right - left + _GAP, bottom - top + _GAP
    x, y = _heart(segment)
    x = min(max(x * size[0] / grid_wh[0] - width / 2, 0.0), max(size[0] - width, 0.0))
    y = min(max(y * size[1] / grid_wh[1] - height / 2, 0.0), size[1] - height)
    while any(x < b[2] and b[0] < x + width and y < b[3] and b[1] < y + height for b in taken):
        y += height / 2
    box = (x, y, x + width, y + height)
    taken.append(box)
    draw.rectangle(box, fill=(0, 0, 0))
    draw.text((x + _GAP / 2 - left, y + _GAP / 2 - top), text, _INK, font)


def _heart(segment: Segment) -> tuple[float, float]:
    """A point in the mask grid where the segment is: its centre of mass, or the nearest of its full samples."""
    mask = segment.mask.astype(np.float32)
    rows, cols = np.nonzero(mask >= 0.5 * mask.max())
    weights = mask[rows, cols]
    total = max(float(weights.sum()), 1.0)
    middle_row, middle_col = float(rows @ weights) / total, float(cols @ weights) / total
    nearest = np.argmin((rows - middle_row) ** 2 + (cols - middle_col) ** 2)
    return segment.box[0] + float(cols[nearest]) + 0.5, segment.box[1] + float(rows[nearest]) + 0.5


def _matte_image(matte: Matte, plate_wh: Size) -> Image.Image:
    """The matte on the whole plate, white where it covers."""
    full = Image.new("L", plate_wh, 0)
    if matte.window is not None:
        grey = np.rint(matte.coverage.astype(np.float32) * 255.0).astype(np.uint8)
        full.paste(Image.fromarray(grey), matte.window[:2])
    return full


def _segment_color(segment: Segment, label_set: LabelSet) -> Rgb:
    track = segment.track if segment.is_thing and segment.track != UNTRACKED else None
    return _track_color(label_set[segment.category].color, track)


def _track_color(color: Rgb, track: int | None) -> Rgb:
    """The category's colour, turned to another hue for each track, so that two persons differ."""
    if track is None:
        return color
    hue, lightness, saturation = colorsys.rgb_to_hls(*(c / 255.0 for c in color))
    red, green, blue = colorsys.hls_to_rgb((hue + _GOLDEN * (track - 1)) % 1.0, lightness, max(saturation, 0.5))
    return round(red * 255), round(green * 255), round(blue * 255)


def _fitted(size: Size, into: Size) -> Size:
    """A picture's size scaled to fit a box, at least one pixel each way."""
    scale = min(into[0] / size[0], into[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _cut(text: str, width: int, size_px: int) -> str:
    """The text, shortened with three dots where it is wider than `width`."""
    font = _font(size_px)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text + "..."


def _lines(text: str, width: int) -> tuple[str, str]:
    """The text as two small lines: as many words as fit in the first, the rest cut to fit in the second."""
    words = text.split()
    fitting = len(words)
    while fitting > 1 and _font(_SMALL_PX).getlength(" ".join(words[:fitting])) > width:
        fitting -= 1
    first, second = " ".join(words[:fitting]), " ".join(words[fitting:])
    return _cut(first, width, _SMALL_PX), _cut(second, width, _SMALL_PX)


def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size_px)
