"""Image sequences and stills: a file per frame."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bridge.errors import FrameUnreadableError, SourceUnreadableError
from bridge.frames import DEFAULT_PADDING, STILL_FRAME, FrameFiles, FramePattern, format_frames, split_number
from bridge.naming import clip_name
from worker import signs
from worker.media.color import choose_color
from worker.media.display import to_plate
from worker.media.images import ImageHeader, read_float, read_header, read_uint8
from worker.media.source import Source, SourceFacts, SourceKind, check_size, select_frames
from worker.media.unreadable import UnreadableError
from worker.models.base import Plate

_Value = TypeVar("_Value", bound=np.generic)

_NAMELESS = frozenset(
    [
        "frame",
        "frames",
        "image",
        "images",
        "img",
        "pictures",
        "seq",
        "sequence",
        "plate",
        "plates",
        "dpx",
        "exr",
        "jpeg",
        "jpg",
        "png",
        "tif",
        "tiff",
    ]
)
"""Folders that say what lies in them and not of which clip."""

_TRIED_FIRST = 16
"""How many files are tried for the size and colour of a sequence before it counts as unreadable."""


class ImageSource(Source):
    """An image sequence or a still."""

    def __init__(self, facts: SourceFacts, pattern: FramePattern | None) -> None:
        super().__init__(facts)
        self._pattern = pattern

    def frame_stamp(self, frame: int) -> str:
        try:
            status = Path(self._file(frame)).stat()
        except OSError:
            return "0"
        return hashlib.sha256(f"{status.st_size}|{status.st_mtime_ns}".encode()).hexdigest()[:16]

    def why_avoided(self, frame: int) -> str | None:
        found = signs.avoided(self._file(frame)).get(frame)
        return None if found is None else found.words

    def read(self, frame: int) -> Plate:
        if self._color.untouched:
            return self._read(frame, read_uint8)
        return to_plate(self._read(frame, read_float), self._color)

    def read_linear(self, frame: int) -> npt.NDArray[np.float32]:
        return self.light.decode(self._read(frame, read_float))

    def close(self) -> None:
        """Nothing stays open between frames."""

    def _read(self, frame: int, reader: Callable[[str], npt.NDArray[_Value]]) -> npt.NDArray[_Value]:
        path = self._file(frame)
        try:
            with signs.decoding(path, frame, call=self._call):
                pixels = reader(path)
        except UnreadableError as error:
            raise FrameUnreadableError(f"frame {frame}: {_reason(path, error)}") from error
        check_size((pixels.shape[1], pixels.shape[0]), self.size_wh, frame, path)
        return pixels

    def _file(self, frame: int) -> str:
        return self.path if self._pattern is None else self._pattern.path(frame)


def open_sequence(
    files: FrameFiles, *, frames: str | None, colorspace: str | None, ocio_config: str | None
) -> ImageSource:
    """Open a sequence of files that are there.

    Size and colour are those of the first selected file that can be read.

    Raises:
        FrameRangeError, UnknownNameError: see `open_source`.
        SourceUnreadableError: none of the first files can be read.
    """
    pattern = files.pattern
    selected = select_frames(frames or pattern.frames, files.frames, pattern.text)
    there = set(files.frames)
    # Where all that was asked for is missing the others tell size and colour; the on-error policy does the rest.
    tried = [frame for frame in selected if frame in there] or files.frames
    header = _first_header((frame, pattern.path(frame)) for frame in tried)
    color = choose_color(colorspace, header.color_space, is_float=header.is_float, ocio_config=ocio_config)
    facts = SourceFacts(
        clip=_sequence_clip(pattern),
        path=pattern.text,
        kind=SourceKind.SEQUENCE,
        frames=selected,
        available=format_frames(files.frames),
        size_wh=header.size_wh,
        fps=header.fps,
        padding=max(pattern.padding, 1),
        color=color,
        identity=pattern.text,
        ocio_config=ocio_config,
    )
    return ImageSource(facts, pattern)


def open_still(path: str, *, frames: str | None, colorspace: str | None, ocio_config: str | None) -> ImageSource:
    """Open one picture, which is the frame its name tells, or `STILL_FRAME`.

    Raises:
        FrameRangeError, UnknownNameError, SourceUnreadableError: see `open_source`.
    """
    numbered = split_number(path)
    frame = STILL_FRAME if numbered is None else numbered[1]
    selected = select_frames(frames, (frame,), path)
    header = _first_header([(frame, path)])
    facts = SourceFacts(
        clip=clip_name(path) if numbered is None else _sequence_clip(numbered[0]),
        path=path,
        kind=SourceKind.STILL,
        frames=selected,
        available=str(frame),
        size_wh=header.size_wh,
        fps=header.fps,
        padding=DEFAULT_PADDING if numbered is None else numbered[0].padding,
        color=choose_color(colorspace, header.color_space, is_float=header.is_float, ocio_config=ocio_config),
        identity=path,
        ocio_config=ocio_config,
    )
    return ImageSource(facts, None)


def _first_header(files: Iterable[tuple[int, str]]) -> ImageHeader:
    """The header of the first file that has one; damaged files before it are the on-error policy's matter."""
    reason = ""
    for frame, path in islice(files, _TRIED_FIRST):
        try:
            with signs.decoding(path, frame):
                return read_header(path)
        except UnreadableError as error:
            reason = _reason(path, error)
        except FrameUnreadableError as error:
            reason = str(error)
    raise SourceUnreadableError(reason)


def _sequence_clip(pattern: FramePattern) -> str:
    """The clip's name; files that are called by their number alone take the name of their folder.

    ``sh010/frames/0001.png`` is ``sh010``: a folder that only says that pictures lie in it names no clip.
    """
    head = Path(pattern.head + "_")
    if head.name != "_":
        return clip_name(pattern.text)
    folders = [folder for folder in head.parents if folder.name]
    named = next((folder for folder in folders if folder.name.lower() not in _NAMELESS), head.parent)
    return clip_name(str(named))


def _reason(path: str, error: UnreadableError) -> str:
    """Why a file cannot be read; what the file system knows is said before what the reader thinks."""
    try:
        Path(path).open("rb").close()
    except FileNotFoundError:
        return f"{path} is missing"
    except PermissionError:
        return f"{path} may not be read; give the worker's user permission"
    except OSError as fault:
        return f"{path}: {fault.strerror}"
    return f"{path} cannot be read: {error}"
