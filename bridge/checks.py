"""What a check-up found: one line each, with what to do."""

from __future__ import annotations

from typing import Optional

import msgspec

CHECK_GROUP = "mattebridge.host_checks"
"""Entry points of this group check the installation in a host; the name is the host's."""


class Check(msgspec.Struct, frozen=True):
    """One line of ``mattebridge doctor --host``."""

    name: str
    ok: Optional[bool]
    """None where it could not be tried here."""
    found: str
    """What was found."""
    to_do: str = ""
    """What puts it right; empty where nothing has to be."""
