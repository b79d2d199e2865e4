"""Checkpoints that carry code: each would make a file, so that a test sees whether it ran."""

from __future__ import annotations

import io
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch


class Touch:
    """Unpickles by making an empty file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.mark),)


def _text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def _short(value: str) -> bytes:
    data = value.encode()
    return b"\x8c" + bytes([len(data)]) + data


def by_reduce(mark: Path, protocol: int) -> bytes:
    """As Python writes what an object's ``__reduce__`` says."""
    return pickle.dumps({"model": {"a": Touch(mark)}}, protocol=protocol)


def by_global_reduce(mark: Path) -> bytes:
    """The instructions GLOBAL and REDUCE, by hand."""
    return b"\x80\x02" + b"cos\nmkdir\n" + _text(str(mark)) + b"\x85R."


def by_stack_global(mark: Path) -> bytes:
    """The instruction STACK_GLOBAL, whose name is put together on the stack."""
    return b"\x80\x04" + _short("os") + _short("mkdir") + b"\x93" + _text(str(mark)) + b"\x85R."


def by_inst(mark: Path) -> bytes:
    """The instruction INST, which names and calls at once."""
    return b"(" + _text(str(mark)) + b"ios\nmkdir\n."


def by_obj(mark: Path) -> bytes:
    """The instruction OBJ, which calls what stands first."""
    return b"(cos\nmkdir\n" + _text(str(mark)) + b"o."


def by_newobj(mark: Path) -> bytes:
    """The instruction NEWOBJ, which makes an object of any class."""
    return b"\x80\x02" + b"c_io\nFileIO\n" + _text(str(mark)) + _text("w") + b"\x86\x81."


def by_extension(_: Path) -> bytes:
    """The instruction EXT1, a number that stands for whatever a program registered."""
    return b"\x80\x02\x82\x01)R."


def by_persistent_id(_: Path) -> bytes:
    """The instruction BINPERSID, which asks the reader for an object."""
    return b"\x80\x02" + _text("x") + b"Q."


def by_attribute_of_a_known_name(mark: Path) -> bytes:
    """A known name, called for something else: numpy's own way to make an array, on a class of another kind."""
    return b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncos\nmkdir\n" + _text(str(mark)) + b"\x85\x86R."


def by_build(_: Path) -> bytes:
    """The instruction BUILD, which sets attributes, on a name."""
    return b"\x80\x02ccollections\nOrderedDict\n}" + _text("update") + b"ccollections\nOrderedDict\nsb."


RAW: dict[str, Callable[[Path], bytes]] = {
    "__reduce__, protocol 0": lambda mark: by_reduce(mark, 0),
    "__reduce__, protocol 2": lambda mark: by_reduce(mark, 2),
    "__reduce__, protocol 4": lambda mark: by_reduce(mark, 4),
    "__reduce__, protocol 5": lambda mark: by_reduce(mark, 5),
    "GLOBAL and REDUCE": by_global_reduce,
    "STACK_GLOBAL": by_stack_global,
    "INST": by_inst,
    "OBJ": by_obj,
    "NEWOBJ": by_newobj,
    "EXT": by_extension,
    "BINPERSID": by_persistent_id,
    "a known name with a foreign argument": by_attribute_of_a_known_name,
    "BUILD on a name": by_build,
}
"""Plain pickles, by how they get at code."""

RUNNING = tuple(kind for kind in RAW if kind not in ("NEWOBJ", "EXT", "BINPERSID", "BUILD on a name"))
"""Those that do make their file where Python's own reader reads them; the rest need more than this file."""


def in_torch_file(mark: Path, protocol: int, *, as_zip: bool) -> bytes:
    """A file of ``torch.save`` with weights, and an object beside them that runs code."""
    buffer = io.BytesIO()
    torch.save(
        {"state_dict": {"weight": torch.ones(3)}, "hook": Touch(mark)},
        buffer,
        pickle_protocol=protocol,
        _use_new_zipfile_serialization=as_zip,
    )
    return buffer.getvalue()
