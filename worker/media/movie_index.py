"""The time stamps of a movie's frames, found without decoding."""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt
from av.codec.codec import Properties

from worker.media.unreadable import UnreadableError


@dataclass(frozen=True)
class MovieIndex:
    """Where each frame of a movie lies in time, in units of the stream's time base."""

    pts: npt.NDArray[np.int64]
    """Presentation stamps, ascending. Shape: ``(N,)``; index i is the i-th frame on the screen."""
    key_pts: npt.NDArray[np.int64]
    """Presentation stamps of key frames, ascending. Shape: ``(K,)``."""
    key_dts: npt.NDArray[np.int64]
    """Decoding stamps of the same key frames: what seeking goes by. Shape: ``(K,)``."""
    promised: int
    """How many frames the movie should have; more than N where the end of the file is missing."""


def index_movie(container: av.container.InputContainer, stream: av.video.stream.VideoStream) -> MovieIndex:
    """Index a movie; the container's position is lost.

    Raises:
        UnreadableError: no frame lies in the file, or frames have no time stamps.
    """
    entries = _entries(stream)
    counted = len(entries)
    if not counted:
        entries, counted = _demuxed(container, stream)
    if not counted:
        raise UnreadableError("its frames are cut off" if stream.frames else "it holds no frames")
    pts, dts, key = (np.array(column) for column in zip(*entries, strict=True))
    order = np.argsort(pts, kind="stable")
    pts, dts, key = pts[order], dts[order], key[order].astype(bool)
    # QuickTime's table of samples is exact: what it lists and the file lacks was cut off.
    cut_off = max(stream.frames - counted, 0) if "mov" in container.format.name else 0
    return MovieIndex(pts.astype(np.int64), pts[key], dts[key], len(pts) + cut_off)


def _entries(stream: av.video.stream.VideoStream) -> list[tuple[int, int, bool]]:
    """The container's own table, where it is complete and every frame stands alone; else nothing.

    Such movies (ProRes, DNxHR, MJPEG) are the large ones: walking through the packets would read it all.
    """
    entries = stream.index_entries
    if not stream.codec.properties & Properties.INTRA_ONLY.value or len(entries) != stream.frames:
        return []
    return [(entry.timestamp, entry.timestamp, True) for entry in entries if not entry.is_discard]


def _demuxed(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream
) -> tuple[list[tuple[int, int, bool]], int]:
    """Walk through the packets; also how many there were, those an edit list hides included."""
    found: list[tuple[int, int, bool]] = []
    counted = 0
    try:
        for packet in container.demux(stream):
            if not packet.size:
                continue
            counted += 1
            stamp = packet.dts if packet.pts is None else packet.pts
            if stamp is None:
                raise UnreadableError("its frames have no time stamps; wrap it into a QuickTime or MXF file first")
            if not packet.is_discard:
                found.append((stamp, stamp if packet.dts is None else packet.dts, packet.is_keyframe))
    except av.error.FFmpegError:
        pass  # the file ends early; what came before counts
    return found, counted
