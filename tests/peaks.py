"""The most memory that a process held, as Linux counts it."""

from __future__ import annotations

import re
from pathlib import Path


def peak_bytes(pid: int) -> int:
    """The most a process held since its start or since `forget_peak`; FileNotFoundError once it has ended."""
    match = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    if match is None:
        raise FileNotFoundError(f"process {pid} has ended")
    return int(match[1]) * 1024


def forget_peak(pid: int) -> int:
    """Have Linux begin its count anew; returns what the process holds now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return peak_bytes(pid)
