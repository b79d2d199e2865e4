"""A job on the worker, as whoever submitted or watches it sees it."""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING, Callable, Optional, TypeVar, Union

import msgspec

from bridge import wire
from bridge.channel import Channel
from bridge.errors import (
    BadRequestError,
    JobCancelledError,
    JobUnknownError,
    ProtocolError,
    WorkerLostError,
    from_wire,
)
from bridge.manifest import Manifest, read_manifest
from bridge.messages import Cancel, Export, JobInfo, JobReply, JobState, Message, Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

_M = TypeVar("_M", bound=Message)

_CHECK_AFTER_SILENCE_S = 3.0

_LOOK_FOR_WORKER_S = 0.5

RECONNECT_S = 30.0
"""How long a job waits for a worker that stopped answering to come back."""


class Job:
    """A job on the worker, as its submitter or a watcher sees it."""

    def __init__(self, channel: Channel, submission: Union[Export, Watch]) -> None:
        """Send the submission and wait until the worker has taken it; see `Client.export` and `Client.watch`."""
        self._channel = channel
        self._submission = submission
        self._news: queue.SimpleQueue[JobInfo] = queue.SimpleQueue()
        envelope = channel.ask(submission, sink=self._news.put)
        self._request_id = envelope.id
        self.info = answer_of(envelope, JobReply).info
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
        answer_of(self._channel.ask(Cancel(job=self.id)), JobReply)

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
        return answer_of(envelope, JobReply).info


def answer_of(envelope: wire.Envelope, cls: type[_M]) -> _M:
    """The body of an answer; ProtocolError where it is of another kind than asked for."""
    if not isinstance(envelope.body, cls):
        raise ProtocolError(f"expected {cls.__name__} from the worker, got {type(envelope.body).__name__}")
    return envelope.body
