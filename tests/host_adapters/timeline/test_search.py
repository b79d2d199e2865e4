"""Media that are looked for by name."""

from __future__ import annotations

from pathlib import Path

import opentimelineio as otio
import pytest

from bridge.errors import SourceNotFoundError
from host_adapters.timeline.errors import ClipRefusedError
from host_adapters.timeline.search import MediaFolders
from tests.host_adapters.timeline.conftest import Cutting


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media" / "deep"
    folder.mkdir(parents=True)
    for number in range(1001, 1004):
        (folder / f"SH010_v002.{number}.exr").touch()
    for name in ("take 3.mov", "Board_0007.png", ".hidden.mov", "notes.txt"):
        (folder / name).touch()
    return tmp_path / "media"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("X:\\old\\Take 3.MOV", "take 3.mov"),
        ("take 3", "take 3.mov"),
        ("/old/board_0007.png", "Board_0007.png"),
        ("sh010_v002.[1001-1100].exr", "SH010_v002.%04d.exr"),
        ("sh010_v002.%04d.exr", "SH010_v002.%04d.exr"),
        ("SH010_v002", "SH010_v002.%04d.exr"),
        ("SH010_v002.1002.exr", "SH010_v002.1002.exr"),
        (".hidden.mov", None),
        ("notes.txt", None),
        ("", None),
    ],
)
def test_names_that_find(media: Path, name: str, found: str | None) -> None:
    path = MediaFolders([str(media)]).find([name])
    assert (None if path is None else Path(path).name) == found


def test_two_of_a_name_are_not_chosen_from(media: Path) -> None:
    (media / "take 3.mov").touch()
    with pytest.raises(ClipRefusedError, match=r"any of 2 media called take 3.mov"):
        MediaFolders([str(media)]).find(["take 3.mov"])


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="no folder"):
        MediaFolders([str(tmp_path / "nowhere")])


def test_a_clip_is_relinked_by_its_name(cut: Cutting, media: Path) -> None:
    cut.clip(otio.schema.MissingReference(), 1001, 2, name="SH010_v002")
    cut.clip(cut.external("/old/SH010_v002.[1001-1003].exr", 86400, 3), 86401, 2)
    uses, refused = cut.read(media)
    assert not refused
    assert [(use.shown.start, use.shown.end) for use in uses] == [(1001, 1003), (1002, 1004)]
    assert {use.media.source for use in uses} == {str(media / "deep" / "SH010_v002.%04d.exr")}
