"""The effect's life in a host: OpenFX's actions, in OpenFX's order.

::

    effect = Effect()
    effect.describe()
    effect.describe_in_context(Context.FILTER)
    instance = effect.create_instance(Context.FILTER, {"categories": "person"})
    instance.instance_changed("model")                   # whenever a control was touched
    instance.is_identity(1001), instance.get_frames_needed(1001)
    instance.begin_sequence_render(source, submit, available=(1001, 1100))
    instance.render(1001)                                # each frame, or only some
    instance.end_sequence_render()
    instance.destroy_instance()

An action out of its order is an `ActionError` that carries the OpenFX status; so is one on an instance that is no
more. `Status.REPLY_DEFAULT` means that there is nothing to do. A frame is not rendered by itself: tracks need the
whole range, so `begin_sequence_render` submits one job, and `render` waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Optional

from bridge.effect import border_controls
from bridge.effect.description import SOURCE, effect_description, filled
from bridge.effect.schema import Context, EffectDescription, Value, Values
from bridge.effect.status import ActionError, Status
from bridge.effect.values import checked, to_request, with_handles
from bridge.frames import format_frames, parse_frames

if TYPE_CHECKING:
    from bridge.job import Job
    from bridge.manifest import Manifest
    from bridge.messages import DescribeReply, JobInfo
    from bridge.request import MatteRequest

Submit = Callable[["MatteRequest"], "Job"]
"""Hands a request to a worker: `Client.export`."""

Range = tuple[int, int]
"""First and last frame, both inclusive."""


class Effect:
    """The effect as a host loads it: describes itself, then makes instances."""

    def __init__(self) -> None:
        self._description: Optional[EffectDescription] = None
        self._contexts: set[Context] = set()

    def describe(self, reply: Optional[DescribeReply] = None) -> EffectDescription:
        """The description, with the worker's choices where its answer to `describe` is given."""
        effect = effect_description()
        self._description = effect if reply is None else filled(effect, reply.models, reply.colorspaces)
        return self._description

    def describe_in_context(self, context: Context) -> EffectDescription:
        """Clips and parameters in a context; the source is a clip in a filter and a path in general.

        Raises:
            ActionError: `describe` was not called before, or the effect does not know the context.
        """
        if self._description is None:
            raise ActionError(Status.FAILED, "describe comes before describe_in_context")
        if context not in self._description.contexts:
            known = ", ".join(one.value for one in self._description.contexts)
            raise ActionError(Status.ERR_UNSUPPORTED, f"the effect has no context {context!r}; it has {known}")
        self._contexts.add(context)
        return self._description

    def create_instance(self, context: Context, values: Optional[Mapping[str, Value]] = None) -> EffectInstance:
        """An instance in a context that was described, with values that differ from the defaults.

        Raises:
            ActionError: the context was not described, or a value cannot be.
            UnknownNameError: no such parameter or choice.
        """
        if self._description is None or context not in self._contexts:
            raise ActionError(Status.FAILED, "describe_in_context comes before create_instance")
        instance = EffectInstance(self._description)
        for name, value in (values or {}).items():
            instance.set_value(name, value)
        return instance


class _Stage(Enum):
    """Where an instance is in its life."""

    IDLE = "created"
    SEQUENCE = "between begin_sequence_render and end_sequence_render"
    DESTROYED = "destroyed"


@dataclass(frozen=True)
class RenderedFrame:
    """What `render` made of one frame."""

    frame: int
    files: Mapping[str, tuple[str, ...]]
    """Absolute paths by layout."""
    state: str
    """``good``, or ``held`` or ``black`` where the plate's frame could not be read."""


class EffectInstance:
    """One use of the effect: values, and at most one job at a time."""

    def __init__(self, description: EffectDescription) -> None:
        self._description = description
        self._values = description.defaults()
        self._stage = _Stage.IDLE
        self._job: Optional[Job] = None
        self._manifest: Optional[Manifest] = None
        self._by_frame: dict[int, RenderedFrame] = {}

    @property
    def values(self) -> Values:
        """A copy of all values, by script name."""
        return dict(self._values)

    @property
    def job(self) -> Job:
        """The job of the sequence; ActionError outside of one."""
        self._need(_Stage.SEQUENCE, "job")
        assert self._job is not None
        return self._job

    @property
    def manifest(self) -> Optional[Manifest]:
        """The manifest of the last sequence that was rendered; None before."""
        return self._manifest

    def set_value(self, name: str, value: Value) -> None:
        """Set a parameter; a host calls `instance_changed` afterwards.

        Raises:
            UnknownNameError: no such parameter or choice.
            ActionError: a value that cannot be, or a sequence is being rendered.
        """
        self._need(_Stage.IDLE, "setting a value")
        self._values[name] = checked(self._description.param(name), value)

    def instance_changed(self, name: str) -> tuple[Status, Values]:
        """A control was touched, or a button pressed.

        Returns:
            `Status.OK` and the values that changed with it, which the host shows; or `REPLY_DEFAULT` and none.
        """
        self._need(_Stage.IDLE, "instance_changed")
        self._description.param(name)
        changed = border_controls.changed(name, self._values)
        self._values.update(changed)
        return (Status.OK if changed else Status.REPLY_DEFAULT), changed

    def is_identity(self, frame: int, available: Optional[Range] = None) -> tuple[Status, Optional[str]]:
        """Whether the frame passes as it is: it lies outside of what is asked for.

        Returns:
            `Status.OK` and the clip that is passed on; or `REPLY_DEFAULT` and None where mattes are made.
        """
        self._alive()
        frames = self.frame_range(available)
        if frames and frame not in parse_frames(frames):
            return Status.OK, SOURCE
        return Status.REPLY_DEFAULT, None

    def get_frames_needed(self, frame: int, available: Optional[Range] = None) -> tuple[Status, dict[str, str]]:
        """The frames of each clip that the mattes of one frame come from: all of the range, for the tracks' sake.

        Returns:
            `Status.OK` and a range for the clip; or `REPLY_DEFAULT` and none where the host shall give all it has.
        """
        status, _ = self.is_identity(frame, available)
        frames = self.frame_range(available)
        if status is Status.OK:
            return Status.OK, {SOURCE: str(frame)}
        return (Status.OK, {SOURCE: frames}) if frames else (Status.REPLY_DEFAULT, {})

    def frame_range(self, available: Optional[Range] = None) -> str:
        """The range to be rendered, handles included; empty for all of a source whose range is not known.

        Raises:
            FrameRangeError: the parameter `frames` cannot be read.
        """
        frames, handles = str(self._values["frames"]).strip(), int(self._values["handles"])
        if frames:
            return with_handles(frames, handles, available)
        return "" if available is None else format_frames(range(available[0], available[1] + 1))

    def begin_sequence_render(self, source: str, submit: Submit, available: Optional[Range] = None) -> Status:
        """Submit the job.

        Args:
            source: Path of the clip ``Source``.
            submit: Hands the request to a worker.
            available: What the source has; handles stop there.

        Raises:
            BadRequestError: (or a class below it) the request cannot be carried out; no sequence has begun.
        """
        self._need(_Stage.IDLE, "begin_sequence_render")
        values = {**self._values, "frames": self.frame_range(available), "handles": 0}
        self._job = submit(to_request(values, source))
        self._manifest, self._by_frame = None, {}
        self._stage = _Stage.SEQUENCE
        return Status.OK

    def render(self, frame: int, on_event: Optional[Callable[[JobInfo], None]] = None) -> RenderedFrame:
        """The files of a frame; waits for the job's end.

        Raises:
            ActionError: no sequence has begun, or the frame is not in it.
            JobCancelledError: the job was cancelled.
            MattebridgeError: the job failed; the class follows the cause.
        """
        if self._manifest is None or self._stage is not _Stage.SEQUENCE:
            self.job.wait(on_event)
            self._manifest = self.job.manifest()
            self._by_frame = frames_of(self._manifest, Path(self.job.info.manifest or "").parent)
        if frame not in self._by_frame:
            raise ActionError(
                Status.ERR_BAD_INDEX, f"frame {frame} is not in the job; it has {self._manifest.frames}"
            )
        return self._by_frame[frame]

    def end_sequence_render(self) -> Status:
        """Close the sequence; a job that still runs is cancelled, and what is finished is kept."""
        job = self.job
        self._stage, self._job = _Stage.IDLE, None
        if not job.info.state.is_final:
            job.cancel()
        return Status.OK

    def destroy_instance(self) -> Status:
        """End the instance, its sequence first. Every later action is an `ActionError`."""
        self._alive()
        if self._stage is _Stage.SEQUENCE:
            self.end_sequence_render()
        self._stage = _Stage.DESTROYED
        return Status.OK

    def _alive(self) -> None:
        if self._stage is _Stage.DESTROYED:
            raise ActionError(Status.ERR_BAD_HANDLE, "the instance was destroyed")

    def _need(self, stage: _Stage, action: str) -> None:
        self._alive()
        if self._stage is not stage:
            raise ActionError(Status.FAILED, f"{action} is not allowed while the instance is {self._stage.value}")


def frames_of(manifest: Manifest, folder: Path) -> dict[int, RenderedFrame]:
    """The files of each frame; paths in a manifest are relative to its folder."""
    files: dict[int, dict[str, list[str]]] = {}
    states: dict[int, str] = {}
    for file in manifest.files:
        files.setdefault(file.frame, {}).setdefault(file.layout, []).append(str(folder / file.path))
        if states.get(file.frame, "good") == "good":
            states[file.frame] = file.state
    return {
        frame: RenderedFrame(frame, {layout: tuple(paths) for layout, paths in by_layout.items()}, states[frame])
        for frame, by_layout in files.items()
    }
