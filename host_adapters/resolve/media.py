"""The media behind a timeline item: its path as the worker takes it, and how its frames are numbered."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from bridge.frames import MOVIE_FIRST_FRAME, STILL_FRAME, FramePattern, split_number, split_pattern
from host_adapters.brackets import sequence_of
from host_adapters.ranges import Span
from host_adapters.resolve.calls import text
from host_adapters.resolve.errors import HostRefusedError
from host_adapters.resolve.rates import parse_rate, timecode_frame

NOT_PLAIN = {
    "compound": "is a compound clip; open it in the timeline and choose the clips inside",
    "timeline": "is a nested timeline; open it and choose the clips inside",
    "multicam": "is a multicam clip; flatten it first",
    "fusion": "is a Fusion clip or composition, which has no file",
    "generator": "is a generator, which has no file",
    "title": "is a title, which has no file",
    "adjustment": "is an adjustment clip, which has no file",
    "subclip": "is a subclip, whose first frame Resolve does not tell; choose the clip it was made from",
    "audio": "is sound only",
}
"""Words in a media pool item's type that cannot be sent to a worker, and why."""


@dataclass(frozen=True)
class Media:
    """One clip of the media pool, as far as the worker is concerned."""

    handle: Any
    """The MediaPoolItem."""
    uid: str
    name: str
    source: str
    """The source of a request: a movie's or a still's path, or ``plate.%04d.exr``."""
    first: int
    """The worker's number of the first frame."""
    count: int
    """How many frames it has."""
    rate: Fraction
    fps: str
    """The rate as Resolve writes it."""
    still: bool
    colorspace: str
    """What Resolve calls its input colour space; empty where it says nothing."""
    aces_input: str
    """What Resolve calls its ACES input transform; empty where it says nothing."""

    @property
    def frames(self) -> Span:
        """All its frames, counted from 0."""
        return Span(0, self.count)


def read_media(item: Any) -> Media:
    """Read a MediaPoolItem.

    Raises:
        HostRefusedError: it is nothing that a worker can read; the message continues a sentence that begins with
            the clip's name.
    """
    properties = {key: text(item, "GetClipProperty", key) for key in _READ}
    # 21.1 was seen to answer types in lower case.
    kind = properties["Type"].lower()
    for word, why in NOT_PLAIN.items():
        if word in kind and not (word == "audio" and "video" in kind):
            raise HostRefusedError(why)
    path = properties["File Path"]
    if not path:
        raise HostRefusedError("has no file: it is made by Resolve, or its media is not in the media pool")
    rate, _ = parse_rate(properties["FPS"] or "24")
    sequence = sequence_of(path)
    if sequence is None:
        numbered = split_number(path) if "still" in kind else None
        if "still" in kind:
            first, count = (STILL_FRAME if numbered is None else numbered[1]), 1
        else:
            first, count = MOVIE_FIRST_FRAME, _count(properties, rate)
        source = path
    else:
        pattern, inside = sequence
        source, first, count = pattern.text, inside.start, len(inside)
    return Media(
        handle=item,
        uid=text(item, "GetUniqueId"),
        name=text(item, "GetName") or Path(path).name,
        source=source,
        first=first,
        count=count,
        rate=rate,
        fps=properties["FPS"] or "24",
        still="still" in kind,
        colorspace=properties["Input Color Space"],
        aces_input=properties["IDT"],
    )


_READ = ("Type", "File Path", "FPS", "Frames", "Start", "Start TC", "Input Color Space", "IDT")


def same_files(one: str, other: str) -> bool:
    """Whether two paths mean the same file or sequence, in whichever form Resolve wrote them."""
    return _plain(one) == _plain(other)


def _plain(path: str) -> tuple[str, str]:
    """Head and tail of a path without its frame number, separators and drive letters alike everywhere."""
    path = path.replace("\\", "/")
    brackets = sequence_of(path)
    pattern = brackets[0] if brackets else split_pattern(path)
    if pattern is None:
        numbered = split_number(path)
        pattern = numbered[0] if numbered else FramePattern(path, "", 0)
    return pattern.head, pattern.tail


def _count(properties: dict[str, str], rate: Fraction) -> int:
    """Frames of a movie; 0 where Resolve does not say.

    Raises:
        HostRefusedError: it begins neither at 0 nor at its start timecode: it is a part of a movie.
    """
    try:
        count = int(float(properties["Frames"]))
        first = int(float(properties["Start"]))
    except ValueError:
        return int(properties["Frames"]) if properties["Frames"].isdigit() else 0
    if first and first != _timecode_start(properties["Start TC"], rate):
        raise HostRefusedError(NOT_PLAIN["subclip"])
    return count


def _timecode_start(timecode: str, rate: Fraction) -> int:
    try:
        return timecode_frame(timecode, rate)
    except HostRefusedError:
        return 0
