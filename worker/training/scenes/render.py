"""Layers to pixels: motion blur, and visible coverage that is exact."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import skia

from worker.training.scenes.camera import view_matrix
from worker.training.scenes.layers import Layer, Shadow
from worker.training.scenes.stage import Stage

MAX_SAMPLES = 6
"""Most samples of motion blur for one layer."""

Planes = npt.NDArray[np.float32]
PixelBox = tuple[int, int, int, int]
Draw = Callable[[skia.Canvas, float], None]


@dataclass(frozen=True)
class Rendered:
    """A frame before grading."""

    rgb: npt.NDArray[np.float32]
    """Shape ``(h, w, 3)``, sRGB-encoded, in [0, 1]."""
    alphas: dict[int, Planes]
    """Visible coverage by track id, each of shape ``(h, w)``; at every pixel they add up to 1."""


def _view(stage: Stage, layer: Layer, time_s: float, size_wh: tuple[int, int]) -> skia.Matrix:
    return view_matrix(stage.camera.at(time_s), layer.parallax(time_s), size_wh)


def _screen_box(
    stage: Stage, layer: Layer, time_s: float, size_wh: tuple[int, int]
) -> tuple[float, float, float, float]:
    """The layer's box in pixels, unclipped."""
    box = layer.box(time_s)
    if box is None:
        return 0.0, 0.0, float(size_wh[0]), float(size_wh[1])
    rect = _view(stage, layer, time_s, size_wh).mapRect(skia.Rect.MakeLTRB(*box))
    return rect.left(), rect.top(), rect.right(), rect.bottom()


def _layer_pixels(
    stage: Stage, layer: Layer, times: tuple[float, float], size_wh: tuple[int, int], draw: Draw
) -> tuple[PixelBox, Planes] | None:
    """The layer with its motion blur, as `draw` draws it.

    Returns:
        The pixels it covers at most and, for those, premultiplied RGBA of shape ``(h, w, 4)`` in 8-bit steps;
        None where it is out of the picture.
    """
    opens, closes = times
    first, last = (_screen_box(stage, layer, t, size_wh) for t in times)
    moved = max(abs(a - b) for a, b in zip(first, last, strict=True)) * layer.liveliness
    samples = min(MAX_SAMPLES, max(1, math.ceil(moved / 1.3)))
    margin = 2 + math.ceil(3 * layer.blur * size_wh[1])
    x0 = max(0, math.floor(min(first[0], last[0])) - margin)
    y0 = max(0, math.floor(min(first[1], last[1])) - margin)
    x1 = min(size_wh[0], math.ceil(max(first[2], last[2])) + margin)
    y1 = min(size_wh[1], math.ceil(max(first[3], last[3])) + margin)
    if x0 >= x1 or y0 >= y1:
        return None
    total: Planes | None = None
    for i in range(samples):
        time_s = opens + (closes - opens) * (i + 0.5) / samples
        pixels = np.zeros((y1 - y0, x1 - x0, 4), np.uint8)
        surface = skia.Surface(pixels, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
        with surface as canvas:
            if layer.blur > 0:
                sigma = layer.blur * size_wh[1]
                canvas.saveLayer(None, skia.Paint(ImageFilter=skia.ImageFilters.Blur(sigma, sigma)))
            canvas.translate(-x0, -y0)
            canvas.concat(_view(stage, layer, time_s, size_wh))
            draw(canvas, time_s)
            if layer.blur > 0:
                canvas.restore()
        if total is None:
            total = pixels.astype(np.float32)
        else:
            total += pixels
    assert total is not None
    if samples > 1:
        total *= 1.0 / samples
    return (x0, y0, x1, y1), total


def _darken(light: Planes, shadow: Shadow, matrix: skia.Matrix) -> None:
    """Take a contact shadow's share off the light that passes; coverage is not touched."""
    h, w = light.shape
    centre = matrix.mapXY(shadow.x, shadow.y)
    rx = matrix.mapRadius(shadow.rx)
    ry = matrix.mapRadius(shadow.ry)
    x0, x1 = max(0, int(centre.x() - 2.5 * rx)), min(w, int(centre.x() + 2.5 * rx) + 1)
    y0, y1 = max(0, int(centre.y() - 2.5 * ry)), min(h, int(centre.y() + 2.5 * ry) + 1)
    if x0 >= x1 or y0 >= y1:
        return
    across = np.exp(-0.5 * ((np.arange(x0, x1, dtype=np.float32) - centre.x()) / (0.7 * rx)) ** 2)
    down = np.exp(-0.5 * ((np.arange(y0, y1, dtype=np.float32) - centre.y()) / (0.7 * ry)) ** 2)
    light[y0:y1, x0:x1] *= 1.0 - shadow.strength * down[:, None] * across[None, :]


def render(stage: Stage, time_s: float, shutter_s: float, size_wh: tuple[int, int]) -> Rendered:
    """Draw the stage at one moment, the shutter open for `shutter_s` from then on.

    Layers are laid front to back; `passing` is the share of each pixel that nothing in front covers, so the
    visible coverages of all layers add up to 1 by construction. Shadows dim light, not coverage.
    """
    width, height = size_wh
    rgb = np.zeros((height, width, 3), np.float32)
    passing = np.ones((height, width), np.float32)
    light = np.full((height, width), 1.0 / 255.0, np.float32)
    alphas: dict[int, Planes] = {}
    for index in range(len(stage.layers) - 1, -1, -1):
        layer = stage.layers[index]
        times = (time_s, time_s + shutter_s)
        drawn = _layer_pixels(stage, layer, times, size_wh, layer.draw)
        if drawn is None:
            continue
        (x0, y0, x1, y1), rgba = drawn
        window = (slice(y0, y1), slice(x0, x1))
        alpha = rgba[..., 3] * np.float32(1.0 / 255.0)
        visible = alpha * passing[window] if index > 0 else passing[window]
        for track in (layer.track, *([layer.part.track] if layer.part else [])):
            if track not in alphas:
                alphas[track] = np.zeros((height, width), np.float32)
        alphas[layer.track][window] += visible
        if layer.part is not None:
            marked = _layer_pixels(stage, layer, times, size_wh, layer.part.draw)
            assert marked is not None
            # Premultiplied, white on black: red is the part's share of what the layer covers.
            shown = np.minimum(marked[1][..., 0] * np.float32(1.0 / 255.0), alpha) * passing[window]
            alphas[layer.track][window] -= shown
            alphas[layer.part.track][window] += shown
        rgb[window] += rgba[..., :3] * light[window][..., None]
        if index > 0:
            passing[window] -= visible
            light[window] *= 1.0 - alpha
        if layer.shadow is not None:
            _darken(light, layer.shadow(time_s), _view(stage, layer, time_s, size_wh))
    return Rendered(rgb, alphas)
