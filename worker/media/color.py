"""The colour of plates: which space a source is in, and how it becomes display-referred sRGB.

Models were trained on pictures as people see them, so every plate is brought to sRGB on a screen. 8-bit sRGB
passes untouched; scene-linear and log pictures go through the OCIO display transform with the configuration's
default view, which maps tones as a viewer would.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio

from bridge.errors import BadRequestError, unknown_name

DEFAULT_CONFIG = "ocio://studio-config-v4.0.0_aces-v2.0_ocio-v2.5"
"""A built-in OCIO configuration: pinned, so that colour stays when the library changes, and with camera spaces."""

SRGB = "sRGB"
"""Display-referred sRGB, whatever the configuration calls it: values pass as they are."""

SCENE_LINEAR_ROLE = "scene_linear"

_SHOWN_AS_SRGB = frozenset(
    {
        "srgb", "srgb_rec709_scene", "srgb_rec709_display", "g22_rec709_scene", "g22_rec709_display",
        "g24_rec709_scene", "g24_rec709_display", "ocio:g24_rec709_scene", "ocio:itu709_rec709_scene", "rec709",
        "hlg_rec2020_display",
    }
)  # fmt: skip
"""Spaces in files' metadata that are meant for a screen as they are.

A matte does not hang on their small differences, and readers report most of them by habit of the format.
"""

_READERS_NAMES = {"KodakLog": "ADX10"}
"""What image readers report under names no configuration has: film scans in printing density."""


class ColorOrigin(str, Enum):
    """What decided the colour space of a source."""

    REQUEST = "request"
    METADATA = "metadata"
    RULE = "rule"
    """Neither request nor file said: floating point is scene-linear, integers are sRGB."""


class Coding(str, Enum):
    """How the numbers of a source stand for light; what decides how its display transform is sampled."""

    LINEAR = "linear"
    """In proportion, far above 1."""
    CODES = "codes"
    """Through a curve, within 0 to 1: integers."""
    UNKNOWN = "unknown"
    """Floating point through a curve, of any range."""


@dataclass(frozen=True)
class InputColor:
    """The colour space of a source and the way from it to sRGB."""

    space: str
    """The name in the configuration, or `SRGB`."""
    origin: ColorOrigin
    untouched: bool
    """The values already are what a model sees; no transform is needed."""
    config: str = ""
    """The OCIO configuration: ``ocio://...`` or a path; empty where none is needed."""
    config_identity: str = ""
    """What tells the configuration's content: its name where it is built in, else a digest of the file."""
    display: str = ""
    """The configuration's display that is sRGB, or its default display."""
    coding: Coding = Coding.CODES

    @property
    def identity(self) -> str:
        """What the look of plates depends on; part of a source's fingerprint."""
        return SRGB if self.untouched else f"{self.space}|{self.display}|{self.config_identity}"


def choose_color(
    requested: str | None, reported: str | None, *, is_float: bool, ocio_config: str | None = None
) -> InputColor:
    """Decide the colour space: the request, else the file's metadata, else the rule for its kind.

    Args:
        requested: A name, alias or role of the configuration; None to decide by the file.
        reported: What the file's metadata says, in any name OpenImageIO resolves; None where it says nothing.
        is_float: Whether the file holds floating point.
        ocio_config: The configuration; None for ``$OCIO``, else `DEFAULT_CONFIG`.

    Raises:
        UnknownNameError: the configuration has no space of the requested name.
        BadRequestError: the configuration cannot be read or cannot show the space.
    """
    if requested is None:
        if reported is not None and reported.lower() in _SHOWN_AS_SRGB:
            return InputColor(SRGB, ColorOrigin.METADATA, untouched=True)
        if reported is None and not is_float:
            return InputColor(SRGB, ColorOrigin.RULE, untouched=True)
    name = ocio_config or os.environ.get("OCIO") or DEFAULT_CONFIG
    config = open_config(name)
    if requested is not None:
        space = find_space(config, requested)
        if space is None:
            if requested.lower() == SRGB.lower():
                return InputColor(SRGB, ColorOrigin.REQUEST, untouched=True)
            raise unknown_name("colour space", requested, [*config.getColorSpaceNames(), *config.getRoles()])
        return _through(config, name, space, ColorOrigin.REQUEST, is_float=is_float)
    space = find_space(config, _READERS_NAMES.get(reported, reported)) if reported else None
    if space is not None:
        return _through(config, name, space, ColorOrigin.METADATA, is_float=is_float)
    if not is_float:
        return InputColor(SRGB, ColorOrigin.RULE, untouched=True)
    linear = find_space(config, SCENE_LINEAR_ROLE)
    if linear is None:
        raise BadRequestError(
            f"OCIO configuration {name} has no role {SCENE_LINEAR_ROLE}; name the source's colour space"
        )
    return _through(config, name, linear, ColorOrigin.RULE, is_float=is_float)


def show_exactly(
    pixels: npt.NDArray[np.float32], config: str, display: str, space: str
) -> npt.NDArray[np.float32]:
    """Through OCIO's display transform with the default view for the space.

    Args:
        pixels: Shape ``(H, W, 3)``, finite, in `space`.
        config: The OCIO configuration.
        display: One of its displays.
        space: One of its colour spaces.

    Returns:
        Shape ``(H, W, 3)``; 0 is the screen's black and 1 its white.

    Raises:
        BadRequestError: the configuration cannot show the space.
    """
    source = oiio.ImageBuf(np.ascontiguousarray(pixels))
    result = oiio.ImageBufAlgo.ociodisplay(source, display, "", space, unpremult=False, colorconfig=config)
    if result.has_error:
        raise BadRequestError(
            f"colour space {space!r} cannot be shown on {display!r} with {config}: {result.geterror()}"
        )
    return np.asarray(result.get_pixels(oiio.FLOAT), np.float32)


def _through(
    config: oiio.ColorConfig, name: str, space: str, origin: ColorOrigin, *, is_float: bool
) -> InputColor:
    """The colour of a known space; tried on a ramp now, so that a broken configuration fails before any work."""
    display = _srgb_display(config)
    ramp = np.repeat(np.linspace(0, 1, 33, dtype=np.float32)[None, :, None], 3, axis=2)
    if np.abs(show_exactly(ramp, name, display, space) - ramp).max() < 1 / 512:
        return InputColor(space, origin, untouched=True)
    if config.isColorSpaceLinear(space) or origin is ColorOrigin.RULE:
        coding = Coding.LINEAR
    else:
        coding = Coding.UNKNOWN if is_float else Coding.CODES
    return InputColor(
        space,
        origin,
        untouched=False,
        config=name,
        config_identity=config_identity(name),
        display=display,
        coding=coding,
    )


def open_config(name: str) -> oiio.ColorConfig:
    """A built-in configuration or one from a file; BadRequestError where it cannot be read."""
    config = oiio.ColorConfig(name)
    problem = config.geterror()
    if problem:
        raise BadRequestError(f"OCIO configuration {name!r} cannot be read: {problem}")
    return config


def find_space(config: oiio.ColorConfig, name: str) -> str | None:
    """The space a name, an alias or a role stands for, or None."""
    space = str(config.resolve(name))
    return space if config.getColorSpaceIndex(space) >= 0 else None


def _srgb_display(config: oiio.ColorConfig) -> str:
    displays = [str(name) for name in config.getDisplayNames()]
    srgb = [name for name in displays if "srgb" in name.lower()]
    return srgb[0] if srgb else str(config.getDefaultDisplayName())


def config_identity(name: str) -> str:
    """The name of a built-in configuration; the digest of a file, whose content may change under its name."""
    if name.startswith("ocio://"):
        return name
    return hashlib.sha256(Path(name).read_bytes()).hexdigest()[:16]
