"""Cars and buses, from the side and from the front.

Body units: the vehicle is 1 high, wheels stand on y = 0, it drives towards +x in side view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import skia

from worker.training.scenes import brush
from worker.training.scenes.figure import Heading
from worker.training.scenes.materials import Material, rough
from worker.training.scenes.noise import Color, mix, random_hsv, scaled

Kind = Literal["sedan", "hatch", "suv", "van", "sports", "bus"]

_LENGTH = {"sedan": 3.1, "hatch": 2.6, "suv": 2.65, "van": 2.5, "sports": 3.4, "bus": 3.4}

# Side outlines as shares of length (0 rear, 1 front) and height (0 ground, 1 roof).
_OUTLINE = {
    "sedan": "0,.28 0,.6 .05,.66 .17,.68 .3,.97 .58,.99 .74,.66 .95,.58 1,.48 1,.25",
    "hatch": "0,.28 0,.62 .06,.9 .12,.98 .55,.99 .74,.66 .95,.57 1,.46 1,.25",
    "suv": "0,.3 0,.65 .03,.93 .08,.98 .6,.99 .73,.7 .97,.64 1,.55 1,.28",
    "van": "0,.27 0,.95 .03,.99 .66,.99 .86,.6 .98,.54 1,.45 1,.25",
    "sports": "0,.3 0,.66 .1,.74 .28,.8 .4,.97 .52,.97 .7,.66 .94,.5 1,.38 1,.22",
    "bus": "0,.16 0,.96 .02,.99 .97,.99 .99,.95 1,.5 1,.16",
}
_WINDOWS = {
    "sedan": (".2,.67 .315,.92 .435,.93 .435,.67", ".45,.67 .45,.93 .57,.93 .695,.67"),
    "hatch": (".08,.64 .13,.91 .36,.92 .36,.65", ".38,.65 .38,.92 .54,.92 .69,.66"),
    "suv": (".05,.68 .08,.91 .3,.92 .3,.69", ".32,.69 .32,.92 .58,.92 .69,.69"),
    "van": (".5,.64 .5,.92 .64,.92 .8,.62",),
    "sports": (".3,.77 .42,.92 .51,.92 .64,.69",),
}


@dataclass(frozen=True)
class Vehicle:
    """One vehicle's looks; `draw` turns its wheels."""

    kind: Kind
    view: Literal["side", "front", "rear"]
    body: Material
    tone: Color
    stripe: Color
    glass: Color
    rim: Color
    wheel: float
    """Wheel radius."""
    roof_load: bool

    stride_length = 1.2
    """Distance covered in one turn of the wheels."""

    @property
    def category(self) -> str:
        """The category's name: ``bus`` or ``car``."""
        return "bus" if self.kind == "bus" else "car"

    @property
    def heading(self) -> Heading:
        """Where a vehicle seen like this drives to."""
        return "across" if self.view == "side" else "nearer" if self.view == "front" else "farther"

    def random_speed(self, rng: np.random.Generator) -> float:
        """A speed in metres a second; 0 for one that is parked."""
        return rng.uniform(1.5, 7.0) if rng.random() < 0.75 else 0.0

    @property
    def width(self) -> float:
        """The drawn width, in heights."""
        if self.view == "side":
            return _LENGTH[self.kind]
        return 0.85 if self.kind == "bus" else 1.2

    @property
    def reach(self) -> tuple[float, float, float, float]:
        """The box outside which nothing is drawn, in body units."""
        return (-self.width / 2 - 0.12, -1.22, self.width / 2 + 0.12, 0.05)

    def draw(self, canvas: skia.Canvas, phase: float) -> None:
        """Draw with the wheels turned by `phase` turns."""
        if self.view == "side":
            self._side(canvas, phase)
        else:
            self._front(canvas)
        brush.shade(
            canvas, (0, -1), (0, 0), [((1, 1, 1), 0.22), ((1, 1, 1), 0.0), ((0, 0, 0), 0.1), ((0, 0, 0), 0.4)]
        )

    def _points(self, text: str) -> list[tuple[float, float]]:
        length = _LENGTH[self.kind]
        pairs = (pair.split(",") for pair in text.split())
        return [((float(u) - 0.5) * length, -float(v)) for u, v in pairs]

    def _side(self, canvas: skia.Canvas, phase: float) -> None:
        length = _LENGTH[self.kind]
        outline = self._points(_OUTLINE[self.kind])
        rounded = self.body.paint(0.8)
        rounded.setPathEffect(skia.CornerPathEffect.Make(0.12))
        canvas.drawPath(brush.polygon(outline), rounded)
        low = -outline[0][1]
        canvas.drawRect(
            brush.box(-length * 0.49, -low - 0.04, length * 0.49, -low + 0.06), brush.fill((0.12, 0.12, 0.13))
        )
        if self.roof_load and self.kind != "bus":
            canvas.drawRoundRect(brush.box(-0.7, -1.16, 0.35, -0.97), 0.06, 0.06, brush.fill(self.stripe))
        if self.kind == "bus":
            self._bus_windows(canvas, length)
        else:
            for window in _WINDOWS[self.kind]:
                canvas.drawPath(brush.polygon(self._points(window)), self._glass_paint())
        self._details(canvas, length, low)
        for x in (-length * 0.3, length * 0.31):
            self._wheel(canvas, x, phase)

    def _glass_paint(self) -> skia.Paint:
        bright = mix(self.glass, (0.85, 0.93, 1.0), 0.5)
        return brush.gradient((-0.5, -1), (0.5, -0.55), [(bright, 1.0), (self.glass, 1.0), (bright, 1.0)])

    def _bus_windows(self, canvas: skia.Canvas, length: float) -> None:
        glass = self._glass_paint()
        count = 7
        pitch = length * 0.92 / count
        for i in range(count):
            x = -length * 0.47 + i * pitch
            door = i in (3, count - 1)
            canvas.drawRoundRect(brush.box(x, -0.88, x + pitch * 0.88, -0.22 if door else -0.5), 0.03, 0.03, glass)
        canvas.drawRect(brush.box(-length / 2, -0.44, length / 2, -0.36), brush.fill(self.stripe))
        canvas.drawRect(brush.box(length * 0.3, -0.97, length * 0.48, -0.91), brush.fill((0.95, 0.7, 0.2)))

    def _details(self, canvas: skia.Canvas, length: float, low: float) -> None:
        seam = brush.line(scaled(self.tone, 0.55), 0.012)
        if self.kind != "bus":
            for u in (-0.06, 0.2):
                canvas.drawLine(u * length, -0.64, u * length, -low - 0.04, seam)
            canvas.drawLine(-0.02 * length, -0.56, 0.02 * length, -0.56, brush.line((0.15, 0.15, 0.15), 0.03))
        top = 0.5 if self.kind != "bus" else 0.3
        canvas.drawOval(brush.oval(length * 0.475, -top, 0.07, 0.05), brush.fill((1.0, 0.97, 0.8)))
        canvas.drawOval(brush.oval(-length * 0.485, -top - 0.06, 0.04, 0.06), brush.fill((0.8, 0.1, 0.08)))

    def _wheel(self, canvas: skia.Canvas, x: float, phase: float) -> None:
        r = self.wheel
        canvas.drawCircle(x, -r, r * 1.16, brush.fill(scaled(self.tone, 0.3)))
        canvas.drawCircle(x, -r, r, brush.fill((0.07, 0.07, 0.08)))
        canvas.drawCircle(x, -r, r * 0.62, brush.fill(self.rim))
        spokes = brush.line(scaled(self.rim, 0.5), r * 0.14)
        for angle in 2 * np.pi * (phase + np.arange(5) / 5):
            canvas.drawLine(
                x, -r, x + float(np.cos(angle)) * r * 0.55, -r + float(np.sin(angle)) * r * 0.55, spokes
            )

    def _front(self, canvas: skia.Canvas) -> None:
        half = self.width / 2
        tyre = brush.fill((0.07, 0.07, 0.08))
        for side in (-1, 1):
            canvas.drawRoundRect(
                brush.box(side * half * 0.78 - 0.09, -0.32, side * half * 0.78 + 0.09, 0.0), 0.04, 0.04, tyre
            )
        waist, top = (0.55, 0.92) if self.kind == "bus" else (0.6, 0.78)
        roof = half * (0.97 if self.kind == "bus" else 0.72)
        shell = [(-half * 0.96, -0.14), (-half, -0.45), (-half, -waist), (-roof, -0.98), (roof, -0.98)]
        shell += [(half, -waist), (half, -0.45), (half * 0.96, -0.14)]
        rounded = self.body.paint(0.8)
        rounded.setPathEffect(skia.CornerPathEffect.Make(0.12))
        canvas.drawPath(brush.polygon(shell), rounded)
        glass = [(-half * 0.85, -waist), (-roof * 0.9, -0.92), (roof * 0.9, -0.92), (half * 0.85, -waist)]
        canvas.drawPath(brush.polygon(glass), self._glass_paint())
        lamp = (1.0, 0.97, 0.8) if self.view == "front" else (0.8, 0.1, 0.08)
        for side in (-1, 1):
            canvas.drawOval(brush.oval(side * half * 0.72, -0.44, 0.1, 0.06), brush.fill(lamp))
            canvas.drawOval(brush.oval(side * (half + 0.05), -top * 0.85, 0.06, 0.045), brush.fill(self.tone))
        canvas.drawRoundRect(brush.box(-half * 0.5, -0.5, half * 0.5, -0.38), 0.03, 0.03, tyre)
        canvas.drawRect(brush.box(-0.13, -0.3, 0.13, -0.22), brush.fill((0.92, 0.92, 0.85)))


def random_vehicle(rng: np.random.Generator, bus: bool) -> Vehicle:
    """A car or a bus with random looks."""
    grey = rng.random() < 0.35
    tone = random_hsv(
        rng, saturation=(0.0, 0.08) if grey else (0.4, 0.95), value=(0.1, 0.95) if grey else (0.3, 0.95)
    )
    kind: Kind = "bus" if bus else rng.choice(["sedan", "hatch", "suv", "van", "sports"])
    return Vehicle(
        kind=kind,
        view=rng.choice(["side", "side", "side", "side", "front", "rear"]),
        body=rough(rng, tone, 0.03, 1.3),
        tone=tone,
        stripe=random_hsv(rng),
        glass=random_hsv(rng, (0.5, 0.65), (0.1, 0.4), (0.12, 0.4)),
        rim=random_hsv(rng, saturation=(0.0, 0.1), value=(0.4, 0.9)),
        wheel=rng.uniform(0.14, 0.17) if bus else rng.uniform(0.2, 0.25),
        roof_load=bool(rng.random() < 0.12),
    )
