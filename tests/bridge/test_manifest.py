"""The manifest: written as a whole, read back the same, refused where it is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.errors import BadRequestError
from bridge.manifest import (
    FORMAT,
    FileEntry,
    LayerEntry,
    Manifest,
    ModelEntry,
    TrackEntry,
    read_manifest,
    write_manifest,
)

MANIFEST = Manifest(
    software="mattebridge 9.9",
    clip="plate",
    source="/shots/плита.mov",
    size_wh=(1920, 1080),
    fps="24000/1001",
    frames="-2-1",
    colorspace="sRGB - Texture",
    colorspace_from="rule",
    model=ModelEntry(name="embedded", licence="Apache-2.0", fingerprint="0123", label_set="drawn"),
    overlap="independent",
    layers=(
        LayerEntry(
            name="person_1",
            category="person",
            is_thing=True,
            track=1,
            border="hard offset=0px",
            layouts=("layers",),
        ),
    ),
    tracks=(TrackEntry(id=1, category="person", first=-2, last=1, frames=3),),
    files=(
        FileEntry(path="plate_mattes.-002.exr", frame=-2, layout="layers"),
        FileEntry(path="plate_mattes.-001.exr", frame=-1, layout="layers", state="held", reason="truncated"),
    ),
)


def test_manifest_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "plate.mattes.json"
    write_manifest(path, MANIFEST)
    assert read_manifest(path) == MANIFEST
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_manifest_is_plain_json_for_scripts(tmp_path: Path) -> None:
    write_manifest(tmp_path / "m.json", MANIFEST)
    data = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))
    assert data["format"] == FORMAT
    assert data["size_wh"] == [1920, 1080]
    assert data["layers"][0] == {
        "name": "person_1",
        "category": "person",
        "is_thing": True,
        "track": 1,
        "border": "hard offset=0px",
        "layouts": ["layers"],
    }
    assert data["files"][1]["reason"] == "truncated"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "is not a manifest", id="empty"),
        pytest.param(b"\xff\x00", "is not a manifest", id="not text"),
        pytest.param(b"[1, 2]", "is not a manifest", id="not an object"),
        pytest.param(b"{}", "is not a manifest: .*format", id="no format"),
        pytest.param(b'{"format": 1}', "is not a manifest: .*software", id="fields missing"),
        pytest.param(b'{"format": 2, "films": []}', "format 2, this version reads 1", id="of a later format"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "m.json"
    path.write_bytes(content)
    with pytest.raises(BadRequestError, match=reason):
        read_manifest(path)


def test_manifest_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match=r"cannot read manifest .*none\.json: No such file"):
        read_manifest(tmp_path / "none.json")
