"""Our own Cryptomattes: what the header says, and that they decode to the mattes they were made of."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio
import pytest

from bridge.errors import LayerNameError
from tests.worker.exr.files import PLATE, STAMP, file_set, full, layer, matte
from worker.exr.cryptomatte_reader import coverage_of, find_id, objects_of, read_cryptomattes
from worker.exr.layouts.cryptomatte import CryptomatteLayout
from worker.mattes import Matte, empty_mattes

LAYERS = (
    layer("dog"),
    layer("person"),
    layer("person_1", track=1),
    layer("person_2", track=2),
    layer("sky", is_thing=False),
)

MATTES = [
    Matte("dog", None),
    matte("person", (4, 4, 34, 22), seed=3),
    matte("person_1", (4, 4, 22, 20), seed=4),
    matte("person_2", (16, 6, 34, 22), seed=5),
    matte("sky", (0, 0, 40, 12), seed=6),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    layout = CryptomatteLayout(file_set(LAYERS))
    layout.write(tmp_path, STAMP, MATTES)
    (name,) = layout.files_of(STAMP.frame)
    return tmp_path / name


def test_header_is_the_specifications(file: Path) -> None:
    header = OpenEXR.File(str(file), header_only=True).header()
    crypto = {name: header[name] for name in header if name.startswith("cryptomatte/")}
    names = {key: json.loads(crypto.pop(f"cryptomatte/{key}/manifest")) for key in ("4e68fe6", "b22feb2")}
    assert list(names["4e68fe6"]) == ["dog", "person", "sky"], "every name, shown in this frame or not"
    assert list(names["b22feb2"]) == ["person_1", "person_2", "sky"]
    assert crypto == {
        "cryptomatte/4e68fe6/name": "crypto_class",
        "cryptomatte/4e68fe6/hash": "MurmurHash3_32",
        "cryptomatte/4e68fe6/conversion": "uint32_to_float32",
        "cryptomatte/b22feb2/name": "crypto_instance",
        "cryptomatte/b22feb2/hash": "MurmurHash3_32",
        "cryptomatte/b22feb2/conversion": "uint32_to_float32",
    }
    assert header["mattebridge/overlap"] == "normalized"
    assert header["mattebridge/layer/person_2/track"] == 2


def test_channels_are_three_layers_of_lower_case_floats_for_each_type(file: Path) -> None:
    channels = OpenEXR.File(str(file), separate_channels=True).channels()
    expected = {f"crypto_{t}{n:02d}.{c}" for t in ("class", "instance") for n in range(3) for c in "rgba"}
    assert set(channels) == expected
    assert {channel.pixels.dtype.name for channel in channels.values()} == {"float32"}


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        pytest.param("crypto_class", ("dog", "person", "sky"), id="classes"),
        pytest.param("crypto_instance", ("person_1", "person_2", "sky"), id="tracks and stuff"),
    ],
)
def test_decodes_to_the_normalised_mattes_bit_for_bit(file: Path, kind: str, names: tuple[str, ...]) -> None:
    crypto = next(c for c in read_cryptomattes(file) if c.name == kind)
    assert not crypto.notes
    plates = {m.layer: full(m).astype(np.float64) for m in MATTES if m.layer in names}
    total = sum(plates.values())
    assert isinstance(total, np.ndarray)
    assert total.max() > 1.0
    for name, plate in plates.items():
        expected = np.where(total > 1.0, np.floor(plate / np.maximum(total, 1.0) * 2**24) / 2**24, plate)
        decoded = coverage_of(crypto, find_id(crypto, name))
        assert np.array_equal(decoded, expected.astype(np.float32))


def test_objects_are_those_with_coverage(file: Path) -> None:
    classes, instances = read_cryptomattes(file)
    assert {o.name for o in objects_of(classes)} == {"person", "sky"}
    assert {o.name for o in objects_of(instances)} == {"person_1", "person_2", "sky"}


def test_ids_are_the_same_bits_in_openimageio(file: Path) -> None:
    image = oiio.ImageBuf(str(file))
    pixels = np.asarray(image.get_pixels("float"))
    names = image.spec().channelnames
    classes, _ = read_cryptomattes(file)
    for number, (ids, coverage) in enumerate(classes.ranks):
        channels = [f"crypto_class{number // 2:02d}.{c}" for c in ("rg", "ba")[number % 2]]
        own = [np.ascontiguousarray(pixels[:, :, names.index(channel)]) for channel in channels]
        assert np.array_equal(own[0].view(np.uint32), ids)
        assert np.array_equal(own[1], coverage)


def test_more_objects_than_levels_keep_the_largest(tmp_path: Path) -> None:
    layers = tuple(layer(f"person_{n}", track=n) for n in range(1, 6))
    mattes = [
        Matte(x.name, (0, 0, 1, 1), np.full((1, 1), 0.05 * (n + 1), np.float16)) for n, x in enumerate(layers)
    ]
    layout = CryptomatteLayout(file_set(layers), levels=4)
    layout.write(tmp_path, STAMP, mattes)
    _, instances = read_cryptomattes(tmp_path / layout.files_of(1001)[0])
    assert len(instances.ranks) == 4
    assert [o.name for o in objects_of(instances)] == ["person_5", "person_4", "person_3", "person_2"]
    assert len(instances.names) == 5


def test_file_without_objects_of_a_type_still_has_it(tmp_path: Path) -> None:
    layers = (layer("person"),)
    layout = CryptomatteLayout(file_set(layers))
    layout.write(tmp_path, STAMP, empty_mattes(layers))
    classes, instances = read_cryptomattes(tmp_path / layout.files_of(1001)[0])
    assert list(classes.names) == ["person"]
    assert not instances.names
    assert instances.manifest_from == "header"
    assert not objects_of(classes)
    assert classes.ranks[0][0].shape == PLATE[::-1]


def test_names_with_one_id_are_refused_before_anything_is_written() -> None:
    with pytest.raises(LayerNameError, match="same Cryptomatte id"):
        CryptomatteLayout(file_set((layer("person_105835", track=1), layer("person_106291", track=2))))


@pytest.mark.parametrize("levels", [0, 3])
def test_levels_come_in_pairs(levels: int) -> None:
    with pytest.raises(ValueError, match=f"even number of levels, at least 2, but got {levels}"):
        CryptomatteLayout(file_set(LAYERS), levels=levels)
