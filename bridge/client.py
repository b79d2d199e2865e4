"""What scripts and host adapters use to talk to a worker."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

import msgspec

from bridge import shared_plate, wire
from bridge.borders import DEFAULT_POLICY, BorderPolicy
from bridge.channel import Channel
from bridge.errors import (
    BadRequestError,
    SharedMemoryError,
)
from bridge.job import Job, answer_of
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
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from bridge.keys import ClientKeys
    from bridge.request import MatteRequest


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
        return answer_of(self._channel.ask(Hello(), timeout_s=timeout_s), HelloReply)

    def describe(self) -> DescribeReply:
        """What the worker can do: models, categories, layouts, formats, colour spaces."""
        return answer_of(self._channel.ask(Describe()), DescribeReply)

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
        reply = answer_of(envelope, SegmentReply)
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
        return answer_of(self._channel.ask(Jobs()), JobsReply).jobs

    def metrics(self) -> str:
        """The worker's figures in the text format of Prometheus: jobs, rates, requests, errors, memory."""
        return answer_of(self._channel.ask(Metrics()), MetricsReply).text

    def cancel(self, job: str) -> JobInfo:
        """Stop a job by its id; JobUnknownError where the worker does not know it."""
        return answer_of(self._channel.ask(Cancel(job=job)), JobReply).info

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
