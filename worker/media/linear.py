"""Plates in scene-linear light: the space of the OCIO configuration's role ``scene_linear``, and the way there."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio

from bridge.errors import BadRequestError
from worker.media.color import (
    DEFAULT_CONFIG,
    SCENE_LINEAR_ROLE,
    SRGB,
    InputColor,
    config_identity,
    find_space,
    open_config,
)

_SRGB_SPACES = (
    "srgb_rec709_scene",
    "srgb_tx",
    "sRGB - Texture",
    "Utility - sRGB - Texture",
    "srgb_texture",
    "sRGB",
)
"""What configurations call sRGB on a screen taken back to light by its own curve, without a view; surest first."""


@dataclass(frozen=True)
class LinearLight:
    """The scene-linear space of a source, and where the source comes from."""

    space: str
    """The space's name in the configuration: ``ACEScg``."""
    interop_id: str | None
    """The Color Interop Forum's name for it: ``lin_ap1_scene``; None where it has none."""
    chromaticities: tuple[float, ...] | None
    """x and y of red, green, blue and white, eight numbers; None where they are not known."""
    config: str
    """The OCIO configuration: ``ocio://...`` or a path."""
    config_identity: str
    """What tells the configuration's content: its name where it is built in, else a digest of the file."""
    source_space: str
    """The source's space in the configuration."""

    @property
    def identity(self) -> str:
        """What decides the numbers beside the source's own; part of the key of files that hold them."""
        return f"{self.source_space}|{self.space}|{self.config_identity}"

    def decode(self, pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Take pixels into scene-linear light; those that are there already come back as they are.

        Args:
            pixels: Shape ``(H, W, 3)``, C-contiguous, in the source's space. Integers lie in 0..1.

        Returns:
            Shape ``(H, W, 3)``, neither clipped nor tone mapped.

        Raises:
            BadRequestError: the configuration has no way from one space to the other.
        """
        if self.source_space == self.space:
            return pixels
        result = oiio.ImageBufAlgo.colorconvert(
            oiio.ImageBuf(pixels), self.source_space, self.space, unpremult=False, colorconfig=self.config
        )
        if result.has_error:
            raise BadRequestError(
                f"colour space {self.source_space!r} cannot be made {self.space!r} with {self.config}: "
                f"{result.geterror()}"
            )
        return np.asarray(result.get_pixels(oiio.FLOAT), np.float32)


@dataclass(frozen=True)
class LinearPlate:
    """One frame in scene-linear light."""

    light: LinearLight
    pixels: npt.NDArray[np.float32] | None
    """Shape ``(H, W, 3)``; None where the frame could not be read."""


def linear_light(color: InputColor, ocio_config: str | None = None) -> LinearLight:
    """The way from a source's colour to scene-linear light.

    Args:
        color: The source's colour, as `worker.media.color.choose_color` decided it.
        ocio_config: The configuration for sources that needed none to be shown; None for ``$OCIO``, else
            `DEFAULT_CONFIG`.

    Raises:
        BadRequestError: the configuration cannot be read, has no scene-linear role, or no sRGB where that is
            needed.
    """
    name = color.config or ocio_config or os.environ.get("OCIO") or DEFAULT_CONFIG
    config = open_config(name)
    space = find_space(config, SCENE_LINEAR_ROLE)
    if space is None:
        raise BadRequestError(
            f"OCIO configuration {name} has no role {SCENE_LINEAR_ROLE}; foreground colour needs one, "
            "give another configuration"
        )
    candidates = _SRGB_SPACES if color.space == SRGB else (color.space,)
    source_space = next((found for candidate in candidates if (found := find_space(config, candidate))), None)
    if source_space is None:
        raise BadRequestError(
            f"OCIO configuration {name} has none of the spaces {', '.join(candidates)}; "
            "name the source's colour space"
        )
    interop_id = config.get_color_interop_id(space)
    # The library also guesses by names; only what the configuration itself says of the space is sure.
    is_known = interop_id in config.getAliases(space)
    primaries = config.get_chromaticities(space) if is_known else None
    return LinearLight(
        space=space,
        interop_id=interop_id if is_known else None,
        chromaticities=tuple(primaries) if primaries else None,
        config=name,
        config_identity=config_identity(name),
        source_space=source_space,
    )
