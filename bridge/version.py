"""The version of this distribution."""

from __future__ import annotations

from functools import lru_cache
from importlib import metadata

SOFTWARE = "mattebridge"


@lru_cache(maxsize=1)
def version() -> str:
    """The installed version, or ``0+unknown`` where the sources run without being installed."""
    try:
        return metadata.version(SOFTWARE)
    except metadata.PackageNotFoundError:
        return "0+unknown"
