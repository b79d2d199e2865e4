"""Reading Cryptomatte, from any program that writes it (specification 1.2).

Programs differ in what the specification leaves open, and in some things it does not: channels end in ``.r``,
``.R``, ``.red`` or ``.Red``; the manifest is in the header or in a file beside the picture; a type's ranks and
its metadata may lie in different parts, and a part's channels may bear no layer because the part does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from bridge.errors import SourceUnreadableError, unknown_name
from worker.exr.cryptomatte_ids import object_id
from worker.exr.parts import ExrPart, read_parts

_METADATA = re.compile(
    r"""
    (?:exr/)?              # what Nuke puts before the attributes of a file it read
    cryptomatte/
    (?P<key>[^/]+)/
    (?P<field>name|hash|conversion|manifest|manif_file)
    """,
    re.VERBOSE,
)

_CHANNEL = re.compile(r"(?P<type>.+)(?P<number>\d\d)\.(?P<suffix>[A-Za-z]+)")

_PLACES = {"r": 0, "red": 0, "g": 1, "green": 1, "b": 2, "blue": 2, "a": 3, "alpha": 3}
"""Id and coverage of a layer's first rank, then of its second, by the channel's ending in lower case."""

_HEX_ID = re.compile(r"[0-9a-f]{8}")

Ids = npt.NDArray[np.uint32]
Coverage = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Cryptomatte:
    """One type of a file, on its display window."""

    name: str
    """The type's name: ``crypto_object``."""
    key: str
    """What its metadata are found by."""
    hash: str
    """How names became ids; ``MurmurHash3_32`` in the specification."""
    ranks: tuple[tuple[Ids, Coverage], ...]
    """Ids, as the bits of the floats, and coverages of each rank, shape ``(h, w)``; none with a problem."""
    names: Mapping[str, int] = field(default_factory=dict)
    """The manifest: ids by name."""
    manifest_from: str | None = None
    """``header``, or the name of the file beside the picture; None where there is no manifest that can be read."""
    notes: tuple[str, ...] = ()
    """What a user should know, although the mattes can be read."""
    problem: str | None = None
    """Why the mattes cannot be read; None where they can."""


@dataclass(frozen=True)
class CryptoObject:
    """One object that some pixel shows."""

    id: int
    name: str | None
    """None where the manifest does not know the id."""
    coverage_px: float
    """The sum of its coverages: the area it covers, in pixels."""


def read_cryptomattes(path: str | Path) -> list[Cryptomatte]:
    """All Cryptomattes of a file, by name.

    Raises:
        SourceNotFoundError: no file lies there.
        SourceUnreadableError: it is no EXR, or is damaged.
    """
    return cryptomattes_of(read_parts(path), path)


def cryptomattes_of(parts: Sequence[ExrPart], path: str | Path) -> list[Cryptomatte]:
    """All Cryptomattes in the parts of the file at `path`, by name."""
    found = []
    for key, metadata in sorted(_metadata(parts).items()):
        if "name" in metadata:
            found.append(_cryptomatte(key, metadata, parts, Path(path)))
    return sorted(found, key=lambda crypto: crypto.name)


def find_id(crypto: Cryptomatte, name: str) -> int:
    """The id of an object by its name, or by the eight digits of its id where the manifest has no such name.

    A name that the manifest leaves out is found by its hash, if a pixel shows it: ids never depend on manifests.

    Raises:
        UnknownNameError: there is no such object.
        SourceUnreadableError: the mattes cannot be read.
    """
    if name in crypto.names:
        return crypto.names[name]
    guesses = [object_id(name)] if crypto.hash == "MurmurHash3_32" else []
    if _HEX_ID.fullmatch(name):
        guesses.append(int(name, 16))
    for bits in guesses:
        if any((ids == bits).any() for ids, _ in _readable(crypto)):
            return bits
    raise unknown_name(f"object of {crypto.name}", name, crypto.names)


def coverage_of(crypto: Cryptomatte, bits: int) -> Coverage:
    """An object's matte: the sum of its coverages in all ranks (specification, "Decoding").

    Returns:
        Shape ``(h, w)`` of the display window; 0 where the object is not.

    Raises:
        SourceUnreadableError: the mattes cannot be read.
    """
    ranks = _readable(crypto)
    total = np.zeros(ranks[0][0].shape, np.float32)
    for ids, coverage in ranks:
        # Bits are compared, not floats: 0.0 equals -0.0, and NaN not even itself.
        np.add(total, coverage, out=total, where=ids == bits)
    return total


def objects_of(crypto: Cryptomatte) -> list[CryptoObject]:
    """The objects that pixels show, the largest first.

    Raises:
        SourceUnreadableError: the mattes cannot be read.
    """
    sums: dict[int, float] = {}
    for ids, coverage in _readable(crypto):
        shown = (coverage != 0) & (ids != 0)
        values, places = np.unique(ids[shown], return_inverse=True)
        for bits, area in zip(values.tolist(), np.bincount(places, coverage[shown]).tolist(), strict=False):
            sums[bits] = sums.get(bits, 0.0) + area
    names = {bits: name for name, bits in crypto.names.items()}
    return [CryptoObject(bits, names.get(bits), area) for bits, area in sorted(sums.items(), key=lambda x: -x[1])]


def _readable(crypto: Cryptomatte) -> tuple[tuple[Ids, Coverage], ...]:
    if crypto.problem is not None:
        raise SourceUnreadableError(f"cannot read {crypto.name}: {crypto.problem}")
    return crypto.ranks


def _metadata(parts: Sequence[ExrPart]) -> dict[str, dict[str, str]]:
    """The metadata fields of each key, from the headers of all parts."""
    found: dict[str, dict[str, str]] = {}
    for part in parts:
        for attribute, value in part.attributes.items():
            match = _METADATA.fullmatch(attribute)
            if match and isinstance(value, str):
                found.setdefault(match["key"], {}).setdefault(match["field"], value)
    return found


def _cryptomatte(key: str, metadata: Mapping[str, str], parts: Sequence[ExrPart], path: Path) -> Cryptomatte:
    name = metadata["name"]
    notes: list[str] = []
    names: dict[str, int] = {}
    manifest_from = None
    try:
        names, manifest_from = _manifest(metadata, path)
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as err:
        notes.append(f"the manifest cannot be read: {err}")
    ranks: tuple[tuple[Ids, Coverage], ...] = ()
    problem = None
    conversion = metadata.get("conversion", "uint32_to_float32")
    try:
        if conversion != "uint32_to_float32":
            raise ValueError(f"its conversion is {conversion!r}, where uint32_to_float32 is known")
        ranks = _ranks(name, parts)
        notes += _doubts(name, parts)
    except ValueError as err:
        problem = str(err)
    return Cryptomatte(
        name=name,
        key=key,
        hash=metadata.get("hash", "MurmurHash3_32"),
        ranks=ranks,
        names=names,
        manifest_from=manifest_from,
        notes=tuple(notes),
        problem=problem,
    )


def _manifest(metadata: Mapping[str, str], path: Path) -> tuple[dict[str, int], str | None]:
    """Ids by name, and where they stood.

    Raises:
        OSError: the file beside the picture cannot be read.
        ValueError: it lies somewhere else, or the manifest is no JSON object of hexadecimal numbers.
        AttributeError: it is JSON, but no object.
        TypeError: it is a JSON object, but not of strings.
        RecursionError: it is JSON of a depth that nothing honest has.
    """
    if "manifest" in metadata:
        text, origin = metadata["manifest"], "header"
    elif "manif_file" in metadata:
        origin = metadata["manif_file"].replace("\\", "/")
        sidecar = PurePosixPath(origin)
        if sidecar.is_absolute() or ".." in sidecar.parts or ":" in origin:
            raise ValueError(f"{origin!r} is not beside the picture")
        text = (path.parent / sidecar).read_text(encoding="utf-8")
    else:
        return {}, None
    return {name: int(digits, 16) for name, digits in json.loads(text).items()}, origin


def _layers(name: str, parts: Sequence[ExrPart]) -> dict[int, dict[int, tuple[ExrPart, str]]]:
    """Where the channels of a type are: part and name, by the layer's number and the place in the layer."""
    found: dict[int, dict[int, tuple[ExrPart, str]]] = {}
    for part in parts:
        for channel in part.channels:
            full = channel if "." in channel else f"{part.name}.{channel}"
            match = _CHANNEL.fullmatch(full)
            place = _PLACES.get(match["suffix"].lower()) if match and match["type"] == name else None
            if match and place is not None:
                found.setdefault(int(match["number"]), {}).setdefault(place, (part, channel))
    return found


def _ranks(name: str, parts: Sequence[ExrPart]) -> tuple[tuple[Ids, Coverage], ...]:
    """The ranks of a type.

    Raises:
        ValueError: channels are missing or have a type that cannot hold an id.
    """
    ranks = []
    for _, places in sorted(_layers(name, parts).items()):
        for id_place in (0, 2):
            if id_place in places and id_place + 1 in places:
                part, channel = places[id_place]
                ids = part.on_display(channel)
                if ids.dtype != np.float32:
                    what = "half floats, which destroyed them" if ids.dtype == np.float16 else str(ids.dtype)
                    raise ValueError(f"its ids are {what}; write the file again with 32-bit float channels")
                part, channel = places[id_place + 1]
                coverage = part.on_display(channel).astype(np.float32, copy=False)
                ranks.append((np.ascontiguousarray(ids).view(np.uint32), coverage))
    if not ranks:
        raise ValueError(f"the file has no channels {name}00.r and {name}00.g")
    return tuple(ranks)


def _doubts(name: str, parts: Sequence[ExrPart]) -> list[str]:
    """Compressions that change ids: PXR24 cuts floats to 24 bits, DWA blurs channels it takes for colour."""
    doubts = set()
    for places in _layers(name, parts).values():
        for part, channel in places.values():
            is_color = channel.rpartition(".")[2] in ("R", "G", "B")
            if part.compression == "pxr24" or (part.compression in ("dwaa", "dwab") and is_color):
                doubts.add(f"compression {part.compression} has changed the ids")
    return sorted(doubts)
