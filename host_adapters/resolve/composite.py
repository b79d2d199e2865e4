"""Composite modes by name; Resolve takes their numbers only, and answers False to names."""

from __future__ import annotations

from bridge.errors import unknown_name

_NAMES = (
    "normal", "add", "subtract", "diff", "multiply", "screen", "overlay", "hardlight", "softlight", "darken",
    "lighten", "color_dodge", "color_burn", "exclusion", "hue", "saturate", "colorize", "luma_mask", "divide",
    "linear_dodge", "linear_burn", "linear_light", "vivid_light", "pin_light", "hard_mix", "lighter_color",
    "darker_color", "foreground", "alpha", "inverted_alpha", "lum", "inverted_lum",
)  # fmt: skip
"""In the order of the vendor's README, which is their numbering."""

COMPOSITE_MODES = {name: number for number, name in enumerate(_NAMES)}


def composite_mode(name: str) -> int:
    """The number of a mode; UnknownNameError, with the nearest names, where there is none."""
    if name not in COMPOSITE_MODES:
        raise unknown_name("composite mode", name, COMPOSITE_MODES)
    return COMPOSITE_MODES[name]
