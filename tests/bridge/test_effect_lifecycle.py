"""Actions in OpenFX's order, and what happens out of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.effect import ActionError, Context, Effect, EffectInstance, Status, status_of
from bridge.errors import (
    BadRequestError,
    DeviceMemoryError,
    MattebridgeError,
    PolicyError,
    SourceUnreadableError,
    UnknownNameError,
    WorkerLostError,
)
from bridge.job import Job
from bridge.manifest import FileEntry, Manifest, ModelEntry
from bridge.messages import JobInfo, JobState
from bridge.request import MatteRequest


class FinishedJob:
    """A job whose manifest names two files for each of two frames."""

    def __init__(self, state: JobState = JobState.DONE) -> None:
        self.info = JobInfo(job="1", state=state, source="s", out="/m", manifest="/m/s.mattes.json")
        self.waited = 0
        self.cancelled = False

    def wait(self, on_event: Callable[[JobInfo], None] | None = None) -> JobInfo:
        self.waited += 1
        if on_event is not None:
            on_event(self.info)
        return self.info

    def cancel(self) -> None:
        self.cancelled = True

    def manifest(self) -> Manifest:
        files = [
            FileEntry(path=f"s_{layout}.{frame}.exr", frame=frame, layout=layout, state=state)
            for frame, state in ((1001, "good"), (1002, "held"))
            for layout in ("layers", "cryptomatte")
        ]
        return Manifest(
            software="t", clip="s", source="/s", size_wh=(4, 4), fps=None, frames="1001-1002", colorspace="c",
            colorspace_from="rule", overlap="independent", layers=(), tracks=(), files=tuple(files),
            model=ModelEntry(name="m", licence="l", fingerprint="f", label_set="x"),
        )  # fmt: skip


class Submissions(list[MatteRequest]):
    """What was submitted, answered by one job."""

    def __init__(self, job: FinishedJob | None = None) -> None:
        super().__init__()
        self.job = job or FinishedJob()

    def __call__(self, request: MatteRequest) -> Job:
        self.append(request)
        return cast(Job, self.job)


def instance(**values: Any) -> EffectInstance:
    effect = Effect()
    effect.describe()
    effect.describe_in_context(Context.FILTER)
    return effect.create_instance(Context.FILTER, {"out": "/m", **values})


def test_a_sequence_from_description_to_destruction() -> None:
    it, submitted = instance(frames="1001-1002", handles=8), Submissions()
    news: list[JobInfo] = []
    assert it.begin_sequence_render("/s.####.exr", submitted, available=(1001, 1002)) is Status.OK
    assert [(request.source, request.frames) for request in submitted] == [("/s.####.exr", "1001-1002")]
    frame = it.render(1001, news.append)
    assert frame.files == {"layers": ("/m/s_layers.1001.exr",), "cryptomatte": ("/m/s_cryptomatte.1001.exr",)}
    assert (frame.state, it.render(1002).state) == ("good", "held")
    assert submitted.job.waited == 1 and len(news) == 1
    assert it.end_sequence_render() is Status.OK
    assert it.manifest is not None and not submitted.job.cancelled
    assert it.destroy_instance() is Status.OK


@pytest.mark.parametrize(
    ("call", "status", "says"),
    [
        pytest.param(lambda: Effect().describe_in_context(Context.FILTER), Status.FAILED, "describe comes before",
                     id="a context before the description"),
        pytest.param(lambda: Effect().create_instance(Context.FILTER), Status.FAILED, "comes before",
                     id="an instance before its context"),
        pytest.param(lambda: described().create_instance(Context.GENERAL), Status.FAILED, "comes before",
                     id="an instance in another context"),
        pytest.param(lambda: described().describe_in_context(cast(Any, "OfxImageEffectContextPaint")),
                     Status.ERR_UNSUPPORTED, "has no context", id="a context it does not have"),
        pytest.param(lambda: instance().render(1), Status.FAILED, "job is not allowed while",
                     id="rendering outside of a sequence"),
        pytest.param(lambda: instance().end_sequence_render(), Status.FAILED, "not allowed", id="an end alone"),
        pytest.param(lambda: begun().begin_sequence_render("/s", Submissions()), Status.FAILED, "not allowed",
                     id="a sequence in a sequence"),
        pytest.param(lambda: begun().set_value("tracks", True), Status.FAILED, "not allowed",
                     id="a change in a sequence"),
        pytest.param(lambda: begun().render(7), Status.ERR_BAD_INDEX, "it has 1001-1002", id="a frame not in it"),
        pytest.param(lambda: dead().is_identity(1), Status.ERR_BAD_HANDLE, "destroyed", id="after its end"),
        pytest.param(lambda: dead().destroy_instance(), Status.ERR_BAD_HANDLE, "destroyed", id="destroyed twice"),
    ],
)  # fmt: skip
def test_out_of_order_is_refused(call: Callable[[], object], status: Status, says: str) -> None:
    with pytest.raises(ActionError, match=says) as caught:
        call()
    assert caught.value.status is status


def described() -> Effect:
    effect = Effect()
    effect.describe()
    effect.describe_in_context(Context.FILTER)
    return effect


def begun() -> EffectInstance:
    it = instance()
    it.begin_sequence_render("/s", Submissions())
    return it


def dead() -> EffectInstance:
    it = instance()
    it.destroy_instance()
    return it


def test_a_request_that_cannot_be_begins_no_sequence() -> None:
    it = instance(out="")
    with pytest.raises(BadRequestError, match="out is empty"):
        it.begin_sequence_render("/s", Submissions())
    it.set_value("out", "/m")
    assert it.begin_sequence_render("/s", Submissions()) is Status.OK


def test_ending_early_cancels_the_job() -> None:
    it, submitted = instance(), Submissions(FinishedJob(JobState.RUNNING))
    it.begin_sequence_render("/s", submitted)
    it.destroy_instance()
    assert submitted.job.cancelled


def test_frames_outside_the_range_pass_as_they_are() -> None:
    it = instance(frames="1010-1020", handles=5)
    assert it.is_identity(1004, (1001, 1100)) == (Status.OK, "Source")
    assert it.is_identity(1005, (1001, 1100)) == (Status.REPLY_DEFAULT, None)
    assert it.get_frames_needed(1010, (1008, 1100)) == (Status.OK, {"Source": "1008-1025"})
    assert it.get_frames_needed(900) == (Status.OK, {"Source": "900"})
    assert instance().get_frames_needed(1) == (Status.REPLY_DEFAULT, {})
    assert instance().get_frames_needed(1001, (1001, 1100)) == (Status.OK, {"Source": "1001-1100"})


def test_the_border_controls_show_a_row_and_put_it_back() -> None:
    it = instance()
    it.set_value("border_row", "sky")
    status, changed = it.instance_changed("border_row")
    assert status is Status.OK
    assert (changed["border_kind"], changed["border_width"], changed["border_width_unit"]) == ("feather", 0.6, "%")
    it.set_value("border_kind", "hard")
    it.instance_changed("border_kind")
    it.set_value("border_offset", -2.0)
    status, changed = it.instance_changed("border_set")
    assert '[borders."sky"]\nkind = "hard"\noffset = "-2px"' in str(changed["borders"])
    it.set_value("border_row", "people")
    assert it.instance_changed("border_row")[1]["border_kind"] == "guided"
    it.set_value("border_row", "sky")
    assert it.instance_changed("border_row")[1]["border_offset"] == -2.0
    assert it.instance_changed("border_remove")[1]["border_kind"] == "feather"
    assert it.values["borders"] == ""


def test_a_control_that_moves_no_other_asks_for_the_default() -> None:
    assert instance().instance_changed("tracks") == (Status.REPLY_DEFAULT, {})


def test_a_policy_file_that_is_not_there_is_told_when_it_is_chosen(tmp_path: Path) -> None:
    it = instance(policy_file=str(tmp_path / "none.toml"))
    with pytest.raises(PolicyError, match=r"cannot read policy file .*none\.toml"):
        it.instance_changed("policy_file")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ActionError(Status.ERR_BAD_INDEX, "x"), Status.ERR_BAD_INDEX),
        (UnknownNameError("x"), Status.ERR_VALUE),
        (SourceUnreadableError("x"), Status.ERR_FORMAT),
        (DeviceMemoryError("x"), Status.ERR_MEMORY),
        (WorkerLostError("x"), Status.FAILED),
        (MattebridgeError("x"), Status.FAILED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.name,
)
def test_errors_have_status_codes(error: Exception, status: Status) -> None:
    assert status_of(error) is status
