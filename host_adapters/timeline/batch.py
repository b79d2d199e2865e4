"""The batch manifest of a timeline: ``<timeline>.batch.json``, written last, beside the folders of its sources."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Union

import msgspec

from bridge.errors import BadRequestError
from bridge.files import write_whole

FORMAT = 1
"""The batch manifest's own version; raised when a field changes its meaning."""


class _Head(msgspec.Struct):
    format: int


class ClipEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One clip of the timeline, or one track of sound."""

    name: str
    track: int
    """The video track, counted from 1; 0 for sound."""
    track_name: str
    state: str
    """``exported``, ``refused`` where the clip cannot be, ``failed`` where the worker could not read its media."""
    reason: Optional[str] = None
    """Why it was not exported; None where it was."""
    record: Optional[tuple[int, int]] = None
    """First frame and the one after the last, in frames of the timeline from its beginning; None if unknown."""
    source: Optional[str] = None
    """What the worker read."""
    shown: Optional[str] = None
    """The source's frames that the clip shows, as a range."""
    exported: Optional[str] = None
    """The same with transitions and handles."""
    speed: float = 1.0
    """Media frames for each frame of the timeline; 0 holds a frame."""
    files: int = 0
    """How many files were named after the clip."""


class SourceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One source: a job of the worker."""

    source: str
    folder: str
    """Its mattes' folder, relative to the batch manifest."""
    frames: str
    clips: int
    """How many clips show it."""
    manifest: Optional[str] = None
    """Its manifest, relative to this one; None where it failed."""
    error: Optional[str] = None
    """Why it failed; None where it did not."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was made of a timeline."""

    format: int = FORMAT
    software: str
    timeline: str
    """Its name."""
    path: str
    rate: str
    """Frames a second as a fraction, for example ``24000/1001``."""
    start: Optional[str]
    """Its start timecode; None where it has none."""
    handles: int
    otio: Optional[str]
    """The timeline with the mattes, relative; None where nothing was exported."""
    otio_name: Optional[str]
    """What that timeline is called inside."""
    clips: tuple[ClipEntry, ...]
    sources: tuple[SourceEntry, ...]
    notes: tuple[str, ...] = ()


def read_batch(path: Union[str, Path]) -> Batch:
    """Read a batch manifest.

    Raises:
        BadRequestError: the file cannot be read or is no batch manifest this version knows.
    """
    try:
        data = Path(path).read_bytes()
        version = msgspec.json.decode(data, type=_Head).format
        if version != FORMAT:
            raise BadRequestError(f"{path} has batch manifest format {version}, this version reads {FORMAT}")
        return msgspec.json.decode(data, type=Batch)
    except OSError as err:
        raise BadRequestError(f"cannot read batch manifest {path}: {err.strerror or err}") from None
    except msgspec.DecodeError as err:
        raise BadRequestError(f"{path} is not a batch manifest: {err}") from None


def write_batch(path: Union[str, Path], batch: Batch) -> None:
    """Write a batch manifest so that a reader sees the old one or the new one, never a part."""
    write_whole(path, msgspec.json.format(msgspec.json.encode(batch), indent=2) + b"\n")
