"""Reads pickles as data: a small machine that builds tensors and plain values and never calls what a file names.

A pickle is a program; Python's own reader imports and calls whatever the program says. Checkpoints of the
detectron2 zoo are pickles of numpy arrays, and need a handful of names for that. Here each of those names stands
for a function of ours, every other name is refused, and so is every instruction that arrays do not need. What is
built is counted: a file cannot become much larger than it is.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn, cast

import numpy as np
import torch

from bridge.errors import ModelError, UnsafeCheckpointError
from worker.models.pickle_names import BoundedFile
from worker.models.pickle_values import MARK, Array, Dtype, Name, pairs_of, plain, table_of

_SLACK_BYTES = 1 << 20

_TORCH_KINDS = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"}
"""Element types that tensors have, as numpy writes them."""

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_VALUES = frozenset(
    {
        "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
        "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8",
        "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8",
    }
)  # fmt: skip
"""Instructions that push the value they carry."""


def read_pickle(path: Path) -> object:
    """Read a pickle of tensors and plain values.

    Returns:
        Nested dicts, lists and tuples; numpy arrays and scalars have become tensors and numbers.

    Raises:
        UnsafeCheckpointError: it names something that is no array, or would grow beyond its size.
        ModelError: it is no pickle, is cut short, or cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        return _Machine(path, size).run(BoundedFile(file, size))


class _Machine:
    """Carries out the instructions of one pickle."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._path = path
        self._left_bytes = 2 * size_bytes + _SLACK_BYTES
        self._stack: list[object] = []
        self._memo: dict[int, object] = {}

    def run(self, file: BoundedFile) -> object:
        """The value that the pickle stands for."""
        at: int | None = 0
        try:
            for opcode, argument, position in pickletools.genops(cast("BinaryIO", file)):
                at = position
                if opcode.name == "STOP":
                    return plain(self._stack.pop(), {})
                self._step(opcode.name, argument)
        except ModelError:
            raise
        except (ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as err:
            raise ModelError(f"{self._path} is no checkpoint that can be read: byte {at}: {err}") from None
        raise ModelError(f"{self._path} is cut short")

    def _step(self, name: str, argument: object) -> None:
        stack = self._stack
        if name in _VALUES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _STEPS:
            _STEPS[name](self, argument)
        elif name == "MARK":
            stack.append(MARK)
        elif name not in ("PROTO", "FRAME"):
            self._refuse(f"it has the instruction {name}, which arrays do not need")

    def _refuse(self, why: str) -> NoReturn:
        raise UnsafeCheckpointError(
            f"{self._path} is refused, nothing in it was run: {why}; weights need only tensors. "
            "Get the weights as safetensors, from a source that you trust"
        )

    def _take(self, count: int) -> None:
        """Count bytes that are about to be made."""
        self._left_bytes -= count
        if self._left_bytes < 0:
            self._refuse("it would grow far beyond its own size")

    # What the instructions do.

    def _since_mark(self) -> list[object]:
        for index in range(len(self._stack) - 1, -1, -1):
            if self._stack[index] is MARK:
                items = self._stack[index + 1 :]
                del self._stack[index:]
                return items
        raise ValueError("items without a beginning")

    def _pop(self, count: int) -> tuple[object, ...]:
        if len(self._stack) < count:
            raise ValueError("too few items")
        items = tuple(self._stack[len(self._stack) - count :])
        del self._stack[len(self._stack) - count :]
        return items

    def _put(self, argument: object) -> None:
        self._memo[cast("int", argument)] = self._stack[-1]

    def _memoize(self, _: object) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _get(self, argument: object) -> None:
        self._stack.append(self._memo[cast("int", argument)])

    def _append(self, items: list[object]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise ValueError("items for what is no list")
        target.extend(items)

    def _set(self, items: list[object]) -> None:
        target = self._stack[-1]
        if type(target) is not dict:
            raise ValueError("entries for what is no table")
        target.update(table_of(pairs_of(items)))

    def _global(self, argument: object) -> None:
        self._name(*str(argument).split(" ", 1))

    def _stack_global(self, _: object) -> None:
        module, name = self._pop(2)
        self._name(str(module), str(name))

    def _name(self, module: str, name: str) -> None:
        full = f"{module}.{name}"
        short = full.replace("numpy._core.", "numpy.core.")
        if short not in _CALLS and short not in _ONLY_NAMED:
            self._refuse(f"it names {full}")
        self._stack.append(Name(short))

    def _reduce(self, _: object) -> None:
        callee, arguments = self._pop(2)
        if not isinstance(callee, Name) or callee.name not in _CALLS or not isinstance(arguments, tuple):
            self._refuse(f"it calls {callee.name if isinstance(callee, Name) else type(callee).__name__}")
        self._stack.append(_CALLS[callee.name](self, *arguments))

    def _build(self, _: object) -> None:
        target, state = self._pop(2)
        if isinstance(target, Array) and isinstance(state, tuple):
            _, shape, dtype, fortran, raw = state
            target.tensor = self._tensor(raw, dtype, shape, "F" if fortran else "C")
        elif isinstance(target, Dtype) and isinstance(state, tuple):
            target.order = str(state[1])
        elif type(target) is not dict:
            self._refuse(f"it sets the attributes of a {type(target).__name__}")
        # What torch notes beside a table of weights (`_metadata`) is of no use here.
        self._stack.append(target)

    # What the names stand for.

    def _new_table(self, items: object = ()) -> dict[object, object]:
        if not isinstance(items, (list, tuple)):
            raise ValueError("a table made of what is no list")
        return table_of((key, value) for key, value in items)

    def _new_array(self, kind: object, *_: object) -> Array:
        if kind != Name("numpy.ndarray"):
            self._refuse(f"it makes an array of the kind {kind}")
        return Array()

    def _new_dtype(self, code: object, *_: object) -> Dtype:
        text = str(code)
        if text not in _TORCH_KINDS:
            self._refuse(f"it holds values of the type {text!r}, which no tensor has")
        return Dtype(text)

    def _encode(self, text: object, encoding: object = "latin1") -> bytes:
        if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
            self._refuse(f"it encodes as {encoding!r}")
        self._take(len(text))
        return text.encode("latin1")

    def _scalar(self, dtype: object, raw: object) -> object:
        return self._tensor(raw, dtype, (), "C").item()

    def _from_buffer(self, raw: object, dtype: object, shape: object, order: object, *_: object) -> Array:
        return Array(self._tensor(raw, dtype, shape, str(order)))

    def _tensor(self, raw: object, dtype: object, shape: object, order: str) -> torch.Tensor:
        # Python 2 wrote bytes as text.
        data = raw.encode("latin1") if isinstance(raw, str) else raw
        if not isinstance(dtype, Dtype) or not isinstance(data, (bytes, bytearray)):
            raise ValueError("an array without its type or its bytes")
        if not isinstance(shape, tuple) or not all(isinstance(side, int) and side >= 0 for side in shape):
            raise ValueError(f"an array of shape {shape}")
        self._take(len(data))
        values = np.frombuffer(data, dtype.numpy())
        native = values.astype(values.dtype.newbyteorder("="))
        return torch.from_numpy(np.ascontiguousarray(native.reshape(shape, order="F" if order == "F" else "C")))


_Step = Callable[[_Machine, object], None]
_STEPS: dict[str, _Step] = {
    "TUPLE": lambda m, _: m._stack.append(tuple(m._since_mark())),
    "TUPLE1": lambda m, _: m._stack.append(m._pop(1)),
    "TUPLE2": lambda m, _: m._stack.append(m._pop(2)),
    "TUPLE3": lambda m, _: m._stack.append(m._pop(3)),
    "LIST": lambda m, _: m._stack.append(m._since_mark()),
    "EMPTY_LIST": lambda m, _: m._stack.append([]),
    "APPEND": lambda m, _: m._append(list(m._pop(1))),
    "APPENDS": lambda m, _: m._append(m._since_mark()),
    "DICT": lambda m, _: m._stack.append(table_of(pairs_of(m._since_mark()))),
    "EMPTY_DICT": lambda m, _: m._stack.append({}),
    "SETITEM": lambda m, _: m._set(list(m._pop(2))),
    "SETITEMS": lambda m, _: m._set(m._since_mark()),
    "DUP": lambda m, _: m._stack.append(m._stack[-1]),
    "PUT": _Machine._put,
    "BINPUT": _Machine._put,
    "LONG_BINPUT": _Machine._put,
    "MEMOIZE": _Machine._memoize,
    "GET": _Machine._get,
    "BINGET": _Machine._get,
    "LONG_BINGET": _Machine._get,
    "GLOBAL": _Machine._global,
    "STACK_GLOBAL": _Machine._stack_global,
    "REDUCE": _Machine._reduce,
    "BUILD": _Machine._build,
}

_CALLS: dict[str, Callable[..., object]] = {
    "collections.OrderedDict": _Machine._new_table,
    "numpy.core.multiarray._reconstruct": _Machine._new_array,
    "numpy.core.multiarray.scalar": _Machine._scalar,
    "numpy.core.numeric._frombuffer": _Machine._from_buffer,
    "numpy.dtype": _Machine._new_dtype,
    "_codecs.encode": _Machine._encode,
    "__builtin__.bytes": lambda _: b"",
}
"""What a pickle of arrays calls, and what is done instead; ``bytes`` only without arguments, for empty arrays."""

_ONLY_NAMED = frozenset({"numpy.ndarray"})
