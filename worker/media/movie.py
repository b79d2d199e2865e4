"""Movies: one file, decoded by PyAV."""

from __future__ import annotations

import hashlib
import threading
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from bridge.errors import FrameUnreadableError, SourceUnreadableError
from bridge.frames import DEFAULT_PADDING, MOVIE_FIRST_FRAME, format_frames
from bridge.naming import clip_name
from worker import signs
from worker.device import cores
from worker.media.color import choose_color
from worker.media.display import to_plate
from worker.media.limits import LIMIT_WORDS, MAX_PIXELS, check_promise
from worker.media.limits import check_size as check_limits
from worker.media.movie_decoder import MovieDecoder
from worker.media.movie_index import MovieIndex, index_movie
from worker.media.movie_pixels import PQ_TRANSFER, FrameConverter, upright_wh
from worker.media.source import Source, SourceFacts, SourceKind, check_size, select_frames
from worker.media.unreadable import UnreadableError
from worker.models.base import Plate
from worker.recent import Recent

MOVIE_EXTENSIONS = frozenset(
    {
        "mov", "mp4", "m4v", "mkv", "webm", "avi", "mxf", "mpg", "mpeg", "m2v", "ts", "mts", "m2ts", "wmv", "asf",
        "flv", "ogv", "3gp", "3g2", "dv", "gif", "nut", "y4m",
    }
)  # fmt: skip
"""Lower-case extensions that are movies, without the dot."""

_OPTIONS = {
    # A file that names other files or addresses would let the worker be talked into opening them.
    "protocol_whitelist": "file",
    "format_whitelist": (
        "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mxf,mpegts,mpeg,asf,flv,ogg,gif,dv,nut,yuv4mpegpipe"
    ),
    # Looking for what the header leaves out, FFmpeg decodes.
    "max_pixels": str(MAX_PIXELS),
}

_HASHED_BYTES = 64 * 1024

_FRAMES_BYTES = 768 << 20
"""What the frames that the decoder's threads work on may take together."""

_TRIED_FIRST = 16
"""How many frames are tried for the size of a movie before it counts as unreadable."""


@dataclass(frozen=True)
class _Looks:
    """What only a decoded frame tells of a movie."""

    size_wh: tuple[int, int]
    transfer: int
    """FFmpeg's number of the transfer characteristics."""


_LOOKS_BYTES = 1024

_looked_at: Recent[_Looks] = Recent(64 * _LOOKS_BYTES)
"""The looks of movies opened lately, by what tells a movie and the frames tried: a job opens its source more than
once, and decoding its first frame is most of the time that takes."""


class MovieSource(Source):
    """A movie."""

    def __init__(self, facts: SourceFacts, container: av.container.InputContainer, decoder: MovieDecoder) -> None:
        super().__init__(facts)
        self._container = container
        self._decoder: MovieDecoder | None = decoder
        self._lock = threading.Lock()
        """FFmpeg crashes where a movie is closed under a read, as a cancelled job might do."""
        self._converter = FrameConverter()

    def frame_stamp(self, frame: int) -> str:
        return "0"

    def why_avoided(self, frame: int) -> str | None:
        return None if self._decoder is None else self._decoder.why_avoided(frame - MOVIE_FIRST_FRAME)

    def read(self, frame: int) -> Plate:
        with self._lock, self._decoding(frame) as way:
            decoded = self._decode(frame, way)
            if self._color.untouched:
                return self._converter.to_uint8(decoded)
            return to_plate(self._converter.to_float(decoded), self._color)

    def read_linear(self, frame: int) -> npt.NDArray[np.float32]:
        with self._lock, self._decoding(frame) as way:
            pixels = self._converter.to_float(self._decode(frame, way))
        return self.light.decode(pixels)

    def close(self) -> None:
        with self._lock:
            self._decoder = None
            self._container.close()

    def _decoding(self, frame: int) -> AbstractContextManager[signs.Decoding]:
        return signs.decoding(self.path, frame, call=self._call, is_movie=True)

    def _decode(self, frame: int, way: signs.Decoding) -> av.VideoFrame:
        """The frame as coded; the lock is held."""
        if self._decoder is None:
            raise ValueError(f"{self.path} is closed")
        try:
            decoded = self._decoder.frame(frame - MOVIE_FIRST_FRAME, way)
        except UnreadableError as error:
            raise FrameUnreadableError(f"frame {frame} of {self.path} cannot be read: {error}") from error
        check_size(upright_wh(decoded), self.size_wh, frame, self.path)
        return decoded


def open_movie(path: str, *, frames: str | None, colorspace: str | None, ocio_config: str | None) -> MovieSource:
    """Open a movie and count its frames.

    Raises:
        FrameRangeError, UnknownNameError: see `open_source`.
        SourceUnreadableError: it is no movie, has no pictures, or none of them decodes.
    """
    with ExitStack() as undo:
        try:
            with signs.decoding(path, None, is_movie=True) as way:
                container = av.open(path, options=_OPTIONS)
                undo.callback(container.close)
                stream, index = _listed(path, container, way)
            source = _open(path, container, stream, index, frames, colorspace, ocio_config)
        except av.error.FFmpegError as error:
            raise SourceUnreadableError(
                f"{path} is not a movie that can be read, or is cut off: {error.strerror}"
            ) from error
        except UnreadableError as error:
            raise SourceUnreadableError(f"{path} cannot be read: {error}") from error
        except FrameUnreadableError as error:
            raise SourceUnreadableError(str(error)) from error
        undo.pop_all()
        return source


def _listed(
    path: str, container: av.container.InputContainer, way: signs.Decoding
) -> tuple[av.video.stream.VideoStream, MovieIndex]:
    """The pictures of an open movie, and where they lie in it."""
    stream = next(
        (x for x in container.streams.video if not x.disposition & av.stream.Disposition.attached_pic), None
    )
    if stream is None:
        kinds = ", ".join(sorted({x.type for x in container.streams})) or "nothing"
        raise UnreadableError(f"it has no video stream, only {kinds}")
    coded = stream.codec_context
    if coded is None:
        raise UnreadableError("its video codec is unknown")
    _limit(coded, path)
    stream.thread_type = "AUTO"
    return stream, index_movie(container, stream, way)


def _open(
    path: str,
    container: av.container.InputContainer,
    stream: av.video.stream.VideoStream,
    index: MovieIndex,
    frames: str | None,
    colorspace: str | None,
    ocio_config: str | None,
) -> MovieSource:
    existing = tuple(range(MOVIE_FIRST_FRAME, MOVIE_FIRST_FRAME + index.promised))
    selected = select_frames(frames, existing, path)
    avoided = {
        int(index.pts[frame - MOVIE_FIRST_FRAME]): it.words
        for frame, it in signs.avoided(path).items()
        if 0 <= frame - MOVIE_FIRST_FRAME < len(index.pts)
    }
    decoder = MovieDecoder(container, stream, index, avoided)
    identity = _identity(path)
    key = (identity, selected[:_TRIED_FIRST])
    looks = _looked_at.get(key)
    if looks is None:
        looks = _looks(path, decoder, selected[:_TRIED_FIRST])
        _looked_at.put(key, looks, _LOOKS_BYTES)
    color = choose_color(
        colorspace,
        "pq_rec2020_display" if looks.transfer == PQ_TRANSFER else None,
        is_float=False,
        ocio_config=ocio_config,
    )
    facts = SourceFacts(
        clip=clip_name(path),
        path=path,
        kind=SourceKind.MOVIE,
        frames=selected,
        available=format_frames(existing),
        size_wh=looks.size_wh,
        fps=Fraction(stream.average_rate) if stream.average_rate else None,
        padding=DEFAULT_PADDING,
        color=color,
        identity=identity,
        ocio_config=ocio_config,
    )
    return MovieSource(facts, container, decoder)


def _limit(coded: av.VideoCodecContext, path: str) -> None:
    """Keep the decoder to the size that the file has told, before it takes memory."""
    width, height = coded.width, coded.height
    if not width and not height:
        raise UnreadableError(f"it does not say how large its picture is, or it is too large; {LIMIT_WORDS}")
    check_limits(width, height)
    check_promise(width, height, 3, Path(path).stat().st_size)
    # Coded in whole blocks, the largest of which have 128 pixels a side.
    blocks = (width // 128 + 2) * (height // 128 + 2) * 128**2
    coded.options = {**coded.options, "max_pixels": str(min(blocks, MAX_PIXELS))}
    # Each thread holds a frame of up to 4 bytes a pixel.
    threads = 1 if signs.alone(path) else cores()
    coded.thread_count = max(1, min(threads, _FRAMES_BYTES // (width * height * 4)))


def _looks(path: str, decoder: MovieDecoder, frames: tuple[int, ...]) -> _Looks:
    """Those of the first frame that decodes; damaged ones before it are the on-error policy's matter."""
    problem: UnreadableError | FrameUnreadableError | None = None
    for frame in frames:
        try:
            with signs.decoding(path, frame, is_movie=True) as way:
                first = decoder.frame(frame - MOVIE_FIRST_FRAME, way)
            return _Looks(upright_wh(first), int(first.color_trc))
        except (UnreadableError, FrameUnreadableError) as error:
            problem = error
    raise UnreadableError(
        f"none of its first frames decodes: {problem}; it is damaged, or too large: {LIMIT_WORDS}"
    )


def _identity(path: str) -> str:
    """Size, time, and a digest of both ends: a copy by another name is the same movie, an edited one is not."""
    file = Path(path)
    status = file.stat()
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        digest.update(stream.read(_HASHED_BYTES))
        stream.seek(max(status.st_size - _HASHED_BYTES, 0))
        digest.update(stream.read(_HASHED_BYTES))
    return f"{status.st_size}|{status.st_mtime_ns}|{digest.hexdigest()}"
