"""What all layouts do, and the files of those for hosts that know no layers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import OpenEXR
import OpenImageIO as oiio
import pytest

from tests.worker.exr.files import LAYERS, PLATE, STAMP, file_set, full, layer, matte, some_mattes
from worker.exr.key import read_key
from worker.exr.layouts import LAYOUTS, needs_tracks
from worker.exr.layouts.packed import PackedLayout
from worker.exr.layouts.single import SingleLayout
from worker.mattes import empty_mattes

MANY = tuple(layer(name) for name in ("bus", "car", "dog", "person", "sky"))

every_layout = pytest.mark.parametrize("name", sorted(LAYOUTS))


def _read(path: Path) -> dict[str, np.ndarray]:
    return {n: c.pixels for n, c in OpenEXR.File(str(path), separate_channels=True).channels().items()}


@every_layout
def test_files_are_those_announced_and_carry_the_key(tmp_path: Path, name: str) -> None:
    layout = LAYOUTS[name](file_set())
    layout.write(tmp_path, STAMP, some_mattes())
    assert sorted(layout.files_of(1001)) == sorted(path.name for path in tmp_path.iterdir())
    for file in layout.files_of(1001):
        assert file.startswith("plate_")
        assert file.endswith(".1001.exr")
        assert read_key(tmp_path / file) == STAMP.key


@every_layout
def test_same_mattes_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    for folder, mattes in (("a", some_mattes()), ("b", some_mattes()[::-1])):
        (tmp_path / folder).mkdir()
        LAYOUTS[name](file_set()).write(tmp_path / folder, STAMP, mattes)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


@every_layout
def test_channels_and_display_window_are_the_same_in_an_empty_frame(tmp_path: Path, name: str) -> None:
    layout = LAYOUTS[name](file_set())
    found = []
    for folder, mattes in (("full", some_mattes()), ("empty", empty_mattes(LAYERS))):
        (tmp_path / folder).mkdir()
        layout.write(tmp_path / folder, STAMP, mattes)
        headers = [
            OpenEXR.File(str(tmp_path / folder / file), header_only=True).header()
            for file in layout.files_of(1001)
        ]
        channels = [[c.name for c in header["channels"]] for header in headers]
        found.append((channels, [header["displayWindow"][1].tolist() for header in headers]))
    assert found[0] == found[1]
    for file in layout.files_of(1001):
        assert not any(pixels.any() for pixels in _read(tmp_path / "empty" / file).values())


@every_layout
def test_openimageio_reads_the_same_pixels(tmp_path: Path, name: str) -> None:
    layout = LAYOUTS[name](file_set())
    layout.write(tmp_path, STAMP, some_mattes())
    for file in layout.files_of(1001):
        image = oiio.ImageBuf(str(tmp_path / file))
        assert image.nsubimages == 1
        spec = image.spec()
        pixels = np.asarray(image.get_pixels(spec.format))
        expected = _read(tmp_path / file)
        assert sorted(spec.channelnames) == sorted(expected)
        for number, channel in enumerate(spec.channelnames):
            # Bytes, since two ids can be equal as numbers and differ in their bits.
            assert pixels[:, :, number].tobytes() == expected[channel].tobytes()


@pytest.mark.parametrize("name", ["cryptomatte", "packed", "single"])
def test_hosts_that_stumble_over_crops_get_the_full_window(tmp_path: Path, name: str) -> None:
    layout = LAYOUTS[name](file_set())
    layout.write(tmp_path, STAMP, some_mattes())
    for file in layout.files_of(1001):
        header = OpenEXR.File(str(tmp_path / file), header_only=True).header()
        assert [corner.tolist() for corner in header["dataWindow"]] == [[0, 0], [PLATE[0] - 1, PLATE[1] - 1]]
        assert header["compression"] == OpenEXR.ZIPS_COMPRESSION


@pytest.mark.parametrize("name", ["layers", "packed", "single"])
def test_tracks_are_shown_where_they_were_asked_for(name: str) -> None:
    assert [x.name for x in LAYOUTS[name](file_set(tracks=True)).layers] == ["person", "person_3", "sky"]
    assert [x.name for x in LAYOUTS[name](file_set(tracks=False)).layers] == ["person", "sky"]
    assert not needs_tracks([name])


def test_cryptomatte_shows_tracks_that_nobody_asked_for() -> None:
    assert [x.name for x in LAYOUTS["cryptomatte"](file_set(tracks=False)).layers] == ["person", "person_3", "sky"]
    assert needs_tracks(["layers", "cryptomatte"])


def test_packs_hold_four_layers_each(tmp_path: Path) -> None:
    mattes = [matte(x.name, (2, 3, 20, 20), seed) for seed, x in enumerate(MANY)]
    layout = PackedLayout(file_set(MANY))
    layout.write(tmp_path, STAMP, mattes)
    assert layout.files_of(1001) == ("plate_pack01.1001.exr", "plate_pack02.1001.exr")
    first, second = (_read(tmp_path / file) for file in layout.files_of(1001))
    for channel, m in zip("RGBA", mattes, strict=False):
        assert first[channel].dtype == np.float16
        assert np.array_equal(first[channel], full(m))
    assert np.array_equal(second["R"], full(mattes[4]))
    assert not any(second[channel].any() for channel in "GBA")
    header = OpenEXR.File(str(tmp_path / "plate_pack02.1001.exr"), header_only=True).header()
    about = {name: header[name] for name in header if name.startswith("mattebridge/layer/")}
    assert about == {
        "mattebridge/layer/sky/category": "sky",
        "mattebridge/layer/sky/border": "natural contrast=1",
        "mattebridge/layer/sky/channel": "R",
    }


def test_index_says_which_channel_is_which_layer(tmp_path: Path) -> None:
    assert PackedLayout(file_set(MANY)).write_index(tmp_path) == "plate.packs.json"
    assert json.loads((tmp_path / "plate.packs.json").read_text()) == {
        "format": 1,
        "software": "mattebridge 9.9",
        "clip": "plate",
        "packs": [
            {"name": "plate_pack01", "channels": {"R": "bus", "G": "car", "B": "dog", "A": "person"}},
            {"name": "plate_pack02", "channels": {"R": "sky"}},
        ],
    }
    assert [path.name for path in tmp_path.iterdir()] == ["plate.packs.json"]


@pytest.mark.parametrize("name", ["layers", "cryptomatte", "single"])
def test_layouts_whose_files_speak_for_themselves_have_no_index(tmp_path: Path, name: str) -> None:
    assert LAYOUTS[name](file_set()).write_index(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_single_matte_is_in_all_four_channels(tmp_path: Path) -> None:
    mattes = some_mattes()
    layout = SingleLayout(file_set())
    layout.write(tmp_path, STAMP, mattes)
    assert layout.files_of(1001) == ("plate_person.1001.exr", "plate_person_3.1001.exr", "plate_sky.1001.exr")
    for file, m in zip(layout.files_of(1001), mattes, strict=True):
        channels = _read(tmp_path / file)
        assert sorted(channels) == ["A", "B", "G", "R"]
        for pixels in channels.values():
            assert pixels.dtype == np.float16
            assert np.array_equal(pixels, full(m))
    header = OpenEXR.File(str(tmp_path / "plate_sky.1001.exr"), header_only=True).header()
    about = [name.split("/")[2] for name in header if name.startswith("mattebridge/layer/")]
    assert set(about) == {"sky"}


@pytest.mark.parametrize("name", ["mattes", "crypto", "pack01", "fg_person"])
def test_single_file_never_takes_the_name_of_another_layout(name: str) -> None:
    layers = (layer(name), layer("sky"))
    assert SingleLayout(file_set(layers)).files_of(7) == (f"plate_{name}-matte.0007.exr", "plate_sky.0007.exr")
