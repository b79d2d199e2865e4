"""The tracker: frame after frame in, steady ids out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from worker.segments import UNTRACKED, FramePrediction
from worker.tracking.appearance import ColourBins, Histogram, colour_bins, likeness, luminance
from worker.tracking.camera import Camera
from worker.tracking.grid import reduced_picture, working_wh
from worker.tracking.index import Track, TrackTable
from worker.tracking.live import LiveTrack
from worker.tracking.matching import duplicates, find, follow, leap
from worker.tracking.scene import Moment, Scene, observe
from worker.tracking.settings import (
    CONFIRM_S,
    CONFIRM_SHARE,
    DEFAULT_FPS,
    GAP_S,
    LOST_S,
    MAX_LOST,
    TWICE_S,
    YOUNG_S,
)
from worker.tracking.stuff import StuffTracks


class Tracker:
    """Follows the segments of one source through its frames, in order.

    It keeps the things seen within the last `LOST_S` seconds and nothing else of the frames gone by, so that
    memory and time a frame do not grow with the source; only the table of tracks does, by one row a track.
    """

    def __init__(self, fps: float | None = None) -> None:
        """
        Args:
            fps: Frames per second of the source, `DEFAULT_FPS` where unknown.

        Raises:
            ValueError: `fps` is not above 0.
        """
        self._fps = DEFAULT_FPS if fps is None else fps
        if not (self._fps > 0 and math.isfinite(self._fps)):
            raise ValueError(f"fps must be a number above 0, but is {fps}")
        self._live: list[LiveTrack] = []
        self._over: list[Track] = []
        self._stuff = StuffTracks()
        self._found_again: dict[int, int] = {}
        self._given: dict[int, int] = {}
        """What a video model calls the things that are followed, each with the id of its track."""
        self._last_id = 0
        self._previous = 0
        self._shot_start = 0
        self._frame_count = 0
        self._wh = (0, 0)
        self._camera = Camera()
        self._look: Histogram | None = None

    @property
    def remembered(self) -> int:
        """How many things it holds in memory now, live and lately lost."""
        return len(self._live)

    def update(self, frame: int, prediction: FramePrediction) -> tuple[int, ...]:
        """Find out which track each segment of the next frame belongs to.

        Args:
            frame: The frame's number, above those before; numbers left out are time gone by.
            prediction: Its segments; a thumbnail helps, but may be missing. A thing with a number of a video model
                goes to the track that had this number before, unless there was a cut between.

        Returns:
            One id, at least 1, a segment, in their order. A segment that is a second copy of another gets the same
            id. `finish` may tell that an id was found to be an earlier one.

        Raises:
            ValueError: `frame` is not above the one before.
        """
        if self._frame_count == 0:
            self._wh = working_wh(prediction.grid_wh)
            self._shot_start = frame
        elif frame <= self._previous:
            raise ValueError(f"frames must come in rising order, but {frame} came after {self._previous}")
        picture = None if prediction.thumbnail is None else reduced_picture(prediction.thumbnail, self._wh)
        colours = None if picture is None else colour_bins(picture)
        positions = [i for i, segment in enumerate(prediction.segments) if segment.is_thing]
        things = observe([prediction.segments[i] for i in positions], prediction.grid_wh, self._wh, colours)
        if self._follow_camera(picture, colours, things):
            self._shot_start = frame
            self._given.clear()
        moment = Moment(frame, self._fps, things, self._camera.offset, self._shot_start)
        given = [prediction.segments[i].track for i in positions]
        ids = dict(zip(positions, self._update_things(moment, given), strict=True))
        for i, segment in enumerate(prediction.segments):
            if not segment.is_thing:
                ids[i] = self._stuff.update(segment.category, frame, self._new_id)
        self._previous = frame
        self._frame_count += 1
        self._forget(frame)
        return tuple(ids[i] for i in range(len(prediction.segments)))

    def finish(self) -> TrackTable:
        """The tracks of all frames so far; more frames may follow."""
        needed = self._frames_needed()
        tracks = [*self._over, *(t.summary() for t in self._live), *self._stuff.summaries()]
        tracks = [replace(t, confirmed=t.frame_count >= needed) for t in tracks]
        found_again: dict[int, int] = {}
        # Lower ids are settled first, and an id is only ever found to be a lower one.
        for young, found in sorted(self._found_again.items()):
            found_again[young] = found_again.get(found, found)
        return TrackTable(tuple(sorted(tracks, key=lambda t: t.id)), found_again)

    def _follow_camera(
        self, picture: npt.NDArray[np.float32] | None, colours: ColourBins | None, things: Scene
    ) -> bool:
        """Whether the picture was cut before this frame."""
        if picture is None or colours is None:
            self._camera.lose_sight()
            self._look = None
            return False
        look = colours.histogram(np.ones(picture.shape[:2], np.float32))
        alike = 1.0 if self._look is None else float(likeness(look, self._look))
        self._look = look
        return self._camera.follow(luminance(picture), things.together, alike)

    def _update_things(self, everything: Moment, given: Sequence[int]) -> list[int]:
        copies = duplicates(everything.scene)
        kept = [i for i in range(len(everything.scene)) if i not in copies]
        moment = replace(everything, scene=everything.scene.only(kept))
        owners = self._told([given[i] for i in kept])
        taken = {track.id for track in owners.values()}
        oldest = min(self._previous, moment.frame - round(GAP_S * self._fps))
        recent = [t for t in self._live if t.last_frame >= oldest and t.id not in taken]
        unowned = np.array([i not in owners for i in range(len(kept))], bool)
        owners |= {i: recent[row] for row, i in follow(recent, moment, unowned)}
        self._find_lost(moment, owners)
        followed = {track.id for track in owners.values()}
        left = [t for t in recent if t.id not in followed]
        unowned = np.array([i not in owners for i in range(len(kept))], bool)
        owners |= {i: left[row] for row, i in leap(left, moment, unowned)}
        for i, track in owners.items():
            track.observe(moment, i)
        for i in range(len(kept)):
            if i not in owners:
                owners[i] = LiveTrack(self._new_id(), moment, i)
                self._live.append(owners[i])
            if given[kept[i]] != UNTRACKED:
                self._given[given[kept[i]]] = owners[i].id
        ids = {position: owners[i].id for i, position in enumerate(kept)}
        return [ids[copies.get(i, i)] for i in range(len(everything.scene))]

    def _told(self, given: Sequence[int]) -> dict[int, LiveTrack]:
        """The things that a video model says go on from a followed track, by position."""
        live = {track.id: track for track in self._live}
        owners: dict[int, LiveTrack] = {}
        for i, number in enumerate(given):
            track_id = self._given.get(number)
            if track_id is not None:
                track = live.pop(track_id, None)
                if track is not None:
                    owners[i] = track
        return owners

    def _find_lost(self, moment: Moment, owners: dict[int, LiveTrack]) -> None:
        """Give things without a track, or with a young one, to tracks that were lost before those began.

        Where a thing was found twice for a while, as happens when it comes out from behind another, the track that
        is lost may have gone on beside the young one. A sliver that has just come into sight is looked at again.
        """
        followed = {track.id for track in owners.values()}
        lost = [t for t in self._live if t.id not in followed]
        before = np.zeros((len(lost), len(moment.scene)), bool)
        beside = np.zeros_like(before)
        for row, track in enumerate(lost):
            before[row] = track.whole(moment.scene.areas)
        for i, owner in owners.items():
            young = moment.frame - owner.first_frame <= YOUNG_S * self._fps
            latest = owner.first_frame + TWICE_S * self._fps
            before[:, i] = [young and t.last_frame < owner.first_frame for t in lost]
            beside[:, i] = [young and t.first_frame < owner.first_frame <= t.last_frame < latest for t in lost]
        for row, i in find(lost, moment, before, beside):
            if i in owners:
                lost[row].resume(owners[i])
                self._found_again[owners[i].id] = lost[row].id
                self._live.remove(owners[i])
            owners[i] = lost[row]

    def _forget(self, frame: int) -> None:
        """Let go of what was lost too long ago, of flicker sooner, and of the shortest where too many are lost."""
        needed = self._frames_needed()
        seen = [t for t in self._live if t.last_frame == frame]
        lost = [t for t in self._live if t.last_frame < frame]
        lost = [
            t for t in lost if frame - t.last_frame <= (LOST_S if t.frame_count >= needed else GAP_S) * self._fps
        ]
        lost = sorted(lost, key=lambda t: (-t.frame_count, t.id))[:MAX_LOST]
        kept = {t.id for t in (*seen, *lost)}
        self._over += [t.summary() for t in self._live if t.id not in kept]
        self._live = [t for t in self._live if t.id in kept]
        self._given = {number: track_id for number, track_id in self._given.items() if track_id in kept}

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _frames_needed(self) -> int:
        """In how many frames a track must be seen to be confirmed."""
        return max(1, min(math.ceil(CONFIRM_S * self._fps), math.ceil(CONFIRM_SHARE * self._frame_count)))
