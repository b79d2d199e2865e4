"""Our lines in a file that is the user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import OutputError
from host_adapters.install import block

HERE = Path("init.py")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="an empty file"),
        pytest.param(b"import nuke\n", id="an ended line"),
        pytest.param(b"import nuke", id="a line without an end"),
        pytest.param(b"import nuke\r\nx = 1\r\n", id="lines of Windows"),
        pytest.param(b"import nuke\r\nx = 1", id="lines of Windows without an end"),
        pytest.param(b"# -*- coding: latin-1 -*-\nname = '\xe9'\n\n\n", id="not UTF-8"),
        pytest.param(b"\xef\xbb\xbfx = 1", id="a mark of byte order"),
    ],
)
def test_what_was_there_comes_back_byte_for_byte(text: bytes) -> None:
    once, newline = block.added(text, HERE)
    assert once.startswith(text)
    assert once.count(block.BEGIN) == 1
    assert (b"\r\n" in once) == (b"\r\n" in text)
    assert block.added(once, HERE)[0] == once
    compile(once, "init.py", "exec")
    assert block.removed(once, HERE, newline_was_added=newline) == text


def test_lines_that_came_later_stay(tmp_path: Path) -> None:
    once, newline = block.added(b"a = 1", HERE)
    assert block.removed(once + b"b = 2\n", HERE, newline_was_added=newline) == b"a = 1\nb = 2\n"


def test_lines_of_a_former_version_are_replaced() -> None:
    old = b"a = 1\n" + block.BEGIN + b"\nold()\n" + block.END + b"\nb = 2\n"
    new, _ = block.added(old, HERE)
    assert b"old()" not in new
    assert new.startswith(b"a = 1\n") and new.endswith(b"b = 2\n")


@pytest.mark.parametrize("text", [block.BEGIN + b"\nx = 1\n", b"x = 1\n" + block.END + b"\n"])
def test_half_of_our_lines_is_left_to_the_user(text: bytes) -> None:
    with pytest.raises(OutputError, match="by hand"):
        block.added(text, HERE)
