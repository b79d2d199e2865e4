"""The layout `cryptomatte`: Cryptomatte 1.2, one object for every track and all stuff, and for every category."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from worker.exr.cryptomatte_ids import manifest, object_ids, type_key
from worker.exr.header import Attribute
from worker.exr.layouts.base import FileSet, Stamp, of_layers
from worker.exr.patch import Patch
from worker.exr.ranks import rank_planes
from worker.exr.writer import write_exr
from worker.layers import LayerSpec
from worker.mattes import Matte

LEVELS = 6
"""Ranks of a type: how many objects of it a pixel can hold. The specification's suggestion."""

NORMALIZED = "normalized"
"""The overlap rule of these files, whatever the export's: a pixel's coverages of one type never exceed 1."""

_SUFFIXES = "rgba"
"""Id and coverage of one rank, id and coverage of the next. In lower case DWA keeps them exact, should a host
write the file again."""


class CryptomatteLayout:
    """Files ``<clip>_crypto.<frame>.exr``.

    Type ``crypto_instance`` has an object for each track of a thing and for each stuff category, type
    ``crypto_class`` one for each category. Every frame has the channels of both and lists all of their names.

    Args:
        files: What the files share.
        levels: Ranks of a type, an even number.

    Raises:
        LayerNameError: two names of a type have the same id.
    """

    def __init__(self, files: FileSet, levels: int = LEVELS) -> None:
        if levels < 2 or levels % 2:
            raise ValueError(f"expected an even number of levels, at least 2, but got {levels}")
        self._files = files
        self._levels = levels
        self._origin = dataclasses.replace(files.origin, overlap=NORMALIZED)
        # A group covers its members once more: in a Cryptomatte whoever picks the objects makes the group.
        own = tuple(layer for layer in files.layers if not layer.is_group)
        self.layers: tuple[LayerSpec, ...] = own
        self._types = {
            "crypto_class": [layer for layer in own if layer.track is None],
            "crypto_instance": [layer for layer in own if layer.track is not None or not layer.is_thing],
        }
        self._ids = {name: object_ids(x.name for x in layers) for name, layers in self._types.items()}

    def files_of(self, frame: int) -> tuple[str, ...]:
        """The one file of a frame."""
        return (self._files.file("crypto", frame),)

    def write(self, folder: Path, stamp: Stamp, mattes: Iterable[Matte]) -> None:
        """See `worker.exr.layouts.base.Layout.write`."""
        (name,) = self.files_of(stamp.frame)
        mattes = list(mattes)
        wh = self._files.plate_wh
        window = (0, 0, *wh)
        channels: dict[str, Patch] = {}
        for kind, layers in self._types.items():
            ids = list(self._ids[kind].values())
            planes = rank_planes(of_layers(mattes, layers), ids, wh, self._levels, self._files.device)
            names = channel_names(kind, self._levels)
            channels |= {name: Patch(plane, window) for name, plane in zip(names, planes, strict=True)}
        header = {**stamp.header(self._origin, self.layers), **self._metadata()}
        write_exr(folder / name, channels, window, wh, header, self._files.compression)

    def write_index(self, folder: Path) -> None:
        """There is none: manifests are in the files."""

    def _metadata(self) -> dict[str, Attribute]:
        """What the specification asks for in the header."""
        header: dict[str, Attribute] = {}
        for kind, ids in self._ids.items():
            prefix = f"cryptomatte/{type_key(kind)}/"
            header[prefix + "name"] = kind
            header[prefix + "hash"] = "MurmurHash3_32"
            header[prefix + "conversion"] = "uint32_to_float32"
            header[prefix + "manifest"] = manifest(ids)
        return header


def channel_names(kind: str, levels: int) -> list[str]:
    """The channels of a type: id and coverage of the first rank, of the second, and so on; two ranks a layer."""
    return [f"{kind}{level // 2:02d}.{suffix}" for level in range(0, levels, 2) for suffix in _SUFFIXES]
