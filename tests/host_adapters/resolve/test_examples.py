"""The examples for Resolve, run as they stand: up to the files that the project reads."""

from __future__ import annotations

import runpy
import sys
import types
from pathlib import Path

import OpenImageIO as oiio
import pytest
from PIL import Image

import host_adapters.resolve
from bridge.launch import ADDRESS_VARIABLE
from host_adapters.resolve import finding
from tests.host_adapters.end_to_end import made_of, run_in_console
from tests.host_adapters.resolve.studio import Studio, check_fusion, check_track

EXAMPLES = Path(__file__).parents[3] / "examples"
CONSOLE = Path(host_adapters.resolve.__file__).parent / "scripts"


@pytest.fixture
def studio(tmp_path: Path, pictures: list[Image.Image], worker: str, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """An edit at an odd start; the worker is the environment's, and mattes go to the home folder."""
    monkeypatch.setenv(ADDRESS_VARIABLE, worker)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    return Studio(tmp_path, pictures, worker, rate="23.976", start=86388, timecode="00:59:59:12")


def test_the_blocks_for_the_console(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edit, timeline = studio.edit, studio.edit.app.timeline
    first = edit.put(studio.sequence("plate", 1001, 24), 0, 3, left=10)
    second = edit.put(studio.sequence("other", 1, 4), 3, 2, left=1)
    for block in ("video", "audio"):
        timeline.marks[block] = {"in": second.start, "out": second.end - 1}
    monkeypatch.syspath_prepend(CONSOLE)
    monkeypatch.delitem(sys.modules, "mattebridge_resolve", raising=False)
    run_in_console(EXAMPLES / "resolve_console.py", resolve=edit.app)
    said = capsys.readouterr().out

    for layer in ("person", "sky"):
        check_fusion(first, layer)
    assert "plate.[1001-1024].png: frames 1003-1021" in said, "eight frames before the cut and after it"
    assert second.comps == {}, "it was not under the playhead, and the last block changes nothing"

    for item, last in ((first, 1024), (second, 4)):
        assert item.media.mattes, said
        for pack in item.media.mattes:
            head, _, tail = pack.partition("[")
            numbers, _, end = tail.partition("]")
            assert int(numbers.split("-")[1]) == last
            path = f"{head}{last:04d}{end}"
            assert made_of(path) == (item.media.properties["File Path"].replace(f"[{numbers}]", "%04d"), last)
            assert set(oiio.ImageBuf(path).spec().channelnames) == set("RGBA")

    check_track(studio, second, "person")
    names = [track.name for track in timeline.tracks]
    assert names == ["Video 1", "Mattebridge person", "Mattebridge person plate"]
    assert [len(track.items) for track in timeline.tracks] == [2, 1, 1]
    assert said.count("failed") == 0
    assert "Mattebridge: " not in said, "no error was told"


@pytest.fixture
def outside(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """The same edit, in a Resolve that takes scripts from another process."""
    module = types.ModuleType(finding.MODULE)
    module.scriptapp = lambda _: studio.edit.app  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, finding.MODULE, module)
    monkeypatch.setattr(finding, "_processes", lambda _: ["resolve"])
    monkeypatch.setattr(sys, "path", list(sys.path))
    return studio


def run_outside(monkeypatch: pytest.MonkeyPatch, *words: str) -> object:
    """What ``python examples/resolve_from_outside.py ...`` ends with."""
    monkeypatch.setattr(sys, "argv", ["resolve_from_outside.py", *words])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(EXAMPLES / "resolve_from_outside.py"), run_name="__main__")
    return ended.value.code


def test_from_outside(outside: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item = outside.edit.put(outside.sequence("plate", 1001, 12), 5, 3, left=4)
    outside.edit.app.timeline.playhead = "00:59:59:18"
    assert run_outside(monkeypatch) == 0
    for layer in ("person", "sky"):
        check_fusion(item, layer)
    assert run_outside(monkeypatch, "timeline", "track", "car") == 0
    check_track(outside, item, "car")
    assert {path.parent.parent for path in tmp_path.rglob("*.mattes.json")} == {tmp_path / "Mattebridge/project"}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        pytest.param(("nowhere",), 2, "unknown scope 'nowhere'", id="an unknown scope"),
        pytest.param((), 2, "no clip lies under the playhead", id="nothing to do"),
    ],
)
def test_from_outside_what_is_wrong_is_said(
    outside: Studio,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    assert run_outside(monkeypatch, *words) == code
    assert says in capsys.readouterr().err
