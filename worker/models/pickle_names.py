"""What a pickle names, read without carrying any of it out."""

from __future__ import annotations

import pickletools
from collections.abc import Iterator
from typing import BinaryIO, cast


def names_in(pickled: bytes | BoundedFile) -> Iterator[str]:
    """What a pickle names, and the instructions in it that make objects of any kind, without reading more into it.

    Meant for telling a user what a file would run; not a way to find out whether it is safe.

    Raises:
        ValueError: it is no pickle, or is cut short.
    """
    memo: dict[int, str] = {}
    texts: list[str] = []
    for opcode, argument, _ in pickletools.genops(cast("bytes", pickled)):
        if opcode.name == "GLOBAL":
            yield str(argument).replace(" ", ".")
        elif opcode.name == "STACK_GLOBAL":
            yield ".".join(texts[-2:])
        elif opcode.name == "INST":
            yield str(argument).replace(" ", ".")
        elif opcode.name in ("OBJ", "EXT1", "EXT2", "EXT4"):
            yield f"the instruction {opcode.name}"
        elif isinstance(argument, str):
            texts.append(argument)
        elif opcode.name == "MEMOIZE" or (opcode.name in ("PUT", "BINPUT", "LONG_BINPUT")):
            key = len(memo) if argument is None else cast("int", argument)
            memo[key] = texts[-1] if texts else ""
        elif opcode.name in ("GET", "BINGET", "LONG_BINGET"):
            texts.append(memo.get(cast("int", argument), "?"))


class BoundedFile:
    """A file that refuses to read beyond its end, before memory is taken for what is not there."""

    def __init__(self, file: BinaryIO, size_bytes: int) -> None:
        self._file = file
        self._size_bytes = size_bytes

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._file.tell()

    def read(self, count: int) -> bytes:
        """The next bytes; ValueError where there are not so many."""
        if count > self._size_bytes - self._file.tell():
            raise ValueError("it is cut short")
        return self._file.read(count)

    def readline(self) -> bytes:
        """The bytes up to the next line feed, with it."""
        return self._file.readline()
