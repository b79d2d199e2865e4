"""The colour spaces a request may name."""

from __future__ import annotations

import os

import OpenImageIO as oiio

from worker.media.color import DEFAULT_CONFIG


def color_space_names(ocio_config: str | None = None) -> tuple[str, ...]:
    """The names of the configuration's colour spaces, in its order.

    Args:
        ocio_config: The configuration; None for ``$OCIO``, else `DEFAULT_CONFIG`.
    """
    config = oiio.ColorConfig(ocio_config or os.environ.get("OCIO") or DEFAULT_CONFIG)
    return tuple(str(name) for name in config.getColorSpaceNames())
