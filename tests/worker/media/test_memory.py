"""Memory does not grow with the length of a clip."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import psutil
import pytest

from tests.worker.media.made import plain, write_image, write_movie
from worker.media import open_source

_MOST_GROWTH_BYTES = 24 * 2**20


def _resident_bytes() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)


@pytest.mark.parametrize("kind", ["movie", "sequence"])
def test_reading_on_and_on_keeps_memory_flat(tmp_path: Path, kind: str) -> None:
    pictures = [plain(i % 250, size_wh=(640, 480)) for i in range(120)]
    if kind == "movie":
        spec = str(write_movie(tmp_path / "a.mp4", "libx264", options={"bf": "3", "g": "24"}, pictures=pictures))
    else:
        first = write_image(tmp_path / "p.0001.tif", pictures[0])
        for frame in range(2, 121):
            os.link(first, tmp_path / f"p.{frame:04d}.tif")
        spec = str(tmp_path)
    with open_source(spec) as source:
        for frame in source.frames[:40]:  # decoder threads and pools fill up
            source.read(frame)
        before = _resident_bytes()
        for frame in source.frames[40:]:
            source.read(frame)
        # Eighty plates would be 74 MB.
        assert _resident_bytes() - before < _MOST_GROWTH_BYTES
