"""Everything a host imports, under the oldest Python of the hosts, without numpy and torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bridge.frames import frame_path
from tests.host_adapters.conftest import OLDEST, ROOT
from tests.host_adapters.end_to_end import made_of
from tests.host_adapters.resolve import bare_host
from tests.host_adapters.timeline.conftest import Cutting
from tests.worker.conftest import draw_plate

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the folder of an interpreter is another one there"
)

TIMELINES = Path(os.environ.get("MATTEBRIDGE_TEST_DATA", "/nowhere")) / "timelines"

ROUTES = {"fusion", "clip_matte", "timeline_matte", "track"}


def run(python: str, script: str, *words: object) -> dict[str, Any]:
    """What a script printed that this interpreter ran; it must have found neither numpy nor torch."""
    done = subprocess.run(
        [python, "-m", f"tests.host_adapters.{script}", *map(str, words)],
        cwd=ROOT, capture_output=True, text=True, timeout=100, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert facts["heavy"] == []
    return facts


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """A folder with ``shot.1001.png`` to ``shot.1012.png``."""
    for step in range(bare_host.COUNT):
        Image.fromarray(draw_plate(step)).save(tmp_path / f"shot.{bare_host.FIRST + step}.png")
    return tmp_path


def test_all_modules_and_a_job_in_nuke(old_python: str, worker: str, shot: Path) -> None:
    facts = run(old_python, "old_python", shot / "shot.%04d.png", shot / "comp.nk", worker)
    assert tuple(facts["python"]) == OLDEST
    assert {"bridge.client", "bridge.effect.lifecycle", "host_adapters.nuke.making"} <= set(facts["imported"])
    # OpenTimelineIO is not there: its users say so, all else came.
    assert all(name.startswith("host_adapters.timeline") for name in facts["left_out"])
    assert (facts["code"], facts["first"], facts["last"]) == (0, 1002, 1004)
    assert all(Path(frame_path(facts["file"], frame)).is_file() for frame in (1002, 1003, 1004))


def check_routes(facts: dict[str, Any]) -> None:
    assert facts["routes"] == dict.fromkeys(ROUTES, True)
    for route in ("fusion", "track", "timeline_matte"):
        assert [made_of(path)[1] for path in facts[route]] == [1003, 1004, 1005], route
    assert [made_of(path)[1] for path in facts["clip_matte"]] == list(range(1001, 1013)), "the whole clip"


def test_every_route_of_resolve(old_python: str, worker: str, shot: Path) -> None:
    facts = run(old_python, "resolve.bare_host", shot / "shot.%04d.png", shot / "out", worker)
    assert tuple(facts["python"]) == OLDEST
    check_routes(facts)


def test_every_route_of_resolve_under_this_python(worker: str, shot: Path) -> None:
    check_routes(run(sys.executable, "resolve.bare_host", shot / "shot.%04d.png", shot / "out", worker))


def edit_of(shot: Path) -> Path:
    cut = Cutting(shot)
    cut.clip(cut.external("shot.[1001-1012].png", 86400, 12), 86402, 3, name="sh010")
    return cut.write()


def check_timelines(facts: dict[str, Any]) -> None:
    assert facts["ok"] is True
    (matte,) = facts["mattes"]
    assert matte.endswith("shot_sky.[1003-1005].exr")
    assert made_of(matte.replace("[1003-1005]", "1004"))[1] == 1004
    if TIMELINES.exists():
        assert set(facts["timelines"]) == {
            file.name for file in TIMELINES.iterdir() if file.suffix in (".otio", ".edl")
        }
        exported = {name for name, jobs in facts["timelines"].items() if isinstance(jobs, list)}
        assert {"simple_cut.otio", "gap_test.edl"} == exported
        assert all(len(reason) > 40 for reason in facts["timelines"].values() if isinstance(reason, str))


def timelines_and_media(folder: Path) -> list[Path]:
    """Real timelines where they are, and a folder with stand-ins for the media of two of them."""
    if not TIMELINES.exists():
        return []
    media = folder / "media"
    media.mkdir()
    for name in ("titles", "wind-up", "punchline", "credits", "shot1", "shot2", "shot3"):
        (media / f"{name}.mov").touch()
    return [TIMELINES, media]


@pytest.mark.parametrize("oldest", [True, False], ids=["python 3.9", "this python"])
def test_timelines(request: pytest.FixtureRequest, oldest: bool, worker: str, shot: Path) -> None:
    python = request.getfixturevalue("old_python_with_timelines") if oldest else sys.executable
    words = (edit_of(shot), shot / "out", worker, *timelines_and_media(shot))
    facts = run(python, "timeline.bare_timelines", *words)
    assert (tuple(facts["python"]) == OLDEST) is oldest
    check_timelines(facts)
