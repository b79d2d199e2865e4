"""Dogs: four trotting legs, a wagging tail, fur that frays at the edge.

Body units: the dog is 1 high to the top of its head, paws at y = 0, facing +x.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import skia

from worker.training.scenes import brush
from worker.training.scenes.brush import Point
from worker.training.scenes.figure import Heading
from worker.training.scenes.materials import Material, blotched
from worker.training.scenes.noise import Color, random_hsv, scaled


@dataclass(frozen=True)
class Dog:
    """One dog's looks; `draw` poses it."""

    coat: Material
    tone: Color
    length: float
    """Body length, shoulder to rump."""
    leg: float
    """Leg length."""
    depth: float
    """Height of the chest."""
    snout: float
    floppy_ears: bool
    collar: Color | None
    fur_roots: tuple[Point, ...]
    fur_tips: tuple[Point, ...]
    swing: float
    """Swing of the legs, radians; 0 stands still."""

    category = "dog"
    heading: ClassVar[Heading] = "across"
    stride_length = 1.1

    def random_speed(self, rng: np.random.Generator) -> float:
        """A trotting speed in metres a second; 0 for one that stands."""
        return float(self.swing > 0) * rng.uniform(0.8, 1.8)

    @property
    def reach(self) -> tuple[float, float, float, float]:
        """The box outside which nothing is drawn, in body units."""
        return (-self.length / 2 - 0.6, -1.15, self.length / 2 + 0.75, 0.06)

    def draw(self, canvas: skia.Canvas, phase: float) -> None:
        """Draw the pose at `phase` gait cycles."""
        turn = 2 * np.pi * phase
        half, back = self.length / 2, -self.leg - self.depth
        coat = self.coat.paint(0.9, (-0.4, -1.0))
        canvas.save()
        canvas.translate(0, float(-0.015 * np.cos(2 * turn) * (self.swing > 0)))
        self._leg(canvas, coat, -half * 0.85, float(turn + np.pi))
        self._leg(canvas, coat, half * 0.8, float(turn))
        brush.shade(canvas, (0, -1), (0, 0), [((0, 0, 0), 0.25), ((0, 0, 0), 0.35)])
        wag = 0.25 * float(np.sin(3 * turn + 1))
        tail = skia.Path()
        tail.moveTo(-half * 0.95, back + 0.08)
        tail.quadTo(-half - 0.25, back, -half - 0.3 + 0.3 * wag, back - 0.28)
        canvas.drawPath(tail, brush.as_line(coat, 0.07))
        self._leg(canvas, coat, -half * 0.75, float(turn))
        self._leg(canvas, coat, half * 0.7, float(turn + np.pi))
        belly = -self.leg + 0.02
        body = [
            (-half, back + 0.06),
            (-half * 0.3, back + 0.03),
            (half * 0.6, back - 0.02),
            (half * 1.05, back + 0.1),
        ]
        body += [(half, belly), (0, belly - 0.06), (-half * 0.9, belly - 0.02), (-half * 1.08, (back + belly) / 2)]
        canvas.drawPath(brush.smooth(body), coat)
        self._head(canvas, coat, half, back, float(turn))
        if self.fur_roots:
            brush.strands(
                canvas, self.fur_roots, self.fur_tips, 0.15, brush.line(scaled(self.tone, 1.1), 0.011, 0.8)
            )
        canvas.restore()
        brush.shade(canvas, (0, -1), (0, 0), [((1, 1, 1), 0.1), ((0, 0, 0), 0.0), ((0, 0, 0), 0.3)])

    def _leg(self, canvas: skia.Canvas, coat: skia.Paint, x: float, turn: float) -> None:
        angle = self.swing * float(np.sin(turn))
        lift = self.swing * max(0.0, float(np.cos(turn)))
        upper, lower = self.leg * 0.55, self.leg * 0.5
        hip = (x, -self.leg - 0.02)
        knee = (hip[0] + upper * np.sin(angle), hip[1] + upper * np.cos(angle))
        shin = angle - 1.2 * lift
        paw = (knee[0] + lower * np.sin(shin), knee[1] + lower * np.cos(shin) - 0.02)
        canvas.drawLine(*hip, *knee, brush.as_line(coat, 0.14))
        canvas.drawLine(*knee, *paw, brush.as_line(coat, 0.085))
        canvas.drawLine(*paw, paw[0] + 0.05, paw[1], brush.as_line(coat, 0.085))

    def _head(self, canvas: skia.Canvas, coat: skia.Paint, half: float, back: float, turn: float) -> None:
        x, y = half + 0.2, -0.82 + 0.02 * float(np.sin(turn))
        canvas.drawLine(half * 0.8, back + 0.12, x - 0.02, y + 0.02, brush.as_line(coat, 0.22))
        if self.collar is not None:
            nx, ny = (half * 0.8 + x) / 2, (back + 0.12 + y) / 2
            canvas.drawLine(nx - 0.07, ny - 0.08, nx + 0.09, ny + 0.1, brush.line(self.collar, 0.045))
        canvas.drawOval(brush.oval(x, y, 0.17, 0.15), coat)
        canvas.drawLine(x + 0.08, y + 0.05, x + 0.1 + self.snout, y + 0.07, brush.as_line(coat, 0.12))
        dark = brush.fill((0.06, 0.05, 0.05))
        canvas.drawCircle(x + 0.13 + self.snout, y + 0.03, 0.035, dark)
        canvas.drawCircle(x + 0.07, y - 0.04, 0.024, dark)
        ear = brush.fill(scaled(self.tone, 0.6))
        if self.floppy_ears:
            canvas.drawOval(brush.oval(x - 0.08, y + 0.03, 0.06, 0.14), ear)
        else:
            canvas.drawPath(brush.polygon([(x - 0.13, y - 0.08), (x - 0.06, y - 0.27), (x + 0.03, y - 0.12)]), ear)


def _fur(
    rng: np.random.Generator, length: float, back: float, belly: float, amount: float
) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """Strands along back, belly, rump and neck; `amount` scales their length."""
    count = int(rng.integers(40, 90))
    half = length / 2
    along = rng.uniform(-1.0, 1.0, count)
    upper = rng.random(count) < 0.55
    y = np.where(upper, back + 0.05, belly - 0.03)
    roots = np.stack([along * half, y], 1)
    lean = np.where(upper, -1.0, 1.0) * rng.uniform(0.3, 1.0, count)
    tips = roots + amount * np.stack([-rng.uniform(0.3, 1.0, count), lean], 1)
    return tuple(map(tuple, roots.tolist())), tuple(map(tuple, tips.tolist()))


def random_dog(rng: np.random.Generator) -> Dog:
    """A dog with random build and coat."""
    leg, depth = rng.uniform(0.24, 0.42), rng.uniform(0.26, 0.38)
    length = rng.uniform(0.8, 1.15)
    tone = random_hsv(rng, (0.04, 0.12), (0.0, 0.7), (0.1, 0.95))
    other = random_hsv(rng, (0.04, 0.12), (0.0, 0.5), (0.05, 1.0))
    roots, tips = _fur(rng, length, -leg - depth, -leg, rng.uniform(0.04, 0.15))
    return Dog(
        coat=blotched(rng, tone, other if rng.random() < 0.6 else scaled(tone, 0.85)),
        tone=tone,
        length=length,
        leg=leg,
        depth=depth,
        snout=rng.uniform(0.06, 0.17),
        floppy_ears=bool(rng.random() < 0.55),
        collar=random_hsv(rng, saturation=(0.6, 1.0)) if rng.random() < 0.5 else None,
        fur_roots=roots,
        fur_tips=tips,
        swing=0.0 if rng.random() < 0.2 else rng.uniform(0.35, 0.7),
    )
