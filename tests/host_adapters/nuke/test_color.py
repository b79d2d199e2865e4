"""Nuke's colour spaces by the worker's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from host_adapters.nuke.color import management, render_space, space_of, worker_name
from tests.fakes.nuke import FakeNuke
from worker.media.spaces import color_space_names

KNOWN = color_space_names()


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("linear", "Linear Rec.709 (sRGB)"),
        ("sRGB", "sRGB"),
        ("rec709", "Camera Rec.709"),
        ("AlexaV3LogC", "ARRI LogC3 (EI800)"),
        ("ACES - ACEScg", "ACEScg"),
        ("acescg", "ACEScg"),
        ("Utility - sRGB - Texture", "sRGB"),
        ("SLog3", None),
        ("Cineon", None),
        ("show_lut_v12", None),
    ],
)
def test_a_name_has_a_certain_counterpart_or_none(name: str, ours: str | None) -> None:
    assert worker_name(name, KNOWN) == ours


def test_every_counterpart_is_a_space_of_the_worker() -> None:
    from host_adapters.nuke.color import _LUTS, _OLD_NAMES

    assert {*_LUTS.values(), *_OLD_NAMES.values()} - {"sRGB"} <= set(KNOWN)


@pytest.mark.parametrize(
    ("path", "knobs", "root", "name", "unknown"),
    [
        pytest.param("/a.%04d.png", {}, {}, "sRGB", None, id="png by default"),
        pytest.param("/a.%04d.exr", {}, {}, "Linear Rec.709 (sRGB)", None, id="exr by default"),
        pytest.param("/a.%04d.dpx", {}, {}, None, None, id="dpx says itself"),
        pytest.param("/a.mov", {}, {}, None, None, id="a movie says itself"),
        pytest.param("/a.%04d.tif", {}, {"int16Lut": "linear"}, None, "default of tif files", id="two of tif"),
        pytest.param("/a.mov", {"colorspace": "AlexaV3LogC"}, {}, "ARRI LogC3 (EI800)", None, id="by name"),
        pytest.param("/a.mov", {"colorspace": "SLog3"}, {}, None, "SLog3", id="a curve of two gamuts"),
        pytest.param("/a.exr", {"raw": True}, {}, "Linear Rec.709 (sRGB)", None, id="raw"),
        pytest.param("/a.exr", {"raw": True}, {"colorManagement": "OCIO", "workingSpaceLUT": "ACES - ACEScg"},
                     "ACEScg", None, id="raw with OCIO"),
        pytest.param("/a.exr", {}, {"colorManagement": "OCIO", "floatLut": "linear"},
                     "Linear Rec.709 (sRGB)", None, id="exr by OCIO's default"),
    ],
)  # fmt: skip
def test_a_read_s_space(
    nuke: FakeNuke, path: str, knobs: dict[str, Any], root: dict[str, str], name: str | None, unknown: str | None
) -> None:
    for knob, value in root.items():
        nuke.root()[knob].setValue(value)
    read = nuke.nodes.Read(**knobs)
    found = space_of(read, path, KNOWN)
    assert (found.name, found.unknown) == (name, unknown)


def test_what_is_behind_a_tab_is_only_shown(nuke: FakeNuke) -> None:
    read = nuke.nodes.Read()
    read["colorspace"].setValues(["data\tdata (raw)"])
    read["colorspace"].setValue("data")
    assert space_of(read, "/a.exr", KNOWN).name == "Raw"


def test_a_render_space_is_one_that_both_have() -> None:
    assert render_space(["default", "linear", "sRGB"], KNOWN) == ("linear", "Linear Rec.709 (sRGB)")
    aces = ["ACES - ACEScg\tlabel", "ACES - ACES2065-1"]
    assert render_space(aces, KNOWN) == ("ACES - ACES2065-1", "ACES2065-1")
    assert render_space(["show_lin"], KNOWN) is None


def test_the_script_s_management_can_be_told(nuke: FakeNuke) -> None:
    assert management()["colorManagement"] == "Nuke"


Read = Callable[..., Any]


def test_a_space_the_worker_does_not_know_is_rendered(nuke: FakeNuke, read: Read) -> None:
    from host_adapters.nuke.plate import RenderPlate, plate_of

    found = plate_of(read(nuke, colorspace="SLog3"), {"png"}, KNOWN)
    assert isinstance(found, RenderPlate)
    assert "'SLog3'" in found.reason
