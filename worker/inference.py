"""What a service needs of whatever carries its requests out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bridge.messages import DescribeReply, Segment, SegmentReply
from bridge.request import MatteRequest
from bridge.wire import Array
from worker.engine_link import Held
from worker.progress import Progress


class Inference(Protocol):
    """What carries requests out: a `worker.supervisor.Supervisor`, or a `worker.engine.Engine` in this process."""

    @property
    def device_words(self) -> str: ...

    @property
    def ready(self) -> bool: ...

    @property
    def losses(self) -> int: ...

    @property
    def held(self) -> Held | None: ...

    def check(self, request: MatteRequest) -> tuple[str, ...]: ...

    def export(self, request: MatteRequest, progress: Progress) -> Path: ...

    def segment(self, message: Segment, arrays: Sequence[Array]) -> tuple[SegmentReply, list[Array]]: ...

    def describe(self) -> DescribeReply: ...
