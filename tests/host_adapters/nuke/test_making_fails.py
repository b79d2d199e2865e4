"""Jobs of a node that are cancelled or fail: what is told, and what is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import BadRequestError, HostError, JobCancelledError, WorkerUnavailableError
from host_adapters.nuke import making, node
from tests.fakes.nuke import FakeNuke
from tests.host_adapters.nuke.shown import mattes_read

Read = Callable[..., Any]
Make = Callable[..., making.Making]


def test_cancel_in_the_progress_window_stops_the_job(
    nuke: FakeNuke, read: Read, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    from tests.fakes.color_model import ColorModel

    seen = ColorModel.predict

    def slowly(self: ColorModel, plates: Any) -> Any:
        time.sleep(0.3)
        return seen(self, plates)

    monkeypatch.setattr(ColorModel, "predict", slowly)
    nuke.cancel_at = 1
    group = node.create(read(nuke))
    job = make(nuke, group)
    assert isinstance(job.error, JobCancelledError)
    assert "cancelled" in group[node.STATUS].value()
    assert nuke.messages == [], "who cancels need not be told in a box"
    assert nuke.toNode("Mattebridge1.Mattes") is None
    nuke.cancel_at = None
    assert make(nuke, group).error is None
    assert mattes_read(nuke, group)["file"].value().endswith("/v001/shot_mattes.%04d.exr"), "taken up again"


def test_a_render_that_is_cancelled_leaves_nothing(nuke: FakeNuke, read: Read, make: Make, tmp_path: Path) -> None:
    nuke.cancel_render_at = 1005
    group = node.create(nuke.nodes.Blur(inputs=[read(nuke)]))
    job = make(nuke, group)
    assert isinstance(job.error, JobCancelledError)
    assert nuke.allNodes("Write") == [] and not list((tmp_path / "cache").rglob("*.exr"))


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        pytest.param({"categories": "persn"}, BadRequestError, "persn", id="a category there is not"),
        pytest.param({"range": "custom"}, BadRequestError, "Frames is empty", id="a custom range without frames"),
        pytest.param({"range": "custom", "frames": "1-5"}, BadRequestError, "has 1001-1012", id="no frame of it"),
        pytest.param({"borders": "[borders.x"}, BadRequestError, "not valid TOML", id="a broken border table"),
        pytest.param({"worker": "tcp://127.0.0.1:9", "model": "colours"}, WorkerUnavailableError, "worker",
                     id="no worker"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_a_box_and_in_the_node(
    nuke: FakeNuke, read: Read, make: Make, monkeypatch: pytest.MonkeyPatch,
    values: dict[str, Any], error: type[Exception], says: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("bridge.launch._worker_command", lambda: None)
    group = node.create(read(nuke))
    job = make(nuke, group, **values)
    assert isinstance(job.error, error)
    (message,) = nuke.messages
    assert says in message and says in group[node.STATUS].value()
    assert nuke.undo_steps == ["Mattebridge"], "nothing was built"


def test_a_script_without_a_name_needs_a_folder(nuke: FakeNuke, read: Read, make: Make, tmp_path: Path) -> None:
    nuke.root_data.knobs["name"]._value = ""
    group = node.create(read(nuke))
    assert "save it, or choose a Folder" in str(make(nuke, group).error)
    assert make(nuke, group, out=f"{tmp_path}/here").error is None


def test_a_node_without_an_input_says_what_to_connect(nuke: FakeNuke, make: Make) -> None:
    assert "connect it to a Read" in str(make(nuke, node.create()).error)


def test_a_node_that_is_deleted_meanwhile_leaves_the_mattes_on_disk(
    nuke: FakeNuke, read: Read, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = node.create(read(nuke))
    build = making.Making._bring_in

    def deleted_before(self: making.Making, *args: Any) -> Any:
        nuke.delete(group)
        return build(self, *args)

    monkeypatch.setattr(making.Making, "_bring_in", deleted_before)
    job = make(nuke, group)
    assert isinstance(job.error, HostError)
    assert "no longer in the script. The mattes are made and lie in" in str(job.error)


def test_a_build_that_fails_is_taken_back_whole(
    nuke: FakeNuke, read: Read, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = node.create(read(nuke))
    names = {one.name() for one in nuke.allNodes()}

    def broken(*_: Any) -> None:
        raise RuntimeError("the host says no")

    monkeypatch.setattr("host_adapters.nuke.graph._outputs", broken)
    job = make(nuke, group)
    assert "the host says no" in str(job.error)
    assert {one.name() for one in nuke.allNodes()} == names
    assert nuke.toNode("Mattebridge1.Mattes") is None


def test_a_script_that_is_full_of_channels_is_told(nuke: FakeNuke, read: Read, make: Make) -> None:
    nuke.learn_channels([f"layer{n}.a" for n in range(1010)])
    group = node.create(read(nuke))
    job = make(nuke, group)
    assert "more do not fit" in str(job.error) and "lie in" in str(job.error)
    assert nuke.warnings == [], "Nuke had nothing to drop"
