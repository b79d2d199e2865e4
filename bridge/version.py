"""The version of this distribution."""

from __future__ import annotations

from importlib import metadata

SOFTWARE = "mattebridge"


def version() -> str:
    """The installed version, or ``0+unknown`` where the sources run without being installed."""
    try:
        return metadata.version(SOFTWARE)
    except metadata.PackageNotFoundError:
        return "0+unknown"
