"""Draw docs/images/foreground.png: a head over a new background, with the plate's colour and with its own.

Usage: python examples/show_foreground.py [OUTPUT.png]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from compare_borders import head_with_hair
from PIL import Image, ImageDraw, ImageFont

from worker.foreground import make_foreground
from worker.mattes import Matte
from worker.training.scenes import ClipSpec, draw_clip

CLIP = ClipSpec(seed=1, frames=1, size_wh=(1280, 720))
CORNER_XY = (560, 0)
"""Where the head is put before a frame of the clip."""

HAIR, SKIN, SHIRT = (0.05, 0.022, 0.01), (0.45, 0.22, 0.14), (0.30, 0.03, 0.02)
NEW_BACKGROUND = (0.008, 0.012, 0.035)
"""A wall at night. All colours are scene-linear."""

Linear = npt.NDArray[np.float32]


def decoded(codes: npt.NDArray[np.uint8]) -> Linear:
    """Scene-linear light of sRGB (IEC 61966-2-1)."""
    values = codes / np.float32(255.0)
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encoded(light: Linear) -> Image.Image:
    """The sRGB codes of scene-linear light."""
    light = light.clip(0.0, 1.0)
    values = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return Image.fromarray(np.rint(values * 255.0).astype(np.uint8))


def head_color(size_wh: tuple[int, int]) -> Linear:
    """Hair, a neck below it, a shirt below that, with a little grain. Shape ``(H, W, 3)``."""
    width, height = size_wh
    color = np.empty((height, width, 3), np.float32)
    color[:186], color[186:219], color[219:] = HAIR, SKIN, SHIRT
    return color * np.random.default_rng(2).normal(1.0, 0.08, (height, width, 1)).astype(np.float32)


def panels() -> dict[str, Image.Image]:
    """The plate, and its head over the new background in three ways, by their captions."""
    alpha = head_with_hair().astype(np.float16)
    cover = alpha[..., None].astype(np.float32)
    height, width = alpha.shape
    x0, y0 = CORNER_XY
    wall = decoded(next(draw_clip(CLIP)).rgb[y0 : y0 + height, x0 : x0 + width])
    color = head_color((width, height))
    # In light, as a lens does it, not in sRGB's codes.
    plate = cover * color + (1.0 - cover) * wall
    own = make_foreground(plate, Matte("person", (0, 0, width, height), alpha)).premultiplied
    behind = (1.0 - cover) * np.float32(NEW_BACKGROUND)
    return {
        "the plate": encoded(plate),
        "plate x matte, over": encoded(cover * plate + behind),
        "foreground, over": encoded(own + behind),
        "the truth": encoded(cover * color + behind),
    }


def main(output: Path) -> None:
    """Lay the panels side by side and write the picture."""
    gap, caption_px = 12, 18
    shown = panels()
    width, height = next(iter(shown.values())).size
    sheet = Image.new("RGB", (len(shown) * (width + gap) + gap, height + caption_px + 3 * gap), (48, 48, 48))
    draw = ImageDraw.Draw(sheet)
    for number, (caption, panel) in enumerate(shown.items()):
        x = gap + number * (width + gap)
        sheet.paste(panel, (x, gap))
        draw.text((x, height + gap + 6), caption, (230, 230, 230), ImageFont.load_default(size=caption_px))
    output.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(output, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs/images/foreground.png")
