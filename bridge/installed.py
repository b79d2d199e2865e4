"""What an installer leaves beside the bridge in a host: where the worker's environment is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Optional

WORKER_FILE = "mattebridge-worker.json"
"""Lies in the folder that holds `bridge`: ``{"python": "<path of the Python that has the worker>"}``."""


def worker_python(root: Optional[Path] = None) -> Optional[str]:
    """The Python that has the worker, as the installer wrote it; None where it did not, or the file is damaged.

    Args:
        root: The folder that holds `bridge`; None for the one this module was imported from.
    """
    folder = Path(__file__).resolve().parents[1] if root is None else root
    try:
        python = json.loads((folder / WORKER_FILE).read_text("utf-8"))["python"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return python if isinstance(python, str) and python else None
