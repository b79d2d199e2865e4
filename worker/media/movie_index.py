"""The time stamps of a movie's frames, found without decoding."""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
import numpy.typing as npt
from av.codec.codec import Properties

from worker.media.unreadable import UnreadableError
from worker.signs import Decoding


@dataclass(frozen=True)
class MovieIndex:
    """Where each frame of a movie lies in time, in units of the stream's time base."""

    pts: npt.NDArray[np.int64]
    """Presentation stamps, ascending. Shape: ``(N,)``; index i is the i-th frame on the screen."""
    key_pts: npt.NDArray[np.int64]
    """Presentation stamps of the packets decoding can begin at, ascending. Shape: ``(K,)``, K >= 1.

    Those an edit list hides are among them, since the frames shown first may need them.
    """
    key_dts: npt.NDArray[np.int64]
    """Decoding stamps of the same packets: what seeking goes by. Shape: ``(K,)``."""
    promised: int
    """How many frames the movie should have; more than N where the end of the file is missing."""


@dataclass(frozen=True)
class _Packet:
    pts: int
    dts: int
    is_key: bool
    is_hidden: bool
    """Decoded but not shown: an edit list begins behind it."""


def index_movie(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, way: Decoding
) -> MovieIndex:
    """Index a movie; the container's position is lost. `way` hears of every packet.

    Raises:
        UnreadableError: no frame lies in the file, or frames have no time stamps.
    """
    packets = _listed(stream) or _demuxed(container, stream, way)
    shown = sorted(packet.pts for packet in packets if not packet.is_hidden)
    if not shown:
        raise UnreadableError("its frames are cut off" if stream.frames else "it holds no frames")
    keys = {packet.pts: packet.dts for i, packet in enumerate(packets) if packet.is_key or i == 0}
    # QuickTime's table of samples is exact: what it lists and the file lacks was cut off.
    cut_off = max(stream.frames - len(packets), 0) if "mov" in container.format.name else 0
    return MovieIndex(
        pts=np.array(shown, np.int64),
        key_pts=np.array(sorted(keys), np.int64),
        key_dts=np.array([keys[pts] for pts in sorted(keys)], np.int64),
        promised=len(shown) + cut_off,
    )


def _listed(stream: av.video.stream.VideoStream) -> list[_Packet]:
    """The container's own table, where it is complete and every frame stands alone; else nothing.

    Such movies (ProRes, DNxHR, MJPEG) are the large ones: walking through the packets would read it all.
    """
    entries = stream.index_entries
    if not stream.codec.properties & Properties.INTRA_ONLY.value or len(entries) != stream.frames:
        return []
    return [_Packet(x.timestamp, x.timestamp, is_key=True, is_hidden=x.is_discard) for x in entries]


def _demuxed(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, way: Decoding
) -> list[_Packet]:
    """Walk through the packets without decoding, in decoding order."""
    found: list[_Packet] = []
    try:
        for packet in container.demux(stream):
            way.step()
            if not packet.size:
                continue
            pts = packet.dts if packet.pts is None else packet.pts
            if pts is None:
                raise UnreadableError("its frames have no time stamps; wrap it into QuickTime or MXF first")
            dts = pts if packet.dts is None else packet.dts
            found.append(_Packet(pts, dts, packet.is_keyframe, packet.is_discard))
    except av.error.FFmpegError:
        pass  # the file ends early; what came before counts
    return found
