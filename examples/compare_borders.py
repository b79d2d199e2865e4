"""Draw docs/images/borders.png: one soft mask and the mattes that each kind of border makes of it.

Usage: python examples/compare_borders.py [OUTPUT.png]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from bridge.borders import Border, BorderKind, Length, Side
from worker.layers import LayerSpec
from worker.mattes import make_mattes
from worker.segments import FramePrediction, Segment, boxed

GRID_WH = (40, 36)
TIMES = 8
PLATE_WH = (GRID_WH[0] * TIMES, GRID_WH[1] * TIMES)
FEATHER = BorderKind.FEATHER

BORDERS = {
    "hard": Border(BorderKind.HARD),
    "hard, offset 10px": Border(BorderKind.HARD, offset=Length(10.0)),
    "natural": Border(BorderKind.NATURAL),
    "natural, contrast 3": Border(BorderKind.NATURAL, contrast=3.0),
    "feather, width 24px": Border(FEATHER, width=Length(24.0)),
    "feather, side inner": Border(FEATHER, width=Length(24.0), side=Side.INNER),
    "feather, side outer": Border(FEATHER, width=Length(24.0), side=Side.OUTER),
}


def head_with_hair() -> npt.NDArray[np.float64]:
    """Coverage of a head, shoulders cut by the frame, and loose strands. Shape ``(H, W)``, in [0, 1]."""
    scale = 4
    picture = Image.new("L", (PLATE_WH[0] * scale, PLATE_WH[1] * scale))
    draw = ImageDraw.Draw(picture)

    def at(*numbers: float) -> list[float]:
        return [number * scale for number in numbers]

    draw.ellipse(at(100, 40, 220, 190), fill=255)
    draw.rectangle(at(138, 170, 182, 230), fill=255)
    draw.rounded_rectangle(at(48, 220, 272, 400), radius=40 * scale, fill=255)
    rng = np.random.default_rng(5)
    for start in rng.uniform(-2.9, -0.25, 130):
        away = start + rng.normal(0.0, 0.12)
        x, y = 160 + 58 * np.cos(start), 115 + 73 * np.sin(start)
        length = rng.uniform(8.0, 34.0)
        draw.line(
            at(x, y, x + length * np.cos(away), y + length * np.sin(away)), fill=255, width=round(1.3 * scale)
        )
    fine = np.asarray(picture, np.float64).reshape(PLATE_WH[1], scale, PLATE_WH[0], scale)
    coverage: npt.NDArray[np.float64] = fine.mean((1, 3)) / 255.0
    return coverage


def seen_by_a_model(coverage: npt.NDArray[np.float64]) -> FramePrediction:
    """The coverage averaged over the cells of a mask grid eight times as coarse."""
    cells = coverage.reshape(GRID_WH[1], TIMES, GRID_WH[0], TIMES).mean((1, 3))
    found = boxed(np.rint(cells * 255.0).astype(np.uint8))
    assert found is not None
    return FramePrediction(GRID_WH, (Segment("person", True, 1.0, *found),))


def panels() -> dict[str, Image.Image]:
    """The soft mask as the model has it, then the mattes, by their captions."""
    prediction = seen_by_a_model(head_with_hair())
    segment = prediction.segments[0]
    grid = Image.new("L", GRID_WH)
    grid.paste(Image.fromarray(segment.mask), segment.box[:2])
    shown = {f"soft mask, {TIMES} px a cell": grid.resize(PLATE_WH, Image.Resampling.NEAREST)}
    for caption, border in BORDERS.items():
        matte = make_mattes(prediction, [LayerSpec("person", "person", True, None, border)], PLATE_WH)[0]
        panel = Image.new("L", PLATE_WH)
        if matte.window is not None:
            grey = np.rint(matte.coverage.astype(np.float32) * 255.0).astype(np.uint8)
            panel.paste(Image.fromarray(grey), matte.window[:2])
        shown[caption] = panel
    return shown


def main(output: Path) -> None:
    """Lay the panels out in two rows and write the picture."""
    columns, gap, caption_px = 4, 12, 18
    width, height = PLATE_WH[0] + gap, PLATE_WH[1] + caption_px + 2 * gap
    shown = panels()
    sheet = Image.new("L", (columns * width + gap, -(-len(shown) // columns) * height + gap), 48)
    draw = ImageDraw.Draw(sheet)
    for number, (caption, panel) in enumerate(shown.items()):
        x, y = gap + number % columns * width, gap + number // columns * height
        sheet.paste(panel, (x, y))
        draw.text((x, y + PLATE_WH[1] + 4), caption, 230, ImageFont.load_default(size=caption_px))
    output.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(output, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs/images/borders.png")
