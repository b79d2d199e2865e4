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
from worker.models.base import Plate

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


@dataclass(frozen=True)
class InputColor:
    """The colour space of a source and the way from it to sRGB."""

    space: str
    """The name in the configuration, or `SRGB`."""
    origin: ColorOrigin
    untouched: bool
    """The values already are what a model sees; `to_plate` is not needed."""
    config: str = ""
    """The OCIO configuration: ``ocio://...`` or a path; empty where none is needed."""
    display: str = ""
    """The configuration's display that is sRGB, or its default display."""

    @property
    def identity(self) -> str:
        """What the look of plates depends on; part of a source's fingerprint."""
        return SRGB if self.untouched else f"{self.space}|{self.display}|{_config_identity(self.config)}"


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
    config = _open_config(name)
    if requested is not None:
        space = _find_space(config, requested)
        if space is None:
            if requested.lower() == SRGB.lower():
                return InputColor(SRGB, ColorOrigin.REQUEST, untouched=True)
            raise unknown_name("colour space", requested, [*config.getColorSpaceNames(), *config.getRoles()])
        return _through(config, name, space, ColorOrigin.REQUEST)
    space = _find_space(config, _READERS_NAMES.get(reported, reported)) if reported else None
    if space is not None:
        return _through(config, name, space, ColorOrigin.METADATA)
    if not is_float:
        return InputColor(SRGB, ColorOrigin.RULE, untouched=True)
    linear = _find_space(config, SCENE_LINEAR_ROLE)
    if linear is None:
        raise BadRequestError(
            f"OCIO configuration {name} has no role {SCENE_LINEAR_ROLE}; name the source's colour space"
        )
    return _through(config, name, linear, ColorOrigin.RULE)


def to_plate(pixels: npt.NDArray[np.float32], color: InputColor) -> Plate:
    """Show pixels on an sRGB screen.

    Args:
        pixels: Shape ``(H, W, 3)``, in `color`'s space; NaN counts as 0, infinities as the largest half.
        color: Where the pixels come from.

    Returns:
        Shape ``(H, W, 3)``, 0 to 255, rounded.

    Raises:
        BadRequestError: the configuration cannot show the space.
    """
    largest = float(np.finfo(np.float16).max)
    finite = np.nan_to_num(pixels, nan=0.0, posinf=largest, neginf=-largest)
    shown = finite if color.untouched else _shown(finite, color)
    return (np.clip(shown, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def _shown(pixels: npt.NDArray[np.float32], color: InputColor) -> npt.NDArray[np.float32]:
    """Through the display transform, still float; an empty view means the default view for the space."""
    source = oiio.ImageBuf(np.ascontiguousarray(pixels))
    result = oiio.ImageBufAlgo.ociodisplay(
        source, color.display, "", color.space, unpremult=False, colorconfig=color.config
    )
    if result.has_error:
        raise BadRequestError(
            f"colour space {color.space!r} cannot be shown on {color.display!r} with {color.config}: "
            f"{result.geterror()}"
        )
    return np.asarray(result.get_pixels(oiio.FLOAT), np.float32)


def color_space_names(ocio_config: str | None = None) -> tuple[str, ...]:
    """The colour spaces a request may name, in the configuration's order; `ocio_config` as for `choose_color`."""
    config = _open_config(ocio_config or os.environ.get("OCIO") or DEFAULT_CONFIG)
    return tuple(str(name) for name in config.getColorSpaceNames())


def _through(config: oiio.ColorConfig, name: str, space: str, origin: ColorOrigin) -> InputColor:
    """The colour of a known space; tried on a ramp now, so that a broken configuration fails before any work."""
    color = InputColor(space, origin, untouched=False, config=name, display=_srgb_display(config))
    ramp = np.repeat(np.linspace(0, 1, 33, dtype=np.float32)[None, :, None], 3, axis=2)
    if np.abs(_shown(ramp, color) - ramp).max() < 1 / 512:
        return InputColor(space, origin, untouched=True)
    return color


def _open_config(name: str) -> oiio.ColorConfig:
    config = oiio.ColorConfig(name)
    problem = config.geterror()
    if problem:
        raise BadRequestError(f"OCIO configuration {name!r} cannot be read: {problem}")
    return config


def _find_space(config: oiio.ColorConfig, name: str) -> str | None:
    """The space a name, an alias or a role stands for, or None."""
    space = str(config.resolve(name))
    return space if config.getColorSpaceIndex(space) >= 0 else None


def _srgb_display(config: oiio.ColorConfig) -> str:
    displays = [str(name) for name in config.getDisplayNames()]
    srgb = [name for name in displays if "srgb" in name.lower()]
    return srgb[0] if srgb else str(config.getDefaultDisplayName())


def _config_identity(name: str) -> str:
    """The name of a built-in configuration; the digest of a file, whose content may change under its name."""
    if name.startswith("ocio://"):
        return name
    return hashlib.sha256(Path(name).read_bytes()).hexdigest()[:16]
