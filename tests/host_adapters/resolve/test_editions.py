"""Which Resolve may do what, and that it is asked before anything else."""

from __future__ import annotations

import pytest

from host_adapters.resolve.editions import read_edition
from host_adapters.resolve.errors import EditionError, HostUnavailableError
from tests.fakes.resolve import FakeResolve


def test_studio_can_do_everything() -> None:
    edition = read_edition(FakeResolve((21, 0, 4)), inside=False)
    assert edition.studio
    assert edition.windows
    assert edition.cannot() == []


def test_the_free_edition_from_outside_is_refused() -> None:
    with pytest.raises(EditionError, match=r"needs DaVinci Resolve Studio.*Workspace > Scripts"):
        read_edition(FakeResolve((20, 2, 2), studio=False), inside=False)


def test_the_free_edition_from_21_1_is_refused() -> None:
    with pytest.raises(EditionError, match=r"21\.1 on that needs DaVinci Resolve Studio"):
        read_edition(FakeResolve((21, 1, 0), studio=False), inside=True)


@pytest.mark.parametrize(("version", "windows"), [((19, 0, 3), True), ((19, 1, 0), False), ((21, 0, 3), False)])
def test_the_free_edition_has_windows_up_to_19_0(version: tuple[int, ...], windows: bool) -> None:
    edition = read_edition(FakeResolve(version, studio=False), inside=True)
    assert edition.windows is windows
    assert any("console" in sentence for sentence in edition.cannot()) is not windows


def test_too_old_a_version_says_what_would_do() -> None:
    with pytest.raises(EditionError, match=r"too old.*18\.5"):
        read_edition(FakeResolve((18, 1, 4)), inside=True)


def test_a_resolve_behind_a_dialog_is_told_from_one_that_is_not_there() -> None:
    app = FakeResolve()
    app.modal = True
    with pytest.raises(HostUnavailableError, match="dialog"):
        read_edition(app, inside=True)


def test_asking_touches_nothing_that_opens_a_dialog() -> None:
    app = FakeResolve((20, 2, 2), studio=False)
    read_edition(app, inside=True)
    assert not app.modal
