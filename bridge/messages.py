"""The wire messages, typed.

A client sends a request and gets exactly one answer with the same id: the reply that belongs to the request,
or an `ErrorReply`. Whoever submitted or watches a job also gets a stream of `JobEvent`s, which carry the job's
id. `wire` turns messages into frames and back.
"""

from __future__ import annotations

from enum import Enum
from typing import Optional, Union

import msgspec

from bridge.borders import DEFAULT_POLICY, BorderPolicy
from bridge.effect.schema import EffectDescription
from bridge.request import LicenceDemand, MatteRequest, check_detail

PROTOCOL = 1
"""Version of the messages; a peer of another version gets an error that names both."""


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all bodies; unknown fields are errors, so that a misspelt option is not silently ignored."""


class BufferSpec(Message, frozen=True):
    """One raw array behind the head."""

    dtype: str
    """``u1``, ``f2`` or ``f4``: 8-bit unsigned, half or float, little endian."""
    shape: tuple[int, ...]


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first frame of every message."""

    v: int
    """Protocol version."""
    kind: str
    """Which message the body is; a key of `KINDS`."""
    id: str
    """The request's id, repeated in its answer; in events the id of the submitting or watching request."""
    body: dict[str, object]
    buffers: tuple[BufferSpec, ...] = ()


class Hello(Message, frozen=True):
    """Is anybody there?"""


class HelloReply(Message, frozen=True):
    """Here I am."""

    version: str
    """The worker's version of the software."""
    pid: int
    device: str
    """What the models run on, in words, for example ``cpu (2 cores)``."""
    uptime_s: float


class Describe(Message, frozen=True):
    """What can this worker do?"""


class CategoryInfo(Message, frozen=True):
    """One category a model knows."""

    name: str
    layer: str
    """The layer name its matte gets."""
    is_thing: bool


class ModelInfo(Message, frozen=True):
    """One model the worker can run."""

    name: str
    summary: str
    licence: str
    categories: tuple[CategoryInfo, ...]
    allows: str = ""
    """What the licence allows, in words, for example ``commercial use allowed``."""


class DescribeReply(Message, frozen=True):
    """The worker's abilities."""

    version: str
    device: str
    models: tuple[ModelInfo, ...]
    layouts: tuple[str, ...]
    borders: tuple[str, ...]
    """Kinds of borders."""
    image_formats: tuple[str, ...]
    """Extensions of image files the worker reads, without dots."""
    movie_formats: tuple[str, ...]
    """Extensions of movies the worker reads, without dots."""
    colorspaces: tuple[str, ...]
    """Names of input colour spaces."""
    effect: EffectDescription
    """Every parameter, in OpenFX terms, with the worker's models, categories and colour spaces as choices."""
    pullable: tuple[str, ...] = ()
    """Names of models that are known but not installed; ``mattebridge models pull NAME`` gets one."""


class Export(Message, frozen=True):
    """Make the mattes of a source. Answered by `JobReply` when the request has been found good and is queued."""

    request: MatteRequest
    keep_going: bool = True
    """Whether the job goes on where whoever asked for it is gone; else it is then cancelled."""


class SharedPlate(Message, frozen=True):
    """A plate that lies in the shared memory of the worker's machine; see `bridge.shared_plate`."""

    name: str
    shape: tuple[int, int, int]
    """``(H, W, 3)``; bytes, RGB, display-referred sRGB."""


class Segment(Message, frozen=True):
    """The mattes of one plate, as buffers.

    The plate comes either by `source` and `frame`, or as the message's only buffer: ``u1`` of shape
    ``(H, W, 3)``, RGB, display-referred sRGB; or, on the worker's own machine, by `shared`.
    """

    source: Optional[str] = None
    frame: Optional[int] = None
    """The frame of the source; None for its first."""
    shared: Optional[SharedPlate] = None
    colorspace: Optional[str] = None
    model: str = "embedded"
    detail: int = 1
    """As in `MatteRequest.detail`."""
    categories: Optional[tuple[str, ...]] = None
    policy: BorderPolicy = DEFAULT_POLICY
    licence: LicenceDemand = LicenceDemand.ANY
    """What the model's licence must allow."""

    def __post_init__(self) -> None:
        check_detail(self.detail)


class SegmentLayer(Message, frozen=True):
    """One matte of a `SegmentReply`; its coverage is the buffer of the same position."""

    name: str
    category: str
    border: str
    window: tuple[int, int, int, int]
    """``x0, y0, x1, y1`` in plate pixels, half open; outside it the matte is 0."""


class SegmentReply(Message, frozen=True):
    """The mattes of one plate. Buffers are ``f2`` of shape ``(y1 - y0, x1 - x0)``, values in [0, 1]."""

    size_wh: tuple[int, int]
    layers: tuple[SegmentLayer, ...]
    notices: tuple[str, ...] = ()
    """As in `JobInfo`."""


class JobState(str, Enum):
    """Where a job stands."""

    QUEUED = "queued"
    """Accepted, waiting for the jobs before it."""
    RUNNING = "running"
    """At work."""
    DONE = "done"
    """Every file is written, and the manifest."""
    FAILED = "failed"
    """Stopped by an error; finished frames are kept."""
    CANCELLED = "cancelled"
    """Stopped on request; finished frames are kept."""

    @property
    def is_final(self) -> bool:
        """True where the job will not change any more."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class JobInfo(Message, frozen=True):
    """A job and how far it is."""

    job: str
    """The job's id: the same request has the same id."""
    state: JobState
    source: str
    out: str
    stage: str = ""
    """What it is doing, for example ``finding segments``; empty before it starts."""
    done: int = 0
    """Frames done in this stage."""
    total: int = 0
    """Frames in this stage."""
    fps: float = 0.0
    """Frames per second in this stage."""
    left_s: Optional[float] = None
    """Estimated seconds to the job's end; None while there is nothing to go by."""
    manifest: Optional[str] = None
    """Path of the manifest, once the job is done."""
    error_code: Optional[str] = None
    error: Optional[str] = None
    """Why it failed; None where it did not."""
    notices: tuple[str, ...] = ()
    """What whoever asked should know before the work begins, for example that a licence forbids commercial use."""


class JobReply(Message, frozen=True):
    """Answer to `Export`, `Cancel` and `Watch`: the job as it stands now."""

    info: JobInfo


class JobEvent(Message, frozen=True):
    """News of a job."""

    info: JobInfo


class Jobs(Message, frozen=True):
    """Which jobs are there?"""


class JobsReply(Message, frozen=True):
    """All jobs the worker remembers, newest last."""

    jobs: tuple[JobInfo, ...]


class Metrics(Message, frozen=True):
    """How is the worker doing?"""


class MetricsReply(Message, frozen=True):
    """The worker's figures."""

    text: str
    """In the text format of Prometheus."""


class Cancel(Message, frozen=True):
    """Stop a job; what is finished is kept."""

    job: str


class Watch(Message, frozen=True):
    """Send me the events of a job from now on."""

    job: str
    instead: Optional[str] = None
    """The id of an earlier request of this client whose events end with this."""


class ErrorReply(Message, frozen=True):
    """The request could not be carried out."""

    code: str
    """Wire code of an error class in `bridge.errors`."""
    message: str


Request = Union[Hello, Describe, Export, Segment, Jobs, Metrics, Cancel, Watch]
Reply = Union[HelloReply, DescribeReply, SegmentReply, JobReply, JobsReply, MetricsReply, ErrorReply]

KINDS: dict[str, type[Message]] = {
    "hello": Hello,
    "hello_reply": HelloReply,
    "describe": Describe,
    "describe_reply": DescribeReply,
    "export": Export,
    "segment": Segment,
    "segment_reply": SegmentReply,
    "jobs": Jobs,
    "jobs_reply": JobsReply,
    "metrics": Metrics,
    "metrics_reply": MetricsReply,
    "cancel": Cancel,
    "watch": Watch,
    "job_reply": JobReply,
    "job_event": JobEvent,
    "error": ErrorReply,
}
"""Every kind on the wire and its class."""
