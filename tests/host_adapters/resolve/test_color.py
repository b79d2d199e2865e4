"""The project's colour becomes the worker's, or it is said why not."""

from __future__ import annotations

import pytest

from host_adapters.resolve.color import _RULES, AS_IT_IS, ocio_name, source_color
from host_adapters.resolve.media import read_media
from tests.host_adapters.resolve.conftest import Edit
from worker.media.spaces import color_space_names


def test_every_name_is_one_of_the_workers() -> None:
    assert {name for _, name in _RULES} - {AS_IT_IS} <= set(
        color_space_names("ocio://studio-config-v4.0.0_aces-v2.0_ocio-v2.5")
    )


@pytest.mark.parametrize(
    ("resolve", "worker"),
    [
        ("Rec.709 Gamma 2.4", AS_IT_IS),
        ("Rec.709 (Scene)", AS_IT_IS),
        ("sRGB", AS_IT_IS),
        ("ARRI LogC3", "ARRI LogC3 (EI800)"),
        ("ARRI LogC4", "ARRI LogC4"),
        ("Sony S-Gamut3.Cine/S-Log3", "S-Log3 S-Gamut3.Cine"),
        ("S-Gamut3/S-Log3", "S-Log3 S-Gamut3"),
        ("REDWideGamutRGB/Log3G10", "Log3G10 REDWideGamutRGB"),
        ("Panasonic V-Gamut/V-Log", "V-Log V-Gamut"),
        ("DaVinci WG/Intermediate", "DaVinci Intermediate WideGamut"),
        ("ACEScct", "ACEScct"),
        ("ACEScc", "ACEScc"),
        ("ACEScg", "ACEScg"),
        ("Rec.709 Linear", "Linear Rec.709 (sRGB)"),
        ("Sony S-Gamut/S-Log2", None),
        ("Rec.709 Canon Log", None),
        ("Rec.2100 ST2084", None),
        ("Linear", None),
    ],
)
def test_names_of_the_menus(resolve: str, worker: str | None) -> None:
    assert ocio_name(resolve) == worker


@pytest.fixture
def managed(edit: Edit) -> Edit:
    edit.app.project.settings["colorScienceMode"] = "davinciYRGBColorManagedv2"
    return edit


def color(edit: Edit, known: tuple[str, ...] = (), *, space: str = "", aces: str = "") -> tuple[str | None, str]:
    media = edit.movie()
    media.properties.update({"Input Color Space": space, "IDT": aces})
    found = source_color(edit.app.project, read_media(media), known)
    return found.name, found.said


def test_an_unmanaged_project_leaves_it_to_the_file(edit: Edit) -> None:
    name, said = color(edit, space="ARRI LogC3")
    assert name is None
    assert "not colour managed" in said


def test_the_clips_space_goes_before_the_projects(managed: Edit) -> None:
    assert color(managed, space="ARRI LogC3")[0] == "ARRI LogC3 (EI800)"
    assert color(managed)[0] == AS_IT_IS


def test_space_and_gamma_apart(managed: Edit) -> None:
    managed.app.project.settings.update(
        separateColorSpaceAndGamma="1", colorSpaceInput="Rec.709", colorSpaceInputGamma="Linear"
    )
    assert color(managed)[0] == "Linear Rec.709 (sRGB)"


def test_what_is_not_known_is_said_and_not_guessed(managed: Edit) -> None:
    name, said = color(managed, space="Sony S-Gamut/S-Log2")
    assert name is None
    assert "'Sony S-Gamut/S-Log2' is not known here" in said


def test_a_space_the_workers_configuration_lacks(managed: Edit) -> None:
    name, said = color(managed, ("sRGB - Display",), space="ARRI LogC4")
    assert name is None
    assert "has no 'ARRI LogC4'" in said


def test_automatic_management_names_nothing(managed: Edit) -> None:
    managed.app.project.settings["isAutoColorManage"] = "1"
    assert color(managed)[0] is None


def test_aces_takes_the_input_transform(edit: Edit) -> None:
    edit.app.project.settings.update(colorScienceMode="acescct", colorAcesIDT="ACEScg")
    assert color(edit)[0] == "ACEScg"
    assert color(edit, aces="ARRI LogC4")[0] == "ARRI LogC4"
