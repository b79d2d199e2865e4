"""The fake against knobs recorded from Nuke 17, and the adapter against the fake."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host_adapters.nuke import node
from tests.fakes.nuke import FakeNuke
from tests.fakes.nuke.tables import CLASSES, EXR_WRITE, LUTS, ROOT, knobs_of

DATA = os.environ.get("MATTEBRIDGE_TEST_DATA")

EVERYWHERE = {*knobs_of("Blur"), "name"}
"""Knobs of every node; the recording leaves them out."""


@pytest.fixture(scope="module")
def recorded() -> dict[str, dict[str, Any]]:
    if DATA is None:
        pytest.skip("MATTEBRIDGE_TEST_DATA names no folder")
    found: dict[str, dict[str, Any]] = json.loads((Path(DATA) / "nuke" / "knobs_17.json").read_text())["nodes"]
    return found


@pytest.mark.parametrize("cls", [cls for cls, knobs in CLASSES.items() if knobs and cls != "Constant"])
def test_the_fake_has_the_recorded_types_defaults_and_choices(
    recorded: dict[str, dict[str, Any]], cls: str
) -> None:
    for name, made in CLASSES[cls].items():
        real = recorded[cls][name]
        assert made.kind == real["knob_type"], f"{cls}.{name}"
        assert made.default == real["default"], f"{cls}.{name}"
        if name == "colorspace":
            assert set(LUTS) <= set(real["values"])
        elif made.kind == "Enumeration_Knob":
            assert list(made.values) == real["values"], f"{cls}.{name}"


def test_the_adapter_touches_recorded_knobs_only(
    nuke: FakeNuke, read: Callable[..., Any], make: Callable[..., Any], recorded: dict[str, dict[str, Any]]
) -> None:
    blur = nuke.nodes.Blur(inputs=[read(nuke)])
    group = node.create(blur)
    nuke.touched.clear()
    assert make(nuke, group, layouts="layers, cryptomatte", range="custom", frames="1002-1003").error is None
    touched = {(cls, name) for cls, name in nuke.touched if not name.startswith("mb_") and name not in EVERYWHERE}
    assert {cls for cls, _ in touched} >= {"Read", "Write", "Copy", "Grade", "Cryptomatte", "Root"}
    for cls, name in sorted(touched):
        if cls == "Root":
            assert name in ROOT
        elif cls == "Write" and name in EXR_WRITE:
            continue
        else:
            assert name in recorded[cls], f"{cls} has no knob {name}"
