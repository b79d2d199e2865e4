"""Exports from plates to files, with a model that needs no weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import OpenImageIO as oiio
import pytest
import torch
from PIL import Image

from bridge.borders import Border, BorderKind, BorderPolicy
from bridge.errors import (
    BadRequestError,
    FrameRangeError,
    FrameUnreadableError,
    JobCancelledError,
    LayerNameError,
    ModelError,
    OutputError,
    SourceNotFoundError,
    UnknownNameError,
)
from bridge.manifest import read_manifest
from bridge.messages import Segment
from bridge.request import Layout, MatteRequest, OnError, Overlap
from bridge.wire import Array
from tests.fakes.color_model import ColorModel
from tests.worker.conftest import SIZE_WH, CancelAt, Export, draw_plate
from worker.engine import Engine
from worker.exr.reader import read_layers
from worker.mattes import make_mattes
from worker.roots import Roots
from worker.store import Store

FRAMES = range(1001, 1013)
HARD = BorderPolicy.from_toml('[borders."*"]\nkind = "hard"\n')


def files(manifest: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in manifest.parent.glob("*.exr")}


def test_every_frame_has_the_same_layers_under_its_own_number(export: Export) -> None:
    manifest = read_manifest(path := export())
    assert [layer.name for layer in manifest.layers] == ["person", "grass", "sky"]
    assert [file.frame for file in manifest.files] == list(FRAMES)
    assert manifest.frames == "1001-1012"
    for file in manifest.files:
        assert file.path == f"shot_mattes.{file.frame}.exr"
        layers = read_layers(path.parent / file.path)
        assert sorted(layers) == ["grass", "person", "sky"]
        header = OpenEXR.File(str(path.parent / file.path), header_only=True).header()
        assert header["mattebridge/source_frame"] == file.frame


def test_mattes_lie_where_the_picture_says_in_both_libraries(export: Export) -> None:
    out = export(policy=HARD).parent
    for step, frame in enumerate(FRAMES):
        person = read_layers(out / f"shot_mattes.{frame}.exr")["person"].astype(float)
        truth = np.zeros(SIZE_WH[::-1])
        truth[16:56, 8 + 4 * step : 24 + 4 * step] = 1
        assert person.min() >= 0 and person.max() <= 1
        # The model looks at half size: corners are rounded there, edges are where they are.
        assert np.abs(person - truth).mean() < 0.004
        image = oiio.ImageBuf(str(out / f"shot_mattes.{frame}.exr"))
        spec = image.spec()
        assert (spec.full_width, spec.full_height) == SIZE_WH
        channel = spec.channelnames.index("person.A")
        inside = person[spec.y : spec.y + spec.height, spec.x : spec.x + spec.width]
        pixels = image.get_pixels(oiio.FLOAT)
        assert pixels is not None
        np.testing.assert_array_equal(pixels[..., channel], inside.astype(np.float32))


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


def test_every_layout_is_written_and_only_what_is_missing_of_it(export: Export, model: ColorModel) -> None:
    path = export(layouts=tuple(Layout), frames="1001-1002")
    manifest = read_manifest(path)
    names = {layout.value: [f.path for f in manifest.files if f.layout == layout.value] for layout in Layout}
    assert names["layers"] == ["shot_mattes.1001.exr", "shot_mattes.1002.exr"]
    assert names["cryptomatte"] == ["shot_crypto.1001.exr", "shot_crypto.1002.exr"]
    assert names["packed"] == ["shot_pack01.1001.exr", "shot_pack01.1002.exr"]
    assert names["single"][:3] == ["shot_person.1001.exr", "shot_grass.1001.exr", "shot_sky.1001.exr"]
    assert manifest.indexes == ("shot.packs.json",)
    assert all((path.parent / name).exists() for name in (*manifest.indexes, *(f.path for f in manifest.files)))
    # Tracks were not asked for: Cryptomatte alone shows them.
    (track,) = [layer for layer in manifest.layers if layer.track is not None]
    assert track.layouts == ("cryptomatte",)
    assert sorted(read_layers(path.parent / "shot_mattes.1001.exr")) == ["grass", "person", "sky"]

    before = files(path)
    ages = {p.name: p.stat().st_mtime_ns for p in path.parent.glob("*.exr")}
    (path.parent / "shot_grass.1002.exr").unlink()
    export(layouts=tuple(Layout), frames="1001-1002")
    assert files(path) == before
    written = {p.name for p in path.parent.glob("*.exr") if p.stat().st_mtime_ns != ages[p.name]}
    assert written == {"shot_person.1002.exr", "shot_grass.1002.exr", "shot_sky.1002.exr"}
    assert model.calls == 2


def test_groups_join_their_categories(export: Export) -> None:
    path = export(groups={"outdoors": ("sky", "grass")}, categories=("person",), policy=HARD)
    manifest = read_manifest(path)
    assert [layer.name for layer in manifest.layers] == ["person", "outdoors"]
    layers = read_layers(path.parent / "shot_mattes.1001.exr")
    outside = layers["person"] == 0
    # Corners of the person are rounded at the model's resolution.
    assert layers["outdoors"][outside].astype(float).mean() > 0.99


@pytest.mark.parametrize("members", [("persn",), ("person", "persn")])
def test_a_group_of_unknown_categories_is_named(export: Export, members: tuple[str, ...]) -> None:
    with pytest.raises(UnknownNameError, match="there is: person"):
        export(groups={"cast": members})


def test_a_group_may_not_be_called_like_a_category(export: Export) -> None:
    with pytest.raises(LayerNameError, match="two layers are called 'person'"):
        export(groups={"person": ("car",)})


def test_normalized_mattes_never_sum_to_more_than_one(export: Export, tmp_path: Path) -> None:
    wide = BorderPolicy.from_toml('[borders."*"]\nkind = "feather"\nwidth = "12px"\nside = "outer"\n')
    sums = {}
    for rule in Overlap:
        path = export(policy=wide, overlap=rule, out=str(tmp_path / rule.value), tracks=True)
        manifest = read_manifest(path)
        assert manifest.overlap == rule.value
        layers = read_layers(path.parent / "shot_mattes.1001.exr")
        names = [layer.name for layer in manifest.layers if layer.track is None]
        sums[rule] = sum(layers[name].astype(np.float32) for name in names)
        header = OpenEXR.File(str(path.parent / "shot_mattes.1001.exr"), header_only=True).header()
        assert header["mattebridge/overlap"] == rule.value
    assert np.max(sums[Overlap.INDEPENDENT]) > 1.5
    assert np.max(sums[Overlap.NORMALIZED]) <= 1


def test_foreground_is_written_beside_each_matte(export: Export, model: ColorModel) -> None:
    path = export(foreground=True, frames="1001-1002", categories=("person", "sky"))
    manifest = read_manifest(path)
    written = [file.path for file in manifest.files if file.layout == "foreground"]
    assert written[:2] == ["shot_fg_person.1001.exr", "shot_fg_sky.1001.exr"]
    person = read_planes(path.parent / written[0])
    matte = read_layers(path.parent / "shot_mattes.1001.exr")["person"]
    np.testing.assert_array_equal(person["A"], matte)
    inside = matte == 1
    # The red that was drawn, in linear light: far from the blue and green around it.
    assert (person["R"][inside] > 5 * person["B"][inside]).mean() > 0.99
    assert person["R"][matte == 0].max() == 0
    before = files(path)
    export(foreground=True, frames="1001-1002", categories=("person", "sky"))
    assert files(path) == before


def read_planes(path: Path) -> dict[str, np.ndarray]:
    channels = OpenEXR.File(str(path), separate_channels=True).channels()
    return {name: channel.pixels.astype(np.float32) for name, channel in channels.items()}


def test_a_guided_border_looks_at_the_picture_and_a_second_run_at_nothing(
    export: Export, model: ColorModel
) -> None:
    guided = BorderPolicy.from_toml('[borders."*"]\nkind = "guided"\nwidth = "10px"\n')
    path = export(policy=guided)
    hard = files(path)
    assert files(export(policy=guided)) == hard
    assert model.calls == len(FRAMES)
    person = read_layers(path.parent / "shot_mattes.1001.exr")["person"].astype(float)
    truth = np.zeros(SIZE_WH[::-1])
    truth[16:56, 8:24] = 1
    assert np.abs(person - truth).mean() < 0.02


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


def test_a_still_keeps_its_segments_and_its_number(export: Export, plates: Path) -> None:
    manifest = read_manifest(export(source=str(plates / "shot.1003.png")))
    assert [file.path for file in manifest.files] == ["shot_mattes.1003.exr"]
    assert [layer.name for layer in manifest.layers] == ["person", "grass", "sky"]


def test_a_crossing_person_keeps_one_id(export: Export) -> None:
    manifest = read_manifest(export(tracks=True))
    persons = [track for track in manifest.tracks if track.category == "person"]
    assert [(track.first, track.last, track.frames) for track in persons] == [(1001, 1012, 12)]
    assert [layer.name for layer in manifest.layers] == ["person", f"person_{persons[0].id}", "grass", "sky"]


def test_ids_stay_when_more_of_the_source_is_asked_for(export: Export, tmp_path: Path) -> None:
    def person(frames: str | None) -> int:
        manifest = read_manifest(export(frames=frames, out=str(tmp_path / str(frames))))
        (track,) = [track for track in manifest.tracks if track.category == "person"]
        return track.id

    assert person("1007-1012") == person("1001-1009") == person(None)


def test_a_category_that_never_shows_is_a_black_layer(export: Export) -> None:
    path = export(categories=("car", "sky"))
    assert [layer.name for layer in read_manifest(path).layers] == ["car", "sky"]
    layers = read_layers(path.parent / "shot_mattes.1001.exr")
    assert layers["car"].max() == 0
    assert layers["sky"].max() == 1


@pytest.mark.parametrize(("on_error", "state"), [(OnError.HOLD, "held"), (OnError.BLACK, "black")])
def test_a_damaged_frame_follows_the_policy(export: Export, plates: Path, on_error: OnError, state: str) -> None:
    (plates / "shot.1004.png").write_bytes(b"\x89PNG cut off")
    path = export(on_error=on_error)
    entries = {file.frame: file for file in read_manifest(path).files}
    assert entries[1004].state == state
    assert "1004" in (entries[1004].reason or "")
    assert [frame for frame, entry in entries.items() if entry.state != "good"] == [1004]
    shown = read_layers(path.parent / "shot_mattes.1004.exr")["person"]
    neighbour = read_layers(path.parent / "shot_mattes.1003.exr")["person"]
    np.testing.assert_array_equal(shown, neighbour if on_error is OnError.HOLD else np.zeros_like(neighbour))


def test_a_held_first_frame_takes_the_next_good_one(export: Export, plates: Path) -> None:
    (plates / "shot.1001.png").write_bytes(b"")
    out = export(on_error=OnError.HOLD, frames="1001-1003").parent
    first, second = (read_layers(out / f"shot_mattes.{frame}.exr")["person"] for frame in (1001, 1002))
    np.testing.assert_array_equal(first, second)


def test_a_damaged_frame_stops_the_export_by_default(export: Export, plates: Path) -> None:
    (plates / "shot.1004.png").write_bytes(b"\x89PNG cut off")
    with pytest.raises(FrameUnreadableError, match="1004"):
        export()


def test_a_repaired_frame_is_taken_up(export: Export, plates: Path) -> None:
    good = files(export())
    picture = (plates / "shot.1004.png").read_bytes()
    (plates / "shot.1004.png").write_bytes(b"cut off, so of another size")
    export(on_error=OnError.BLACK)
    (plates / "shot.1004.png").write_bytes(picture)
    path = export(on_error=OnError.BLACK)
    assert {file.state for file in read_manifest(path).files} == {"good"}
    layers = read_layers(path.parent / "shot_mattes.1004.exr")
    assert layers["person"].max() > 0.9
    assert good.keys() == files(path).keys()


def test_no_readable_frame_at_all_is_an_error(export: Export, plates: Path) -> None:
    for path in plates.iterdir():
        path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(FrameUnreadableError, match="no frame of"):
        export(on_error=OnError.BLACK)


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


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"categories": ("persn",)}, UnknownNameError, "there is: person"),
        ({"colorspace": "ACEScgg"}, UnknownNameError, "ACEScg"),
        ({"frames": "1-5"}, FrameRangeError, "1001-1012"),
        ({"frames": "ten"}, FrameRangeError, "1001-1100"),
        ({"source": "/nowhere/x.mov"}, SourceNotFoundError, "/nowhere/x.mov"),
        ({"out": "/proc/mattes"}, OutputError, "/proc/mattes"),
    ],
    ids=["category", "colour space", "frames that are not there", "no range", "no source", "unwritable folder"],
)
def test_a_bad_request_is_named_before_any_work(
    export: Export, model: ColorModel, changes: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        export(**changes)
    assert model.calls == 0


def test_an_unknown_model_lists_the_known_ones(engine: Engine, plates: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="there is: colours"):
        engine.check(MatteRequest(source=f"{plates}/shot.####.png", out=str(tmp_path / "o"), model="colors"))


def test_nothing_found_and_nothing_named_is_an_error(export: Export, plates: Path) -> None:
    for path in plates.iterdir():
        Image.new("RGB", SIZE_WH, (90, 90, 90)).save(path)
    with pytest.raises(ModelError, match="found nothing"):
        export()
    manifest = read_manifest(export(categories=("person",)))
    assert [layer.name for layer in manifest.layers] == ["person"]


def test_paths_outside_the_roots_are_refused(model: ColorModel, plates: Path, tmp_path: Path) -> None:
    inside = tmp_path / "allowed"
    inside.mkdir()
    (inside / "link").symlink_to(plates)
    fenced = Engine(
        Engine(__import__("torch").device("cpu"), Store(tmp_path)).device, Store(tmp_path), Roots([inside])
    )
    for source in (plates / "shot.####.png", inside / "link" / "shot.####.png", inside / ".." / "plates"):
        with pytest.raises(BadRequestError, match="outside the folders"):
            fenced.check(MatteRequest(source=str(source), out=str(inside / "out"), model="colours"))


def test_one_plate_by_path_and_by_pixels_is_the_same(engine: Engine, plates: Path) -> None:
    by_path, mattes = engine.segment(
        Segment(source=f"{plates}/shot.####.png", frame=1003, model="colours", policy=HARD), ()
    )
    plate = draw_plate(2)
    by_pixels, again = engine.segment(
        Segment(model="colours", policy=HARD), [Array("u1", plate.shape, plate.data)]
    )
    assert by_path == by_pixels
    assert [layer.name for layer in by_path.layers] == ["person", "grass", "sky"]
    assert [bytes(a.data) for a in mattes] == [bytes(a.data) for a in again]


def test_a_plate_asked_for_again_only_makes_the_border_that_changed(
    engine: Engine, model: ColorModel, plates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def counted(*args: Any) -> Any:
        made.extend(layer.name for layer in args[1])
        return make_mattes(*args)

    monkeypatch.setattr("worker.plates.make_mattes", counted)
    path = plates / "shot.1003.png"
    first = engine.segment(Segment(source=str(path), model="colours", policy=HARD), ())
    assert made == ["person", "grass", "sky"]
    again = engine.segment(Segment(source=str(path), model="colours", policy=HARD), ())
    assert (again[0], [bytes(a.data) for a in again[1]]) == (first[0], [bytes(a.data) for a in first[1]])
    softer = BorderPolicy({**HARD.rows, "sky-other-merged": Border(BorderKind.FEATHER)})
    engine.segment(Segment(source=str(path), model="colours", policy=softer), ())
    assert made == ["person", "grass", "sky", "sky"]
    assert model.calls == 1
    Image.fromarray(draw_plate(9)).save(path)
    other = engine.segment(Segment(source=str(path), model="colours", policy=HARD), ())
    assert model.calls == 2
    assert other[0].layers[0].window != first[0].layers[0].window


def test_a_plate_needs_a_path_or_pixels(engine: Engine) -> None:
    with pytest.raises(BadRequestError, match="one buffer u1"):
        engine.segment(Segment(model="colours"), ())
