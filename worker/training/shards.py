"""Drawn clips on disk: drawn once, in parallel, read by frame.

A shard holds the frames of some clips one after another, each a msgpack record: the picture as JPEG (a plate has
seen a codec too), the segments, and their alphas cut to boxes, 8-bit, deflated. Beside it lies an index of
offsets, written last: a shard without one is drawn again.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt
from PIL import Image

from worker.segments import boxed
from worker.spawning import spawn_context
from worker.training.scenes import ClipSpec, DrawnFrame, draw_clip

JPEG_QUALITY = 93
CLIPS_PER_SHARD = 20
FRAMES_PER_SHARD = 60
"""Shards are drawn at once by several processes: no more clips in one than make so many frames."""


@dataclass(frozen=True)
class StoredSegment:
    """A segment of a stored frame."""

    category: str
    is_thing: bool
    box: tuple[int, int, int, int]
    """``x0, y0, x1, y1`` in pixels, half open."""
    alpha: npt.NDArray[np.uint8]
    """Visible coverage inside `box`, 255 is full. Shape ``(y1 - y0, x1 - x0)``."""
    track: int = 0
    """Steady through the clip, from 1; 0 in shards of versions that did not keep it."""


@dataclass(frozen=True)
class StoredFrame:
    """A frame as it was drawn, its coverages rounded to 8 bits."""

    rgb: npt.NDArray[np.uint8]
    """Shape ``(h, w, 3)``."""
    segments: tuple[StoredSegment, ...]


def store(frame: DrawnFrame) -> bytes:
    """Pack a frame into a record."""
    picture = io.BytesIO()
    Image.fromarray(frame.rgb).save(picture, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    segments, planes, tracks = [], [], []
    for segment, alpha in zip(frame.segments, frame.alphas, strict=True):
        cut = boxed((alpha * 255.0 + 0.5).astype(np.uint8))
        if cut is None:
            continue
        box, plane = cut
        segments.append((segment.category, segment.is_thing, box))
        planes.append(plane.tobytes())
        tracks.append(segment.track)
    record = {
        "jpeg": picture.getvalue(),
        "segments": segments,
        "tracks": tracks,
        "alphas": zlib.compress(b"".join(planes), 1),
    }
    return bytes(msgpack.packb(record))


def unstore(record: bytes) -> StoredFrame:
    """Unpack a record of `store`."""
    data: dict[str, Any] = msgpack.unpackb(record)
    rgb = np.array(Image.open(io.BytesIO(data["jpeg"])).convert("RGB"))
    planes = np.frombuffer(zlib.decompress(data["alphas"]), np.uint8)
    segments, start = [], 0
    tracks = data.get("tracks", [0] * len(data["segments"]))
    for track, (category, is_thing, (x0, y0, x1, y1)) in zip(tracks, data["segments"], strict=True):
        count = (y1 - y0) * (x1 - x0)
        alpha = planes[start : start + count].reshape(y1 - y0, x1 - x0)
        segments.append(StoredSegment(category, is_thing, (x0, y0, x1, y1), alpha, track))
        start += count
    return StoredFrame(rgb, tuple(segments))


@dataclass(frozen=True)
class _Task:
    path: Path
    specs: tuple[ClipSpec, ...]


def _index_path(path: Path) -> Path:
    return path.with_suffix(".index.npy")


def _draw_shard(task: _Task) -> int:
    """Draw one shard; returns its number of frames."""
    offsets = [0]
    partial = task.path.with_suffix(".partial")
    with partial.open("wb") as file:
        for spec in task.specs:
            for frame in draw_clip(spec):
                offsets.append(offsets[-1] + file.write(store(frame)))
    partial.replace(task.path)
    index = _index_path(task.path)
    np.save(index.with_suffix(".partial.npy"), np.array(offsets, np.int64))
    index.with_suffix(".partial.npy").replace(index)
    return len(offsets) - 1


def draw_shards(
    folder: Path,
    specs: Sequence[ClipSpec],
    processes: int,
    on_frames: Callable[[int], None] = lambda _: None,
) -> list[Path]:
    """Draw clips into shards, those that are there already excepted.

    Args:
        folder: Where the shards lie. Keep one folder for one list of specs.
        specs: The clips.
        processes: How many draw at once.
        on_frames: Called with the number of frames of each finished shard.

    Returns:
        The shards, in the order of `specs`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tasks = []
    clips = max(1, min(CLIPS_PER_SHARD, FRAMES_PER_SHARD // max(spec.frames for spec in specs)))
    for start in range(0, len(specs), clips):
        part = tuple(specs[start : start + clips])
        tasks.append(_Task(folder / f"clips_{start:06d}_{len(part)}.shard", part))
    missing = []
    for task in tasks:
        if _index_path(task.path).exists():
            on_frames(sum(spec.frames for spec in task.specs))
        else:
            missing.append(task)
    if missing:
        with spawn_context().Pool(min(processes, len(missing))) as pool:
            for frames in pool.imap_unordered(_draw_shard, missing):
                on_frames(frames)
    return [task.path for task in tasks]


class ShardReader:
    """Frames of some shards by number."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        """The shards' files."""
        self._offsets = [np.load(_index_path(path)) for path in self.paths]
        self._first = np.cumsum([0, *(len(offsets) - 1 for offsets in self._offsets)])

    def __len__(self) -> int:
        return int(self._first[-1])

    def __getitem__(self, index: int) -> StoredFrame:
        """The frame of that number, from 0."""
        if not 0 <= index < len(self):
            raise IndexError(f"frame {index} of {len(self)}")
        shard = int(np.searchsorted(self._first, index, side="right")) - 1
        start, end = self._offsets[shard][index - self._first[shard] :][:2].tolist()
        with self.paths[shard].open("rb") as file:
            file.seek(start)
            return unstore(file.read(end - start))

    def __iter__(self) -> Iterator[StoredFrame]:
        return (self[index] for index in range(len(self)))
