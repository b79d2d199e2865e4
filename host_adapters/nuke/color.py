"""Nuke's colour spaces by the names the worker knows.

With Nuke's own colour management a space is a curve (`sRGB`, `AlexaV3LogC`); with OCIO it is a name of the
script's configuration, which need not be the worker's. What has no certain counterpart is not guessed: such a
plate is rendered into a space that both know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Optional

from host_adapters.nuke.host import api

_LUTS = {
    "linear": "Linear Rec.709 (sRGB)",
    "srgb": "sRGB",
    "rec709": "Camera Rec.709",
    "gamma1.8": "Gamma 1.8 Encoded Rec.709",
    "gamma2.2": "Gamma 2.2 Encoded Rec.709",
    "gamma2.4": "Gamma 2.4 Encoded Rec.709",
    "alexav3logc": "ARRI LogC3 (EI800)",
    "log3g10": "Log3G10 REDWideGamutRGB",
}
"""Nuke's curves that belong to one space only. SLog3, for one, is used with more than one gamut."""

_RENDER_SPACES = (
    "ACES2065-1",
    "ACES - ACES2065-1",
    "ACEScg",
    "ACES - ACEScg",
    "Linear Rec.709 (sRGB)",
    "Utility - Linear - sRGB",
    "Utility - Linear - Rec.709",
    "linear",
)
"""Spaces to render into, the best first: scene-linear, by their names in the ACES configurations and in Nuke's."""

_OLD_NAMES = {
    "utility - linear - srgb": "Linear Rec.709 (sRGB)",
    "utility - linear - rec.709": "Linear Rec.709 (sRGB)",
    "utility - srgb - texture": "sRGB",
    "srgb - texture": "sRGB",
    "input - arri - v3 logc (ei800) - wide gamut": "ARRI LogC3 (EI800)",
    "input - arri - linear - alexa wide gamut": "Linear ARRI Wide Gamut 3",
    "utility - raw": "Raw",
    "data": "Raw",
}
"""Names of older ACES configurations and of Nuke's."""

_INTEGERS = frozenset({"png", "jpg", "jpeg", "tif", "tiff", "tga", "targa", "bmp", "gif", "webp"})


@dataclass(frozen=True)
class Space:
    """The space of a plate, or why it has to be rendered."""

    name: Optional[str]
    """By the worker's name; None to let the worker go by the file."""
    unknown: Optional[str] = None
    """The name in Nuke that has no counterpart; None where all is well."""


def management() -> dict[str, str]:
    """The script's colour management, to be recorded with a job: mode, configuration, working space."""
    root = api().root()
    found = {}
    for name in ("colorManagement", "OCIO_config", "customOCIOConfigPath", "workingSpaceLUT"):
        knob = root.knob(name)
        if knob is not None:
            found[name] = plain(knob.value())
    return found


def plain(value: object) -> str:
    """A menu entry's name: what stands behind its tab is only shown."""
    return str(value).split("\t")[0]


def space_of(read: Any, path: str, known: Collection[str]) -> Space:
    """The space that a Read takes its file to be in.

    Args:
        read: The Read node.
        path: Its file.
        known: The worker's colour spaces.
    """
    if read["raw"].value():
        # Raw in Nuke means that the numbers are taken for the working space's, whatever they are.
        return _by_name("scene_linear" if _by_ocio() else "linear", known)
    name = plain(read["colorspace"].value())
    if name == "default" or name.startswith("default "):
        return _default_space(path, known)
    return _by_name(name, known)


def _default_space(path: str, known: Collection[str]) -> Space:
    """What `default` stands for: a knob of the root for each kind of file."""
    root = api().root()
    extension = PurePath(path).suffix[1:].lower()
    if extension in ("exr", "hdr"):
        return _by_name(plain(root["floatLut"].value()), known)
    if extension in _INTEGERS:
        low, high = (_by_name(plain(root[name].value()), known) for name in ("int8Lut", "int16Lut"))
        # Eight bits or sixteen? Only the file knows; it does not matter where both are the same.
        return low if low == high else Space(None, unknown=f"default of {extension} files")
    # DPX, Cineon and movies say themselves what they are, and worker and Nuke both go by that.
    return Space(None)


def _by_name(name: str, known: Collection[str]) -> Space:
    if _by_ocio() and name in ("scene_linear", "compositing_linear", "rendering"):
        name = plain(api().root()["workingSpaceLUT"].value())
    found = worker_name(name, known)
    return Space(found) if found is not None else Space(None, unknown=name)


def _by_ocio() -> bool:
    return plain(api().root()["colorManagement"].value()) == "OCIO"


def worker_name(name: str, known: Collection[str]) -> Optional[str]:
    """The worker's name for a space of Nuke's; None where there is no certain one."""
    folded = {one.lower(): one for one in known}
    lower = name.lower()
    for candidate in (lower, lower.rsplit(" - ", 1)[-1] if lower.startswith("aces - ") else lower):
        if candidate in folded:
            return folded[candidate]
    counterpart = _LUTS.get(lower) or _OLD_NAMES.get(lower)
    # `sRGB` is no name of the configuration, but every worker takes it for display-referred pictures.
    return counterpart if counterpart == "sRGB" or counterpart in known else None


def render_space(choices: Iterable[str], known: Collection[str]) -> Optional[tuple[str, str]]:
    """A scene-linear space that Write and worker both have: its entry in the Write's menu, and the worker's name.

    Args:
        choices: Entries of the Write's ``colorspace``.
        known: The worker's colour spaces.
    """
    names = {plain(choice): choice for choice in choices}
    for wanted in _RENDER_SPACES:
        ours = worker_name(wanted, known)
        if wanted in names and ours is not None:
            return names[wanted], ours
    return None
