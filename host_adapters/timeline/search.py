"""Media that do not lie where a timeline says, looked for by file name below folders."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from bridge.errors import SourceNotFoundError
from bridge.frames import find_sequences, split_pattern
from host_adapters.brackets import sequence_of
from host_adapters.timeline.errors import ClipRefusedError

IMAGE_EXTENSIONS = frozenset(
    {
        "exr", "sxr", "dpx", "cin", "tif", "tiff", "png", "jpg", "jpeg", "jp2", "j2k", "tga", "targa", "bmp",
        "hdr", "pic", "webp", "heic", "heif", "avif", "psd", "sgi", "rgb", "rgba", "iff", "pnm", "ppm", "pgm",
    }
)  # fmt: skip
"""Extensions of pictures, without the dot; all else is taken for a movie, and the worker says where it is none."""

_MEDIA_LIKE = IMAGE_EXTENSIONS | {
    "mov", "mp4", "m4v", "mkv", "webm", "avi", "mxf", "mpg", "mpeg", "m2v", "ts", "mts", "m2ts", "wmv", "flv",
    "ogv", "3gp", "dv", "gif", "nut", "y4m", "r3d", "braw",
}  # fmt: skip

_JOINS = "._- "


class MediaFolders:
    """The media below some folders, by name. Each folder is listed once, when it is first needed."""

    def __init__(self, folders: Sequence[str]) -> None:
        """Take folders to look in.

        Raises:
            SourceNotFoundError: one is not there.
        """
        for folder in folders:
            if not Path(folder).is_dir():
                raise SourceNotFoundError(f"--media {folder} is no folder")
        self._folders = folders
        self._by_name: dict[str, set[str]] = {}
        self._by_stem: dict[str, set[str]] = {}

    def find(self, names: Iterable[str]) -> str | None:
        """The path of the medium with one of these names, the first name that fits counting; None for none.

        A name fits a file's name with its extension, then without it, then a sequence's name before the number.

        Raises:
            ClipRefusedError: several media fit equally well.
        """
        if not self._folders:
            return None
        if not self._by_name:
            self._list()
        for name in names:
            wanted = _plain(name)
            for found in (self._by_name.get(wanted), self._by_stem.get(_stem(wanted))):
                if found and len(found) > 1:
                    listed = ", ".join(sorted(found)[:4])
                    raise ClipRefusedError(
                        f"could be any of {len(found)} media called {name}: {listed}; give --media a folder "
                        "with one of them"
                    )
                if found:
                    return next(iter(found))
        return None

    def _list(self) -> None:
        by_name: dict[str, set[str]] = defaultdict(set)
        by_stem: dict[str, set[str]] = defaultdict(set)
        for top in self._folders:
            for folder, inner, names in os.walk(Path(top).absolute()):
                inner[:] = sorted(name for name in inner if not name.startswith("."))
                files = [name for name in names if not name.startswith(".") and _extension(name) in _MEDIA_LIKE]
                series = [one for one in find_sequences(folder, IMAGE_EXTENSIONS) if len(one.frames) > 1]
                inside = {Path(one.pattern.path(frame)).name for one in series for frame in one.frames}
                for name in files:
                    path = str(Path(folder) / name)
                    by_name[name.lower()].add(path)
                    if name not in inside:
                        by_stem[_stem(name.lower())].add(path)
                for one in series:
                    head = Path(one.pattern.head + "x").name[:-1]
                    by_name[f"{head.lower()}#{one.pattern.tail.lower()}"].add(one.pattern.text)
                    by_stem[head.lower().strip(_JOINS)].add(one.pattern.text)
        # Something is noted even where nothing was found, so that folders are listed once.
        self._by_name, self._by_stem = {**by_name, "": set()}, by_stem


def _plain(name: str) -> str:
    """A file's name without its folder, whichever system wrote it; a sequence's with # for the number."""
    name = re.split(r"[\\/]", name)[-1].lower()
    brackets = sequence_of(name)
    pattern = brackets[0] if brackets else split_pattern(name)
    return name if pattern is None else f"{pattern.head}#{pattern.tail}"


def _extension(name: str) -> str:
    return Path(name).suffix[1:].lower()


def _stem(name: str) -> str:
    stem = name[: -len(_extension(name)) - 1] if _extension(name) in _MEDIA_LIKE else name
    return stem.split("#")[0].strip(_JOINS)
