"""Which channels of a file are the picture."""

from __future__ import annotations

from collections.abc import Sequence

_SPELLINGS = {"red": "r", "green": "g", "blue": "b", "luminance": "y", "l": "y"}

_MAIN_LAYERS = ("", "rgba", "rgb", "main", "beauty", "c", "combined")
"""Names renderers and hosts give the picture itself, the likeliest first."""


def picture_channels(names: Sequence[str]) -> tuple[int, int, int] | None:
    """The positions of red, green and blue among channel names, or None where there is no picture.

    The main layer comes first (``R``, ``G``, ``B``), then the layers renderers give the picture, then the first
    layer in file order that has all three. Without any the luminance stands for all three, then a lone ``R``.
    Alpha, depth and the like are never taken for a picture.
    """
    layers: dict[str, dict[str, int]] = {}
    for position, name in enumerate(names):
        prefix, _, channel = name.lower().rpartition(".")
        layers.setdefault(prefix, {}).setdefault(_SPELLINGS.get(channel, channel), position)
    likely = [layers.pop(main) for main in _MAIN_LAYERS if main in layers] + list(layers.values())
    for layer in likely:
        if {"r", "g", "b"} <= layer.keys():
            return layer["r"], layer["g"], layer["b"]
    for grey in ("y", "r"):
        for layer in likely:
            if grey in layer:
                return layer[grey], layer[grey], layer[grey]
    return None
