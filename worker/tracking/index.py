"""What tracking hands out: tracks, and the ids of every frame's segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Track:
    """One thing, or one category of stuff, through a source."""

    id: int
    """From 1; no other track of the source has it."""
    category: str
    """The category that most of its segments had, each counted by its score."""
    is_thing: bool
    first_frame: int
    last_frame: int
    frame_count: int
    """In how many frames it has a segment; gaps do not count."""
    confirmed: bool = True
    """False for a track seen in too few frames to be more than flicker."""


@dataclass(frozen=True)
class TrackTable:
    """All tracks that a `Tracker` found."""

    tracks: tuple[Track, ...]
    """In the order of their ids."""
    found_again: Mapping[int, int] = field(default_factory=dict)
    """Ids given to what looked like a new thing at first, each with the id of the track that it turned out to be;
    those ids have no track of their own."""


@dataclass(frozen=True)
class TrackIndex:
    """The settled track ids of a frame range."""

    frames: Mapping[int, tuple[int, ...]]
    """Per frame number one id a segment, in the order of the prediction's segments; 0 for dropped flicker."""
    tracks: tuple[Track, ...]
    """All confirmed, in the order of their ids."""

    def track(self, track_id: int) -> Track:
        """The track of that id; KeyError where there is none."""
        for track in self.tracks:
            if track.id == track_id:
                return track
        raise KeyError(track_id)


def spans(frames: Mapping[int, Iterable[int]]) -> dict[int, tuple[int, int, int]]:
    """First frame, last frame and number of frames of every id but 0."""
    out: dict[int, tuple[int, int, int]] = {}
    for frame in sorted(frames):
        for track_id in set(frames[frame]) - {0}:
            first, _, count = out.get(track_id, (frame, frame, 0))
            out[track_id] = (first, frame, count + 1)
    return out
