"""Folders and files named after what is in the timeline, by templates such as ``{shot}/{clip}_{frame:04d}``."""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Union

from bridge.errors import BadRequestError, unknown_name
from bridge.naming import clip_name
from host_adapters.timeline.clips import Use

FOLDER_TOKENS = ("media", "clip", "shot", "track", "timeline")
"""Of a source's folder. A source that is cut in several times has the clip, shot and track of the first."""

FILE_TOKENS = ("clip", "shot", "track", "timeline", "layer", "frame")

FOLDERS = "{media}"
"""The template for folders where none is given."""

_VERSION = re.compile(r"[._ -]+v\d+.*\Z", re.IGNORECASE)
"""A version and what stands behind it: ``sh0010_layout_v004`` is the shot ``sh0010_layout``."""

_BESIDE = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*\Z")
"""What stands in brackets at the end: ``ZZ100_501 (LAY3)`` is the shot ``ZZ100_501``."""

_BARE = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}\Z")


def folder_words(use: Use, timeline: str) -> dict[str, str]:
    """What the tokens of a folder stand for, made safe for file names."""
    return {**file_words(use, timeline), "media": clip_name(use.media.source)}


def file_words(use: Use, timeline: str) -> dict[str, str]:
    """What the tokens of a file stand for, its layer and frame apart, made safe for file names."""
    clip = _BARE.sub("", use.name.strip()) or clip_name(use.media.source)
    shot = _VERSION.sub("", clip)
    while _BESIDE.search(shot):
        shot = _BESIDE.sub("", shot)
    return {
        "clip": _safe(clip),
        "shot": _safe(shot or clip),
        "track": _safe(use.track_name),
        "timeline": _safe(timeline),
    }


def check_template(template: str, tokens: Collection[str], needed: Collection[str] = ()) -> None:
    """Hold a template against the tokens it may have.

    Raises:
        UnknownNameError: a token that is none of them.
        BadRequestError: it cannot be read, leaves its folder, or lacks a token.
    """
    try:
        found = [(name, spec) for _, name, spec, _ in string.Formatter().parse(template) if name is not None]
    except ValueError as err:
        raise BadRequestError(f"the template {template!r} cannot be read: {err}") from None
    for name, _ in found:
        if name not in tokens:
            raise unknown_name("token", name, tokens)
    lacking = [name for name in needed if name not in {name for name, _ in found}]
    if lacking:
        words = " and ".join(f"{{{name}}}" for name in lacking)
        raise BadRequestError(f"the template {template!r} needs {words}; files would have the same name without")
    example: dict[str, Union[str, int]] = {name: 1 if name == "frame" else "x" for name in tokens}
    path = filled(template, example)
    parts = PurePosixPath(path).parts
    if not parts or PurePosixPath(path).is_absolute() or PureWindowsPath(path).drive or ".." in parts:
        raise BadRequestError(f"the template {template!r} must name something below --out, without ..")


def filled(template: str, words: Mapping[str, Union[str, int]]) -> str:
    """A template with its tokens filled in.

    Raises:
        BadRequestError: a token has a format that it cannot have, such as ``{clip:04d}``.
    """
    try:
        return template.replace("\\", "/").format(**words)
    except (ValueError, IndexError, KeyError, AttributeError) as err:
        raise BadRequestError(f"the template {template!r} cannot be filled in: {err}") from None


def _safe(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text).strip("_.-") or "x"
