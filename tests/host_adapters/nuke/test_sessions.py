"""Terminal sessions, and the editions that may do less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bridge.errors import BadRequestError, HostError
from host_adapters.nuke import making, node
from tests.host_adapters.nuke.conftest import Start
from tests.host_adapters.nuke.shown import files_shown, mattes_read

Read = Callable[..., Any]
Make = Callable[..., making.Making]


def test_a_terminal_session_works_without_windows(start: Start, read: Read, make: Make) -> None:
    session = start(gui=False)
    group = node.create(read(session))
    make(session, group, categories="person")
    assert files_shown(session, mattes_read(session, group), range(1001, 1013))
    assert session.tasks == []
    assert "Mattebridge, Mattebridge1: bringing the mattes in" in session.printed
    with pytest.raises(BadRequestError, match="persn"):
        make(session, group, categories="persn")


def test_non_commercial_makes_what_it_may_and_says_what_not(start: Start, read: Read, make: Make) -> None:
    session = start(nc=True)
    plate = read(session)
    group = node.create(plate)
    job = make(session, group, layouts="layers, cryptomatte", categories="person, sky, grass")
    assert job.error is None
    (note,) = [one for one in job.notes if "Non-commercial" in one]
    assert "10 nodes" in note and "by hand" in note
    assert mattes_read(session, group)["last"].value() == 1012


def test_non_commercial_in_a_script_that_has_too_many_nodes_already(start: Start, read: Read, make: Make) -> None:
    session = start(nc=True)
    group = node.create(read(session))
    for _ in range(8):
        session.nodes.Dot()._data.nuke._seen.clear()
    job = make(session, group)
    assert isinstance(job.error, HostError)
    assert "this one has more" in str(job.error) and "with a Read, raw data on" in str(job.error)


@pytest.mark.parametrize(
    ("env", "size_wh", "says"),
    [
        pytest.param({"assist": True}, (96, 64), "Nuke Assist has no Write node", id="assist"),
        pytest.param({"nc": True}, (3840, 2160), "writes 1920x1080 at the most", id="non-commercial"),
        pytest.param({"indie": True}, (8192, 4320), "writes 4096x2160 at the most", id="indie"),
    ],
)
def test_what_an_edition_cannot_render_is_refused_before_it_tries(
    start: Start, read: Read, make: Make, env: dict[str, bool], size_wh: tuple[int, int], says: str
) -> None:
    session = start(size_wh=size_wh, **env)
    group = node.create(session.nodes.Blur(inputs=[read(session)]))
    job = make(session, group)
    assert says in str(job.error) and "straight to a Read" in str(job.error)
    assert session.rendered == []
