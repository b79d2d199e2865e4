"""What scripts and host adapters use to talk to a worker."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional, TypeVar, Union

import msgspec

from bridge import shared_plate, wire
from bridge.borders import DEFAULT_POLICY, BorderPolicy
from bridge.channel import Channel
from bridge.errors import (
    BadRequestError,
    JobCancelledError,
    JobUnknownError,
    ProtocolError,
    SharedMemoryError,
    WorkerLostError,
    from_wire,
)
from bridge.manifest import Manifest, read_manifest
from bridge.messages import (
    Cancel,
    Describe,
    DescribeReply,
    Export,
    Hello,
    HelloReply,
    JobInfo,
    JobReply,
    Jobs,
    JobsReply,
    JobState,
    Message,
    Metrics,
    MetricsReply,
    Segment,
    SegmentLayer,
    SegmentReply,
    SharedPlate,
    Watch,
)
from bridge.request import LicenceDemand

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    from bridge.keys import ClientKeys
    from bridge.request import MatteRequest

_M = TypeVar("_M", bound=Message)

_CHECK_AFTER_SILENCE_S = 3.0

_LOOK_FOR_WORKER_S = 0.5

RECONNECT_S = 30.0
"""How long a job waits for a worker that stopped answering to come back."""


@dataclass(frozen=True)
class SegmentMatte:
    """One matte of a single plate."""

    layer: SegmentLayer
    """Name, category, border and window."""
    data: memoryview
    """Half floats in [0, 1], row by row, of the shape of the window."""

    def coverage(self) -> npt.NDArray[np.float16]:
        """The matte inside its window. Shape ``(y1 - y0, x1 - x0)``, values in [0, 1]. Needs numpy."""
        import numpy as np

        x0, y0, x1, y1 = self.layer.window
        return np.frombuffer(self.data, "<f2").reshape(y1 - y0, x1 - x0)


class Job:
    """A job on the worker, as its submitter or a watcher sees it."""

    def __init__(self, channel: Channel, submission: Union[Export, Watch]) -> None:
        """Send the submission and wait until the worker has taken it; see `Client.export` and `Client.watch`."""
        self._channel = channel
        self._submission = submission
        self._news: queue.SimpleQueue[JobInfo] = queue.SimpleQueue()
        envelope = channel.ask(submission, sink=self._news.put)
        self._request_id = envelope.id
        self.info = _answer(envelope, JobReply).info
        """The newest news of the job."""

    @property
    def id(self) -> str:
        """The job's id: the same request has the same id."""
        return self.info.job

    def events(self) -> Iterator[JobInfo]:
        """News of the job as they come, the state at the call first, up to and with its final state.

        A worker that falls silent is waited for, for `RECONNECT_S`; one that was started anew goes on with the
        job, or is asked to once more.

        Raises:
            WorkerLostError: the worker stopped answering and did not come back, or has forgotten a job that
                somebody else submitted.
        """
        yield self.info
        lost_at: Optional[float] = None
        while not self.info.state.is_final:
            try:
                news = self._news.get(timeout=_CHECK_AFTER_SILENCE_S if lost_at is None else _LOOK_FOR_WORKER_S)
            except queue.Empty:
                try:
                    news, lost_at = self._take_up(), None
                except WorkerLostError:
                    lost_at = lost_at or time.monotonic()
                    if time.monotonic() - lost_at > RECONNECT_S or not self._channel.lost:
                        raise
                    news = msgspec.structs.replace(self.info, stage="waiting for the worker", fps=0.0, left_s=None)
            if news != self.info:
                self.info = news
                yield news
        self._channel.unlisten(self._request_id)

    def wait(
        self, on_event: Optional[Callable[[JobInfo], None]] = None, timeout_s: Optional[float] = None
    ) -> JobInfo:
        """Wait for the job's end.

        Args:
            on_event: Called with every news, in this thread.
            timeout_s: How long to wait; None for as long as the worker lives.

        Returns:
            The final info, with the manifest's path.

        Raises:
            JobCancelledError: the job was cancelled.
            TimeoutError: the job goes on, but `timeout_s` has passed.
            MattebridgeError: the job failed; the class follows the cause.
        """
        began = time.monotonic()
        for info in self.events():
            if on_event is not None:
                on_event(info)
            if timeout_s is not None and not info.state.is_final and time.monotonic() - began > timeout_s:
                raise TimeoutError(f"job {self.id} is still {info.state.value} after {timeout_s:g} s")
        if self.info.state is JobState.CANCELLED:
            raise JobCancelledError(f"job {self.id} was cancelled; finished frames are kept in {self.info.out}")
        if self.info.state is JobState.FAILED:
            raise from_wire(self.info.error_code or "failed", self.info.error or "the job failed")
        return self.info

    def cancel(self) -> None:
        """Ask the worker to stop the job; `wait` tells when it has."""
        _answer(self._channel.ask(Cancel(job=self.id)), JobReply)

    def manifest(self) -> Manifest:
        """The manifest of a job that is done, read from its path."""
        if self.info.manifest is None:
            raise BadRequestError(
                f"job {self.id} is {self.info.state.value}; only a job that is done has a manifest"
            )
        return read_manifest(self.info.manifest)

    def _take_up(self) -> JobInfo:
        """Ask how the job stands and have its events sent from now on, in place of those from before."""
        if self._channel.lost:
            raise WorkerLostError(f"the worker at {self._channel.address} has stopped answering")
        try:
            return self._ask_again(Watch(job=self.id, instead=self._request_id))
        except JobUnknownError:
            if not isinstance(self._submission, Export):
                raise WorkerLostError(
                    f"the worker at {self._channel.address} was started anew and has lost job {self.id}; "
                    "submit the same request again to go on from where it stopped"
                ) from None
            return self._ask_again(self._submission)

    def _ask_again(self, submission: Union[Export, Watch]) -> JobInfo:
        envelope = self._channel.ask(submission, sink=self._news.put)
        self._channel.unlisten(self._request_id)
        self._request_id = envelope.id
        return _answer(envelope, JobReply).info


class Client:
    """A connection to a worker. Usable from any thread; close it, or use it in a ``with`` block."""

    def __init__(self, address: str = wire.DEFAULT_ADDRESS, keys: Optional[ClientKeys] = None) -> None:
        """Connect; `keys` are for a worker that demands them."""
        self._channel = Channel(address, keys)
        self._shares_memory = True
        """False once the worker could not read what was shared: it runs elsewhere, or as somebody else."""

    @property
    def address(self) -> str:
        """The worker's address."""
        return self._channel.address

    def hello(self, timeout_s: float = 5.0) -> HelloReply:
        """Ask whether the worker is there; WorkerLostError where it does not answer in time."""
        return _answer(self._channel.ask(Hello(), timeout_s=timeout_s), HelloReply)

    def describe(self) -> DescribeReply:
        """What the worker can do: models, categories, layouts, formats, colour spaces."""
        return _answer(self._channel.ask(Describe()), DescribeReply)

    def export(self, request: MatteRequest, *, keep_going: bool = True) -> Job:
        """Submit a request; returns when the worker has found it good and queued it.

        Relative paths are taken from this process's working folder. A request that equals a running job's
        joins that job.

        Args:
            request: What to do.
            keep_going: Whether the job goes on where this client is gone; else it is then cancelled.

        Raises:
            BadRequestError: (or a class below it) the request cannot be carried out; nothing was done.
        """
        absolute = msgspec.structs.replace(
            request, source=_absolute(request.source), out=_absolute(request.out), model=_model(request.model)
        )
        return Job(self._channel, Export(request=absolute, keep_going=keep_going))

    def segment(
        self,
        source: Union[str, Path, npt.NDArray[np.uint8]],
        *,
        frame: Optional[int] = None,
        colorspace: Optional[str] = None,
        model: str = "embedded",
        detail: int = 1,
        categories: Optional[Sequence[str]] = None,
        policy: BorderPolicy = DEFAULT_POLICY,
        licence: LicenceDemand = LicenceDemand.ANY,
    ) -> list[SegmentMatte]:
        """The mattes of one plate.

        Args:
            source: A path as in `MatteRequest.source`, or pixels: uint8, shape ``(H, W, 3)``, RGB,
                display-referred sRGB.
            frame: The frame of a path; None for its first.
            colorspace: The path's colour space; None to go by metadata and kind.
            model: The model's name.
            detail: As in `MatteRequest.detail`.
            categories: Names, long or short; None for all the plate shows.
            policy: How each category's edge is made.
            licence: What the model's licence must allow.
        """
        by_path = isinstance(source, (str, Path))
        message = Segment(
            source=_absolute(str(source)) if by_path else None,
            frame=frame,
            colorspace=colorspace,
            model=_model(model),
            detail=detail,
            categories=None if categories is None else tuple(categories),
            policy=policy,
            licence=licence,
        )
        envelope = self._channel.ask(message) if by_path else self._ask_about(_pixels(source), message)
        reply = _answer(envelope, SegmentReply)
        return [SegmentMatte(layer, memoryview(array.data)) for layer, array in zip(reply.layers, envelope.arrays)]

    def _ask_about(self, plate: wire.Array, message: Segment) -> wire.Envelope:
        """Ask about pixels: through shared memory where both sides have it, else through the socket."""
        data = memoryview(plate.data)
        if self._shares_memory and data.nbytes >= shared_plate.LEAST_BYTES:
            with shared_plate.offered(data) as name:
                if name is not None:
                    height, width, channels = plate.shape
                    place = SharedPlate(name=name, shape=(height, width, channels))
                    try:
                        return self._channel.ask(msgspec.structs.replace(message, shared=place))
                    except SharedMemoryError:
                        self._shares_memory = False
        return self._channel.ask(message, [plate])

    def jobs(self) -> tuple[JobInfo, ...]:
        """All jobs the worker remembers, newest last."""
        return _answer(self._channel.ask(Jobs()), JobsReply).jobs

    def metrics(self) -> str:
        """The worker's figures in the text format of Prometheus: jobs, rates, requests, errors, memory."""
        return _answer(self._channel.ask(Metrics()), MetricsReply).text

    def cancel(self, job: str) -> JobInfo:
        """Stop a job by its id; JobUnknownError where the worker does not know it."""
        return _answer(self._channel.ask(Cancel(job=job)), JobReply).info

    def watch(self, job: str) -> Job:
        """Follow a job that somebody submitted; JobUnknownError where the worker does not know it."""
        return Job(self._channel, Watch(job=job))

    def close(self) -> None:
        """Close the connection; jobs go on."""
        self._channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _answer(envelope: wire.Envelope, cls: type[_M]) -> _M:
    if not isinstance(envelope.body, cls):
        raise ProtocolError(f"expected {cls.__name__} from the worker, got {type(envelope.body).__name__}")
    return envelope.body


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def _model(model: str) -> str:
    """A model's name as it is; a path as the worker can find it."""
    return _absolute(model) if model.startswith((".", "~")) else model


def _pixels(array: Any) -> wire.Array:
    shape = tuple(int(side) for side in array.shape)
    if str(array.dtype) != "uint8" or len(shape) != 3 or shape[2] != 3:
        raise BadRequestError(f"pixels must be uint8 of shape (H, W, 3), but are {array.dtype} of shape {shape}")
    # A host may hand over a view of its own buffer: tobytes copies only what is not contiguous already.
    data = array.data if array.flags["C_CONTIGUOUS"] else array.tobytes()
    return wire.Array("u1", shape, data)
