"""Small mattes, and where they come from, for tests of files."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from bridge.borders import Border, BorderKind
from bridge.manifest import ModelEntry
from worker.exr.header import Origin
from worker.exr.layouts import FileSet, Stamp
from worker.layers import LayerSpec
from worker.mattes import Matte

PLATE = (40, 24)
LAYERS = (
    LayerSpec("person", "person", True, None, Border(BorderKind.NATURAL)),
    LayerSpec("person_3", "person", True, 3, Border(BorderKind.NATURAL)),
    LayerSpec("sky", "sky-other-merged", False, None, Border(BorderKind.FEATHER)),
)
ORIGIN = Origin(
    software="mattebridge 9.9",
    model=ModelEntry(
        name="embedded",
        licence="Apache-2.0",
        fingerprint="0123abcd",
        label_set="drawn",
        allows="commercial use allowed",
    ),
    overlap="independent",
    source="/shots/Straße 7/плита.mov",
    colorspace="sRGB - Texture",
    colorspace_from="rule",
    fps=Fraction(24000, 1001),
    pixel_aspect=2.0,
)

STAMP = Stamp(1001, key="0123abcd")


def file_set(layers: tuple[LayerSpec, ...] = LAYERS, *, tracks: bool = True) -> FileSet:
    """An export of those layers from a clip called ``plate``."""
    return FileSet(clip="plate", plate_wh=PLATE, layers=layers, origin=ORIGIN, tracks=tracks)


def layer(name: str, *, track: int | None = None, is_thing: bool = True) -> LayerSpec:
    """A layer whose category has its name."""
    return LayerSpec(name, name, is_thing, track, Border(BorderKind.NATURAL))


def full(m: Matte) -> npt.NDArray[np.float16]:
    """A matte's coverage on the whole plate."""
    plate = np.zeros(PLATE[::-1], np.float16)
    if m.window is not None:
        x0, y0, x1, y1 = m.window
        plate[y0:y1, x0:x1] = m.coverage
    return plate


def matte(layer: str, window: tuple[int, int, int, int] | None, seed: int = 1) -> Matte:
    """A matte of random coverage, with plain 0 and 1 in it."""
    if window is None:
        return Matte(layer, None)
    x0, y0, x1, y1 = window
    values = np.random.default_rng(seed).random((y1 - y0, x1 - x0))
    return Matte(layer, window, np.clip(values * 1.4 - 0.2, 0.0, 1.0).astype(np.float16))


def some_mattes() -> list[Matte]:
    """A person, one of its tracks that is not seen, and sky: their union is (3, 2) to (30, 20)."""
    return [matte("person", (10, 8, 30, 20)), Matte("person_3", None), matte("sky", (3, 2, 28, 9), seed=2)]
