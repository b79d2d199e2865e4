"""Exactly the i-th frame of a movie: decoding on, or seeking to a key frame and decoding from there.

A frame counts as found only when its time stamp is the one in the index, so a container that seeks loosely
costs time, never correctness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import dropwhile

import av
import numpy as np

from worker.media.movie_index import MovieIndex
from worker.media.unreadable import UnreadableError
from worker.signs import Decoding

_CHEAPER_THAN_SEEKING = 8
"""Frames that are decoded and dropped rather than sought past: a seek empties the decoder's threads."""

_SEEKS = 3
"""How many key frames back a frame is looked for; the nearest may be damaged or reached too late."""


class MovieDecoder:
    """Decodes frames of an open movie by index.

    Holds the decoder's state and at most one frame. The container stays the caller's, who closes it.
    """

    def __init__(
        self,
        container: av.container.InputContainer,
        stream: av.video.stream.VideoStream,
        index: MovieIndex,
        avoided: Mapping[int, str] | None = None,
    ) -> None:
        """
        Args:
            container: The open movie.
            stream: Its pictures.
            index: Where they lie.
            avoided: The time stamps of frames that end the process where they are decoded, each with the reason.
        """
        self._container = container
        self._stream = stream
        self._index = index
        self._decoded: Iterator[av.VideoFrame] = iter(())
        self._current: av.VideoFrame | None = None
        """The frame decoded last: handed out, or kept because it comes later than the one looked for."""
        self._problem = ""
        self._avoided = dict(avoided or {})
        self._avoided_pts = np.array(sorted(self._avoided), np.int64)
        self._way = Decoding(None)

    def why_avoided(self, i: int) -> str | None:
        """Why the frame at index i is not decoded: it, or one between it and its key frame, ends the process."""
        if i >= len(self._index.pts) or not self._avoided:
            return None
        pts = int(self._index.pts[i])
        key = int(np.searchsorted(self._index.key_pts, pts, side="right")) - 1
        return self._avoided_between(int(self._index.key_pts[max(key, 0)]), pts)

    def _avoided_between(self, first: int, last: int) -> str | None:
        """Why nothing is decoded that needs the frames of these time stamps, both included."""
        start, end = np.searchsorted(self._avoided_pts, [first, last + 1])
        return self._avoided[int(self._avoided_pts[start])] if start < end else None

    def frame(self, i: int, way: Decoding) -> av.VideoFrame:
        """The frame at index i, from 0; `way` hears of every frame that is decoded on the way.

        Raises:
            UnreadableError: the frame does not decode.
        """
        if i >= len(self._index.pts):
            raise UnreadableError("the movie's file ends before it")
        self._problem = ""
        self._way = way
        pts = int(self._index.pts[i])
        if self._is_near(i) and self._advance(pts):
            return self._whole()
        last_key = int(np.searchsorted(self._index.key_pts, pts, side="right")) - 1
        for key in range(last_key, max(last_key - _SEEKS, -1), -1):
            key_pts = int(self._index.key_pts[key])
            avoided = self._avoided_between(key_pts, pts)
            if avoided is not None:
                self._problem = avoided
                break
            self._seek(int(self._index.key_dts[key]), key_pts)
            if self._advance(pts):
                return self._whole()
        raise UnreadableError(self._problem or "no picture comes out of the decoder for it")

    def _is_near(self, i: int) -> bool:
        """Whether decoding on reaches index i sooner than a seek."""
        if self._current is None:
            return False
        here, there = self._current.pts, int(self._index.pts[i])
        if there < here or self._avoided_between(here, there) is not None:
            return False
        keys_between = np.searchsorted(self._index.key_pts, [here, there], side="right")
        ahead = i - int(np.searchsorted(self._index.pts, here))
        return ahead <= _CHEAPER_THAN_SEEKING or keys_between[0] == keys_between[1]

    def _advance(self, pts: int) -> bool:
        """Decode until the frame of this time stamp, or a later one, is current."""
        while self._current is None or self._current.pts < pts:
            self._current = next(self._decoded, None)
            self._way.step()
            if self._current is None:
                return False
        return bool(self._current.pts == pts)

    def _whole(self) -> av.VideoFrame:
        """The current frame, unless the decoder patched it up."""
        assert self._current is not None
        if self._current.is_corrupt:
            raise UnreadableError("its data are damaged")
        return self._current

    def _seek(self, dts: int, pts: int) -> None:
        """Go to the key frame of these stamps; where the container cannot, nothing more is decoded from here."""
        self._current = None
        self._decoded = iter(())
        try:
            self._container.seek(dts, stream=self._stream, backward=True)
        except av.error.FFmpegError as error:
            self._problem = f"the file cannot be read there: {error.strerror}"
        else:
            # Many containers go a key frame too far back; what is avoided may lie between.
            self._decoded = self._decode(pts if self._avoided else None)

    def _decode(self, first_pts: int | None) -> Iterator[av.VideoFrame]:
        """Frames from here on, in the order of their time stamps; those that do not decode are left out.

        Args:
            first_pts: The packet to begin with; None for the next one.
        """
        packets = self._container.demux(self._stream)
        if first_pts is not None:
            packets = dropwhile(lambda it: (it.dts if it.pts is None else it.pts) != first_pts, packets)
        while True:
            try:
                packet = next(packets)
                frames = packet.decode()
            except (StopIteration, EOFError):
                return
            except av.error.FFmpegError as error:
                self._problem = f"the decoder says: {error.strerror}"
                continue
            yield from (frame for frame in frames if frame.pts is not None)
