"""Everything a host imports, under the oldest Python of the hosts, without numpy and torch."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from bridge.frames import frame_path
from tests.test_command_line import a_worker
from tests.worker.conftest import draw_plate

ROOT = Path(__file__).parents[2]
OLDEST = (3, 9)


def _interpreter() -> str | None:
    """A Python 3.9: the one that MATTEBRIDGE_HOST_PYTHON names, on the path, or in a pyenv."""
    named = os.environ.get("MATTEBRIDGE_HOST_PYTHON")
    found = [named] if named else [shutil.which("python3.9")]
    found += [str(path) for path in sorted((Path.home() / ".pyenv" / "versions").glob("3.9.*/bin/python"))]
    # What is on the path may be a shim that only says where the interpreter is not.
    return next((path for path in found if path and _is_oldest(path)), None)


def _is_oldest(path: str) -> bool:
    try:
        asked = subprocess.run(
            [path, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, timeout=20
        )
    except OSError:
        return False
    return asked.stdout.split() == [str(number) for number in OLDEST]


@pytest.fixture(scope="session")
def old_python(request: pytest.FixtureRequest) -> str:
    """A Python 3.9 with what the bridge depends on and nothing else; made once, and kept in pytest's cache."""
    base = _interpreter()
    if base is None:
        pytest.skip("no Python 3.9 is installed here; MATTEBRIDGE_HOST_PYTHON can name one")
    dependencies = _base_dependencies()
    wanted = hashlib.sha256("\n".join([base, *dependencies]).encode()).hexdigest()[:12]
    folder = request.config.cache.mkdir("host-python") / wanted
    python = folder / "bin" / "python"
    if not (folder / "ready").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        for command in (
            [base, "-m", "venv", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *dependencies],
        ):
            made = subprocess.run(command, capture_output=True, text=True, timeout=100)
            if made.returncode:
                pytest.skip(
                    f"a Python 3.9 with the bridge's dependencies cannot be made: {made.stderr.strip()[-200:]}"
                )
        (folder / "ready").touch()
    return str(python)


def _base_dependencies() -> list[str]:
    import tomllib

    dependencies: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return dependencies


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[str]:
    """The address of a worker process of this test's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MATTEBRIDGE", "OCIO"))}
    environment = {**kept, "MATTEBRIDGE_STORE": str(tmp_path / "store"), "XDG_STATE_HOME": str(tmp_path / "state")}
    with a_worker(environment) as address:
        yield address


@pytest.mark.skipif(sys.platform == "win32", reason="the folder of an interpreter is another one there")
def test_bridge_and_adapters_under_python_39_without_numpy_and_torch(
    old_python: str, worker: str, tmp_path: Path
) -> None:
    for step in range(12):
        Image.fromarray(draw_plate(step)).save(tmp_path / f"shot.{1001 + step}.png")
    done = subprocess.run(
        [old_python, "-m", "tests.host_adapters.old_python",
         f"{tmp_path}/shot.%04d.png", f"{tmp_path}/comp.nk", worker],
        cwd=ROOT, capture_output=True, text=True, timeout=100, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout.splitlines()[-1])
    assert tuple(facts["python"]) == OLDEST
    assert facts["heavy"] == []
    assert {"bridge.client", "bridge.effect.lifecycle", "host_adapters.nuke.making"} <= set(facts["imported"])
    assert all(name.startswith("host_adapters.timeline") for name in facts["left_out"])
    assert (facts["code"], facts["first"], facts["last"]) == (0, 1002, 1004)
    assert all(Path(frame_path(facts["file"], frame)).is_file() for frame in (1002, 1003, 1004))
