"""Track ids for the frames of a job: found once, kept beside the predictions, the same in every later job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace

import msgspec
from filelock import FileLock, Timeout

from worker.predictions import Predictions
from worker.progress import Progress
from worker.segments import UNTRACKED, FramePrediction
from worker.stages import Stopwatch, ahead
from worker.tracking import Track, TrackIndex, assign, stitch
from worker.tracking.index import spans

_DEFAULT_FPS = 24.0

_OVERLAP_S = 4.0
"""Known frames this near to the new ones are tracked again with them, so that ids carry over: twice the longest
occlusion that tracking bridges."""

_LOADED_AHEAD = 4

_ASK_EVERY_S = 0.5


@dataclass(frozen=True)
class _KnownTracks:
    """What is kept of earlier jobs."""

    stamps: dict[int, str] = field(default_factory=dict)
    """Frames with ids, each with the stamp of the prediction the ids belong to."""
    digests: dict[int, str] = field(default_factory=dict)
    """The same with its `Shelf.digest`: one that was lost and found anew need not be what it was."""
    frames: dict[int, tuple[int, ...]] = field(default_factory=dict)
    tracks: tuple[Track, ...] = ()


def follow_tracks(
    predictions: Predictions,
    frames: Sequence[int],
    progress: Progress,
    watch: Stopwatch,
    *,
    anew: bool = False,
) -> TrackIndex:
    """The track ids of the given frames.

    Ids that an earlier job gave stay as they are; what was tracked before is not tracked again, but for some
    seconds beside the new frames, which carry the ids over. Where several workers share the store, they give ids
    one after the other.

    Args:
        predictions: The source's predictions.
        frames: The frames that can be read, in rising order.
        progress: Told of every frame.
        watch: Times the stage ``tracking``.
        anew: Forget the ids of earlier jobs, also those of other frames.
    """
    with _held(predictions.shelf.tracks_lock(), progress):
        return _follow(predictions, frames, progress, watch, anew)


def _follow(
    predictions: Predictions, frames: Sequence[int], progress: Progress, watch: Stopwatch, anew: bool
) -> TrackIndex:
    source, shelf = predictions.source, predictions.shelf
    known = _KnownTracks() if anew else _load(shelf.load_tracks())
    stamps = {frame: predictions.stamp(frame) for frame in frames}
    digests = {frame: shelf.digest(frame, stamp) for frame, stamp in stamps.items()}
    # Ids belong to a prediction: those of a frame whose file has changed since are worth nothing, nor are those of
    # one that was found anew and is not what it was.
    stale = {
        frame
        for frame, stamp in stamps.items()
        if known.stamps.get(frame, stamp) != stamp or known.digests.get(frame, digests[frame]) != digests[frame]
    }
    kept = TrackIndex({f: ids for f, ids in known.frames.items() if f not in stale}, known.tracks)
    new = [frame for frame in frames if frame not in kept.frames]
    if not new:
        return _cut(kept, frames)

    fps = float(source.fps) if source.fps else _DEFAULT_FPS
    reach = round(_OVERLAP_S * fps)
    beside = [
        frame
        for frame in kept.frames
        if new[0] - reach <= frame <= new[-1] + reach
        and frame not in stamps
        and shelf.has(frame, known.stamps[frame])
    ]
    near = [f for f in frames if f in kept.frames and new[0] - reach <= f <= new[-1] + reach]
    again = sorted({*new, *near, *beside})
    progress.begin("following tracks", len(again), later=2.0)

    def loaded() -> Iterator[tuple[int, FramePrediction]]:
        for frame in again:
            yield frame, predictions.get(frame)

    def counted() -> Iterator[tuple[int, FramePrediction]]:
        with closing(ahead(loaded(), _LOADED_AHEAD, "load")) as stage:
            for done, item in enumerate(stage):
                progress.at(done)
                yield item

    with watch.time("tracking"):
        fresh = assign(counted(), fps)
    settled = stitch(fresh, kept)
    everything = _KnownTracks(
        stamps={**{f: known.stamps[f] for f in kept.frames}, **stamps},
        digests={**{f: known.digests[f] for f in kept.frames if f in known.digests}, **digests},
        frames=dict(settled.frames),
        tracks=tuple(settled.tracks),
    )
    shelf.save_tracks(msgspec.msgpack.encode(everything))
    return _cut(settled, frames)


def with_tracks(prediction: FramePrediction, ids: Sequence[int], tracks: dict[int, Track]) -> FramePrediction:
    """The prediction with its track ids, its flicker dropped, and each segment in its track's category.

    Args:
        prediction: As the model made it.
        ids: One id for each segment; `UNTRACKED` for flicker.
        tracks: The tracks by their ids.
    """
    segments = tuple(
        replace(segment, track=track_id, category=tracks[track_id].category, is_thing=tracks[track_id].is_thing)
        for segment, track_id in zip(prediction.segments, ids, strict=True)
        if track_id != UNTRACKED
    )
    return replace(prediction, segments=segments)


@contextmanager
def _held(lock: FileLock, progress: Progress) -> Iterator[None]:
    """Hold a lock; waiting for it can be cancelled."""
    while True:
        try:
            lock.acquire(timeout=_ASK_EVERY_S)
            break
        except Timeout:
            progress.check()
    try:
        yield
    finally:
        lock.release()


def _load(data: bytes | None) -> _KnownTracks:
    if data is None:
        return _KnownTracks()
    try:
        return msgspec.msgpack.decode(data, type=_KnownTracks)
    except msgspec.DecodeError:
        # Another version wrote it; ids are then given anew.
        return _KnownTracks()


def _cut(index: TrackIndex, frames: Sequence[int]) -> TrackIndex:
    """The index of some frames only, with the tracks these frames show."""
    ids = {frame: index.frames[frame] for frame in frames}
    described = {track.id: track for track in index.tracks}
    return TrackIndex(
        frames=ids,
        tracks=tuple(
            replace(described[track_id], first_frame=first, last_frame=last, frame_count=count)
            for track_id, (first, last, count) in sorted(spans(ids).items())
        ),
    )
