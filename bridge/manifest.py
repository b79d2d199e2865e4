"""The manifest: ``<clip>.mattes.json``, written last, beside the files of mattes, all of which it lists."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Union

import msgspec

from bridge.errors import BadRequestError
from bridge.files import write_whole

FORMAT = 1
"""The manifest's own version; raised when a field changes its meaning."""


class _Head(msgspec.Struct):
    """The one field whose meaning never changes."""

    format: int


class ModelEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The model behind the mattes."""

    name: str
    licence: str
    fingerprint: str
    """Hex digest of the weights."""
    label_set: str
    allows: str = ""
    """What the licence allows, in words; empty where it was not recorded."""


class LayerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One matte of every frame."""

    name: str
    """The layer's name in the files."""
    category: str
    """The category in the model's label set."""
    is_thing: bool
    track: Optional[int]
    """The track the layer follows; None for all of its category."""
    border: str
    """How its edge was made, in words."""
    layouts: tuple[str, ...]
    """The layouts whose files show it: ``cryptomatte`` shows tracks even where no layers were asked for them."""


class TrackEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One track of the source."""

    id: int
    category: str
    first: int
    """First frame it is seen in."""
    last: int
    """Last frame it is seen in."""
    frames: int
    """How many frames it is seen in."""


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One file of mattes."""

    path: str
    """Relative to the manifest, with forward slashes."""
    frame: int
    """The plate's own frame number."""
    layout: str
    state: str = "good"
    """``good``, or ``held`` or ``black`` where the plate's frame could not be read."""
    reason: Optional[str] = None
    """Why the frame could not be read; None where it could."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a host needs to bring an export in."""

    format: int = FORMAT
    software: str
    """Name and version of what wrote the files."""
    clip: str
    """The name the files begin with."""
    source: str
    """Absolute path of the source, as it was resolved."""
    size_wh: tuple[int, int]
    """Width and height of the plate, in pixels."""
    fps: Optional[str]
    """Frame rate as a fraction, for example ``24000/1001``; None where the source has none."""
    frames: str
    """The frames in the export, as a range."""
    colorspace: str
    """The space the source was read in."""
    colorspace_from: str
    """``request``, ``metadata`` or ``rule``: what the space was chosen by."""
    model: ModelEntry
    overlap: str
    """The overlap rule: ``independent`` means that each matte stands for itself and sums may exceed 1."""
    smoothing: int = 0
    """Frames to each side that steadied the masks of a frame; 0 where each frame stands for itself."""
    settings: dict[str, str] = {}
    """What was asked for, in words, apart from the frames: exports that agree in it can share a folder. Empty
    where it was not recorded."""
    layers: tuple[LayerEntry, ...]
    tracks: tuple[TrackEntry, ...]
    files: tuple[FileEntry, ...]
    indexes: tuple[str, ...] = ()
    """Relative paths of the files that say which file holds what, for layouts whose files do not say it."""
    contact_sheet: Optional[str] = None
    """Relative path of the contact sheet; None where none was asked for."""


def read_manifest(path: Union[str, Path]) -> Manifest:
    """Read a manifest.

    Raises:
        BadRequestError: the file cannot be read or is no manifest this version knows.
    """
    try:
        data = Path(path).read_bytes()
        version = msgspec.json.decode(data, type=_Head).format
        if version != FORMAT:
            raise BadRequestError(f"{path} has manifest format {version}, this version reads {FORMAT}")
        return msgspec.json.decode(data, type=Manifest)
    except OSError as err:
        raise BadRequestError(f"cannot read manifest {path}: {err.strerror or err}") from None
    except msgspec.DecodeError as err:
        raise BadRequestError(f"{path} is not a manifest: {err}") from None


def write_manifest(path: Union[str, Path], manifest: Manifest) -> None:
    """Write a manifest so that a reader sees the old one or the new one, never a part."""
    write_whole(path, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
