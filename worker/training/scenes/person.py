"""Persons: articulated limbs, patterned clothes, hair with loose strands.

Body units: the person is 1 high, feet at y = 0, head at y = -1, facing +x in profile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import skia

from worker.training.scenes import brush
from worker.training.scenes.brush import Point
from worker.training.scenes.figure import Heading
from worker.training.scenes.materials import Material, cloth, plain, rough
from worker.training.scenes.noise import Color, hsv, random_hsv, scaled

HairStyle = Literal["short", "long", "bun", "afro", "hat", "bald"]
HEAD: Point = (0.0, -0.925)


@dataclass(frozen=True)
class Person:
    """One person's looks; `draw` poses it."""

    view: Literal["side", "front", "back"]
    skin: Color
    hair_color: Color
    hair: HairStyle
    strand_roots: tuple[Point, ...]
    strand_tips: tuple[Point, ...]
    top: Material
    bottom: Material
    shoes: Color
    girth: float
    """Width of body and limbs against a slim adult's."""
    head: float
    """Head radius."""
    sleeves: float
    """How far sleeves reach: 0 is the shoulder, 1 the wrist."""
    trousers: float
    """How far trouser legs reach: 0 is the hip, 1 the ankle."""
    skirt: float
    """Length of a skirt below the hips; 0 is none."""
    backpack: Material | None
    stride: float
    """Swing of the thighs, radians; 0 stands still."""
    carry: float
    """A constant bend of one arm, radians."""
    flat: bool = False
    """Drawn without face and shading, to tell parts apart by plain colours."""

    category = "person"
    reach = (-0.36, -1.16, 0.36, 0.05)
    stride_length = 0.8
    """Distance covered in one gait cycle."""

    @property
    def heading(self) -> Heading:
        """Where a person seen like this walks to."""
        return "across" if self.view == "side" else "nearer" if self.view == "front" else "farther"

    def random_speed(self, rng: np.random.Generator) -> float:
        """A walking speed in metres a second; 0 for one who stands."""
        return float(self.stride > 0) * rng.uniform(0.8, 1.8)

    def hair_alone(self) -> Person:
        """The same person with white hair and all else black: drawn, red is the coverage of the hair."""
        black, stuff = (0.0, 0.0, 0.0), plain((0.0, 0.0, 0.0))
        return replace(
            self,
            skin=black,
            hair_color=(1.0, 1.0, 1.0),
            top=stuff,
            bottom=stuff,
            shoes=black,
            backpack=None if self.backpack is None else stuff,
            flat=True,
        )

    def draw(self, canvas: skia.Canvas, phase: float) -> None:
        """Draw the pose at `phase` gait cycles."""
        turn = 2 * np.pi * phase
        bob = -0.012 * np.cos(2 * turn) * (self.stride > 0)
        canvas.save()
        canvas.translate(0, float(bob))
        if self.view == "back" or self.view == "side":
            self._face_and_head(canvas)
        spread = 0.0 if self.view == "side" else 0.045 * self.girth
        arm_spread = 0.0 if self.view == "side" else 0.115 * self.girth
        self._arm(canvas, -arm_spread, turn, far=True)
        self._leg(canvas, -spread, turn + np.pi, far=True)
        self._leg(canvas, spread, turn, far=False)
        self._torso(canvas, float(turn))
        if self.view == "front":
            self._face_and_head(canvas)
        self._arm(canvas, arm_spread, turn + np.pi, far=False)
        if self.backpack is not None and self.view == "back":
            canvas.drawRoundRect(brush.box(-0.1, -0.8, 0.1, -0.52), 0.04, 0.04, self.backpack.paint(0.2))
        canvas.restore()

    def _swing(self, turn: float) -> float:
        return self.stride * float(np.sin(turn)) * (1.0 if self.view == "side" else 0.12)

    def _leg(self, canvas: skia.Canvas, x: float, turn: float, far: bool) -> None:
        thigh = self._swing(turn)
        lift = self.stride * max(0.0, float(np.cos(turn)))
        knee_bend = 1.3 * lift if self.view == "side" else 0.0
        short = 1.0 if self.view == "side" else 1.0 - 0.16 * lift
        hip = (x, -0.5)
        knee = (x + 0.24 * np.sin(thigh), -0.5 + 0.24 * np.cos(thigh))
        shin = thigh - knee_bend
        ankle = (knee[0] + 0.225 * np.sin(shin) * short, knee[1] + 0.225 * np.cos(shin) * short)
        w = 0.085 * self.girth
        _bone(canvas, brush.fill(self.skin), (hip, knee, ankle), (w * 0.9, w * 0.68), 1.0)
        toe = 0.06 if self.view == "side" else 0.012
        canvas.drawLine(ankle[0], ankle[1] + 0.015, ankle[0] + toe, ankle[1] + 0.02, brush.line(self.shoes, 0.042))
        _bone(canvas, self.bottom.paint(0.25), (hip, knee, ankle), (w, w * 0.8), self.trousers)
        if far and self.view == "side" and not self.flat:
            brush.shade(canvas, (0, -0.5), (0, 0), [((0, 0, 0), 0.1), ((0, 0, 0), 0.3)])

    def _arm(self, canvas: skia.Canvas, x: float, turn: float, far: bool) -> None:
        swing = -self._swing(turn) * 0.8 + (self.carry if far else 0.0)
        out = 0.0 if self.view == "side" else float(np.sign(x)) * 0.12
        bend = 0.25 + 0.3 * self.stride + (0.9 if far and self.carry > 0.4 else 0.0)
        shoulder = (x, -0.79)
        elbow = (x + 0.17 * np.sin(swing + out), -0.79 + 0.17 * np.cos(swing + out))
        fore = swing + out + (bend if self.view == "side" else -0.5 * out)
        wrist = (elbow[0] + 0.15 * np.sin(fore), elbow[1] + 0.15 * np.cos(fore))
        w = 0.058 * self.girth
        joints = (shoulder, elbow, wrist)
        _bone(canvas, brush.fill(self.skin), joints, (w * 0.85, w * 0.7), 1.0)
        canvas.drawOval(brush.oval(wrist[0], wrist[1] + 0.012, 0.024, 0.03), brush.fill(self.skin))
        _bone(canvas, self.top.paint(0.22), joints, (w * 1.1, w), self.sleeves)

    def _torso(self, canvas: skia.Canvas, turn: float) -> None:
        wide = 1.0 if self.view == "side" else 1.45
        s, h = 0.082 * self.girth * wide, 0.075 * self.girth * wide**0.5
        if self.skirt > 0:
            sway = 0.02 * np.sin(turn)
            hem = -0.5 + self.skirt
            points = [(-h, -0.56), (h, -0.56), (h * 1.7 + sway, hem), (-h * 1.7 + sway, hem)]
            canvas.drawPath(brush.polygon(points), self.bottom.paint(0.25))
        if self.backpack is not None and self.view == "side":
            canvas.drawRoundRect(brush.box(-0.19, -0.8, -0.03, -0.53), 0.05, 0.05, self.backpack.paint(0.2))
        canvas.drawLine(0, -0.84, 0.01, -0.8, brush.line(scaled(self.skin, 0.9), 0.055 * self.girth))
        outline = [(-s * 0.6, -0.83), (s * 0.6, -0.83), (s, -0.77), (h * 0.95, -0.62), (h, -0.46), (-h, -0.46)]
        outline += [(-h * 0.95, -0.62), (-s, -0.77)]
        canvas.drawPath(brush.smooth(outline), self.top.paint(0.22))
        canvas.drawRect(brush.box(-h * 0.96, -0.5, h * 0.96, -0.485), brush.fill(self.shoes, 0.8))

    def _face_and_head(self, canvas: skia.Canvas) -> None:
        x, y, r = HEAD[0] + (0.012 if self.view == "side" else 0.0), HEAD[1], self.head
        hair = brush.fill(self.hair_color)
        if self.hair == "long":
            canvas.drawRoundRect(
                brush.box(x - r * 1.15, y - r * 0.6, x + r * (0.5 if self.view == "side" else 1.15), y + r * 2.4),
                r * 0.6,
                r * 0.8,
                hair,
            )
        elif self.hair == "afro":
            canvas.drawCircle(x - 0.1 * r, y - r * 0.3, r * 1.5, hair)
        elif self.hair == "bun":
            canvas.drawCircle(x - (r * 0.9 if self.view == "side" else 0), y - r * 1.0, r * 0.5, hair)
        canvas.drawOval(brush.oval(x, y, r * 0.88, r * 1.1), brush.fill(self.skin))
        if self.view == "back" and self.hair != "bald":
            canvas.drawOval(brush.oval(x, y, r * 0.95, r * 1.12), hair)
        elif self.hair != "bald":
            back = 0.35 * r if self.view == "side" else 0.0
            canvas.save()
            canvas.clipPath(_hair_line(x, y, r, self.view), doAntiAlias=True)
            canvas.drawOval(brush.oval(x - back * 0.4, y - r * 0.1, r * 1.02, r * 1.14), hair)
            canvas.restore()
        if self.view != "back":
            self._features(canvas, x, y, r)
        if self.hair == "hat":
            hat = self.bottom.paint(0.1)
            canvas.drawArc(brush.oval(x, y - r * 0.3, r * 1.05, r * 1.05), 180, 180, True, hat)
            brim = 1.9 if self.view == "side" else 1.2
            canvas.drawRoundRect(
                brush.box(x - r * 1.05, y - r * 0.42, x + r * brim, y - r * 0.2), r * 0.1, r * 0.1, hat
            )
        if self.strand_roots:
            brush.strands(
                canvas,
                self.strand_roots,
                self.strand_tips,
                0.2,
                brush.line(scaled(self.hair_color, 1.15), 0.0045, 0.75),
            )

    def _features(self, canvas: skia.Canvas, x: float, y: float, r: float) -> None:
        dark = brush.fill(self.skin if self.flat else (0.1, 0.07, 0.07), 0.85)
        lips = brush.fill(self.skin if self.flat else (0.55, 0.2, 0.2), 0.8)
        if self.view == "side":
            canvas.drawOval(brush.oval(x + r * 0.88, y + r * 0.1, r * 0.17, r * 0.16), brush.fill(self.skin))
            canvas.drawCircle(x + r * 0.5, y - r * 0.1, r * 0.1, dark)
            canvas.drawCircle(x - r * 0.1, y + r * 0.1, r * 0.18, brush.fill(scaled(self.skin, 0.85)))
            return
        for side in (-1, 1):
            canvas.drawCircle(x + side * r * 0.35, y - r * 0.05, r * 0.1, dark)
        canvas.drawOval(brush.oval(x, y + r * 0.55, r * 0.25, r * 0.07), lips)


def _bone(
    canvas: skia.Canvas,
    paint: skia.Paint,
    joints: tuple[Point, Point, Point],
    widths: tuple[float, float],
    share: float,
) -> None:
    """Stroke a two-bone limb, upper and lower width, as far as `share` of its length."""
    (ax, ay), (bx, by), (cx, cy) = joints
    upper = min(2.0 * share, 1.0)
    lower = max(2.0 * share - 1.0, 0.0)
    if upper > 0:
        canvas.drawLine(ax, ay, ax + (bx - ax) * upper, ay + (by - ay) * upper, brush.as_line(paint, widths[0]))
    if lower > 0:
        canvas.drawLine(bx, by, bx + (cx - bx) * lower, by + (cy - by) * lower, brush.as_line(paint, widths[1]))


def _hair_line(x: float, y: float, r: float, view: str) -> skia.Path:
    """The part of the head that hair covers: crown and, in profile, the back of the head."""
    if view == "side":
        points = [(-2, -2), (2, -2), (0.9, -0.45), (0.1, -0.3), (-0.25, 0.6), (-2, 0.8)]
    else:
        points = [(-2, -2), (2, -2), (2, 0.1), (0.8, -0.1), (0, -0.6), (-0.8, -0.1), (-2, 0.1)]
    return brush.polygon([(x + px * r, y + py * r) for px, py in points])


def _strands(rng: np.random.Generator, hair: HairStyle, r: float) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    if hair in ("bald", "hat"):
        return (), ()
    count = int(rng.integers(14, 50))
    angle = rng.uniform(-np.pi * 1.05, 0.05 * np.pi, count)
    start = r * (1.4 if hair == "afro" else 0.95)
    length = r * rng.uniform(0.15, 0.75, count)
    roots = np.stack([start * np.cos(angle), start * 1.1 * np.sin(angle)], 1) + HEAD
    lean = angle + rng.normal(0, 0.5, count)
    tips = roots + length[:, None] * np.stack([np.cos(lean), np.sin(lean) + 0.25], 1)
    if hair == "long":
        low = rng.uniform(0, 2.2, count) * r
        side = rng.choice([-1.0, 1.0], count)
        extra_roots = np.stack([side * r * 1.05, low], 1) + HEAD
        extra_tips = extra_roots + np.stack(
            [side * rng.uniform(0.1, 0.6, count) * r, rng.uniform(0.3, 1.2, count) * r], 1
        )
        roots, tips = np.concatenate([roots, extra_roots]), np.concatenate([tips, extra_tips])
    return tuple(map(tuple, roots.tolist())), tuple(map(tuple, tips.tolist()))


def random_person(rng: np.random.Generator) -> Person:
    """A person with random looks and gait."""
    head = rng.uniform(0.062, 0.075)
    hair: HairStyle = rng.choice(["short", "short", "long", "long", "bun", "afro", "hat", "bald"])
    roots, tips = _strands(rng, hair, head)
    skin = hsv(rng.uniform(0.035, 0.09), rng.uniform(0.25, 0.6), rng.uniform(0.35, 0.98))
    hair_hue = random_hsv(rng, (0.02, 0.14), (0.1, 0.7), (0.05, 0.8))
    top = cloth(rng)
    dress = rng.random() < 0.25
    return Person(
        view=rng.choice(["side", "side", "side", "front", "back"]),
        skin=skin,
        hair_color=hair_hue if rng.random() < 0.93 else random_hsv(rng),
        hair=hair,
        strand_roots=roots,
        strand_tips=tips,
        top=top,
        bottom=top if dress and rng.random() < 0.5 else cloth(rng),
        shoes=random_hsv(rng, saturation=(0.0, 0.6), value=(0.05, 0.9)),
        girth=rng.uniform(0.9, 1.35),
        head=head,
        sleeves=float(rng.choice([0.35, 0.45, 1.0, 1.0])),
        trousers=0.3 if dress else float(rng.choice([0.45, 0.9, 1.0, 1.0])),
        skirt=rng.uniform(0.12, 0.3) if dress else 0.0,
        backpack=rough(rng, random_hsv(rng)) if rng.random() < 0.2 else None,
        stride=0.0 if rng.random() < 0.25 else rng.uniform(0.35, 0.65),
        carry=rng.uniform(0.4, 1.2) if rng.random() < 0.25 else 0.0,
    )
