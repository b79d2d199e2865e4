"""Cryptomattes that renderers wrote: the proof of the reader, before it is used to prove the writer."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from worker.exr.cryptomatte_ids import object_id
from worker.exr.cryptomatte_reader import Cryptomatte, coverage_of, find_id, objects_of, read_cryptomattes

_DATA = Path(os.environ.get("MATTEBRIDGE_TEST_DATA", "/nonexistent")) / "cryptomatte"

pytestmark = pytest.mark.skipif(not _DATA.is_dir(), reason="MATTEBRIDGE_TEST_DATA has no cryptomatte folder")


def _read(file: str) -> dict[str, Cryptomatte]:
    return {crypto.name: crypto for crypto in read_cryptomattes(_DATA / file)}


@pytest.mark.parametrize(
    "file", ["arnold_one_crypto_sidecar_manif", "arnold_one_crypto_three_levels", "arnold_three_crypto"]
)
@pytest.mark.parametrize("name", ["Box001", "Plane001", "Sphere001", "cdcdcdcd"])
def test_objects_equal_arnolds_own_mattes(file: str, name: str) -> None:
    crypto = _read(f"arnold/{file}.exr")["crypto_object"]
    reference = OpenEXR.File(
        str(_DATA / f"arnold_reference/crypto_object_{name}.exr"), separate_channels=True
    ).channels()["Y"]
    # The last is an id that no pixel shows.
    bits = 0xCDCDCDCD if name == "cdcdcdcd" else find_id(crypto, name)
    assert np.array_equal(coverage_of(crypto, bits), reference.pixels)


def test_material_equals_arnolds_own_matte() -> None:
    crypto = _read("arnold/arnold_three_crypto.exr")["crypto_material"]
    reference = OpenEXR.File(
        str(_DATA / "arnold_reference/crypto_material_Material__25.exr"), separate_channels=True
    ).channels()["Y"]
    assert np.array_equal(coverage_of(crypto, find_id(crypto, "Material__25")), reference.pixels)


@pytest.mark.parametrize(
    ("file", "kind", "levels", "names", "manifest"),
    [
        ("arnold/arnold_one_crypto_three_levels.exr", "crypto_object", 4, 3, "header"),
        ("arnold/arnold_three_crypto.exr", "crypto_asset", 6, 0, "header"),
        ("debug/multichannel.exr", "crypto_object", 6, 407, "header"),
        ("debug/multichannel.exr", "crypto_material", 6, 4, "header"),
        ("debug/special_chars.exr", "special_chars", 6, 4, "header"),
        ("debug/sidecar_manifest.exr", "crypto_asset", 6, 8, "sidecar_manifest.crypto_asset.json"),
    ],
)
def test_levels_and_names(file: str, kind: str, levels: int, names: int, manifest: str) -> None:
    crypto = _read(file)[kind]
    assert (len(crypto.ranks), len(crypto.names), crypto.manifest_from) == (levels, names, manifest)
    assert crypto.problem is None
    assert not crypto.notes
    assert all(object_id(name) == bits for name, bits in crypto.names.items())


def test_names_of_any_letters() -> None:
    crypto = _read("debug/special_chars.exr")["special_chars"]
    shown = {found.name for found in objects_of(crypto)}
    assert shown == {
        "name_containing/slash",
        "равнина",
        'name containing a "quote"  ',
        "name, with, comma",
    }


def test_coverages_of_all_objects_add_up_to_at_most_one() -> None:
    crypto = _read("debug/multichannel.exr")["crypto_object"]
    objects = objects_of(crypto)
    assert len(objects) == 300
    total = sum(coverage_of(crypto, found.id).astype(np.float64) for found in objects)
    assert np.max(total) <= 1.0 + 1e-5
