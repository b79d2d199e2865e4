"""A worker, plates, and a user's shell in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.command_line.running import Run, a_worker
from tests.worker.conftest import draw_plate


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of every process here: nothing of the user's own decides a result."""
    home = tmp_path_factory.mktemp("home")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MATTEBRIDGE", "OCIO"))}
    return {
        **kept,
        "MATTEBRIDGE_STORE": str(home / "store"),
        "XDG_STATE_HOME": str(home / "state"),
        "HOME": str(home),
    }


@pytest.fixture(scope="module")
def worker(environment: dict[str, str]) -> Iterator[str]:
    """The address of a worker that the tests of this file share."""
    with a_worker(environment) as address:
        yield address


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run ``mattebridge`` with the given words in a folder of its own."""

    def call(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bridge.cli", *words],
            cwd=tmp_path,
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=100,
        )

    return call


@pytest.fixture
def plates(tmp_path: Path) -> Path:
    folder = tmp_path / "plates"
    folder.mkdir()
    for step in range(4):
        Image.fromarray(draw_plate(step)).save(folder / f"shot.{1001 + step}.png")
    return folder
