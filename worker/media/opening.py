"""Opening a source: from a path to the right kind of `Source`."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from bridge.errors import SourceNotFoundError, SourceUnreadableError
from bridge.frames import FrameFiles, FramePattern, find_sequence, find_sequences, split_pattern
from worker.media.images import image_extensions
from worker.media.locations import locate, not_found, unreadable
from worker.media.movie import MOVIE_EXTENSIONS, open_movie
from worker.media.sequence import open_sequence, open_still
from worker.media.source import Source


def open_source(
    path: str, *, frames: str | None = None, colorspace: str | None = None, ocio_config: str | None = None
) -> Source:
    """Open a movie, an image sequence or a still.

    Args:
        path: A movie, a picture (which is a still even where its name has a number), a sequence
            (``plate.####.exr``, ``plate.%04d.exr``, ``plate.@@@@.exr``, ``plate.1001-1100#.exr``), or a folder
            that holds exactly one sequence.
        frames: A frame range; None for all frames there are. Frames a sequence lacks between its first and its
            last stay selected when they are asked for, and fail when they are read.
        colorspace: An OCIO colour space; None to go by the file's metadata, then by its kind.
        ocio_config: An OCIO configuration; None for ``$OCIO``, else `worker.media.color.DEFAULT_CONFIG`.

    Raises:
        SourceNotFoundError: nothing lies at the path.
        SourceUnreadableError: it is of an unknown kind, damaged, or not permitted.
        FrameRangeError: `frames` does not parse, or names frames before the first or after the last.
        UnknownNameError: the configuration has no such colour space.
        BadRequestError: the OCIO configuration cannot be used.
    """
    location = locate(path)
    how = {"frames": frames, "colorspace": colorspace, "ocio_config": ocio_config}
    try:
        if Path(location).is_dir():
            return open_sequence(_only_sequence(location), **how)
        if os.path.lexists(location):
            return _open_file(location, **how)
        pattern = split_pattern(location)
        if pattern is None:
            raise not_found(location, _file_names(location))
        return open_sequence(_found(pattern, location), **how)
    except OSError as error:
        raise unreadable(location, error) from error


def linked_files(path: str) -> list[str]:
    """The files of a sequence, or of the sequences in a folder, that are links; none for anything else."""
    location = locate(path)
    pattern = split_pattern(location)
    try:
        if Path(location).is_dir():
            found = find_sequences(location, image_extensions())
        elif pattern is not None and Path(location).parent.is_dir():
            found = find_sequence(pattern)
        else:
            return []
    except OSError as error:
        raise unreadable(location, error) from error
    files = (it.pattern.path(frame) for it in found for frame in it.frames)
    return [file for file in files if Path(file).is_symlink()]


def _open_file(path: str, *, frames: str | None, colorspace: str | None, ocio_config: str | None) -> Source:
    """Open one file by its extension; one that tells nothing is tried as a picture, then as a movie."""
    file = Path(path)
    if not file.is_file():
        reason = "is a link to nothing" if file.is_symlink() and not file.exists() else "is no regular file"
        raise SourceUnreadableError(f"{path} {reason}; give a movie, a picture, a folder or a sequence")
    file.open("rb").close()
    still = partial(open_still, path, frames=frames, colorspace=colorspace, ocio_config=ocio_config)
    movie = partial(open_movie, path, frames=frames, colorspace=colorspace, ocio_config=ocio_config)
    extension = file.suffix[1:].lower()
    if extension in MOVIE_EXTENSIONS:
        return movie()
    if extension in image_extensions():
        return still()
    for attempt in (still, movie):
        try:
            return attempt()
        except SourceUnreadableError:
            continue
    raise SourceUnreadableError(f"{path} is neither a picture nor a movie of a kind that can be read")


def _only_sequence(folder: str) -> FrameFiles:
    found = find_sequences(folder, image_extensions())
    if len(found) == 1:
        return found[0]
    if found:
        raise SourceUnreadableError(
            f"{folder} holds {len(found)} sequences, expected one; name the one you mean: {_listed(found)}"
        )
    raise SourceNotFoundError(f"{folder} holds no numbered pictures; give a movie, a picture or a sequence")


def _found(pattern: FramePattern, path: str) -> FrameFiles:
    folder = Path(path).parent
    if not folder.is_dir():
        raise not_found(path)
    found = find_sequence(pattern)
    if not found:
        near = [x.pattern.text for x in find_sequences(folder, image_extensions())]
        raise not_found(path, [Path(x).name for x in near])
    if len(found) > 1:
        raise SourceUnreadableError(
            f"{path} fits {len(found)} sequences of different padding; name the one you mean: {_listed(found)}"
        )
    return found[0]


def _listed(found: list[FrameFiles]) -> str:
    shown = [str(files) for files in found[:6]]
    return ", ".join(shown) + (", ..." if len(found) > 6 else "")


def _file_names(path: str) -> list[str]:
    """The names beside a path; none where the folder is missing."""
    folder = Path(path).parent
    return sorted(x.name for x in folder.iterdir() if not x.name.startswith(".")) if folder.is_dir() else []
