"""Frame ranges, frame paths, and the image sequences of a folder.

A frame's number is the one in its file name: it may be negative, a range may have gaps, and the padding is kept.
Movies have no numbers of their own; hosts count them from `MOVIE_FIRST_FRAME`.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional, Union

from fileseq import FrameSet, framesToFrameRange
from fileseq.utils import pad

from bridge.errors import FrameRangeError

MOVIE_FIRST_FRAME = 1
"""The number of a movie's first frame, as in Nuke; the picture of index i is frame i + 1."""

STILL_FRAME = 1
"""The number of a still whose name has none."""

DEFAULT_PADDING = 4
"""Digits of a frame number in files made from a source that has no padding of its own."""

MAX_FRAMES = 1_000_000
"""The most frames one range may name: eleven hours at 24 frames a second."""

_RANGE = re.compile(
    r"""
    (?P<first>-?\d{1,9})
    (?:
        -(?P<last>-?\d{1,9})
        (?:[xy:](?P<step>[1-9]\d{0,8}))?    # x every n-th, y all but every n-th, : staggered
    )?
    """,
    re.VERBOSE,
)

_TOKEN = re.compile(
    r"""
    (?:
        (?<![0-9])                                         # fileseq's range before the token: plate.1001-1100#.exr
        (?P<frames>-?\d+--?\d+(?:[xy:]\d+)?(?:,[-\dxy:]+)?)
    )?
    (?P<token>\#+|@+|%(?P<printf>\d*)d(?![A-Za-z])|\$F(?P<houdini>\d*))
    (?P<tail>[^#@]*)                                       # the last token of the name counts
    \Z
    """,
    re.VERBOSE,
)

_NUMBERED = re.compile(
    r"""
    (?P<head>.*?)
    (?P<number>(?:(?<![^._\ ])-)?\d+)    # a minus is a sign after a separator, and a separator after a word
    (?P<tail>\.[A-Za-z][A-Za-z0-9]*)
    \Z
    """,
    re.VERBOSE | re.DOTALL,
)

_VERSION = re.compile(r"(?:\A|[._\- ])[vV]\Z")
"""What stands before a number that is a version: ``plate_v002.exr`` is no frame 2."""


@dataclass(frozen=True)
class FramePattern:
    """A path with a place for the frame number."""

    head: str
    """Folder and name before the number."""
    tail: str
    """What follows the number, the extension included."""
    padding: int
    """The least characters of the number, sign included; 0 where the token leaves it open (``#``, ``%d``)."""
    frames: Optional[str] = None
    """The range that stood before the token, as in ``plate.1001-1100#.exr``; None where there was none."""

    @property
    def text(self) -> str:
        """The pattern in printf form, which every host reads: ``plate.%04d.exr``."""
        return f"{self.head}%0{self.padding}d{self.tail}" if self.padding > 1 else f"{self.head}%d{self.tail}"

    def path(self, frame: int) -> str:
        """The path of a frame's file."""
        return f"{self.head}{pad(frame, self.padding)}{self.tail}"


@dataclass(frozen=True)
class FrameFiles:
    """An image sequence on disk."""

    pattern: FramePattern
    frames: tuple[int, ...]
    """The frames whose files are there, ascending."""

    def __str__(self) -> str:
        return f"{_split_folder(self.pattern.text)[1]} ({format_frames(self.frames)})"


def parse_frames(text: str) -> tuple[int, ...]:
    """The frames of a range such as ``1001-1100`` or ``1-100x2,150`` or ``-5-3``: ascending, each once.

    Raises:
        FrameRangeError: the text is no frame range, runs backwards, or names more than `MAX_FRAMES`.
    """
    parts = [part.strip() for part in text.split(",")]
    count = 0
    for part in parts:
        match = _RANGE.fullmatch(part)
        if match is None:
            raise FrameRangeError(
                f"frames {text!r} is no frame range; write it like 1001-1100, 1-100x2,150 or -5-3"
            )
        # Counted before anything is listed: a slip of the finger must not fill the memory.
        first, last, step = int(match["first"]), int(match["last"] or match["first"]), int(match["step"] or 1)
        if last < first:
            forwards = f"{last}-{first}{part[match.end('last') :]}"
            raise FrameRangeError(f"frames {text!r} runs backwards, from {first} to {last}; write {forwards}")
        count += (last - first) // (step if "x" in part else 1) + 1
    if count > MAX_FRAMES:
        raise FrameRangeError(f"frames {text!r} names {count:,} frames; {MAX_FRAMES:,} is the most")
    return tuple(sorted({int(frame) for part in parts for frame in FrameSet(part)}))


def format_frames(frames: Iterable[int]) -> str:
    """The shortest range for frames, such as ``1001-1100,1150-1160x2``; empty for none."""
    return str(framesToFrameRange(sorted(set(frames))))


def split_pattern(spec: str) -> Optional[FramePattern]:
    """The pattern in ``plate.####.exr``, ``plate.@@@@.exr``, ``plate.%04d.exr``, ``plate.$F4.exr``, or None.

    Only the file name is looked at, and only its last token counts.
    """
    folder, name = _split_folder(spec)
    match = _TOKEN.search(name)
    if match is None:
        return None
    token = match["token"]
    digits = match["printf"] or match["houdini"]
    padding = len(token) if token[0] in "#@" else int(digits or 1)
    return FramePattern(
        head=folder + name[: match.start()],
        tail=match["tail"],
        padding=padding if padding > 1 else 0,
        frames=match["frames"],
    )


def frame_path(pattern: str, frame: int) -> str:
    """The path of a frame; a path without a frame token is the same for every frame."""
    split = split_pattern(pattern)
    return pattern if split is None else split.path(frame)


def split_number(path: str) -> Optional[tuple[FramePattern, int]]:
    """The pattern and the frame of one numbered file: ``plate.1001.exr`` is frame 1001 of ``plate.%04d.exr``.

    None where the name has no number before its extension, or the number is a version (``plate_v002.exr``).
    """
    folder, name = _split_folder(path)
    match = _NUMBERED.match(name)
    if match is None or _VERSION.search(match["head"]):
        return None
    number = match["number"]
    return FramePattern(folder + match["head"], match["tail"], len(number)), int(number)


def find_sequence(pattern: FramePattern) -> list[FrameFiles]:
    """The sequences on disk that a pattern means: none, one, or several where it leaves the padding open.

    One listing of the folder, whatever its length.

    Raises:
        OSError: the folder cannot be listed.
    """
    folder, name_head = _split_folder(pattern.head)
    name = re.compile(rf"{re.escape(name_head)}(-?\d+){re.escape(pattern.tail)}", re.DOTALL)
    numbers = [match[1] for entry in _names(folder) if (match := name.fullmatch(entry))]
    if pattern.padding:
        found = tuple(sorted({int(number) for number in numbers if _fits(number, pattern.padding)}))
        return [FrameFiles(pattern, found)] if found else []
    return [
        replace(files, pattern=replace(files.pattern, frames=pattern.frames))
        for files in _by_padding(pattern.head, pattern.tail, numbers)
    ]


def find_sequences(folder: Union[str, Path], extensions: Optional[Collection[str]] = None) -> list[FrameFiles]:
    """All sequences of a folder, ordered by name.

    Args:
        folder: The folder; what lies below it is not looked at.
        extensions: Lower-case extensions that count, without the dot; None for all.

    Raises:
        OSError: the folder cannot be listed.
    """
    numbers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in _names(str(folder)):
        match = _NUMBERED.match(entry)
        if match is None or _VERSION.search(match["head"]):
            continue
        if extensions is None or match["tail"][1:].lower() in extensions:
            numbers[match["head"], match["tail"]].append(match["number"])
    return [
        files
        for (head, tail), found in sorted(numbers.items())
        # A Path would drop the separator where the name begins with its number.
        for files in _by_padding(os.path.join(folder, head), tail, found)  # noqa: PTH118
    ]


def _split_folder(path: str) -> tuple[str, str]:
    """The path up to its last separator, that included, and the name behind it."""
    _, name = os.path.split(path)
    return path[: len(path) - len(name)], name


def _names(folder: str) -> Iterator[str]:
    """The names in a folder; hidden ones are unfinished files or a file system's own."""
    with os.scandir(folder or ".") as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                yield entry.name


def _fits(number: str, padding: int) -> bool:
    """Whether a number is written with this padding: exactly as wide, or wider because it is large."""
    return len(number) == padding or (len(number) > padding and not _zero_led(number))


def _zero_led(number: str) -> bool:
    digits = number.lstrip("-")
    return len(digits) > 1 and digits[0] == "0"


def _by_padding(head: str, tail: str, numbers: Collection[str]) -> Iterator[FrameFiles]:
    """Part the numbers of files with equal names otherwise into sequences of one padding each."""
    widths = sorted({len(number) for number in numbers if _zero_led(number)})
    groups: dict[int, list[str]] = defaultdict(list)
    for number in numbers:
        groups[max((width for width in widths if width <= len(number)), default=0)].append(number)
    for width, group in sorted(groups.items()):
        # Without leading zeros 8, 9, 10 tell a padding of one; 1001, 1002 are as good as padded to four.
        padding = width or min(map(len, group))
        yield FrameFiles(FramePattern(head, tail, padding), tuple(sorted({int(number) for number in group})))
