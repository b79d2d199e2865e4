"""Log lines that programs read."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from worker import logs


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logs.set_job(None)


def test_a_line_is_one_object_with_job_and_frame(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(logging.INFO, as_json=True)
    logs.set_job("0123456789ab")
    logging.getLogger("worker.x").warning("frame %d\nis bad", 7, extra={"frame": 7})
    try:
        raise ValueError("Straße")
    except ValueError:
        logging.getLogger("worker.x").exception("failed", extra={"job": "another"})
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["job"], first["frame"], first["message"]) == ("0123456789ab", 7, "frame 7\nis bad")
    assert (first["level"], first["logger"]) == ("warning", "worker.x")
    assert second["job"] == "another"
    assert "ValueError: Straße" in second["traceback"]
