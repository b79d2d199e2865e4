"""The timeline with the mattes on tracks of their own, written as Resolve imports it.

What its import asks for: bare paths instead of URLs, sequences as external references with brackets (no
ImageSequenceReference), times of sources counted from timecode zero, a name that no other timeline has, and media
for every clip. A sequence without a timecode in its files begins, to Resolve, at the timecode of its first number.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from host_adapters.matte_files import MatteSequence
from host_adapters.timeline.clips import Use, clips_below
from host_adapters.timeline.errors import ClipRefusedError
from host_adapters.timeline.media import Kind, local_path
from host_adapters.timeline.reading import timeline_rate


@dataclass(frozen=True)
class Placed:
    """Mattes of one clip."""

    use: Use
    sequences: tuple[MatteSequence, ...]


def with_mattes(timeline: Any, placed: Sequence[Placed], base: Path) -> Any:
    """A copy of the timeline with a new track for each matte above its own.

    Clips without media, which Resolve refuses to import, are gaps in it.

    Args:
        timeline: The otio Timeline; it is left as it is.
        placed: The mattes of its clips.
        base: The folder that relative paths were taken from.
    """
    made = timeline.deepcopy()
    now = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H.%M.%S")
    made.name = f"{timeline.name or 'timeline'} mattes {now}"
    _relink(timeline, made, {id(one.use.clip): one.use for one in placed}, base)
    last = max((n for n, track in enumerate(made.tracks) if track.kind == otio.schema.TrackKind.Video), default=-1)
    for number, track in enumerate(_matte_tracks(placed, timeline_rate(timeline)), last + 1):
        made.tracks.insert(number, track)
    return made


def _relink(original: Any, made: Any, uses: Mapping[int, Use], base: Path) -> None:
    pairs = list(zip(clips_below(original.tracks), clips_below(made.tracks)))
    for clip, copied in pairs:
        use = uses.get(id(clip))
        reference = copied.media_reference
        if use is not None:
            copied.media_reference = _plate(use)
        elif isinstance(reference, otio.schema.ExternalReference) and reference.target_url:
            try:
                reference.target_url = Path(local_path(reference.target_url, base)).as_posix()
            except ClipRefusedError:
                _leave_gap(copied)
        else:
            _leave_gap(copied)


def _plate(use: Use) -> Any:
    media = use.media
    said = use.clip.media_reference.available_range
    if media.kind is Kind.STILL or media.numbers is None or media.start is None:
        available = said or _range(Fraction(0), Fraction(1), media.rate)
    else:
        start = media.start + media.numbers.start - media.first
        available = _range(start, Fraction(len(media.numbers)), media.rate)
    return otio.schema.ExternalReference(target_url=media.url, available_range=available)


def _leave_gap(clip: Any) -> None:
    parent = clip.parent()
    try:
        length = clip.trimmed_range().duration
    except otio.exceptions.OTIOError:
        return
    place = parent.index(clip)
    parent[place] = otio.schema.Gap(
        name=clip.name, source_range=otio.opentime.TimeRange(otio.opentime.RationalTime(0, length.rate), length)
    )


def _matte_tracks(placed: Sequence[Placed], rate: Fraction) -> list[Any]:
    wanted: dict[tuple[int, str], list[tuple[Use, MatteSequence]]] = defaultdict(list)
    order: list[str] = []
    for one in placed:
        for sequence in one.sequences:
            wanted[one.use.track, sequence.key].append((one.use, sequence))
            if sequence.key not in order:
                order.append(sequence.key)
    tracks = []
    for (_, key), items in sorted(wanted.items(), key=lambda entry: (order.index(entry[0][1]), entry[0][0])):
        lanes: list[Any] = []
        ends: list[int] = []
        for use, sequence in sorted(items, key=lambda item: item[0].record.start):
            # Clips of a nested stack lie above each other on one track; their mattes cannot.
            lane = next((n for n, end in enumerate(ends) if end <= use.record.start), len(lanes))
            if lane == len(lanes):
                lanes.append(_track(f"Mattes {key} ({use.track_name})", key))
                ends.append(0)
            if use.record.start > ends[lane]:
                gap = _range(Fraction(0), Fraction(use.record.start - ends[lane]), rate)
                lanes[lane].append(otio.schema.Gap(source_range=gap))
            lanes[lane].append(_matte(use, sequence, rate))
            ends[lane] = use.record.end
        tracks += lanes
    return tracks


def _track(name: str, key: str) -> Any:
    return otio.schema.Track(name, kind=otio.schema.TrackKind.Video, metadata={"mattebridge": {"matte": key}})


def _matte(use: Use, sequence: MatteSequence, rate: Fraction) -> Any:
    run = sequence.run_with(use.shown)
    same_rate = use.media.kind is Kind.STILL or abs(use.media.rate - rate) < Fraction(1, 10)
    own_rate = rate if same_rate else use.media.rate
    length = len(use.record) * own_rate / rate
    if use.media.kind is Kind.STILL:
        url = sequence.path(use.shown.start)
        available, source = _range(Fraction(0), Fraction(1), rate), _range(Fraction(0), length, rate)
    else:
        url = sequence.brackets(run)
        available = _range(Fraction(run.start), Fraction(len(run)), own_rate)
        source = _range(use.shown.start + use.shift, length, own_rate)
    clip = otio.schema.Clip(
        name=f"{sequence.name}",
        media_reference=otio.schema.ExternalReference(target_url=url, available_range=available),
        source_range=source,
        metadata={
            "mattebridge": {
                "clip": use.name,
                "source": use.media.source,
                "layers": dict(sequence.layers),
            }
        },
    )
    for effect in use.clip.effects:
        # The matte is retimed as its plate is.
        if isinstance(effect, otio.schema.TimeEffect):
            clip.effects.append(effect.deepcopy())
    return clip


def _range(start: Fraction, length: Fraction, rate: Fraction) -> Any:
    return otio.opentime.TimeRange(
        otio.opentime.RationalTime(float(start), float(rate)),
        otio.opentime.RationalTime(float(length), float(rate)),
    )
