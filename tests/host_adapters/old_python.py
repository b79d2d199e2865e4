"""Run by the oldest Python of the hosts, in a process of its own: see `test_old_python`.

Imports every module of the bridge and of the adapters with neither numpy nor torch to be had, then makes mattes in
a terminal session of the fake Nuke by a worker elsewhere. Prints one JSON object.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any

from tests.host_adapters.bare import facts_of_this_python, forbid

OPTIONAL = ("opentimelineio", "numpy")
"""What some modules may ask for; those are counted as left out."""


def import_all() -> tuple[list[str], list[str]]:
    """Import every module but start-up files; returns those that came, and those that need what hosts may lack."""
    came: list[str] = []
    left_out: list[str] = []
    for package in ("bridge", "host_adapters"):
        found = importlib.import_module(package)
        for info in pkgutil.walk_packages(found.__path__, f"{package}."):
            if ".startup." in info.name or info.name.endswith("__main__"):
                continue
            try:
                importlib.import_module(info.name)
                came.append(info.name)
            except ModuleNotFoundError as err:
                if str(err.name).split(".")[0] not in OPTIONAL:
                    raise
                left_out.append(info.name)
    return came, left_out


def make_mattes(plates: str, script: str, worker: str) -> dict[str, Any]:
    """Mattes of a sequence, frames 1002 to 1004, by a node in a terminal session."""
    from host_adapters.nuke import batch
    from tests.fakes.nuke import FakeNuke

    nuke = FakeNuke(gui=False)
    modules: dict[str, Any] = sys.modules
    modules["nuke"] = nuke
    read = nuke.nodes.Read(name="Plate")
    read["file"].fromUserText(f"{plates} 1001-1012")
    Path(script).write_text("")
    words = [script, "--input=Plate", "--frames=1002-1004", f"--set=worker={worker}", "--set=contact_sheet=no"]
    code = batch.main(words)
    mattes = nuke.toNode("Mattebridge1.Mattes")
    assert mattes is not None, nuke.printed
    return {
        "code": code,
        "file": mattes["file"].value(),
        "first": mattes["first"].value(),
        "last": mattes["last"].value(),
        "layers": [name for name in nuke.script_channels() if name.endswith(".alpha")],
    }


if __name__ == "__main__":
    forbid()
    came, left_out = import_all()
    facts = {**make_mattes(*sys.argv[1:]), "imported": came, "left_out": left_out}
    print(json.dumps({**facts, **facts_of_this_python()}))
