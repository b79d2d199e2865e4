"""The media behind a clip of a timeline: the source for the worker, and how its frames are numbered."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, Optional
from urllib.parse import unquote

import opentimelineio as otio

from bridge.frames import (
    MOVIE_FIRST_FRAME,
    STILL_FRAME,
    FrameFiles,
    FramePattern,
    find_sequence,
    split_number,
    split_pattern,
)
from host_adapters.brackets import in_brackets, sequence_of
from host_adapters.ranges import Span
from host_adapters.rates import exact_rate
from host_adapters.timeline.errors import ClipRefusedError
from host_adapters.timeline.movies import look_into
from host_adapters.timeline.search import IMAGE_EXTENSIONS, MediaFolders


class Kind(str, Enum):
    """What media is made of."""

    MOVIE = "movie"
    """One file; the worker counts its frames from 1."""
    SEQUENCE = "sequence"
    """A file per frame, numbered."""
    STILL = "still"
    """One picture."""


@dataclass(frozen=True)
class Media:
    """What the worker reads, and how the timeline's times in it become the worker's frame numbers."""

    source: str
    """The source of a request: absolute; a sequence as ``plate.%04d.exr``."""
    kind: Kind
    numbers: Optional[Span]
    """The worker's numbers of the frames there are; None where that is not known."""
    first: int
    """The worker's number of the frame at `start`."""
    start: Optional[Fraction]
    """The time of frame `first`, in frames at `rate`; None where the timeline does not say: see `placed`."""
    rate: Fraction
    timecode: Optional[Fraction] = None
    """The start timecode that a movie has in itself, in frames."""

    @property
    def name(self) -> str:
        """The file's name, or the sequence's with its range."""
        if self.kind is Kind.SEQUENCE and self.numbers:
            pattern = split_pattern(self.source)
            assert pattern is not None
            return Path(in_brackets(pattern, self.numbers)).name
        return Path(self.source).name

    @property
    def url(self) -> str:
        """As Resolve writes it: a bare path, with brackets for a sequence."""
        return (Path(self.source).parent / self.name).as_posix()

    def placed(self, time: Fraction) -> Media:
        """The same with `start` known, where it was not: by which way of counting has `time` inside.

        A sequence's own numbers count first, then a movie's timecode, then frames from 0.

        Raises:
            ClipRefusedError: `time` lies outside whichever way it is counted.
        """
        if self.start is not None or self.kind is Kind.STILL:
            return self
        if self.numbers is None:
            return replace(self, start=self.timecode or Fraction(0))
        count = len(self.numbers)
        if self.kind is Kind.SEQUENCE and self.first > 1 and self.numbers.start <= time < self.numbers.end:
            return replace(self, start=Fraction(self.first))
        for start in (self.timecode, Fraction(0)):
            if start is not None and start <= time < start + count:
                return replace(self, start=start)
        where = "" if self.timecode is None else f", from its timecode {_timecode(self.timecode, self.rate)}"
        raise ClipRefusedError(
            f"begins at {_timecode(time, self.rate)} (frame {int(time)}) of {self.name}, which has {count} "
            f"frames{where}; the timeline does not say at what time the media begins. An OTIO with "
            "available ranges does"
        )


def find_media(clip: Any, base: Path, folders: MediaFolders) -> Media:
    """The media of a clip.

    Args:
        clip: The otio Clip.
        base: The folder that relative paths are taken from.
        folders: Where media are looked for that are not where the timeline says.

    Raises:
        ClipRefusedError: it has none that can be exported.
    """
    reference = clip.media_reference
    if isinstance(reference, otio.schema.GeneratorReference):
        kind = reference.generator_kind or "of no kind"
        raise ClipRefusedError(f"is a generator ({kind}), which has no file")
    stated = reference.available_range
    numbered: Optional[int] = None
    if isinstance(reference, otio.schema.ImageSequenceReference):
        if abs(reference.frame_step) != 1:
            raise ClipRefusedError(f"shows every {reference.frame_step}th frame of a sequence; expected every one")
        folder = local_path(reference.target_url_base, base) if reference.target_url_base else str(base)
        # A Path would drop the separator before an empty prefix.
        head = os.path.join(folder, reference.name_prefix)  # noqa: PTH118
        said = FramePattern(head, reference.name_suffix, reference.frame_zero_padding).text
        numbered = reference.start_frame
    elif isinstance(reference, otio.schema.ExternalReference) and reference.target_url:
        said = local_path(reference.target_url, base)
    else:
        said = ""
    one_frame = stated is not None and stated.duration.value <= 1
    rate = exact_rate(clip.trimmed_range().start_time.rate)
    media = _on_disk(said, rate, one_frame) if said else None
    if media is None:
        found = folders.find(_names(clip, said))
        media = _on_disk(found, rate, one_frame) if found else None
    if media is None:
        raise ClipRefusedError(_not_found(said))
    if media.kind is Kind.STILL:
        return media
    if media.kind is Kind.SEQUENCE and numbered is None:
        brackets = sequence_of(said)
        numbered = brackets[1].start if brackets else None
        single = split_number(said) if brackets is None and split_pattern(said) is None else None
        numbered = single[1] if single else numbered
    if numbered is not None:
        media = replace(media, first=numbered)
    if stated is not None:
        start = Fraction(stated.start_time.value).limit_denominator(1000)
        count = int(stated.duration.value)
        numbers = media.numbers or (Span(media.first, media.first + count) if count > 0 else None)
        media = replace(media, start=start, rate=exact_rate(stated.start_time.rate), numbers=numbers)
    return media


def local_path(url: str, base: Path) -> str:
    """The absolute path of a reference's URL or bare path.

    Raises:
        ClipRefusedError: it names something that is no file.
    """
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", url)
    if scheme:
        if scheme[1].lower() != "file":
            raise ClipRefusedError(f"lies at {url}, which is no file; media must be files")
        # Not split as a URL: # and [ ] stand in the names of sequences.
        path = unquote(url[len(scheme[0]) :])
        path = re.sub(r"\Alocalhost(?=/)", "", path)
        path = path[1:] if re.match(r"/[A-Za-z]:", path) else path
    else:
        path = url
    if re.match(r"[A-Za-z]:[\\/]|\\\\", path):
        return path
    return str(base / path) if path else path


def _on_disk(path: str, rate: Fraction, one_frame: bool) -> Optional[Media]:
    """What lies at a path, sequence or file; None for nothing. At `rate` where it does not say its own."""
    brackets = sequence_of(path)
    pattern = brackets[0] if brackets else split_pattern(path)
    if pattern is not None and not Path(path).exists():
        files = _sequence(pattern)
        return None if files is None else _sequence_media(files, rate)
    file = Path(path)
    if not file.is_file():
        return None
    if file.suffix[1:].lower() not in IMAGE_EXTENSIONS:
        inside = look_into(path)
        numbers = Span(MOVIE_FIRST_FRAME, MOVIE_FIRST_FRAME + inside.count) if inside.count else None
        return Media(
            path, Kind.MOVIE, numbers, MOVIE_FIRST_FRAME, None, inside.rate or rate, timecode=inside.timecode
        )
    numbered = split_number(path)
    if numbered is not None and not one_frame:
        files = _sequence(numbered[0])
        if files is not None and len(files.frames) > 1:
            return _sequence_media(files, rate)
    number = STILL_FRAME if numbered is None else numbered[1]
    return Media(path, Kind.STILL, Span(number, number + 1), number, None, rate)


def _sequence(pattern: FramePattern) -> Optional[FrameFiles]:
    try:
        found = find_sequence(pattern)
    except OSError:
        return None
    return found[0] if len(found) == 1 else None


def _sequence_media(files: FrameFiles, rate: Fraction) -> Media:
    numbers = Span(files.frames[0], files.frames[-1] + 1)
    return Media(files.pattern.text, Kind.SEQUENCE, numbers, numbers.start, None, rate)


def _names(clip: Any, said: str) -> list[str]:
    """What the media of a clip may be called, the surest first."""
    edl = clip.metadata.get("cmx_3600", {})
    comments = [str(line) for line in edl.get("comments", ())]
    files = [line.split(":", 1)[1].strip() for line in comments if line.upper().startswith("SOURCE FILE:")]
    names = [said, clip.media_reference.name, *files, clip.name, str(edl.get("reel", ""))]
    return [name for name in dict.fromkeys(names) if name]


def _not_found(said: str) -> str:
    if not said:
        return "has no media in the timeline; --media DIR looks for a file or a sequence of its name"
    return f"shows {said}, which is not there; --media DIR looks for it by its name elsewhere"


def _timecode(time: Fraction, rate: Fraction) -> str:
    try:
        return str(otio.opentime.RationalTime(float(time), float(rate)).to_timecode())
    except ValueError:
        return f"{float(time):g} at {float(rate):g}"
