"""What all routes have in common: the host is left as it was, and files that are not there are told of."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_adapters.resolve.errors import HostRefusedError
from host_adapters.resolve.plan import Route
from host_adapters.resolve.routes import Brought, State
from tests.fakes.resolve import FakeTimelineItem
from tests.host_adapters.resolve.conftest import Edit
from tests.host_adapters.resolve.exports import Brings


def test_the_host_is_left_as_it_was(edit: Edit, plate: FakeTimelineItem) -> None:
    before = (edit.app.pool.current.uid, edit.app.page, edit.app.timeline.playhead, edit.app.project.timeline.uid)
    for route in Route:
        Brings(edit, route)()
    assert before == (
        edit.app.pool.current.uid,
        edit.app.page,
        edit.app.timeline.playhead,
        edit.app.project.timeline.uid,
    )
    assert [folder.name for folder in edit.app.pool.root.folders] == ["Mattebridge"]


def test_a_dialog_that_opens_midway_is_named(edit: Edit, plate: FakeTimelineItem) -> None:
    bring = Brings(edit, Route.TRACK)
    jobs = bring.jobs()
    assert jobs
    edit.app.modal = True
    with pytest.raises(Exception, match=r"dialog may be open|no project"):
        bring()


def test_files_that_this_machine_does_not_see(edit: Edit, plate: FakeTimelineItem) -> None:
    from tests.host_adapters.resolve.exports import export

    bring = Brings(edit, Route.FUSION)
    manifest = export(bring.jobs()[0])
    next(Path(manifest).parent.glob("*.1007.exr")).unlink()
    with pytest.raises(HostRefusedError, match="must see the same disks"):
        bring.sequences(manifest)


def test_states_have_words() -> None:
    assert "failed" in str(Brought("a", "b", State.FAILED, "because"))
