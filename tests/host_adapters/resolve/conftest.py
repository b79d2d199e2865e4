"""A fake Resolve with media on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fakes.resolve import FakeMediaPoolItem, FakeResolve, FakeTimelineItem


class Edit:
    """A project being cut: shorthands for what a person does in Resolve."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.app = FakeResolve(**options)

    def movie(self, name: str = "shot.mov", frames: int = 100, **more: str) -> FakeMediaPoolItem:
        rate = self.app.project.settings["timelineFrameRate"].split()[0]
        properties = {
            "Type": "Video + Audio",
            "File Path": str(self.folder / name) if name else "",
            "File Name": name,
            "FPS": rate,
            "Frames": str(frames),
            "Start": "0",
            "End": str(frames - 1),
            "Start TC": "00:00:00:00",
        }
        return self.app.pool.add(name, **{**properties, **more})

    def sequence(self, name: str = "plate", first: int = 1001, frames: int = 20, **more: str) -> FakeMediaPoolItem:
        path = self.folder / f"{name}.[{first:04d}-{first + frames - 1:04d}].png"
        properties = {"Type": "Video", "File Path": str(path), "Start": str(first), "End": str(first + frames - 1)}
        return self.movie(path.name, frames, **{**properties, **more})

    def put(
        self, media: FakeMediaPoolItem | None, at: int, frames: int, left: int = 0, track: int = 1, **more: Any
    ) -> FakeTimelineItem:
        """Lay media on a track, `at` frames after the timeline's start."""
        item = FakeTimelineItem(self.app, media, self.app.timeline.start + at, frames, left, **more)
        return self.app.timeline.put(track, item)


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """An empty timeline at 24 that starts at 01:00:00:00."""
    return Edit(tmp_path)


@pytest.fixture
def plate(edit: Edit) -> FakeTimelineItem:
    """Frames 1005 to 1014 of a sequence of 60, at the timeline's frame 86403."""
    return edit.put(edit.sequence(first=1001, frames=60), 3, 10, left=4)
