"""Processes that help an export: scripts that are not written for them, and processes that are gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from tests.worker.conftest import Export
from worker import spawning
from worker.device import cores
from worker.processes import processes
from worker.spawning import NEEDS_GUARD, is_guarded

needs_cores = pytest.mark.skipif(cores() == 1, reason="with one core there are no such processes")

ROOT = Path(__file__).parents[2]

SCRIPT = """\
import sys
import threading
from pathlib import Path
import torch
from bridge.request import MatteRequest
from worker.engine import Engine
from worker.progress import Progress
from worker.store import Store
{guard}
    engine = Engine(torch.device("cpu"), Store(Path(sys.argv[2])))
    request = MatteRequest(source=sys.argv[1], out=sys.argv[3], contact_sheet=False)
    print(engine.export(request, Progress(threading.Event(), lambda *_: None)))
"""


def run_script(folder: Path, plates: Path, guard: str) -> subprocess.CompletedProcess[str]:
    script = folder / "script.py"
    script.write_text(SCRIPT.format(guard=guard))
    words = [f"{plates}/shot.####.png", str(folder / "store"), str(folder / "out")]
    return subprocess.run(
        [sys.executable, str(script), *words],
        capture_output=True, text=True, timeout=100, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@needs_cores
def test_a_script_without_a_guard_is_told_what_it_needs(plates: Path, tmp_path: Path) -> None:
    done = run_script(tmp_path, plates, "if True:")
    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert lines[-1] == f"bridge.errors.BadRequestError: {NEEDS_GUARD}"
    # What the processes say; the one traceback is the script's own.
    assert set(lines[: lines.index("Traceback (most recent call last):")]) == {f"error: {NEEDS_GUARD}"}
    assert "freeze_support" not in done.stderr and done.stderr.count("Traceback") == 1
    assert not list((tmp_path / "out").glob("*.exr"))


def test_a_script_with_a_guard_makes_mattes(plates: Path, tmp_path: Path) -> None:
    done = run_script(tmp_path, plates, 'if __name__ == "__main__":')
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").glob("*.exr"))) == 12


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ('if __name__ == "__main__":\n    work()\n', True),
        ("if '__main__' == __name__: work()\n", True),
        ("work()  # __name__\n", False),
        ("def broken(:\n", True),
    ],
)
def test_whether_a_script_asks_for_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, guarded: bool
) -> None:
    (tmp_path / "main.py").write_text(text)
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(tmp_path / "main.py"))
    assert is_guarded() is guarded
    monkeypatch.setattr(sys.modules["__main__"], "__file__", None)
    assert spawning.is_guarded(), "a console has no script"


@needs_cores
def test_processes_that_were_ended_between_two_exports_are_replaced(export: Export, tmp_path: Path) -> None:
    export()
    os.kill(processes().submit(os.getpid).result(), signal.SIGKILL)
    deadline = time.monotonic() + 30
    with pytest.raises(BrokenProcessPool):
        while time.monotonic() < deadline:
            processes().submit(os.getpid)
            time.sleep(0.05)
    assert export(out=str(tmp_path / "again")).is_file()
