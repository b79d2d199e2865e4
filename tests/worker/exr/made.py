"""EXRs as other programs write them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenEXR

from worker.exr.cryptomatte_ids import manifest, object_ids, type_key

CUBE_AND_BALL = object_ids(["cube", "ball"])

COVERAGES = {
    "cube": np.array([[1.0, 0.5, 0.25]], np.float32),
    "ball": np.array([[0.0, 0.5, 0.75]], np.float32),
}
"""Shape (1, 3): one row of three pixels."""


def metadata(kind: str, **changes: str) -> dict[str, str]:
    """The header attributes of a type with an embedded manifest; `changes` replace fields or add some."""
    fields = {
        "name": kind,
        "hash": "MurmurHash3_32",
        "conversion": "uint32_to_float32",
        "manifest": manifest(CUBE_AND_BALL),
        **changes,
    }
    return {f"cryptomatte/{type_key(kind)}/{name}": value for name, value in fields.items()}


def ranks(layer: str, suffixes: str = "r g b a", dtype: Any = np.float32) -> dict[str, npt.NDArray[Any]]:
    """The channels of a layer with two ranks: the cube before the ball, or after it in the last pixel."""
    cube, ball = (np.full((1, 3), bits, np.uint32).view(np.float32) for bits in CUBE_AND_BALL.values())
    first = np.array([[True, True, False]])
    ids = np.where(first, cube, ball), np.where(first, ball, cube)
    coverages = np.array([[1.0, 0.5, 0.75]], np.float32), np.array([[0.0, 0.5, 0.25]], np.float32)
    planes = (ids[0], coverages[0], ids[1], coverages[1])
    dot = "." if layer else ""
    with np.errstate(over="ignore"):
        made = [plane.view(dtype) if dtype == np.uint32 else plane.astype(dtype) for plane in planes]
    return {f"{layer}{dot}{suffix}": plane for suffix, plane in zip(suffixes.split(), made, strict=True)}


MadePart = tuple[str, Mapping[str, Any], Mapping[str, Any]]
"""Name, header attributes, and pixels or OpenEXR's channels by name."""


def write(path: Path, header: Mapping[str, Any], channels: Mapping[str, Any]) -> Path:
    """A file of one part."""
    return write_parts(path, [("", header, channels)])


def write_parts(path: Path, parts: list[MadePart]) -> Path:
    """A file of several parts."""
    made = [
        OpenEXR.Part({"type": OpenEXR.scanlineimage, **header}, dict(channels), name)
        for name, header, channels in parts
    ]
    OpenEXR.File(made).write(str(path))
    return path


def window(x0: int, y0: int, x1: int, y1: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """A half-open box as OpenEXR wants it."""
    return np.array([x0, y0], np.int32), np.array([x1 - 1, y1 - 1], np.int32)
