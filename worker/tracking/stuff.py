"""Stuff has no instances: one track a category, for the whole source."""

from __future__ import annotations

from collections.abc import Callable

from worker.tracking.index import Track


class StuffTracks:
    """The tracks of stuff, by category."""

    def __init__(self) -> None:
        self._tracks: dict[str, _Sightings] = {}

    def update(self, category: str, frame: int, new_id: Callable[[], int]) -> int:
        """Count a segment of a category, and tell the id of the category's track.

        Args:
            category: The segment's.
            frame: The number of its frame.
            new_id: Gives the next free id, asked for the first segment of a category.
        """
        track = self._tracks.get(category)
        if track is None:
            track = self._tracks[category] = _Sightings(new_id(), frame)
        track.see(frame)
        return track.id

    def summaries(self) -> list[Track]:
        """All tracks so far, not confirmed yet."""
        return [
            Track(
                id=track.id,
                category=category,
                is_thing=False,
                first_frame=track.first_frame,
                last_frame=track.last_frame,
                frame_count=track.frame_count,
                confirmed=False,
            )
            for category, track in self._tracks.items()
        ]


class _Sightings:
    def __init__(self, track_id: int, frame: int) -> None:
        self.id = track_id
        self.first_frame = self.last_frame = frame
        self.frame_count = 0

    def see(self, frame: int) -> None:
        if self.frame_count == 0 or frame > self.last_frame:
            self.frame_count += 1
        self.last_frame = frame
