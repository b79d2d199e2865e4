"""What a Read of mattes shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.fakes.nuke import FakeNuke
from tests.fakes.nuke.pictures import frame_file, shown_frame


def mattes_read(session: FakeNuke, group: Any) -> Any:
    """The Read of the layers inside a group."""
    found = session.toNode(f"{group.name()}.Mattes")
    assert found is not None
    return found


def files_shown(session: FakeNuke, read: Any, frames: range) -> list[str]:
    """The names of the files that a Read shows at frames of the script; each has to be there."""
    paths = [Path(str(frame_file(session, read._data, shown_frame(read._data, frame)))) for frame in frames]
    assert all(path.is_file() for path in paths)
    return [path.name for path in paths]
