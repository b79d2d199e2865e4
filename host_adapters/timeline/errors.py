"""What can go wrong with a timeline."""

from __future__ import annotations

from bridge.errors import BadRequestError

INSTALL = "pip install 'mattebridge[timeline]'"
"""What brings OpenTimelineIO and its adapters."""


class TimelineError(BadRequestError):
    """The timeline cannot be read, or nothing in it can be exported."""

    code = "timeline"


class ClipRefusedError(BadRequestError):
    """One clip cannot be exported; the message continues a sentence that begins with its name."""

    code = "timeline_clip"
