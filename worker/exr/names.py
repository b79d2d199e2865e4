"""What the files of an export are called."""

from __future__ import annotations

MIN_PADDING = 4
"""Frame numbers have at least this many characters, as hosts expect."""


def frame_token(frame: int, padding: int = MIN_PADDING) -> str:
    """A frame number as it stands in a file name.

    As in C's ``%04d``, which is what Nuke and fileseq expand a pattern to, a minus sign counts as one of the
    characters: -5 is ``-005``. With ``-0005`` a sequence across 0 would be two sequences.
    """
    return f"{frame:0{max(padding, MIN_PADDING)}d}"


def frame_file(clip: str, ending: str, frame: int, padding: int = MIN_PADDING) -> str:
    """The name of one frame's file: ``plate_mattes.1001.exr``.

    Args:
        clip: The clip's name, as `bridge.naming.clip_name` gives it.
        ending: What stands behind the clip's name and tells its sequences apart: ``mattes``.
        frame: The plate's own frame number.
        padding: How many characters the source's frame numbers have.
    """
    return f"{clip}_{ending}.{frame_token(frame, padding)}.exr"
