"""A worker's figures in the text format of Prometheus (exposition format 0.0.4)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from bridge.messages import JobInfo, JobState
from bridge.version import version
from worker.engine_link import Held

Samples = Iterable[tuple[Mapping[str, str], float]]


class Tally:
    """What a service counts. Usable from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()

    def request(self, kind: str) -> None:
        """A request came."""
        with self._lock:
            self._requests[kind] += 1

    def error(self, code: str) -> None:
        """A request was answered with an error, or a job failed."""
        with self._lock:
            self._errors[code] += 1

    def ended(self, state: JobState) -> None:
        """A job has come to its end."""
        with self._lock:
            self._ended[state.value] += 1

    def text(
        self, jobs: Iterable[JobInfo], *, ready: bool, uptime_s: float, losses: int, held: Held | None = None
    ) -> str:
        """All figures as they stand now.

        Args:
            jobs: The jobs that are remembered.
            ready: Whether the inference process can work.
            uptime_s: How long the service has run.
            losses: How often the inference process was lost.
            held: The memory that the inference process told; None where it has not.
        """
        known = list(jobs)
        running = [job for job in known if job.state is JobState.RUNNING]
        with self._lock:
            counted = [dict(it) for it in (self._requests, self._errors, self._ended)]
        requests, errors, ended = ([({"of": name}, float(n)) for name, n in sorted(it.items())] for it in counted)
        families: list[tuple[str, str, str, Samples]] = [
            ("info", "gauge", "The software's version.", [({"version": version()}, 1)]),
            ("up_seconds", "gauge", "How long the service has run.", [({}, uptime_s)]),
            ("ready", "gauge", "Whether the inference process can work.", [({}, float(ready))]),
            ("inference_losses_total", "counter", "Inference processes that ended by themselves.", [({}, losses)]),
            (
                "jobs_waiting",
                "gauge",
                "Jobs in the queue.",
                [({}, sum(job.state is JobState.QUEUED for job in known))],
            ),
            ("jobs_running", "gauge", "Jobs at work.", [({}, len(running))]),
            ("jobs_ended_total", "counter", "Jobs by their final state.", ended),
            ("frames_per_second", "gauge", "Rate of the running stage.", [({}, sum(job.fps for job in running))]),
            ("requests_total", "counter", "Requests by their kind.", requests),
            ("errors_total", "counter", "Errors by their code.", errors),
            ("resident_bytes", "gauge", "Memory of the service.", _resident()),
            *_held(held),
        ]
        return "".join(_family(f"mattebridge_{name}", *rest) for name, *rest in families)  # type: ignore[arg-type]


def _held(held: Held | None) -> list[tuple[str, str, str, Samples]]:
    """The inference process's memory, and the device's where there is one."""
    if held is None:
        return []
    families: list[tuple[str, str, str, Samples]] = [
        ("inference_resident_bytes", "gauge", "Memory of the inference process.", [({}, held.resident_bytes)]),
        ("writers_resident_bytes", "gauge", "Memory of the processes beside it.", [({}, held.writers_bytes)]),
    ]
    of_device = (
        ("allocated", "Device memory in use by tensors.", held.allocated_bytes),
        ("reserved", "Device memory that the worker has taken.", held.reserved_bytes),
        ("free", "Device memory that nobody has taken.", held.free_bytes),
        ("total", "Device memory there is.", held.total_bytes),
    )
    return families + [
        (f"device_{name}_bytes", "gauge", words, [({"device": held.device}, count)])
        for name, words, count in of_device
        if count is not None
    ]


def _family(name: str, kind: str, words: str, samples: Samples) -> str:
    lines = [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        lines.append(f"{name}{{{inside}}} {_number(value)}" if inside else f"{name} {_number(value)}")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    """Counts and bytes whole, all else to six digits."""
    return str(int(value)) if float(value).is_integer() else f"{value:g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _resident() -> Samples:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return []
    return [({}, float(pages * 4096))]
