"""Mattes as R, G, B and A of a picture that fills the display window, for hosts that know no layers."""

from __future__ import annotations

from collections.abc import Iterable

from worker.exr.header import PREFIX, Attribute
from worker.layers import LayerSpec

SUFFIXES = ("R", "G", "B", "A")
"""The channels, in the order in which mattes fill them."""


def channel_attributes(layers: Iterable[tuple[LayerSpec, str]]) -> dict[str, Attribute]:
    """Header attributes that say which channel shows a layer, since the channels' names do not."""
    return {f"{PREFIX}layer/{layer.name}/channel": channel for layer, channel in layers}
