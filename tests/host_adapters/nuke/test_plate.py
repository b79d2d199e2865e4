"""What a node is connected to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import HostError
from host_adapters.nuke.plate import ReadPlate, RenderPlate, plate_of
from tests.fakes.nuke import FakeNuke

Read = Callable[..., Any]
FORMATS = ("png", "exr", "mov")


def test_a_read_gives_its_file(nuke: FakeNuke, read: Read, plates: Path) -> None:
    found = plate_of(read(nuke), FORMATS, ())
    assert isinstance(found, ReadPlate)
    assert (found.source, found.colorspace) == (f"{plates}/shot.%04d.png", "sRGB")
    assert (found.timing.first, found.timing.last) == (1001, 1012)


@pytest.mark.parametrize("between", ["Dot", "NoOp", "disabled Blur", "two Dots"])
def test_what_changes_nothing_is_looked_through(nuke: FakeNuke, read: Read, between: str) -> None:
    above = read(nuke)
    if between == "disabled Blur":
        above = nuke.nodes.Blur(inputs=[above], disable=True)
    elif between == "two Dots":
        above = nuke.nodes.Dot(inputs=[nuke.nodes.Dot(inputs=[above])])
    else:
        above = getattr(nuke.nodes, between)(inputs=[above])
    assert isinstance(plate_of(above, FORMATS, ()), ReadPlate)


@pytest.mark.parametrize(
    ("knobs", "formats", "reason"),
    [
        pytest.param({}, ("exr",), "does not read .png", id="a format the worker cannot read"),
        pytest.param({"frame": "[value x]"}, FORMATS, "only Nuke can tell", id="an expression of Tcl"),
        pytest.param({"frame_mode": "offset", "frame": "x"}, FORMATS, "no number", id="an offset that is none"),
        pytest.param({"colorspace": "SLog3"}, FORMATS, "'SLog3'", id="a space the worker does not know"),
    ],
)
def test_what_the_worker_cannot_read_is_rendered(
    nuke: FakeNuke, read: Read, knobs: dict[str, str], formats: tuple[str, ...], reason: str
) -> None:
    found = plate_of(read(nuke, **knobs), formats, ())
    assert isinstance(found, RenderPlate)
    assert reason in found.reason


def test_a_space_that_is_named_is_passed_on_whatever_the_read_says(nuke: FakeNuke, read: Read) -> None:
    found = plate_of(read(nuke, colorspace="SLog3"), FORMATS, (), colorspace="S-Log3 S-Gamut3")
    assert isinstance(found, ReadPlate)
    assert found.colorspace == "S-Log3 S-Gamut3"


def test_a_node_in_between_is_named(nuke: FakeNuke, read: Read) -> None:
    found = plate_of(nuke.nodes.Dot(inputs=[nuke.nodes.Blur(inputs=[read(nuke)], name="Soften")]), FORMATS, ())
    assert isinstance(found, RenderPlate)
    assert "Soften (Blur) lies between" in found.reason
    assert found.script_range == (1001, 1012)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("/p/a.####.png", "/p/a.%04d.png"),
        ("/p/a.%05d.png", "/p/a.%05d.png"),
        ("/p/still.png", "/p/still.png"),
        ("/p/%V/a.%04d.png", "/p/main/a.%04d.png"),
        ("/p/%v/a.%04d.png", "/p/m/a.%04d.png"),
        ("[file dirname [value root.name]]/a.mov", "{script}/a.mov"),
        ("a.mov", "{script}/a.mov"),
    ],
)
def test_a_path_is_made_whole_and_keeps_its_token(nuke: FakeNuke, file: str, source: str) -> None:
    read = nuke.nodes.Read()
    read["file"].setValue(file)
    found = plate_of(read, FORMATS, (), colorspace="sRGB")
    assert isinstance(found, ReadPlate)
    assert found.source == source.format(script=Path(str(nuke.root_data.text("name"))).parent)


def test_a_relative_path_is_below_the_project_directory(nuke: FakeNuke) -> None:
    nuke.root()["project_directory"].setValue("/show")
    found = plate_of(nuke.nodes.Read(file="a.mov"), FORMATS, ())
    assert isinstance(found, ReadPlate) and found.source == "/show/a.mov"


@pytest.mark.parametrize("case", ["nothing", "Dots alone", "an empty Read"])
def test_what_is_missing_is_named(nuke: FakeNuke, case: str) -> None:
    nodes = {
        "nothing": None,
        "Dots alone": nuke.nodes.Dot(inputs=[nuke.nodes.Dot()]),
        "an empty Read": nuke.nodes.Read(),
    }
    with pytest.raises(HostError, match="connect"):
        plate_of(nodes[case], FORMATS, ())
