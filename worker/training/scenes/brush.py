"""Small helpers over skia: paints, paths, shading inside what is drawn already."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import skia

from worker.training.scenes.noise import Color

Point = tuple[float, float]


def fill(color: Color, alpha: float = 1.0) -> skia.Paint:
    """An anti-aliased paint that fills with one colour."""
    return skia.Paint(AntiAlias=True, Color4f=skia.Color4f(*color, alpha))


def line(color: Color, width: float, alpha: float = 1.0) -> skia.Paint:
    """An anti-aliased paint that strokes with round caps; `width` in canvas units."""
    paint = fill(color, alpha)
    return as_line(paint, width)


def as_line(paint: skia.Paint, width: float) -> skia.Paint:
    """A copy of `paint` that strokes with round caps instead of filling."""
    stroked = skia.Paint(paint)
    stroked.setStyle(skia.Paint.kStroke_Style)
    stroked.setStrokeWidth(width)
    stroked.setStrokeCap(skia.Paint.kRound_Cap)
    stroked.setStrokeJoin(skia.Paint.kRound_Join)
    return stroked


def polygon(points: Sequence[Point], closed: bool = True) -> skia.Path:
    """A path of straight edges through `points`."""
    path = skia.Path()
    path.addPoly([skia.Point(x, y) for x, y in points], closed)
    return path


def smooth(points: Sequence[Point]) -> skia.Path:
    """A closed curve through `points`: a Catmull-Rom spline, as cubic Bezier arcs."""
    pts = np.asarray(points, float)
    before, after, beyond = np.roll(pts, 1, 0), np.roll(pts, -1, 0), np.roll(pts, -2, 0)
    first = pts + (after - before) / 6
    second = after - (beyond - pts) / 6
    path = skia.Path()
    path.moveTo(*pts[0].tolist())
    for a, b, c in zip(first.tolist(), second.tolist(), after.tolist(), strict=True):
        path.cubicTo(*a, *b, *c)
    path.close()
    return path


def oval(cx: float, cy: float, rx: float, ry: float) -> skia.Rect:
    """The rectangle around an ellipse."""
    return skia.Rect.MakeLTRB(cx - rx, cy - ry, cx + rx, cy + ry)


def box(x0: float, y0: float, x1: float, y1: float) -> skia.Rect:
    """A rectangle from its corners."""
    return skia.Rect.MakeLTRB(x0, y0, x1, y1)


def gradient(start: Point, end: Point, stops: Sequence[tuple[Color, float]]) -> skia.Paint:
    """A paint with a linear gradient through evenly spaced ``(colour, alpha)`` stops."""
    colors = [skia.Color4f(*color, alpha).toColor() for color, alpha in stops]
    return skia.Paint(
        AntiAlias=True,
        Dither=True,
        Shader=skia.GradientShader.MakeLinear([skia.Point(*start), skia.Point(*end)], colors),
    )


def shade(canvas: skia.Canvas, start: Point, end: Point, stops: Sequence[tuple[Color, float]]) -> None:
    """Lay a gradient over what is drawn so far; coverage stays as it is."""
    paint = gradient(start, end, stops)
    paint.setBlendMode(skia.BlendMode.kSrcATop)
    canvas.drawPaint(paint)


def strands(
    canvas: skia.Canvas, roots: Sequence[Point], tips: Sequence[Point], bend: float, paint: skia.Paint
) -> None:
    """Thin curved hairs from roots to tips, with one stroke paint; `bend` bows them sideways by that share."""
    path = skia.Path()
    for (x0, y0), (x1, y1) in zip(roots, tips, strict=True):
        dx, dy = x1 - x0, y1 - y0
        path.moveTo(x0, y0)
        path.quadTo((x0 + x1) / 2 - dy * bend, (y0 + y1) / 2 + dx * bend, x1, y1)
    canvas.drawPath(path, paint)
