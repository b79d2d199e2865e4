"""Exports into a folder that holds mattes already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bridge.errors import JobCancelledError, OtherSettingsError
from bridge.manifest import Manifest, read_manifest, write_manifest
from bridge.request import Layout, MatteRequest, OnError, Overlap
from tests.fakes.color_model import ColorModel
from tests.worker.conftest import SIZE_WH, CancelAt, Export, draw_plate, quiet
from tests.worker.export.common import HARD, files
from worker.earlier import FolderChangedError
from worker.engine import Engine
from worker.exr.reader import read_layers
from worker.folder_lock import sole_writer


@pytest.fixture
def join(export: Export) -> Export:
    """An export that replaces nothing."""

    def run(*args: Any, **changes: Any) -> Path:
        return export(*args, **{"replace": False, **changes})

    return run


def ages(manifest: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in manifest.parent.glob("*.exr")}


def check_is_whole(path: Path) -> Manifest:
    """The manifest lists every file of the folder, and nothing else."""
    manifest = read_manifest(path)
    sheet = [] if manifest.contact_sheet is None else [manifest.contact_sheet]
    listed = {path.name, *(file.path for file in manifest.files), *manifest.indexes, *sheet}
    assert {entry.name for entry in path.parent.iterdir()} == listed
    return manifest


def test_another_range_joins_the_first(join: Export, model: ColorModel, tmp_path: Path) -> None:
    path = join(frames="1001-1004")
    before = ages(path)
    assert join(frames="1008-1010") == path
    manifest = check_is_whole(path)
    assert manifest.frames == "1001-1004,1008-1010"
    assert [file.frame for file in manifest.files] == [1001, 1002, 1003, 1004, 1008, 1009, 1010]
    assert {name: age for name, age in ages(path).items() if name in before} == before, "nothing is written twice"
    assert model.calls == 7
    join()
    assert check_is_whole(path).frames == "1001-1012"
    at_once = join(out=str(tmp_path / "at once"))
    assert files(path) == files(at_once)
    assert read_manifest(path).tracks == read_manifest(at_once).tracks


def test_a_part_of_what_is_there_takes_nothing_away(join: Export) -> None:
    path = join()
    before = ages(path)
    join(frames="1003-1004")
    assert check_is_whole(path).frames == "1001-1012"
    assert ages(path) == before


def test_layers_are_the_same_in_all_frames_also_when_new_ones_show_more(join: Export, plates: Path) -> None:
    for frame in range(1001, 1005):
        Image.new("RGB", SIZE_WH, (20, 40, 220)).save(plates / f"shot.{frame}.png")
    path = join(frames="1001-1004")
    assert [layer.name for layer in read_manifest(path).layers] == ["sky"]
    join(frames="1006")
    assert [layer.name for layer in check_is_whole(path).layers] == ["person", "grass", "sky"]
    for frame in (1001, 1006):
        layers = read_layers(path.parent / f"shot_mattes.{frame}.exr")
        assert sorted(layers) == ["grass", "person", "sky"]
        assert bool(layers["person"].max() > 0.9) is (frame == 1006)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"policy": HARD}, "borders"),
        ({"overlap": Overlap.NORMALIZED}, "overlap: there independent, here normalized"),
        ({"categories": ("sky", "person")}, "categories: there all, here person, sky"),
        ({"layouts": (Layout.PACKED,)}, "layouts: there layers, here packed"),
        ({"tracks": True}, "tracks: there false, here true"),
        ({"smoothing": 1}, "smoothing: there 0, here 1"),
        ({"detail": 2}, "detail: there 1, here 2"),
        ({"on_error": OnError.HOLD}, "on_error: there error, here hold"),
        ({"groups": {"all": ("sky",)}}, "groups: there none, here all=sky"),
        ({"foreground": True}, "foreground: there false, here true"),
        ({"colorspace": "ACEScg"}, "colorspace: there of the file, here ACEScg"),
    ],
)
def test_other_settings_are_refused_before_any_work(
    join: Export, model: ColorModel, changes: dict[str, Any], says: str
) -> None:
    path = join(frames="1001-1002")
    before, calls = files(path), model.calls
    with pytest.raises(OtherSettingsError) as refused:
        join(frames="1003", **changes)
    assert f"({says})" in str(refused.value) and "--replace" in str(refused.value)
    assert model.calls == calls
    assert files(path) == before
    assert check_is_whole(path).frames == "1001-1002"


def test_mattes_of_another_source_are_refused(join: Export, plates: Path, tmp_path: Path) -> None:
    join(frames="1001")
    other = tmp_path / "other"
    other.mkdir()
    Image.fromarray(draw_plate(0)).save(other / "shot.1001.png")
    with pytest.raises(OtherSettingsError, match=r"\(source\)"):
        join(source=f"{other}/shot.####.png")


def test_replacing_takes_away_what_is_not_made_again_once_the_rest_is_there(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(layouts=(Layout.LAYERS, Layout.PACKED), frames="1001-1006")
    (path.parent / "mine.exr").write_bytes(b"not ours")
    listed = {file.path for file in read_manifest(path).files}

    def written(where: Path, manifest: Manifest) -> None:
        assert listed <= {entry.name for entry in path.parent.iterdir()}, "deleted too early"
        write_manifest(where, manifest)

    monkeypatch.setattr("worker.pipeline.write_manifest", written)
    export(policy=HARD, frames="1005-1008")
    (path.parent / "mine.exr").unlink()
    assert check_is_whole(path).frames == "1005-1008"


def test_a_request_to_replace_joins_what_has_its_settings(export: Export) -> None:
    export(frames="1001")
    assert check_is_whole(export(frames="1002")).frames == "1001-1002"


def test_what_was_there_is_known_after_an_export_that_did_not_end(export: Export, join: Export) -> None:
    path = export(frames="1001-1006")
    with pytest.raises(JobCancelledError):
        export(CancelAt("writing mattes", 2), policy=HARD, frames="1001-1003")
    assert not path.exists()
    with pytest.raises(OtherSettingsError, match="borders"):
        join(policy=HARD, frames="1001-1003")
    join(frames="1007")
    assert check_is_whole(path).frames == "1001-1007"


def test_the_first_frames_stay_listed_while_others_are_added(join: Export) -> None:
    path = join(frames="1001-1002")
    with pytest.raises(JobCancelledError):
        join(CancelAt("writing mattes", 3), frames="1005-1008")
    assert read_manifest(path).frames == "1001-1002"
    join(frames="1005-1008")
    assert check_is_whole(path).frames == "1001-1002,1005-1008"


def test_frames_that_the_source_no_longer_has(join: Export, plates: Path) -> None:
    path = join(frames="1001-1003")
    (plates / "shot.1001.png").unlink()
    with pytest.raises(OtherSettingsError, match=r"the frames 1001-1003, and the source no longer has"):
        join(frames="1004")
    assert check_is_whole(path).frames == "1001-1003"


@pytest.mark.parametrize("text", ["{}", "no manifest", '{"format": 99}'])
def test_a_manifest_that_cannot_be_read_is_replaced_on_request_only(
    export: Export, join: Export, text: str
) -> None:
    path = join(frames="1001")
    path.write_text(text)
    with pytest.raises(OtherSettingsError, match=r"shot\.mattes\.json.*--replace"):
        join(frames="1002")
    export(frames="1001-1002")
    assert check_is_whole(path).frames == "1001-1002"


def test_frames_that_others_add_meanwhile_are_joined(
    engine: Engine, plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker's export ends between the planning of this one and its first file."""

    def request(frames: str) -> MatteRequest:
        return MatteRequest(
            source=f"{plates}/shot.####.png", out=str(tmp_path / "out"), frames=frames, model="colours"
        )

    others = ["1003", "1005"]

    def others_first(folder: Path, clip: str) -> Any:
        if others:
            monkeypatch.setattr("worker.pipeline.sole_writer", sole_writer)
            engine.export(request(others.pop(0)), quiet())
            monkeypatch.setattr("worker.pipeline.sole_writer", others_first)
        return sole_writer(folder, clip)

    monkeypatch.setattr("worker.pipeline.sole_writer", others_first)
    path = engine.export(request("1001"), quiet())
    assert check_is_whole(path).frames == "1001-1005x2"
    others += ["1002", "1004", "1006"]
    with pytest.raises(FolderChangedError, match="run the same command again"):
        engine.export(request("1012"), quiet())


def test_whoever_asks_is_told_of_the_frames_that_are_there(
    engine: Engine, join: Export, plates: Path, tmp_path: Path
) -> None:
    request = MatteRequest(
        source=f"{plates}/shot.####.png", out=str(tmp_path / "out"), frames="1001-1002", model="colours"
    )
    alone = engine.check(request)
    join(frames="1005")
    (notice,) = set(engine.check(request)) - set(alone)
    assert notice.endswith("its manifest will have the frames 1001-1002,1005")
