"""What an export writes: files, layers, layouts and what the manifest says of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio

from bridge.borders import BorderPolicy
from bridge.manifest import read_manifest
from bridge.request import Layout, Overlap
from tests.fakes.color_model import ColorModel
from tests.worker.conftest import SIZE_WH, Export
from tests.worker.export.common import FRAMES, HARD, files
from worker.exr.reader import read_layers


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


def test_a_still_keeps_its_segments_and_its_number(export: Export, plates: Path) -> None:
    manifest = read_manifest(export(source=str(plates / "shot.1003.png")))
    assert [file.path for file in manifest.files] == ["shot_mattes.1003.exr"]
    assert [layer.name for layer in manifest.layers] == ["person", "grass", "sky"]


def test_a_crossing_person_keeps_one_id(export: Export) -> None:
    manifest = read_manifest(export(tracks=True))
    persons = [track for track in manifest.tracks if track.category == "person"]
    assert [(track.first, track.last, track.frames) for track in persons] == [(1001, 1012, 12)]
    assert [layer.name for layer in manifest.layers] == ["person", f"person_{persons[0].id}", "grass", "sky"]


def test_a_category_that_never_shows_is_a_black_layer(export: Export) -> None:
    path = export(categories=("car", "sky"))
    assert [layer.name for layer in read_manifest(path).layers] == ["car", "sky"]
    layers = read_layers(path.parent / "shot_mattes.1001.exr")
    assert layers["car"].max() == 0
    assert layers["sky"].max() == 1
