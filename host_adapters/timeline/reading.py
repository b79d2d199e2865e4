"""From a file to a timeline, or an error that says what is wrong with the file."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, Optional

import opentimelineio as otio

from host_adapters.rates import exact_rate
from host_adapters.timeline.errors import INSTALL, TimelineError


def read_timeline(path: str, rate: Optional[float] = None) -> Any:
    """Read a timeline with OpenTimelineIO.

    Args:
        path: An ``.otio``, ``.otioz``, ``.otiod``, ``.edl`` or ``.xml`` file.
        rate: The frame rate of an EDL; None for 24.

    Raises:
        TimelineError: it is not there, or no timeline; the message says why.
    """
    file = Path(path)
    if not file.exists():
        raise TimelineError(f"there is no timeline at {path}")
    is_edl = file.suffix.lower() == ".edl"
    if rate is not None and not (is_edl and rate > 0):
        raise TimelineError("--rate is the frame rate of an EDL, above 0; other timelines say their own")
    options = {"rate": float(exact_rate(24 if rate is None else rate))} if is_edl else {}
    try:
        read = otio.adapters.read_from_file(str(file), **options)
    except Exception as err:
        raise TimelineError(f"{path} cannot be read as a timeline: {_why(err, file)}") from err
    timeline = _only_timeline(read, path)
    if is_edl:
        _start_of_edl(timeline)
    return timeline


def timeline_rate(timeline: Any) -> Fraction:
    """Frames a second of a timeline: of its start, else of the first clip or gap in it."""
    if timeline.global_start_time is not None:
        return exact_rate(timeline.global_start_time.rate)
    for track in (*timeline.video_tracks(), *timeline.audio_tracks()):
        for item in track:
            if isinstance(item, otio.core.Item):
                try:
                    return exact_rate(item.trimmed_range().duration.rate)
                except otio.exceptions.OTIOError:
                    continue
    return Fraction(24)


def _start_of_edl(timeline: Any) -> None:
    """Give an EDL's record timecode to the timeline: the adapter keeps it, negative, in the ranges of tracks."""
    begins = {
        n: -track.source_range.start_time
        for n, track in enumerate(timeline.tracks)
        if track.source_range is not None
    }
    if not begins:
        return
    first = min(begins.values())
    for n, track in enumerate(timeline.tracks):
        track.source_range = None
        late = begins.get(n, first) - first
        if late.value > 0:
            start = otio.opentime.RationalTime(0, late.rate)
            track.insert(0, otio.schema.Gap(source_range=otio.opentime.TimeRange(start, late)))
    timeline.global_start_time = first


def _only_timeline(read: Any, path: str) -> Any:
    if isinstance(read, otio.schema.Timeline):
        return read
    held: Iterable[Any] = read if isinstance(read, otio.schema.SerializableCollection) else ()
    found = [one for one in held if isinstance(one, otio.schema.Timeline)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(one.name or "one without a name" for one in found)
        raise TimelineError(f"{path} holds {len(found)} timelines ({names}), expected one; write one to a file")
    raise TimelineError(f"{path} holds a {type(read).__name__}, expected a timeline")


def _why(err: Exception, file: Path) -> str:
    said = str(err).strip().rstrip(".") or type(err).__name__
    if isinstance(err, otio.exceptions.NoKnownAdapterForExtensionError):
        return f"OpenTimelineIO has no adapter for it here: {INSTALL}"
    if isinstance(err, otio.exceptions.UnsupportedSchemaError):
        return f"it was written by a newer OpenTimelineIO than {otio.__version__} ({said}); write it with an older"
    if file.suffix.lower() != ".edl":
        return said
    if "rate" in said.lower():
        return f"{said}. An EDL does not say its frame rate; give it, for example --rate 25"
    if isinstance(err, AttributeError):
        # The adapter stumbles over its own message where a transition and the cut before it have other numbers.
        return "a transition in it has another event number than the cut that it begins with; write the EDL anew"
    return said
