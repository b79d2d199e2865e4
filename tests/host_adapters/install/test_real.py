"""An installation with real packages, used by a bare Python that has nothing else, against a real worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from bridge.errors import DownloadError
from host_adapters.install.checking import check
from host_adapters.install.installing import carry_out
from host_adapters.install.places import Place, place
from host_adapters.install.planning import make_plan
from host_adapters.install.targets import interpreter
from tests.command_line.running import a_worker
from tests.host_adapters.install.conftest import quiet
from tests.worker.conftest import draw_plate

_USE = """
import importlib, json, pkgutil, sys
root, vendor, source, out, worker = sys.argv[1:]
sys.path[:0] = [vendor, root]
import bridge, host_adapters
for package in (bridge, host_adapters):
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not {"startup", "scripts"} & set(info.name.split(".")):
            importlib.import_module(info.name)
from bridge.version import version
client = bridge.connect(worker, start=False)
request = bridge.MatteRequest(source=source, frames="1002-1003", out=out, categories=("sky",), contact_sheet=False)
job = client.export(request)
job.wait()
client.close()
heavy = [name for name in ("numpy", "torch") if importlib.util.find_spec(name)]
print(json.dumps({"python": list(sys.version_info[:2]), "version": version(), "heavy": heavy,
                  "layers": len(job.manifest().layers)}))
"""


@pytest.fixture(scope="module", params=["nuke", "resolve"])
def installation(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """An installation for the oldest Python of the hosts."""
    if interpreter("3.9") is None:
        pytest.skip("no Python 3.9 is installed here")
    where = place(request.param, home=tmp_path_factory.mktemp("home"))
    try:
        carry_out(make_plan(where, pythons=["3.9"]), quiet)
    except DownloadError as err:
        pytest.skip(f"packages cannot be fetched here: {err}")
    return where


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a worker process of this module's own."""
    folder = tmp_path_factory.mktemp("worker")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MATTEBRIDGE", "OCIO"))}
    with a_worker({**kept, "MATTEBRIDGE_STORE": str(folder / "s"), "XDG_STATE_HOME": str(folder)}) as address:
        yield address


def test_a_bare_python_39_makes_mattes(installation: Place, worker: str, tmp_path: Path) -> None:
    for step in range(4):
        Image.fromarray(draw_plate(step)).save(tmp_path / f"shot.{1001 + step}.png")
    python = interpreter("3.9")
    assert python is not None
    vendor = installation.root / "vendor" / "python3.9"
    words = [installation.root, vendor, f"{tmp_path}/shot.%04d.png", tmp_path / "out", worker]
    done = subprocess.run(
        [python, "-I", "-S", "-B", "-c", _USE, *map(str, words)], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout.splitlines()[-1])
    assert (facts["python"], facts["heavy"], facts["layers"]) == ([3, 9], [], 1)
    assert facts["version"] != "0+unknown"
    assert len(list((tmp_path / "out").rglob("*.exr"))) == 2


def test_the_check_up_finds_what_is_wrong(installation: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(installation.folder.parent))
    found = {one.name: one for one in check(installation)}
    assert [name for name, one in found.items() if one.ok is not True] == []
    assert "pyzmq" in found["Python 3.9"].found
    changed = installation.root / "bridge" / "client.py"
    text = changed.read_text()
    hook = installation.hook.read_bytes()
    own = (installation.root / "mattebridge-worker.json").read_text()
    try:
        changed.write_text("import not_there\n")
        installation.hook.unlink()
        (installation.root / "mattebridge-worker.json").write_text('{"python": "/no/such"}')
        wrong = {one.name: one for one in check(installation) if one.ok is False}
    finally:
        changed.write_text(text)
        installation.hook.write_bytes(hook)
        (installation.root / "mattebridge-worker.json").write_text(own)
    assert {"files", "Python 3.9", "worker"} < set(wrong) and len(wrong) == 4
    assert all(one.to_do for one in wrong.values())
    assert "bridge/client.py is changed" in wrong["files"].found


def test_the_commands(tmp_path: Path) -> None:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "bridge.cli", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    into = str(tmp_path / "nuke")
    planned = run("install", "nuke", "--dry-run", "--into", into)
    assert planned.returncode == 0 and "would write" in planned.stdout
    assert not Path(into).exists()
    nothing = run("doctor", "--host", "nuke", "--into", into)
    assert nothing.returncode == 1 and "mattebridge install nuke" in nothing.stdout
    assert run("doctor", "--host", "maya").returncode == 2
    assert run("install", "nuke", "--uninstall", "--into", into).returncode == 2
