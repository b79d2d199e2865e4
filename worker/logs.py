"""The worker's log: lines for people, or one JSON object a line for programs, each with its job and frame."""

from __future__ import annotations

import json
import logging
import time

_FOR_PEOPLE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        for name in ("job", "frame", "code"):
            value = getattr(record, name, None)
            if value is not None:
                line[name] = value
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class _JobAtWork(logging.Filter):
    """Marks what is said while an export runs with its job, but not what the plates beside it say."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _at_work is not None and not hasattr(record, "job") and not str(record.threadName).startswith("plate"):
            record.job = _at_work
        return True


_at_work: str | None = None


def set_job(job: str | None) -> None:
    """Say which job this process is at, from now on; None for none."""
    global _at_work
    _at_work = job


def set_up(level: int, *, as_json: bool) -> None:
    """Send the log of this process to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if as_json else logging.Formatter(_FOR_PEOPLE))
    handler.addFilter(_JobAtWork())
    logging.basicConfig(level=level, handlers=[handler], force=True)
