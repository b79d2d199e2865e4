"""Error codes are one per class, and each is explained where users look."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge import errors
from bridge.errors import FolderBusyError, MattebridgeError, from_wire

CLASSES = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, MattebridgeError)]

DOCUMENTED = {
    code: int(exit_code)
    for codes, exit_code in re.findall(
        r"^\| (`.*?`) \| (\d+) \|", (Path(__file__).parents[2] / "docs" / "worker.md").read_text("utf-8"), re.M
    )
    for code in re.findall(r"`(\w+)`", codes)
}
"""The table of docs/worker.md: exit codes by code."""


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.code)
def test_each_code_is_in_the_documented_table_with_its_exit_code(cls: type[MattebridgeError]) -> None:
    assert DOCUMENTED.get(cls.code) == cls.exit_code


def test_the_table_has_no_other_codes() -> None:
    assert set(DOCUMENTED) == {cls.code for cls in CLASSES}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.code)
def test_a_code_gives_the_class_that_was_raised(cls: type[MattebridgeError]) -> None:
    error = from_wire(cls.code, "why")
    assert (type(error), str(error)) == (cls, "why")


def test_a_case_of_an_error_travels_as_that_error() -> None:
    class CaseError(FolderBusyError):
        """A case of it without a code of its own."""

    assert type(from_wire(CaseError.code, "why")) is FolderBusyError


def test_a_code_of_a_newer_version_is_some_error() -> None:
    assert type(from_wire("from_the_future", "why")) is MattebridgeError
