"""The project's colour settings, as names of the worker's OCIO configuration. What cannot be mapped is said."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from host_adapters.resolve.calls import text
from host_adapters.resolve.media import Media

AS_IT_IS = "sRGB"
"""What the worker takes as display-referred; the small differences between video gammas move no matte."""

_RULES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("venice", "slog3", "sgamut3cine"), "S-Log3 Venice S-Gamut3.Cine"),
    (("venice", "slog3", "sgamut3"), "S-Log3 Venice S-Gamut3"),
    (("slog3", "sgamut3cine"), "S-Log3 S-Gamut3.Cine"),
    (("slog3", "sgamut3"), "S-Log3 S-Gamut3"),
    (("logc4",), "ARRI LogC4"),
    (("arri", "logc"), "ARRI LogC3 (EI800)"),
    (("canonlog2", "cinemagamut"), "CanonLog2 CinemaGamut D55"),
    (("canonlog3", "cinemagamut"), "CanonLog3 CinemaGamut D55"),
    (("vgamut", "vlog"), "V-Log V-Gamut"),
    (("redwidegamutrgb", "log3g10"), "Log3G10 REDWideGamutRGB"),
    (("gen5", "film"), "BMDFilm WideGamut Gen5"),
    (("davinci", "intermediate"), "DaVinci Intermediate WideGamut"),
    (("applelog",), "Apple Log"),
    (("dgamut", "dlog"), "D-Log D-Gamut"),
    (("acescct",), "ACEScct"),
    (("acescc",), "ACEScc"),
    (("acescg",), "ACEScg"),
    (("aces20651",), "ACES2065-1"),
    (("acesap0",), "ACES2065-1"),
    (("rec709", "linear"), "Linear Rec.709 (sRGB)"),
    (("rec2020", "linear"), "Linear Rec.2020"),
    (("p3d65", "linear"), "Linear P3-D65"),
    (("rec709",), AS_IT_IS),
    (("srgb",), AS_IT_IS),
)
"""What a name of Resolve's menus must contain, letters and digits only, and what it is; the first match counts."""

_NOT_NAMED = ("", "project", "same as project", "no input transform", "bypass", "auto", "none")


@dataclass(frozen=True)
class SourceColor:
    """The colour space for a request."""

    name: str | None
    """The worker's name; None leaves it to the file's metadata and kind."""
    said: str
    """Where it is from, or why there is none; a sentence for the person."""


def source_color(project: Any, media: Media, known: Collection[str] = ()) -> SourceColor:
    """The colour space that Resolve takes a clip to be in.

    Args:
        project: The Project.
        media: The clip.
        known: The worker's colour spaces; empty where they were not asked for.
    """
    mode = text(project, "GetSetting", "colorScienceMode")
    managed = mode.startswith("davinciYRGBColorManaged")
    if not managed and not mode.lower().startswith("aces"):
        return SourceColor(
            None,
            f"{media.name}: the project is not colour managed, so the file decides; name the colour space for log",
        )
    if managed:
        asked = media.colorspace
        if asked.lower() in _NOT_NAMED and text(project, "GetSetting", "isAutoColorManage") != "1":
            asked = text(project, "GetSetting", "colorSpaceInput")
            if text(project, "GetSetting", "separateColorSpaceAndGamma") == "1":
                asked = f"{asked} {text(project, 'GetSetting', 'colorSpaceInputGamma')}".strip()
    else:
        asked = media.aces_input
        if asked.lower() in _NOT_NAMED:
            asked = text(project, "GetSetting", "colorAcesIDT")
    if asked.lower() in _NOT_NAMED:
        return SourceColor(None, f"{media.name}: Resolve names no input colour space, so the file decides")
    name = ocio_name(asked)
    if name is None:
        return SourceColor(
            None,
            f"{media.name}: Resolve's {asked!r} is not known here, so the file decides; give the colour space "
            "yourself where that is wrong",
        )
    if known and name != AS_IT_IS and name not in known:
        return SourceColor(
            None, f"{media.name}: the worker's OCIO configuration has no {name!r}; give the colour space yourself"
        )
    return SourceColor(name, f"{media.name}: {asked!r} in Resolve is {name!r}")


def ocio_name(asked: str) -> str | None:
    """The worker's name of a colour space in Resolve's menus, or None."""
    plain = re.sub(r"[^a-z0-9]", "", asked.lower())
    for parts, name in _RULES:
        if all(part in plain for part in parts):
            # "Rec.709" with a log curve behind it is no display: only gammas and the plain name are.
            if name == AS_IT_IS and re.search(r"log|pq|hlg|st2084|intermediate", plain):
                return None
            return name
    return None
