"""Draw docs/images/borders-guided.png: hair and leaves of a drawn plate at 1:1, cut out with three borders.

Usage: python examples/compare_guided.py [OUTPUT.png]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from bridge.borders import Border, BorderKind
from worker.layers import LayerSpec
from worker.mattes import make_mattes
from worker.segments import FramePrediction, Segment, boxed
from worker.training.scenes import ClipSpec, DrawnFrame, draw_clip

SIZE_WH = (1280, 720)
TIMES = 4
"""How many pixels a cell of the mask has on each side."""

PANEL_WH = (200, 170)
SEED = 900_000_003
BORDERS = {
    "hard": Border(BorderKind.HARD),
    "natural": Border(BorderKind.NATURAL),
    "guided": Border(BorderKind.GUIDED),
}
ROWS = (("person", (150, 300)), ("tree-merged", (30, 190)))
"""A category, and the left and top of the part that is shown."""

BACKDROP = np.array([200.0, 40.0, 160.0])

Picture = npt.NDArray[np.uint8]


def alpha_of(frame: DrawnFrame, category: str) -> npt.NDArray[np.float64]:
    """The true coverage of a category. Shape ``(H, W)``, in [0, 1]."""
    chosen = [i for i, segment in enumerate(frame.segments) if segment.category == category]
    alpha: npt.NDArray[np.float64] = np.clip(frame.alphas[chosen].sum(0, dtype=np.float64), 0.0, 1.0)
    return alpha


def matte(alpha: npt.NDArray[np.float64], border: Border, plate: Picture) -> npt.NDArray[np.float64]:
    """What a border makes of the true coverage averaged over cells."""
    w, h = SIZE_WH[0] // TIMES, SIZE_WH[1] // TIMES
    found = boxed(np.rint(alpha.reshape(h, TIMES, w, TIMES).mean((1, 3)) * 255.0).astype(np.uint8))
    assert found is not None
    shown = FramePrediction((w, h), (Segment("it", True, 1.0, *found),))
    made = make_mattes(shown, [LayerSpec("it", "it", True, None, border)], SIZE_WH, plate=plate)[0]
    out = np.zeros(alpha.shape)
    if made.window is not None:
        x0, y0, x1, y1 = made.window
        out[y0:y1, x0:x1] = made.coverage
    return out


def cut_out(plate: Picture, coverage: npt.NDArray[np.float64]) -> Picture:
    """The plate through a matte, over a plain backdrop."""
    mixed = plate * coverage[..., None] + BACKDROP * (1.0 - coverage[..., None])
    picture: Picture = np.rint(mixed).astype(np.uint8)
    return picture


def main(output: Path) -> None:
    """Lay the panels out, a row for each category, and write the picture."""
    frame = next(draw_clip(ClipSpec(SEED, 1, SIZE_WH)))
    gap, caption_px = 8, 16
    width, height = PANEL_WH[0] + gap, PANEL_WH[1] + caption_px + 2 * gap
    sheet = Image.new("RGB", ((len(BORDERS) + 2) * width + gap, len(ROWS) * height + gap), (48, 48, 48))
    draw = ImageDraw.Draw(sheet)
    for row, (category, (left, top)) in enumerate(ROWS):
        alpha = alpha_of(frame, category)
        panels = {"plate": frame.rgb}
        panels |= {name: cut_out(frame.rgb, matte(alpha, b, frame.rgb)) for name, b in BORDERS.items()}
        panels["true alpha"] = cut_out(frame.rgb, alpha)
        for column, (caption, panel) in enumerate(panels.items()):
            x, y = gap + column * width, gap + row * height
            sheet.paste(Image.fromarray(panel[top : top + PANEL_WH[1], left : left + PANEL_WH[0]]), (x, y))
            draw.text((x, y + PANEL_WH[1] + 4), caption, (230, 230, 230), ImageFont.load_default(size=caption_px))
    output.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(output, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs/images/borders-guided.png")
