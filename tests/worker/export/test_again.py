"""Exports that are made again, go on, or change: what is written anew and what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import torch
from PIL import Image

from bridge.errors import (
    JobCancelledError,
)
from bridge.manifest import read_manifest
from tests.fakes.color_model import ColorModel
from tests.worker.conftest import SIZE_WH, CancelAt, Export, draw_plate
from tests.worker.export.common import FRAMES, HARD, files
from worker.engine import Engine
from worker.exr.reader import read_layers
from worker.models.base import Plate
from worker.segments import FramePrediction
from worker.store import Store


def test_the_same_request_again_runs_no_model_and_writes_nothing(export: Export, model: ColorModel) -> None:
    path = export()
    before = {p.name: p.stat().st_mtime_ns for p in path.parent.glob("*.exr")}
    assert model.calls == len(FRAMES)
    export()
    assert model.calls == len(FRAMES)
    assert {p.name: p.stat().st_mtime_ns for p in path.parent.glob("*.exr")} == before


def test_another_policy_runs_no_model_and_writes_all(export: Export, model: ColorModel) -> None:
    soft = files(export())
    hard = files(export(policy=HARD))
    assert model.calls == len(FRAMES)
    assert soft.keys() == hard.keys()
    assert all(soft[name] != hard[name] for name in soft)


def test_a_closer_look_is_found_anew_and_kept_beside_the_first(export: Export, model: ColorModel) -> None:
    plain = files(export(policy=HARD))
    assert model.calls == len(FRAMES)
    closer = files(export(policy=HARD, detail=2))
    assert model.calls > 2 * len(FRAMES)
    assert all(plain[name] != closer[name] for name in plain)
    calls = model.calls
    assert files(export(policy=HARD)) == plain
    assert files(export(policy=HARD, detail=2)) == closer
    assert model.calls == calls


@pytest.mark.parametrize("lost", [1, 40, 4000], ids=["a byte", "some", "half"])
def test_a_file_that_lost_its_end_is_written_again(export: Export, lost: int) -> None:
    path = export()
    before = files(path)
    cut = path.parent / "shot_mattes.1007.exr"
    whole = cut.read_bytes()
    cut.write_bytes(whole[: max(len(whole) // 2, len(whole) - lost)])
    export()
    assert files(path) == before


def test_only_what_is_missing_is_written(export: Export) -> None:
    path = export()
    before = files(path)
    lost = path.parent / "shot_mattes.1005.exr"
    damaged = path.parent / "shot_mattes.1007.exr"
    kept = path.parent / "shot_mattes.1006.exr"
    lost.unlink()
    damaged.write_bytes(b"not an image")
    age = kept.stat().st_mtime_ns
    export()
    assert files(path) == before
    assert kept.stat().st_mtime_ns == age


@pytest.mark.parametrize(
    ("stage", "done"),
    [("finding segments", 5), ("following tracks", 6), ("writing mattes", 3), ("contact sheet", 1)],
)
def test_a_cancelled_job_goes_on_to_the_same_bytes(
    export: Export, model: ColorModel, tmp_path: Path, stage: str, done: int
) -> None:
    undisturbed = files(export(out=str(tmp_path / "undisturbed")))
    other = Engine(torch.device("cpu"), Store(tmp_path / "other"))
    calls = model.calls
    with pytest.raises(JobCancelledError):
        export(CancelAt(stage, done), by=other)
    out = tmp_path / "out"
    assert not list(out.glob("*.mattes.json"))
    written = {path.name: path.stat().st_mtime_ns for path in out.glob("*.exr")}
    assert files(export(by=other)) == undisturbed
    for name, age in written.items():
        assert (out / name).stat().st_mtime_ns == age
    assert not list(out.glob(".*"))
    # What was under way when the job was cancelled may be found twice, and no more.
    assert model.calls - calls <= len(FRAMES) + 12


def test_the_manifest_goes_before_the_first_file_changes(export: Export) -> None:
    path = export()
    with pytest.raises(JobCancelledError):
        export(CancelAt("writing mattes", 0), policy=HARD)
    assert not path.exists()


def test_smoothed_mattes_are_marked_and_another_smoothing_writes_all(export: Export, model: ColorModel) -> None:
    path = export(policy=HARD)
    raw = files(path)
    manifest = read_manifest(path := export(policy=HARD, smoothing=2))
    assert model.calls == len(FRAMES)
    assert manifest.smoothing == 2
    smooth = files(path)
    assert all(smooth[name] != raw[name] for name in raw)
    for step, frame in enumerate(FRAMES):
        file = path.parent / f"shot_mattes.{frame}.exr"
        assert OpenEXR.File(str(file), header_only=True).header()["mattebridge/smoothing"] == 2
        person = read_layers(file)["person"].astype(float)
        truth = np.zeros(SIZE_WH[::-1])
        truth[16:56, 8 + 4 * step : 24 + 4 * step] = 1
        # The model's masks are steady already: they may not get worse.
        assert np.abs(person - truth).mean() < 0.006
    assert files(export(policy=HARD, smoothing=2)) == smooth


def test_a_smoothed_frame_is_written_again_when_its_neighbour_changes(export: Export, plates: Path) -> None:
    path = export(smoothing=1)
    before = {p.name: p.stat().st_mtime_ns for p in path.parent.glob("*.exr")}
    Image.fromarray(draw_plate(3)).save(plates / "shot.1006.png", compress_level=1)
    export(smoothing=1)
    after = {p.name: p.stat().st_mtime_ns for p in path.parent.glob("*.exr")}
    written = {name for name in after if after[name] != before[name]}
    assert {f"shot_mattes.{frame}.exr" for frame in (1005, 1006, 1007)} <= written
    assert "shot_mattes.1009.exr" not in written


def test_ids_stay_when_more_of_the_source_is_asked_for(export: Export, tmp_path: Path) -> None:
    def person(frames: str | None) -> int:
        manifest = read_manifest(export(frames=frames, out=str(tmp_path / str(frames))))
        (track,) = [track for track in manifest.tracks if track.category == "person"]
        return track.id

    assert person("1007-1012") == person("1001-1009") == person(None)


def test_a_damaged_store_is_made_again(export: Export, model: ColorModel, tmp_path: Path) -> None:
    before = files(export())
    for path in (tmp_path / "store").glob("*/100*.pred"):
        path.write_bytes(b"damaged")
    for path in (tmp_path / "store").glob("*/tracks"):
        path.write_bytes(b"damaged")
    for path in (tmp_path / "out").glob("*.exr"):
        path.unlink()
    assert files(export()) == before
    assert model.calls > len(FRAMES)


def turn_a_bit(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1 << at % 8
    path.write_bytes(data)


@pytest.mark.parametrize("what", ["*/*.pred", "*/tracks"])
def test_turned_bits_in_the_store_never_reach_a_file(
    export: Export, model: ColorModel, tmp_path: Path, what: str
) -> None:
    before = files(export(tracks=True))
    for number, path in enumerate(sorted((tmp_path / "store").glob(what))):
        turn_a_bit(path, 37 * number)
    for path in (tmp_path / "out").glob("*.exr"):
        path.unlink()
    assert files(export(tracks=True)) == before
    assert model.calls == (2 if "pred" in what else 1) * len(FRAMES)


def test_ids_of_a_prediction_that_is_lost_are_not_given_to_another(
    export: Export, model: ColorModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(tracks=True)
    (path,) = (tmp_path / "store").glob("*/1005-*.pred")
    turn_a_bit(path, 50)
    found = ColorModel.predict

    def without_the_person(plates: Sequence[Plate]) -> list[FramePrediction]:
        # As another version of a library might see it: the same model, but not the same segments.
        return [replace(it, segments=it.segments[1:]) for it in found(model, plates)]

    monkeypatch.setattr(model, "predict", without_the_person)
    manifest = read_manifest(export(tracks=True, out=str(tmp_path / "other")))
    assert {track.category: track.frames for track in manifest.tracks} == {
        "person": len(FRAMES) - 1,
        "sky-other-merged": len(FRAMES),
        "grass-merged": len(FRAMES),
    }
