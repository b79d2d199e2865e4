"""The window: every parameter of the effect, and what a person does in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.borders import BorderPolicy
from bridge.client import Client
from bridge.effect import ParamType, effect_description, filled
from bridge.errors import MattebridgeError
from bridge.messages import CategoryInfo, DescribeReply, ModelInfo
from host_adapters.resolve import asking, window
from host_adapters.resolve.controls import NOT_SHOWN
from host_adapters.resolve.errors import EditionError
from host_adapters.resolve.plan import Route
from host_adapters.resolve.run import Plan, Report, Wishes
from host_adapters.resolve.selection import Scope
from tests.fakes.resolve import FakeBmd, FakeResolve, FakeWindow
from tests.host_adapters.resolve.conftest import Edit


def model(name: str, *categories: str) -> ModelInfo:
    infos = tuple(CategoryInfo(name=c, layer=c, is_thing=True) for c in categories)
    return ModelInfo(name=name, summary="s", licence="Apache-2.0", categories=infos)


MODELS = (model("embedded", "person", "sky"), model("big", "bat", "ball"))

REPLY = DescribeReply(
    effect=filled(effect_description(), MODELS, ("ACEScg",)),
    version="0",
    device="cpu",
    models=MODELS,
    layouts=(),
    borders=(),
    image_formats=(),
    movie_formats=(),
    colorspaces=("ACEScg",),
)


class Answers:
    """Stands where the client stands, as far as the window asks it."""

    def describe(self) -> DescribeReply:
        return REPLY


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> list[Wishes]:
    """The wishes that the window would carry out."""
    found: list[Wishes] = []

    @contextmanager
    def connect(*_: Any, **__: Any) -> Iterator[Client]:
        yield cast(Client, Answers())

    def carry_out(_: Any, __: Any, ___: Plan, wishes: Wishes, *, say: Any, cancelled: Any) -> Report:
        found.append(wishes)
        return Report(notes=["cancelled" if cancelled() else "done"])

    monkeypatch.setattr(window, "connect", connect)
    monkeypatch.setattr(window, "carry_out", carry_out)
    return found


@pytest.fixture
def cut(edit: Edit) -> Edit:
    edit.put(edit.sequence(), 0, 10)
    return edit


def opened(edit: Edit, person: Any) -> FakeWindow:
    edit.app.ui.person = person
    window.open_window({"resolve": edit.app, "fusion": edit.app.Fusion(), "bmd": FakeBmd(edit.app)})
    return edit.app.ui.windows[-1]


def test_every_parameter_of_the_effect_is_there(cut: Edit, carried: list[Wishes]) -> None:
    items = opened(cut, lambda _: None).GetItems()
    shown = {p.name for p in effect_description().params if p.type is not ParamType.GROUP} - set(NOT_SHOWN)
    assert shown <= set(items)
    assert items["model"].entries == ["embedded", "big"]
    assert items["colorspace"].PlaceholderText == "ACEScg"
    assert all(items[name].ToolTip for name in shown)


def test_defaults_make_the_clip_under_the_playhead_a_fusion_composition(cut: Edit, carried: list[Wishes]) -> None:
    opened(cut, lambda w: w.press("go"))
    (wishes,) = carried
    assert (wishes.scope, wishes.route, wishes.values) == (Scope.PLAYHEAD, Route.FUSION, {})


def test_what_the_person_changes_is_asked_for(cut: Edit, carried: list[Wishes]) -> None:
    def person(win: FakeWindow) -> None:
        items = win.GetItems()
        items["scope"].CurrentIndex = list(Scope).index(Scope.TRACK)
        items["route"].CurrentIndex = list(window.ROUTES).index(Route.TRACK)
        items["categories"].Text = "person, sky"
        items["handles"].Value = 4
        items["tracks"].Checked = True
        items["folder"].Text = "/mnt/mattes"
        win.press("go")

    opened(cut, person)
    (wishes,) = carried
    assert (wishes.scope, wishes.track, wishes.route, wishes.out) == (Scope.TRACK, 1, Route.TRACK, "/mnt/mattes")
    assert wishes.values == {"categories": "person, sky", "handles": 4, "tracks": True}
    assert wishes.options == {"composite": "lum"}


def test_borders_are_set_row_by_row(cut: Edit, carried: list[Wishes]) -> None:
    def person(win: FakeWindow) -> None:
        items = win.GetItems()
        items["border_row"].CurrentIndex = items["border_row"].entries.index("person")
        win.change("border_row")
        items["border_kind"].CurrentIndex = items["border_kind"].entries.index("feather")
        win.change("border_kind")
        items["border_width"].Value = 7.5
        win.press("border_set")
        win.press("go")

    opened(cut, person)
    policy = BorderPolicy.from_toml(str(carried[0].values["borders"]), name="table")
    assert policy.rows["person"].kind.value == "feather"
    assert policy.rows["person"].soft_width.value == 7.5


def test_another_model_has_other_categories(cut: Edit, carried: list[Wishes]) -> None:
    def person(win: FakeWindow) -> None:
        win.GetItems()["model"].CurrentIndex = 1
        win.change("model")

    assert opened(cut, person).GetItems()["categories"].PlaceholderText == "bat, ball"


def test_a_look_changes_nothing_and_tells_what_would_be_done(cut: Edit, carried: list[Wishes]) -> None:
    win = opened(cut, lambda w: w.press("look"))
    assert carried == []
    assert "frames 1001-1010" in win.GetItems()["log"].PlainText


def test_errors_are_sentences_in_the_log(edit: Edit, carried: list[Wishes]) -> None:
    win = opened(edit, lambda w: w.press("go"))
    assert "not done: no clip lies under the playhead" in win.GetItems()["log"].PlainText


def test_cancel_while_a_job_runs(cut: Edit, carried: list[Wishes]) -> None:
    cut.app.ui.meanwhile = lambda w: w.press("stop")
    win = opened(cut, lambda w: w.press("go"))
    assert "note: cancelled" in win.GetItems()["log"].PlainText


@pytest.mark.parametrize(
    ("version", "missing"),
    [((18, 6, 6), {Scope.SELECTION, Scope.MARKED}), ((20, 2, 2), {Scope.SELECTION}), ((21, 0, 4), set())],
)
def test_scopes_that_the_version_does_not_tell_are_not_offered(
    tmp_path: Path, carried: list[Wishes], version: tuple[int, ...], missing: set[Scope]
) -> None:
    items = opened(Edit(tmp_path, version=version), lambda _: None).GetItems()
    assert items["scope"].entries == [text for scope, text in window.SCOPES.items() if scope not in missing]


def test_the_free_edition_is_not_even_asked_for_its_windows(tmp_path: Path) -> None:
    app = FakeResolve((20, 2, 2), studio=False)
    with pytest.raises(EditionError, match=r"mattebridge_resolve\.run"):
        window.open_window({"resolve": app, "fusion": app.Fusion(), "bmd": FakeBmd(app)})
    assert not app.modal


def test_the_same_by_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["9", "3", "2", "", "person", ""])
    asked: dict[str, Any] = {}

    def run(scope: str, route: str, **wishes: Any) -> Report:
        asked.update(wishes, scope=scope, route=route)
        return Report()

    monkeypatch.setattr(asking, "run", run)
    asking.ask_and_run({}, lambda _: next(answers))
    assert asked == {
        "scope": "track",
        "route": "fusion",
        "track": 2,
        "categories": "person",
        "script_globals": {},
    }


def test_errors_of_ours_have_one_base() -> None:
    assert issubclass(EditionError, MattebridgeError)
