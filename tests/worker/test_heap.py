"""Memory that a process frees and asks for again."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

_FAULTS = """
import resource, sys
import numpy as np
from worker.heap import keep_freed

if sys.argv[1] == "kept":
    keep_freed()

def touched():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    rasters = [np.ones(12 << 20, np.uint8) for _ in range(4)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

touched(), touched()
print(min(touched() for _ in range(3)))
"""


def _faults(how: str) -> int:
    found = subprocess.run([sys.executable, "-c", _FAULTS, how], check=True, capture_output=True, text=True)
    return int(found.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc alone is told")
def test_freed_memory_is_not_asked_for_again() -> None:
    assert _faults("kept") < 0.1 * _faults("given back")
