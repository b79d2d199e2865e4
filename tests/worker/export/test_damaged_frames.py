"""Frames that cannot be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bridge.errors import (
    FrameUnreadableError,
)
from bridge.manifest import read_manifest
from bridge.request import OnError
from tests.worker.conftest import Export
from tests.worker.export.common import files
from worker.exr.reader import read_layers


@pytest.mark.parametrize(("on_error", "state"), [(OnError.HOLD, "held"), (OnError.BLACK, "black")])
def test_a_damaged_frame_follows_the_policy(export: Export, plates: Path, on_error: OnError, state: str) -> None:
    (plates / "shot.1004.png").write_bytes(b"\x89PNG cut off")
    path = export(on_error=on_error)
    entries = {file.frame: file for file in read_manifest(path).files}
    assert entries[1004].state == state
    assert "1004" in (entries[1004].reason or "")
    assert [frame for frame, entry in entries.items() if entry.state != "good"] == [1004]
    shown = read_layers(path.parent / "shot_mattes.1004.exr")["person"]
    neighbour = read_layers(path.parent / "shot_mattes.1003.exr")["person"]
    np.testing.assert_array_equal(shown, neighbour if on_error is OnError.HOLD else np.zeros_like(neighbour))


def test_a_held_first_frame_takes_the_next_good_one(export: Export, plates: Path) -> None:
    (plates / "shot.1001.png").write_bytes(b"")
    out = export(on_error=OnError.HOLD, frames="1001-1003").parent
    first, second = (read_layers(out / f"shot_mattes.{frame}.exr")["person"] for frame in (1001, 1002))
    np.testing.assert_array_equal(first, second)


def test_a_damaged_frame_stops_the_export_by_default(export: Export, plates: Path) -> None:
    (plates / "shot.1004.png").write_bytes(b"\x89PNG cut off")
    with pytest.raises(FrameUnreadableError, match="1004"):
        export()


def test_a_repaired_frame_is_taken_up(export: Export, plates: Path) -> None:
    good = files(export())
    picture = (plates / "shot.1004.png").read_bytes()
    (plates / "shot.1004.png").write_bytes(b"cut off, so of another size")
    export(on_error=OnError.BLACK)
    (plates / "shot.1004.png").write_bytes(picture)
    path = export(on_error=OnError.BLACK)
    assert {file.state for file in read_manifest(path).files} == {"good"}
    layers = read_layers(path.parent / "shot_mattes.1004.exr")
    assert layers["person"].max() > 0.9
    assert good.keys() == files(path).keys()


def test_no_readable_frame_at_all_is_an_error(export: Export, plates: Path) -> None:
    for path in plates.iterdir():
        path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(FrameUnreadableError, match="no frame of"):
        export(on_error=OnError.BLACK)
