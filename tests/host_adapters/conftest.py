"""A worker on the CPU, small pictures, and the oldest Python of the hosts."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import pytest
import tomllib
import torch
from PIL import Image

from tests.host_adapters.end_to_end import CLIP, SIZE_WH
from worker.engine import Engine
from worker.service import Service
from worker.store import Store

ROOT = Path(__file__).parents[2]
OLDEST = (3, 9)


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    """The first pictures of the bundled clip, small."""
    with av.open(str(CLIP)) as container:
        frames = [frame for _, frame in zip(range(10), container.decode(video=0), strict=False)]
    return [frame.to_image().resize(SIZE_WH) for frame in frames]


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a worker with the embedded model, in a thread of this process."""
    engine = Engine(torch.device("cpu"), Store(tmp_path_factory.mktemp("store")))
    service = Service("tcp://127.0.0.1:0", engine)
    thread = threading.Thread(target=service.run)
    thread.start()
    yield service.address
    service.stop()
    thread.join(20)


@pytest.fixture(scope="session")
def old_python(request: pytest.FixtureRequest) -> str:
    """A Python 3.9 with what the bridge depends on and nothing else; made once, and kept in pytest's cache."""
    return _old_python(request, _project()["dependencies"])


@pytest.fixture(scope="session")
def old_python_with_timelines(request: pytest.FixtureRequest) -> str:
    """The same with what timelines need besides."""
    project = _project()
    return _old_python(request, [*project["dependencies"], *project["optional-dependencies"]["timeline"]])


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project


def _old_python(request: pytest.FixtureRequest, dependencies: Sequence[str]) -> str:
    base = _interpreter()
    if base is None:
        pytest.skip("no Python 3.9 is installed here; MATTEBRIDGE_HOST_PYTHON can name one")
    wanted = hashlib.sha256("\n".join([base, *dependencies]).encode()).hexdigest()[:12]
    folder = request.config.cache.mkdir("host-python") / wanted
    python = folder / "bin" / "python"
    if not (folder / "ready").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        for command in (
            [base, "-m", "venv", str(folder)],
            [str(python), "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *dependencies],
        ):
            made = subprocess.run(command, capture_output=True, text=True, timeout=100)
            if made.returncode:
                pytest.skip(f"a Python 3.9 with these packages cannot be made: {made.stderr.strip()[-200:]}")
        (folder / "ready").touch()
    return str(python)


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
