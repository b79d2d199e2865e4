"""Names as Cryptomatte knows them: ids, keys and manifests (specification 1.2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import mmh3

from bridge.errors import LayerNameError


def object_id(name: str) -> int:
    """The id of a name, as the 32 bits of a float that is neither 0, nor subnormal, infinite or NaN.

    MurmurHash3_x86_32 of the name in UTF-8 with seed 0; where the exponent's bits are all 0 or all 1, the
    lowest of them is flipped (specification, "uint32_to_float32").
    """
    bits = mmh3.hash(name.encode(), 0, signed=False)
    return bits ^ (1 << 23) if (bits >> 23) & 0xFF in (0, 0xFF) else bits


def id_hex(bits: int) -> str:
    """An id as manifests write it: eight lower-case hexadecimal digits."""
    return f"{bits:08x}"


def type_key(name: str) -> str:
    """The key under which a type's metadata lie: the first seven digits of its name's id."""
    return id_hex(object_id(name))[:7]


def object_ids(names: Iterable[str]) -> dict[str, int]:
    """Ids by name.

    Raises:
        LayerNameError: two names have the same id, so that a file could not tell them apart.
    """
    ids: dict[str, int] = {}
    owners: dict[int, str] = {}
    for name in names:
        ids[name] = object_id(name)
        other = owners.setdefault(ids[name], name)
        if other != name:
            raise LayerNameError(
                f"{other!r} and {name!r} have the same Cryptomatte id {id_hex(ids[name])}; leave one of them out "
                f"of the categories, or choose another layout"
            )
    return ids


def manifest(ids: Mapping[str, int]) -> str:
    """The manifest of a type: a JSON object of ids by name.

    Letters of all scripts stand as they are, since some readers know no ``\\u`` escapes.
    """
    by_name = {name: id_hex(bits) for name, bits in ids.items()}
    return json.dumps(by_name, ensure_ascii=False, separators=(",", ":"))
