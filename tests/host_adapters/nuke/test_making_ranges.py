"""Which frames a node asks for, and how its mattes keep step with the plate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.manifest import read_manifest
from host_adapters.nuke import making, node
from tests.fakes.nuke import FakeNuke
from tests.host_adapters.nuke.shown import files_shown, mattes_read

Read = Callable[..., Any]
Make = Callable[..., making.Making]


@pytest.mark.parametrize(
    ("mode", "text", "at", "mattes_mode"),
    [
        pytest.param("offset", "-1000", 1, ("offset", "-1000"), id="offset back to 1"),
        pytest.param("offset", "50", 1051, ("offset", "50"), id="offset later"),
        pytest.param("start at", "1", 1, ("offset", "-1000"), id="start at 1"),
        pytest.param("expression", "frame+900", 101, ("offset", "-900"), id="an expression that is an offset"),
        pytest.param("expression", "", 1001, ("expression", ""), id="as it is"),
    ],
)
def test_mattes_keep_step_with_a_read_that_is_moved_in_time(
    nuke: FakeNuke, read: Read, make: Make, mode: str, text: str, at: int, mattes_mode: tuple[str, str]
) -> None:
    plate = read(nuke, frame_mode=mode, frame=text)
    group = node.create(plate)
    # The third to fifth frame of the clip, by the script's numbers, and a handle of one.
    make(nuke, group, range="custom", frames=f"{at + 2}-{at + 4}", handles=1)
    mattes = mattes_read(nuke, group)
    assert (mattes["frame_mode"].value(), mattes["frame"].value()) == mattes_mode
    assert (mattes["first"].value(), mattes["last"].value()) == (1002, 1006)
    frames = range(at + 1, at + 6)
    assert files_shown(nuke, mattes, frames) == [f"shot_mattes.{number}.exr" for number in range(1002, 1007)]
    plates = files_shown(nuke, plate, frames)
    assert plates == [f"shot.{number}.png" for number in range(1002, 1007)]


def test_an_expression_that_is_no_offset_is_carried_over(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke, frame_mode="expression", frame="1001+frame*2"))
    make(nuke, group, range="custom", frames="1-3")
    mattes = mattes_read(nuke, group)
    assert files_shown(nuke, mattes, range(1, 4)) == [f"shot_mattes.{n}.exr" for n in (1003, 1005, 1007)]
    assert (mattes["first"].value(), mattes["last"].value()) == (1003, 1007)


def test_handles_stop_at_the_ends_of_the_plate(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    make(nuke, group, range="custom", frames="1002-1011", handles=8)
    mattes = mattes_read(nuke, group)
    assert (mattes["first"].value(), mattes["last"].value()) == (1001, 1012)


def test_a_global_range_keeps_only_what_the_plate_has(nuke: FakeNuke, read: Read, make: Make) -> None:
    group = node.create(read(nuke))
    nuke.root()["first_frame"].setValue(1010)
    nuke.root()["last_frame"].setValue(1050)
    make(nuke, group, range="global")
    assert (mattes_read(nuke, group)["first"].value(), mattes_read(nuke, group)["last"].value()) == (1010, 1012)
    assert nuke.root()["first_frame"].value() == 1010, "a Read must not stretch the script's range"
    assert nuke.root()["last_frame"].value() == 1050


def test_nodes_in_between_are_rendered_and_cleaned_up(
    nuke: FakeNuke, read: Read, make: Make, tmp_path: Path
) -> None:
    plate = read(nuke, frame_mode="offset", frame="-1000")
    blur = nuke.nodes.Blur(inputs=[plate], name="Soften")
    nuke.root()["proxy"].setValue(True)
    group = node.create(blur)
    job = make(nuke, group, range="custom", frames="3-5", handles=1)
    assert job.error is None
    assert nuke.rendered == [2, 3, 4, 5, 6]
    assert nuke.allNodes("Write") == []
    assert nuke.root()["proxy"].value() is True
    assert not list((tmp_path / "cache").rglob("*.exr")), "the render is not needed any more"
    mattes = mattes_read(nuke, group)
    # The render is numbered as the script is, and so are its mattes.
    assert (mattes["first"].value(), mattes["last"].value(), mattes["frame"].value()) == (2, 6, "")
    assert mattes["file"].value().endswith("v001/Soften_mattes.%04d.exr")
    (manifest,) = (tmp_path / "mattes").rglob("*.mattes.json")
    found = read_manifest(manifest)
    assert (found.colorspace, found.colorspace_from) == ("Linear Rec.709 (sRGB)", "request")
    assert {layer.name for layer in found.layers} >= {"person", "sky", "grass"}
