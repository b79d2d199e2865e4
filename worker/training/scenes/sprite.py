"""Pictures of scenery, painted once a clip and drawn again every frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import skia

Box = tuple[float, float, float, float]
"""``x0, y0, x1, y1`` in the units of the canvas it is drawn on."""


@dataclass(frozen=True)
class Sprite:
    """A premultiplied picture and where it lies."""

    image: skia.Image
    box: Box

    def draw(self, canvas: skia.Canvas) -> None:
        """Draw it into its box, filtered."""
        sampling = skia.SamplingOptions(skia.FilterMode.kLinear, skia.MipmapMode.kNone)
        paint = skia.Paint(AntiAlias=True)
        source = skia.Rect.MakeWH(self.image.width(), self.image.height())
        canvas.drawImageRect(self.image, source, skia.Rect.MakeLTRB(*self.box), sampling, paint)


def paint_sprite(
    box: Box, px_per_unit: float, painter: Callable[[skia.Canvas], None], blur_units: float = 0.0
) -> Sprite:
    """Let `painter` draw on a clear canvas over `box`.

    Args:
        box: What the picture covers.
        px_per_unit: Its resolution.
        painter: Draws in the units of `box`.
        blur_units: Standard deviation of a defocus blur over the whole, colour and coverage alike.
    """
    x0, y0, x1, y1 = box
    width = max(1, round((x1 - x0) * px_per_unit))
    height = max(1, round((y1 - y0) * px_per_unit))
    pixels = np.zeros((height, width, 4), np.uint8)
    surface = skia.Surface(pixels, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
    with surface as canvas:
        canvas.scale(width / (x1 - x0), height / (y1 - y0))
        canvas.translate(-x0, -y0)
        if blur_units > 0:
            blur = skia.Paint(ImageFilter=skia.ImageFilters.Blur(blur_units, blur_units))
            canvas.saveLayer(None, blur)
        painter(canvas)
        if blur_units > 0:
            canvas.restore()
    image = skia.Image.fromarray(pixels, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
    return Sprite(image, box)
