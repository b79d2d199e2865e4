"""Mattes on disk, read as data: no colour transform, full precision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bridge.errors import BadRequestError, FrameUnreadableError, SourceUnreadableError, unknown_name
from bridge.frames import (
    STILL_FRAME,
    FrameFiles,
    find_sequence,
    find_sequences,
    format_frames,
    split_number,
    split_pattern,
)
from worker.evaluation.matte_metrics import Matte
from worker.exr.reader import read_layers
from worker.media.images import image_extensions, read_float
from worker.media.locations import locate, not_found, unreadable
from worker.media.unreadable import UnreadableError

_GREY_TOLERANCE = 1.5 / 255
"""How far the channels of a grey picture may lie apart: codecs round each on its own."""

_OVERSHOOT = 0.1
"""How far below 0 and above 1 filters take a matte; what lies beyond has another scale."""


@dataclass(frozen=True)
class MatteFiles:
    """A sequence of mattes, or a still."""

    path: str
    """What it was asked for by."""
    paths: Mapping[int, str]
    """The file of each frame, ascending; at least one."""
    layer: str | None
    """The layer that is read; None for files that are one matte each."""

    @property
    def frames(self) -> tuple[int, ...]:
        """The frames there are, ascending."""
        return tuple(self.paths)

    def __str__(self) -> str:
        return f"{self.path} (frames {format_frames(self.frames)})"

    def read(self, frame: int) -> Matte:
        """The matte of a frame that is there; what filters left outside [0, 1] is cut off.

        Raises:
            FrameUnreadableError: the file is damaged, has no such layer, or is no matte.
        """
        path = self.paths[frame]
        try:
            matte = _read_picture(path) if self.layer is None else _read_layer(path, self.layer)
        except (UnreadableError, SourceUnreadableError) as error:
            raise FrameUnreadableError(f"frame {frame}: {path} cannot be read as a matte: {error}") from error
        return np.clip(matte, 0, 1)


def open_mattes(path: str, layer: str | None = None) -> MatteFiles:
    """Find the files of a sequence of mattes.

    Args:
        path: A folder that holds exactly one sequence, a pattern (``matte.####.png``), or a single file.
        layer: Which layer is read where the files are EXR in the layout `layers`; others are one matte each,
            grey, or red, green and blue alike; alpha is not looked at. None for the only one.

    Raises:
        SourceNotFoundError: nothing lies at the path.
        SourceUnreadableError: the folder holds no sequence or several, or may not be read.
        BadRequestError: the files have several layers, and `layer` names none.
        UnknownNameError: the files have layers, but not this one.
    """
    location = locate(path)
    try:
        paths = _paths(location)
    except OSError as error:
        raise unreadable(location, error) from error
    return MatteFiles(path, paths, _choose_layer(next(iter(paths.values())), layer))


def _paths(location: str) -> dict[int, str]:
    pattern = split_pattern(location)
    if Path(location).is_dir():
        found = find_sequences(location, image_extensions())
    elif Path(location).is_file():
        numbered = split_number(location)
        return {STILL_FRAME if numbered is None else numbered[1]: location}
    elif pattern is not None and Path(location).parent.is_dir():
        found = find_sequence(pattern)
    else:
        raise not_found(location)
    return _only(found, location)


def _only(found: list[FrameFiles], location: str) -> dict[int, str]:
    if len(found) != 1:
        listed = f"{len(found)}: {', '.join(map(str, found[:6]))}" if found else "none"
        raise SourceUnreadableError(
            f"expected one sequence of mattes in {location}, but there is {listed}; name the one you mean, "
            "as in mattes/person.####.png"
        )
    return {frame: found[0].pattern.path(frame) for frame in found[0].frames}


def _choose_layer(path: str, wanted: str | None) -> str | None:
    """The layer to read of files like this one; None where it has no layers."""
    if Path(path).suffix.lower() != ".exr":
        return None
    try:
        layers = list(read_layers(path))
    except SourceUnreadableError:
        # Not in our layout: R, G and B are the matte, or reading says what is wrong.
        return None
    if wanted is not None and wanted not in layers:
        raise unknown_name("layer", wanted, layers)
    if wanted is None and len(layers) > 1:
        raise BadRequestError(
            f"{path} holds {len(layers)} mattes; choose one with --layer: {', '.join(layers[:12])}"
            + (", ..." if len(layers) > 12 else "")
        )
    return wanted or layers[0]


def _read_layer(path: str, layer: str) -> Matte:
    layers = read_layers(path)
    if layer not in layers:
        raise UnreadableError(f"it has no layer {layer!r}")
    return _checked(layers[layer].astype(np.float32))


def _read_picture(path: str) -> Matte:
    picture = read_float(path)
    matte = _checked(picture[..., 0])
    if np.abs(picture - matte[..., None]).max() > _GREY_TOLERANCE:
        raise UnreadableError("it is a colour picture; expected one channel, or red, green and blue alike")
    return matte


def _checked(matte: Matte) -> Matte:
    least, most = float(matte.min()), float(matte.max())
    # Asked this way round, NaN does not pass.
    if not (least >= -_OVERSHOOT and most <= 1 + _OVERSHOOT):
        raise UnreadableError(f"it has values from {least:g} to {most:g}; expected coverage from 0 to 1")
    return matte
