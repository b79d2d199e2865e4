"""What is in an EXR, ours or anyone's: windows, channels, borders, Cryptomattes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from worker.exr.cryptomatte_ids import id_hex
from worker.exr.cryptomatte_reader import Cryptomatte, cryptomattes_of, objects_of
from worker.exr.header import PREFIX
from worker.exr.parts import ExrPart, read_parts

if TYPE_CHECKING:
    from worker.mattes.geometry import Box, Size

T = TypeVar("T")

_LAYER = PREFIX + "layer/"

_TYPES = {"float16": "half", "float32": "float", "uint32": "uint"}


@dataclass(frozen=True)
class ChannelReport:
    """One channel."""

    name: str
    type: str
    """``half``, ``float`` or ``uint``; ``deep`` where a pixel has several values, which are not read."""
    lowest: float
    highest: float
    covered_pct: float
    """The sum over the display window's pixels, with 1 in all of them as 100: what share a matte covers."""
    layer: str | None = None
    """The layer it shows, as our own header says; None in files of others."""
    category: str | None = None
    track: int | None = None
    border: str | None = None


@dataclass(frozen=True)
class PartReport:
    """One part of the file."""

    name: str
    kind: str
    compression: str
    data_window: Box
    channels: tuple[ChannelReport, ...]
    """Those that are no Cryptomatte's."""


@dataclass(frozen=True)
class ObjectReport:
    """One object of a Cryptomatte that some pixel shows."""

    name: str | None
    """None where the manifest does not know its id."""
    id: str
    covered_pct: float
    """Share of the display window that it covers."""


@dataclass(frozen=True)
class CryptomatteReport:
    """One Cryptomatte."""

    name: str
    levels: int
    names: int
    """How many names the manifest has."""
    manifest: str | None
    """Where it stands: ``header``, or a file beside the picture; None where there is none that can be read."""
    objects: tuple[ObjectReport, ...]
    """The largest first."""
    notes: tuple[str, ...]
    problem: str | None
    """Why its mattes cannot be read; None where they can."""


@dataclass(frozen=True)
class FileReport:
    """One file."""

    path: str
    size_wh: Size
    """Of the display window."""
    display_window: Box
    pixel_aspect: float
    origin: Mapping[str, str | int | float]
    """What our own header says of the whole file, without the prefix; empty in files of others."""
    parts: tuple[PartReport, ...]
    cryptomattes: tuple[CryptomatteReport, ...]


def inspect_file(path: str | Path) -> FileReport:
    """Describe a file.

    Raises:
        SourceNotFoundError: no file lies there.
        SourceUnreadableError: it is no EXR, or is damaged.
    """
    parts = read_parts(path)
    cryptos = cryptomattes_of(parts, path)
    display, attributes = parts[0].display_window, parts[0].attributes
    own = {name.removeprefix(PREFIX): value for name, value in attributes.items() if name.startswith(PREFIX)}
    aspect = attributes["pixelAspectRatio"]
    assert isinstance(aspect, float)
    return FileReport(
        path=str(path),
        size_wh=parts[0].display_wh,
        display_window=display,
        pixel_aspect=aspect,
        origin={
            name: value
            for name, value in own.items()
            if not name.startswith("layer/") and isinstance(value, str | int | float)
        },
        parts=tuple(_part(part, cryptos) for part in parts),
        cryptomattes=tuple(_cryptomatte(crypto, parts[0].display_wh) for crypto in cryptos),
    )


def _part(part: ExrPart, cryptos: Sequence[Cryptomatte]) -> PartReport:
    types = tuple(crypto.name for crypto in cryptos)
    reports = []
    for name in part.channel_names:
        layer = (name if "." in name else f"{part.name}.{name}").rpartition(".")[0]
        if not any(layer in (kind, f"{kind}{layer[-2:]}") for kind in types):
            reports.append(_channel(part, name))
    return PartReport(part.name, part.kind, part.compression, part.data_window, tuple(reports))


def _channel(part: ExrPart, name: str) -> ChannelReport:
    if name not in part.channels:
        return ChannelReport(name, "deep", 0.0, 0.0, 0.0)
    pixels = part.channels[name]
    area = float(np.prod(part.display_wh))
    layer = _shown_layer(part, name)
    category = _said_of(part, layer, "category", str)
    return ChannelReport(
        name=name,
        type=_TYPES[pixels.dtype.name],
        lowest=float(pixels.min()),
        highest=float(pixels.max()),
        covered_pct=100.0 * float(pixels.sum(dtype=np.float64)) / area,
        layer=None if category is None else layer,
        category=category,
        track=_said_of(part, layer, "track", int),
        border=_said_of(part, layer, "border", str),
    )


def _shown_layer(part: ExrPart, channel: str) -> str:
    """The layer a channel shows: what our header says where it says so, else what its name does."""
    for attribute, value in part.attributes.items():
        if attribute.startswith(_LAYER) and attribute.endswith("/channel") and value == channel:
            return attribute.removeprefix(_LAYER).removesuffix("/channel")
    return channel.rpartition(".")[0]


def _said_of(part: ExrPart, layer: str, what: str, kind: type[T]) -> T | None:
    """An attribute of a layer in our header; None where it is missing or of a type that we never write."""
    value = part.attributes.get(f"{_LAYER}{layer}/{what}")
    return value if isinstance(value, kind) else None


def _cryptomatte(crypto: Cryptomatte, display_wh: Size) -> CryptomatteReport:
    area = float(np.prod(display_wh))
    shown = () if crypto.problem is not None else objects_of(crypto)
    return CryptomatteReport(
        name=crypto.name,
        levels=len(crypto.ranks),
        names=len(crypto.names),
        manifest=crypto.manifest_from,
        objects=tuple(ObjectReport(o.name, id_hex(o.id), 100.0 * o.coverage_px / area) for o in shown),
        notes=crypto.notes,
        problem=crypto.problem,
    )
