"""Our lines in Nuke's init.py, which may be the user's own: between two marks, and everything else untouched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from bridge.errors import OutputError

BEGIN = b"# >>> mattebridge: written by `mattebridge install nuke`, taken out by its --uninstall >>>"
END = b"# <<< mattebridge <<<"

_LINES = (
    BEGIN,
    b"import nuke",
    b"",
    # Relative to this file: Nuke takes it so, and no letter of a user's name can be wrong here.
    b'nuke.pluginAddPath("./mattebridge/host_adapters/nuke/startup")',
    END,
)


@dataclass(frozen=True)
class Found:
    """Where our lines lie in a file: bytes ``[begin, end)``, the newline behind them included."""

    begin: int
    end: int


def find(text: bytes, path: Path) -> Optional[Found]:
    """Our lines in a file; None where there are none, OutputError where only a part of them is left."""
    begin = text.find(BEGIN)
    if begin < 0 and END not in text:
        return None
    end = text.find(END, begin) if begin >= 0 else -1
    if begin < 0 or end < 0:
        raise OutputError(
            f"{path} holds only a part of Mattebridge's lines; take what is left of them out by hand"
        )
    end += len(END)
    for newline in (b"\r\n", b"\n"):
        if text[end:].startswith(newline):
            end += len(newline)
            break
    return Found(begin, end)


def lines(text: bytes) -> bytes:
    """Our lines, ended as those of the file are."""
    newline = b"\r\n" if b"\r\n" in text else b"\n"
    return newline.join(_LINES) + newline


def added(text: bytes, path: Path) -> tuple[bytes, bool]:
    """The file with our lines, in place of former ones or at its end.

    Returns:
        The new content, and whether a newline had to end the last line first.
    """
    found = find(text, path)
    if found:
        return text[: found.begin] + lines(text) + text[found.end :], False
    bare = bool(text) and not text.endswith((b"\n", b"\r"))
    newline = (b"\r\n" if b"\r\n" in text else b"\n") if bare else b""
    return text + newline + lines(text), bare


def removed(text: bytes, path: Path, *, newline_was_added: bool) -> bytes:
    """The file without our lines, byte for byte as it was where nothing was added behind them since."""
    found = find(text, path)
    if found is None:
        return text
    before, behind = text[: found.begin], text[found.end :]
    if newline_was_added and not behind:
        before = before[: -2 if before.endswith(b"\r\n") else -1]
    return before + behind
