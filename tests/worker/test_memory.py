"""What an export will take, told before it takes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import DeviceMemoryError
from bridge.request import Layout
from worker import memory
from worker.memory import available_bytes, frame_bytes, frames_at_once

UHD, EIGHT_K = (3840, 2160), (7680, 4320)
LAYERS = (Layout.LAYERS,)
GB = 10**9


def test_more_pixels_layers_and_layouts_take_more() -> None:
    plain = frame_bytes(UHD, 8, LAYERS)
    assert frame_bytes(EIGHT_K, 8, LAYERS) > 2 * plain
    assert frame_bytes(UHD, 16, LAYERS) > plain
    assert frame_bytes(UHD, 8, (Layout.LAYERS, Layout.CRYPTOMATTE)) > plain
    assert frame_bytes(UHD, 8, LAYERS, foreground=True) > plain


def test_layouts_do_not_add_up_since_they_are_written_in_turn() -> None:
    both = frame_bytes(UHD, 8, (Layout.PACKED, Layout.CRYPTOMATTE))
    assert both == max(frame_bytes(UHD, 8, (layout,)) for layout in (Layout.PACKED, Layout.CRYPTOMATTE))


@pytest.mark.parametrize(("free_gb", "count"), [(100, 16), (8, 3), (4, 1)])
def test_as_many_frames_as_there_is_room_for(free_gb: int, count: int) -> None:
    assert frames_at_once(EIGHT_K, 8, LAYERS, wanted=16, free_bytes=free_gb * GB) == count


def test_refusal_says_what_is_missing_and_what_would_fit() -> None:
    with pytest.raises(DeviceMemoryError) as refused:
        frames_at_once(
            EIGHT_K, 40, (Layout.LAYERS, Layout.CRYPTOMATTE), foreground=True, wanted=2, free_bytes=3 * GB
        )
    assert "a frame of 7680x4320 with 40 layers needs about" in str(refused.value)
    assert "3.0 GB is free; try fewer than 40 layers, or without cryptomatte, or without foreground" in str(
        refused.value
    )


def test_limit_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    whole = available_bytes()
    assert whole > 0
    (tmp_path / "memory.current").write_text("300000000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert available_bytes() > 0.5 * whole
    (tmp_path / "memory.max").write_text("1000000000\n")
    assert available_bytes() == min(700_000_000, available_bytes())
    assert available_bytes() <= 700_000_000
