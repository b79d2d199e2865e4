"""What is said of files, ours and others'."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.worker.exr.files import STAMP, file_set, some_mattes
from tests.worker.exr.made import metadata, ranks, window, write
from worker.exr.inspecting import ChannelReport, inspect_file
from worker.exr.layouts import LAYOUTS

_DATA = Path(os.environ.get("MATTEBRIDGE_TEST_DATA", "/nonexistent"))


def _written(folder: Path, layout: str) -> list[Path]:
    made = LAYOUTS[layout](file_set())
    made.write(folder, STAMP, some_mattes())
    return [folder / name for name in made.files_of(STAMP.frame)]


def test_layers_with_their_borders(tmp_path: Path) -> None:
    report = inspect_file(_written(tmp_path, "layers")[0])
    assert (report.size_wh, report.pixel_aspect) == ((40, 24), 2.0)
    assert report.origin["model"] == "embedded"
    assert report.origin["source_frame"] == 1001
    assert not any(name.startswith("layer/") for name in report.origin)
    (part,) = report.parts
    assert part.data_window == (3, 2, 30, 20)
    person, track, sky = part.channels
    assert (person.name, person.type, person.lowest, person.highest) == ("person.A", "half", 0.0, 1.0)
    assert (track.layer, track.category, track.track, track.covered_pct) == ("person_3", "person", 3, 0.0)
    assert sky.border == "feather width=0.4% offset=0px side=centred profile=smooth"
    mean = float(some_mattes()[2].coverage.sum(dtype=np.float64)) / (40 * 24)
    assert sky.covered_pct == pytest.approx(100 * mean)


def test_packs_say_which_channel_is_which_layer(tmp_path: Path) -> None:
    (part,) = inspect_file(_written(tmp_path, "packed")[0]).parts
    assert {c.name: c.layer for c in part.channels} == {"R": "person", "G": "person_3", "B": "sky", "A": None}


def test_cryptomatte_with_its_objects(tmp_path: Path) -> None:
    report = inspect_file(_written(tmp_path, "cryptomatte")[0])
    assert report.parts[0].channels == (), "ids are no picture"
    classes, instances = report.cryptomattes
    assert (classes.name, classes.levels, classes.names, classes.manifest) == ("crypto_class", 6, 2, "header")
    assert {o.name for o in classes.objects} == {"person", "sky"}
    assert instances.names == 2
    assert [o.name for o in instances.objects] == ["sky"]
    assert instances.problem is None


def test_files_of_others_have_no_origin(tmp_path: Path) -> None:
    channels = {**ranks("k00"), "R": np.full((1, 3), 0.5, np.float16), "id": np.full((1, 3), 9, np.uint32)}
    report = inspect_file(write(tmp_path / "a.exr", metadata("k"), channels))
    assert dict(report.origin) == {}
    assert report.parts[0].channels == (
        ChannelReport("R", "half", 0.5, 0.5, 50.0),
        ChannelReport("id", "uint", 9.0, 9.0, 900.0),
    )
    ball, cube = sorted(report.cryptomattes[0].objects, key=lambda o: o.covered_pct)
    assert (cube.name, cube.id) == ("cube", "d9682f08")
    assert (ball.covered_pct, cube.covered_pct) == pytest.approx((125 / 3, 175 / 3))


def test_share_is_of_the_display_window(tmp_path: Path) -> None:
    header = {"dataWindow": window(2, 1, 4, 2), "displayWindow": window(0, 0, 10, 2)}
    report = inspect_file(write(tmp_path / "a.exr", header, {"dog.A": np.ones((1, 2), np.float16)}))
    assert report.parts[0].channels[0].covered_pct == 10.0


def test_unreadable_cryptomatte_does_not_hide_the_rest(tmp_path: Path) -> None:
    channels = {**ranks("k00", dtype=np.float16), "R": np.ones((1, 3), np.float16)}
    report = inspect_file(write(tmp_path / "a.exr", metadata("k"), channels))
    assert [c.name for c in report.parts[0].channels] == ["R"]
    assert report.cryptomattes[0].objects == ()
    assert "half floats" in str(report.cryptomattes[0].problem)


@pytest.mark.skipif(not _DATA.is_dir(), reason="MATTEBRIDGE_TEST_DATA is not set")
def test_deep_files_are_described_without_their_pixels() -> None:
    report = inspect_file(_DATA / "bad_input" / "other" / "deep-onesample.exr")
    assert report.parts[0].channels == (ChannelReport("Z", "deep", 0.0, 0.0, 0.0),)
