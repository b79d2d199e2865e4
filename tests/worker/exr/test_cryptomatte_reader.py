"""Cryptomattes of other programs: what they leave different, and what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest

from bridge.errors import SourceUnreadableError, UnknownNameError
from tests.worker.exr.made import COVERAGES, CUBE_AND_BALL, MadePart, metadata, ranks, write, write_parts
from worker.exr.cryptomatte_ids import id_hex, manifest
from worker.exr.cryptomatte_reader import Cryptomatte, coverage_of, find_id, objects_of, read_cryptomattes


def _only(path: Path) -> Cryptomatte:
    (crypto,) = read_cryptomattes(path)
    return crypto


def _assert_decodes(crypto: Cryptomatte) -> None:
    for name, coverage in COVERAGES.items():
        assert np.array_equal(coverage_of(crypto, find_id(crypto, name)), coverage)


@pytest.mark.parametrize(
    "suffixes", ["r g b a", "R G B A", "red green blue alpha", "Red Green Blue Alpha"], ids=lambda s: s.split()[0]
)
def test_endings_of_channels(tmp_path: Path, suffixes: str) -> None:
    path = write(tmp_path / "a.exr", metadata("crypto_object"), ranks("crypto_object00", suffixes))
    _assert_decodes(_only(path))


@pytest.mark.parametrize("kind", ["uCryptoAsset", "ViewLayer.CryptoObject", "VRayCryptomatte", "special chars"])
def test_names_of_types(tmp_path: Path, kind: str) -> None:
    crypto = _only(write(tmp_path / "a.exr", metadata(kind), ranks(f"{kind}00")))
    assert crypto.name == kind
    _assert_decodes(crypto)


def test_attributes_that_nuke_wrote_again(tmp_path: Path) -> None:
    header = {f"exr/{name}": value for name, value in metadata("crypto_object").items()}
    _assert_decodes(_only(write(tmp_path / "a.exr", header, ranks("crypto_object00"))))


def test_preview_channels_are_no_ranks(tmp_path: Path) -> None:
    preview = {f"crypto_object.{c}": np.ones((1, 3), np.float16) for c in "rgb"}
    channels = {**preview, **ranks("crypto_object00")}
    crypto = _only(write(tmp_path / "a.exr", metadata("crypto_object"), channels))
    assert len(crypto.ranks) == 2
    _assert_decodes(crypto)


def test_type_whose_name_is_the_beginning_of_another(tmp_path: Path) -> None:
    header = {**metadata("crypto"), **metadata("crypto00")}
    channels = {**ranks("crypto00"), **ranks("crypto0000")}
    cryptos = read_cryptomattes(write(tmp_path / "a.exr", header, channels))
    assert [len(crypto.ranks) for crypto in cryptos] == [2, 2]


def test_layers_in_parts_of_their_own(tmp_path: Path) -> None:
    blank = {name: np.zeros_like(pixels) for name, pixels in ranks("crypto_object01").items()}
    parts: list[MadePart] = [
        ("rgba", {}, {c: np.zeros((1, 3), np.float16) for c in "RGBA"}),
        ("crypto_object00", metadata("crypto_object"), ranks("crypto_object00")),
        ("crypto_object01", {}, blank),
    ]
    crypto = _only(write_parts(tmp_path / "a.exr", parts))
    assert len(crypto.ranks) == 4
    _assert_decodes(crypto)


def test_part_that_has_the_layers_name_for_its_channels(tmp_path: Path) -> None:
    parts: list[MadePart] = [
        ("beauty", {}, {c: np.zeros((1, 3), np.float16) for c in "RGB"}),
        ("crypto_object00", metadata("crypto_object"), ranks("", "R G B A")),
    ]
    _assert_decodes(_only(write_parts(tmp_path / "a.exr", parts)))


def test_manifest_beside_the_picture(tmp_path: Path) -> None:
    (tmp_path / "names").mkdir()
    (tmp_path / "names" / "a.json").write_text(manifest(CUBE_AND_BALL))
    header = metadata("crypto_object", manif_file="names/a.json")
    del header["cryptomatte/f834d0a/manifest"]
    crypto = _only(write(tmp_path / "a.exr", header, ranks("crypto_object00")))
    assert crypto.manifest_from == "names/a.json"
    assert crypto.names == CUBE_AND_BALL
    assert not crypto.notes


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        pytest.param({"manif_file": "none.json"}, "No such file", id="missing"),
        pytest.param({"manif_file": "../secret.json"}, "not beside the picture", id="above the picture"),
        pytest.param({"manif_file": "/etc/passwd"}, "not beside the picture", id="absolute"),
        pytest.param({"manif_file": "C:\\names.json"}, "not beside the picture", id="on another drive"),
        pytest.param({"manifest": '{"cube":'}, "Expecting value", id="cut off"),
        pytest.param({"manifest": "[1]"}, "no attribute 'items'", id="no object"),
        pytest.param({"manifest": '{"cube":7}'}, "can't convert", id="no text"),
        pytest.param({"manifest": '{"cube":"xyz"}'}, "invalid literal", id="no hexadecimal number"),
        pytest.param({"manifest": "[" * 200_000}, "recursion", id="endless depth"),
    ],
)
def test_mattes_are_found_without_their_manifest(tmp_path: Path, fields: dict[str, str], note: str) -> None:
    (tmp_path / "shot").mkdir()
    (tmp_path / "secret.json").write_text(manifest({"secret": 1}))
    header = metadata("crypto_object", **fields)
    if "manifest" not in fields:
        del header["cryptomatte/f834d0a/manifest"]
    crypto = _only(write(tmp_path / "shot" / "a.exr", header, ranks("crypto_object00")))
    assert not crypto.names
    assert crypto.manifest_from is None
    assert note in crypto.notes[0]
    _assert_decodes(crypto)
    assert [o.name for o in objects_of(crypto)] == [None, None]


def test_object_by_its_id(tmp_path: Path) -> None:
    crypto = _only(write(tmp_path / "a.exr", metadata("crypto_object", manifest="{}"), ranks("crypto_object00")))
    assert np.array_equal(coverage_of(crypto, find_id(crypto, "d9682f08")), COVERAGES["cube"])


def test_unknown_hash_leaves_the_manifest_to_go_by(tmp_path: Path) -> None:
    header = metadata("crypto_object", hash="other", manifest='{"cube":"' + id_hex(CUBE_AND_BALL["ball"]) + '"}')
    crypto = _only(write(tmp_path / "a.exr", header, ranks("crypto_object00")))
    assert np.array_equal(coverage_of(crypto, find_id(crypto, "cube")), COVERAGES["ball"])
    with pytest.raises(UnknownNameError):
        find_id(crypto, "ball")


def test_unknown_object_lists_the_names_there_are(tmp_path: Path) -> None:
    crypto = _only(write(tmp_path / "a.exr", metadata("crypto_object"), ranks("crypto_object00")))
    with pytest.raises(UnknownNameError, match="unknown object of crypto_object 'cub'; there is: cube, ball"):
        find_id(crypto, "cub")


@pytest.mark.parametrize(
    ("channels", "changes", "reason"),
    [
        pytest.param(ranks("k00", dtype=np.float16), {}, "ids are half floats, which destroyed them", id="half"),
        pytest.param(ranks("k00", dtype=np.uint32), {}, "ids are uint32", id="whole numbers"),
        pytest.param(ranks("other00"), {}, "no channels k00.r and k00.g", id="no channels"),
        pytest.param({"k00.r": np.zeros((1, 3), np.float32)}, {}, "no channels", id="no coverage"),
        pytest.param(ranks("k00"), {"conversion": "none"}, "conversion is 'none'", id="conversion"),
    ],
)
def test_what_cannot_be_read_says_why(
    tmp_path: Path, channels: dict[str, Any], changes: dict[str, str], reason: str
) -> None:
    crypto = _only(write(tmp_path / "a.exr", metadata("k", **changes), channels))
    assert crypto.problem is not None
    assert reason in crypto.problem
    for read in (lambda: objects_of(crypto), lambda: coverage_of(crypto, CUBE_AND_BALL["cube"])):
        with pytest.raises(SourceUnreadableError, match="cannot read k: "):
            read()


@pytest.mark.parametrize(
    ("compression", "suffixes", "is_doubtful"),
    [
        (OpenEXR.PXR24_COMPRESSION, "r g b a", True),
        (OpenEXR.DWAA_COMPRESSION, "R G B A", True),
        (OpenEXR.DWAA_COMPRESSION, "r g b a", False),
        (OpenEXR.PIZ_COMPRESSION, "R G B A", False),
    ],
    ids=["pxr24", "dwaa, upper case", "dwaa, lower case", "piz"],
)
def test_compression_that_changes_ids_is_told(
    tmp_path: Path, compression: Any, suffixes: str, is_doubtful: bool
) -> None:
    header = {**metadata("crypto_object"), "compression": compression}
    crypto = _only(write(tmp_path / "a.exr", header, ranks("crypto_object00", suffixes)))
    assert bool(crypto.notes) == is_doubtful


def test_metadata_without_a_name_and_of_other_types_are_passed_over(tmp_path: Path) -> None:
    header = {"cryptomatte/abc/hash": "MurmurHash3_32", "cryptomatte/def/name": 7, "cryptomatte/name": "k"}
    assert read_cryptomattes(write(tmp_path / "a.exr", header, ranks("k00"))) == []


def test_manifest_written_by_us_is_read_by_any_json(tmp_path: Path) -> None:
    crypto = _only(write(tmp_path / "a.exr", metadata("crypto_object"), ranks("crypto_object00")))
    assert {name: id_hex(bits) for name, bits in crypto.names.items()} == json.loads(manifest(CUBE_AND_BALL))
