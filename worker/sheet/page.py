"""The page: a title, some frames as a whole, and a tile for each layer in as many columns as it takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from bridge.files import write_whole
from worker.exr.disk import disk_errors
from worker.labels import LabelSet
from worker.layers import LayerSpec
from worker.mattes import Matte
from worker.segments import FramePrediction
from worker.sheet.choosing import SheetPlan
from worker.sheet.overlay import overlay
from worker.sheet.pictures import png, scaled
from worker.sheet.text import LABEL_PX, SMALL_PX, TITLE_PX, cut, font
from worker.sheet.tiles import CAPTION_PX, draw_tile, picture_wh

WIDTH = 1920
TALLEST = WIDTH * 3 // 2
"""Height of the page, where twelve columns are enough for it."""

_COLUMNS = (4, 6, 8, 10, 12)
_GAP = 8
_PAIR_HEIGHT = 400
"""Of a frame that is shown as a whole, at the most; twice that where it is the only one."""
_PAPER, _INK, _FAINT = (32, 32, 32), (236, 236, 236), (150, 150, 150)

Size = tuple[int, int]


@dataclass(frozen=True)
class SheetFrame:
    """What of one frame is on the sheet."""

    frame: int
    """The plate's own frame number."""
    plate: npt.NDArray[np.uint8]
    """Shape ``(H, W, 3)``, RGB, sRGB."""
    prediction: FramePrediction
    """Its segments, with track ids."""
    mattes: Mapping[str, Matte] = field(default_factory=dict)
    """Its mattes of the layers that the plan shows at this frame, by their names."""


def write_sheet(
    path: str | Path,
    title: str,
    plan: SheetPlan,
    frames: Iterable[SheetFrame],
    layers: Sequence[LayerSpec],
    label_set: LabelSet,
) -> None:
    """Draw the sheet and write it; it appears under its name when it is whole.

    Args:
        path: The PNG.
        title: What the sheet is of, in a line.
        plan: What is shown.
        frames: The frames of the plan, held one at a time.
        layers: The layers of the export, in whose order the tiles are.
        label_set: Where categories have their colours from.

    Raises:
        OutOfSpaceError: the disk is full.
        OutputError: the file cannot be written.
    """
    shown = [layer for layer in layers if layer not in plan.absent]
    pairs: list[Image.Image] = []
    tiles: dict[str, Image.Image] = {}
    columns = 0
    for one in frames:
        pair_wh = _pair_wh((one.plate.shape[1], one.plate.shape[0]), len(plan.whole))
        columns = columns or _columns(len(shown), _pairs_height(len(plan.whole), pair_wh))
        if one.frame in plan.whole:
            pairs.append(_pair(one, pair_wh, label_set))
        for layer in plan.best.get(one.frame, ()):
            matte = one.mattes[layer.name]
            tiles[layer.name] = draw_tile(_tile_width(columns), layer, matte, one.frame, one.plate, label_set)
    sheet = _page(title, pairs, [tiles[layer.name] for layer in shown], columns, plan.absent)
    with disk_errors(path):
        write_whole(path, png(np.asarray(sheet)))


def _page(
    title: str,
    pairs: Sequence[Image.Image],
    tiles: Sequence[Image.Image],
    columns: int,
    absent: Sequence[LayerSpec],
) -> Image.Image:
    beside = _beside(pairs[0].width)
    rows = [(_split(pairs, beside), WIDTH // beside), (_split(tiles, columns), (WIDTH - _GAP) // columns)]
    height = _title_height() + sum(row[0].height + _GAP for lines, _ in rows for row in lines)
    height += LABEL_PX + 2 * _GAP if absent else 0
    sheet = Image.new("RGB", (WIDTH, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((_GAP, _GAP), cut(title, WIDTH - 2 * _GAP, TITLE_PX), _INK, font(TITLE_PX))
    y = _title_height()
    for lines, step in rows:
        for row in lines:
            for number, picture in enumerate(row):
                sheet.paste(picture, (_GAP + number * step, y))
            y += row[0].height + _GAP
    if absent:
        names = "in no frame: " + ", ".join(layer.name for layer in absent)
        draw.text((_GAP, y), cut(names, WIDTH - 2 * _GAP, LABEL_PX), _FAINT, font(LABEL_PX))
    return sheet


def _pair(one: SheetFrame, size: Size, label_set: LabelSet) -> Image.Image:
    """A frame as a whole: the plate, and what was found in it."""
    pair = Image.new("RGB", (2 * size[0] + _GAP, size[1] + LABEL_PX + _GAP), _PAPER)
    plate = scaled(Image.fromarray(one.plate), size)
    label_px = LABEL_PX if size[0] > WIDTH // 3 else SMALL_PX
    pair.paste(plate, (0, 0))
    pair.paste(overlay(plate, one.prediction, label_set, label_px), (size[0] + _GAP, 0))
    ImageDraw.Draw(pair).text((0, size[1] + _GAP // 2), f"frame {one.frame}", _INK, font(LABEL_PX))
    return pair


def _pair_wh(plate_wh: Size, count: int) -> Size:
    """Width and height of each of the two pictures of a frame that is shown as a whole."""
    beside = 1 if count == 1 else 2
    width = (WIDTH // beside - 2 * _GAP - _GAP // beside) // 2
    return _fitted(plate_wh, (width, _PAIR_HEIGHT * 2 // beside))


def _pairs_height(count: int, pair_wh: Size) -> int:
    rows = -(-count // _beside(2 * pair_wh[0] + _GAP))
    return rows * (pair_wh[1] + LABEL_PX + 2 * _GAP)


def _beside(pair_width: int) -> int:
    """How many frames that are shown as a whole have room beside each other."""
    return max(1, (WIDTH - _GAP) // (pair_width + _GAP))


def _columns(count: int, above: int) -> int:
    """The fewest columns with which the page is not too tall."""
    for columns in _COLUMNS:
        row = picture_wh(_tile_width(columns))[1] + CAPTION_PX + _GAP
        if _title_height() + above + -(-count // columns) * row <= TALLEST:
            return columns
    return _COLUMNS[-1]


def _tile_width(columns: int) -> int:
    return (WIDTH - _GAP) // columns - _GAP


def _title_height() -> int:
    return TITLE_PX + 2 * _GAP


def _split(pictures: Sequence[Image.Image], columns: int) -> list[Sequence[Image.Image]]:
    return [pictures[i : i + columns] for i in range(0, len(pictures), columns)]


def _fitted(size: Size, into: Size) -> Size:
    """A picture's size scaled to fit a box, at least one pixel each way."""
    scale = min(into[0] / size[0], into[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
