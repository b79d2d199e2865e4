"""Two exports never write the mattes of one clip into one folder at the same time."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridge.errors import FolderBusyError, OutputError
from worker.folder_lock import sole_writer

HOLD = """
import sys, time
from pathlib import Path
from worker.folder_lock import sole_writer
with sole_writer(Path(sys.argv[1]), "shot"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_another_process_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    with pytest.raises(FolderBusyError, match="'shot'"), sole_writer(tmp_path, "shot", patience_s=0.2):
        pass
    with sole_writer(tmp_path, "another"):
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with sole_writer(tmp_path, "shot", patience_s=5):
        pass
    assert not list(tmp_path.iterdir())


def test_whoever_waits_gets_it_next(tmp_path: Path) -> None:
    with sole_writer(tmp_path, "shot"):
        waiter = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
        time.sleep(1)
        assert waiter.poll() is None
    assert waiter.stdout is not None and waiter.stdout.readline() == b"held\n"
    with pytest.raises(FolderBusyError), sole_writer(tmp_path, "shot", patience_s=0.1):
        pass
    waiter.kill()
    waiter.wait()
    waiter.stdout.close()


def test_a_folder_that_is_not_there_is_an_error_of_the_output(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"), sole_writer(tmp_path / "nothing", "shot"):
        pass
