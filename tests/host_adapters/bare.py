"""For scripts that old Pythons run: makes what a host does not have look as though it were not installed."""

from __future__ import annotations

import sys
from typing import Any

FORBIDDEN = ("numpy", "torch", "OpenImageIO", "OpenEXR", "av", "PIL", "worker")


class NotThere:
    """Finds what is forbidden before anybody else does, and says that it is not there."""

    def find_spec(self, name: str, *_: object) -> None:
        if name.split(".")[0] in FORBIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def forbid() -> None:
    """From here on nothing of it can be imported."""
    sys.meta_path.insert(0, NotThere())


def facts_of_this_python() -> dict[str, Any]:
    """The version, and what was imported all the same."""
    return {
        "python": list(sys.version_info[:2]),
        "heavy": [name for name in FORBIDDEN if name in sys.modules],
    }
