"""Jobs that have not ended, kept on disk, so that the next start of the worker takes them up again."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
import platformdirs

from bridge.errors import MattebridgeError
from bridge.files import remove_unfinished, write_whole
from bridge.launch import parse_address
from bridge.request import MatteRequest

log = logging.getLogger(__name__)

FORMAT = 1


class KeptJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job as it lies on disk."""

    format: int = FORMAT
    job: str
    order: float
    """When it was submitted, in seconds since 1970: jobs are taken up in this order."""
    request: MatteRequest
    notices: tuple[str, ...] = ()
    """As in `bridge.messages.JobInfo`."""
    begun: int = 0
    """How many times work on it began and did not end."""


def default_folder(address: str) -> Path:
    """The folder of a worker's jobs: in the user's state folder, one for each address."""
    host, port = parse_address(address)
    name = f"{host.replace(':', '_')}-{port}"
    return Path(platformdirs.user_state_dir("mattebridge", appauthor=False)) / "jobs" / name


class JobFiles:
    """A folder with one file for each job that has not ended; the worker at one address owns it."""

    def __init__(self, folder: Path) -> None:
        """Make the folder; OSError where that cannot be."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder

    def keep(self, job: KeptJob) -> None:
        """Write a job down, in place of what was written of it before."""
        write_whole(self._path(job.job), msgspec.json.encode(job))

    def drop(self, job: str) -> None:
        """Forget a job that has ended."""
        self._path(job).unlink(missing_ok=True)

    def load(self) -> list[KeptJob]:
        """The jobs that are kept, oldest first; files that cannot be read are deleted, and the log says so."""
        remove_unfinished(self._folder)
        jobs = []
        for path in self._folder.glob("*.json"):
            try:
                job = msgspec.json.decode(path.read_bytes(), type=KeptJob)
                if job.format != FORMAT or path.name != f"{job.job}.json":
                    raise ValueError(f"format {job.format}")
                jobs.append(job)
            except (ValueError, MattebridgeError) as err:
                log.warning("a kept job cannot be read and is dropped: %s (%s)", path, err)
                path.unlink(missing_ok=True)
        return sorted(jobs, key=lambda job: job.order)

    def _path(self, job: str) -> Path:
        return self._folder / f"{job}.json"
