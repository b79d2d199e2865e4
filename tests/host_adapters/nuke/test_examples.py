"""The examples for Nuke's consoles, run as they stand: up to the files that the graph reads."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import OpenImageIO as oiio
import pytest
from PIL import Image

from bridge.launch import ADDRESS_VARIABLE
from host_adapters.nuke import making, node
from host_adapters.nuke.imprint import child_of
from tests.fakes.nuke import FakeNuke
from tests.fakes.nuke.pictures import channels_at, frame_file, shown_frame
from tests.host_adapters.conftest import worker
from tests.host_adapters.end_to_end import made_of, run_in_console
from tests.host_adapters.nuke.conftest import Start

# The worker with the embedded model, not the one that knows plain colours alone: examples name no model.
__all__ = ["worker"]

EXAMPLES = Path(__file__).parents[3] / "examples/nuke"
FIRST, LAST = 1001, 1024


@pytest.fixture
def shot(tmp_path: Path, pictures: list[Image.Image], worker: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A sequence on disk, with frames FIRST to LAST; the worker is the environment's."""
    monkeypatch.setenv(ADDRESS_VARIABLE, worker)
    return sequence(tmp_path, "shot", pictures, range(FIRST, LAST + 1))


def sequence(folder: Path, name: str, pictures: list[Image.Image], frames: Iterable[int]) -> str:
    for frame in frames:
        pictures[frame % len(pictures)].save(folder / f"{name}.{frame:04d}.png")
    return f"{folder / name}.%04d.png"


def read_of(session: FakeNuke, path: str, first: int = FIRST, last: int = LAST, **knobs: Any) -> Any:
    found = session.nodes.Read(**knobs)
    found["file"].fromUserText(f"{path} {first}-{last}")
    return found


def run_in_script_editor(nuke: FakeNuke, example: str) -> None:
    """Run a pasted text, and be Nuke's event loop until its jobs have ended."""
    run_in_console(EXAMPLES / example)
    for job in list(making._running.values()):
        nuke.pump(job.thread)
        assert job.error is None


def check_files(session: FakeNuke, plate: Any, read: Any, frames: Iterable[int]) -> None:
    """What a Read shows at each frame of the script was made of the plate that the script shows there."""
    assert read is not None
    for frame in frames:
        seen = frame_file(session, read._data, shown_frame(read._data, frame))
        assert seen is not None
        assert made_of(seen) == (plate["file"].value(), shown_frame(plate._data, frame))


def channels(read: Any) -> list[str]:
    return list(oiio.ImageBuf(read["file"].value() % read["first"].value()).spec().channelnames)


def span(read: Any) -> tuple[int, int]:
    return read["first"].value(), read["last"].value()


def test_the_selected_read_from_the_script_editor(nuke: FakeNuke, shot: str) -> None:
    plate = read_of(nuke, shot, name="Plate", selected=True)
    nuke.root()["first_frame"].setValue(1011)
    nuke.root()["last_frame"].setValue(1014)
    run_in_script_editor(nuke, "script_editor.py")
    mattes, crypto = nuke.toNode("Mattebridge1.Mattes"), nuke.toNode("Mattebridge1_crypto")
    assert mattes is not None and crypto is not None
    crypto_files = crypto.input(0)
    assert crypto_files is not None
    for read in (mattes, crypto_files):
        assert span(read) == (1003, 1022), "the script's frames and eight on either side"
        check_files(nuke, plate, read, range(1003, 1023))
    assert channels(mattes) == ["person.A", "sky.A"]
    assert {"crypto_instance00.r", "crypto_class00.r"} <= set(channels(crypto_files))
    spec = oiio.ImageBuf(mattes["file"].value() % 1003).spec()
    borders = [spec.get_string_attribute(f"mattebridge/layer/{layer}/border") for layer in ("person", "sky")]
    assert [border.split()[0] for border in borders] == ["guided", "feather"]
    group = nuke.toNode("Mattebridge1")
    assert group is not None
    assert {"person.alpha", "sky.alpha"} <= set(channels_at(group._data))
    grades = [child_of(group, "grade", layer) for layer in ("person", "sky")]
    assert [grade["maskChannelInput"].value() for grade in grades if grade] == ["person.alpha", "sky.alpha"]


def test_the_script_editor_says_what_to_select(nuke: FakeNuke) -> None:
    run_in_script_editor(nuke, "script_editor.py")
    assert nuke.messages == ["Select one node: a Read, or whatever picture the mattes shall be of."]
    assert nuke.allNodes() == []


def test_every_selected_read_gets_its_own_mattes(
    nuke: FakeNuke, shot: str, tmp_path: Path, pictures: list[Image.Image]
) -> None:
    other = sequence(tmp_path, "other", pictures, range(1, 5))
    plates = [
        read_of(nuke, shot, 1001, 1003, selected=True),
        read_of(nuke, other, 1, 4, frame_mode="offset", frame="1000", selected=True),
    ]
    nuke.nodes.Dot(selected=True)
    read_of(nuke, shot)
    for _ in range(2):  # the second time what is there is brought up to date
        run_in_script_editor(nuke, "many_reads.py")
        groups = [node.existing(plate) for plate in plates]
        assert nuke.allNodes("Group") == groups
        for plate, group, frames in zip(plates, groups, (range(1001, 1004), range(1001, 1005)), strict=True):
            mattes = nuke.toNode(f"{group.name()}.Mattes")
            assert mattes is not None
            assert span(mattes) == span(plate)
            check_files(nuke, plate, mattes, frames)
            assert channels(mattes) == ["person.A"]


def run_in_terminal(monkeypatch: pytest.MonkeyPatch, *words: object) -> object:
    """What ``nuke -t make_mattes.py ...`` ends with."""
    monkeypatch.setattr(sys, "argv", ["make_mattes.py", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        run_in_console(EXAMPLES / "make_mattes.py")
    return ended.value.code


def test_a_terminal_session(start: Start, shot: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = start(gui=False)
    plate = read_of(session, shot, name="Read1")
    script = tmp_path / "comp.nk"
    script.write_text("")
    words = ("--input", "Read1", "--frames=1005-1008", "--set", "categories=person,sky")
    assert run_in_terminal(monkeypatch, script, *words) == 0, session.printed
    mattes = session.toNode("Mattebridge1.Mattes")
    assert mattes is not None
    assert Path(mattes["file"].value()).parent == tmp_path / "mattes/Mattebridge1/v001"
    assert span(mattes) == (1005, 1008)
    check_files(session, plate, mattes, range(1005, 1009))
    assert channels(mattes) == ["person.A", "sky.A"]
    # Then all nodes of the script, with what they say.
    node.write(session.toNode("Mattebridge1"), {"categories": "car"})
    assert run_in_terminal(monkeypatch, script) == 0, session.printed
    assert mattes["file"].value().startswith(f"{tmp_path}/mattes/Mattebridge1/v002/")
    check_files(session, plate, mattes, range(1005, 1009))
    assert channels(mattes) == ["car.A"]


def test_a_terminal_session_that_fails_ends_with_a_code(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    session = start(gui=False)
    assert run_in_terminal(monkeypatch, "/none.nk") == 1
    assert "cannot open /none.nk" in session.printed[-1]
