"""Ids and keys against those of the specification, its authors' tests and their sample files."""

from __future__ import annotations

import json

import pytest

from bridge.errors import LayerNameError
from worker.exr.cryptomatte_ids import id_hex, manifest, object_id, object_ids, type_key


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        pytest.param("torus", "f19c73fd", id="specification"),
        pytest.param("равнина", "9623511e", id="specification, not Latin"),
        pytest.param("bunny", "13851a76", id="specification, manifest"),
        pytest.param("hello", "248bfa47", id="authors' tests"),
        pytest.param("cube", "d9682f08", id="authors' tests, highest bit set"),
        pytest.param("mädchen", "6a4e5613", id="authors' tests, umlaut"),
        pytest.param("name, with, comma", "62fa4db8", id="special_chars.exr"),
        pytest.param("/shop/mat3/standard_surface1", "0247c000", id="multichannel.exr"),
        pytest.param("", "00800000", id="empty name, whose hash is 0"),
        pytest.param("person_11", "00f32e2a", id="hash 00732e2a would be subnormal"),
        pytest.param("person_1284", "ff1351da", id="hash ff9351da would be NaN"),
    ],
)
def test_id_of_a_name(name: str, digits: str) -> None:
    assert id_hex(object_id(name)) == digits


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("crypto_object", "f834d0a"),
        ("crypto_material", "bda530a"),
        ("crypto_asset", "28322e9"),
        ("uCryptoAsset", "d593dd7"),
        ("special_chars", "fbb35e3"),
    ],
)
def test_key_of_a_type(kind: str, key: str) -> None:
    assert type_key(kind) == key


def test_two_names_with_one_id_are_refused() -> None:
    assert object_id("person_105835") == object_id("person_106291")
    with pytest.raises(LayerNameError, match=r"'person_105835' and 'person_106291' have the same .* 24801f29"):
        object_ids(["sky", "person_105835", "person_106291"])


def test_manifest_holds_letters_of_all_scripts_as_they_are() -> None:
    text = manifest(object_ids(["мост", "torus"]))
    assert text == '{"мост":"' + id_hex(object_id("мост")) + '","torus":"f19c73fd"}'
    assert json.loads(text)["torus"] == "f19c73fd"
    assert manifest({}) == "{}"
