"""Which file frame a Read shows at which frame of the script."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Callable, Optional

_OPERATORS: dict[type, Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: math.fmod,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}

_FUNCTIONS: dict[str, Callable[..., float]] = {
    "int": math.trunc,
    "trunc": math.trunc,
    "floor": math.floor,
    "ceil": math.ceil,
    "abs": abs,
    "min": min,
    "max": max,
}

_VARIABLES = ("frame", "t", "x")
"""What Nuke's expressions call the current frame."""


class TimingError(ValueError):
    """The Read's time cannot be told without Nuke itself; what it shows has to be rendered."""


@dataclass(frozen=True)
class Timing:
    """The frames of a Read. File frames outside of `first` to `last` are not shown as they are."""

    mode: str
    """``frame_mode``: ``expression``, ``start at`` or ``offset``."""
    text: str
    """The knob ``frame`` beside it."""
    first: int
    """First file frame, inclusive."""
    last: int
    """Last file frame, inclusive."""

    @property
    def offset(self) -> Optional[int]:
        """Script frame minus file frame, where that is the same for all; None for other expressions."""
        text = self.text.strip()
        if self.mode == "expression":
            shifts = {frame - self._expressed(frame) for frame in (self.first, self.first + 1, self.first + 1000)}
            return round(shifts.pop()) if len(shifts) == 1 else None
        try:
            value = int(float(text)) if text else 0
        except ValueError:
            raise TimingError(f"its {self.mode} is {text!r}, which is no number") from None
        # `start at` says where the first frame of the Read's range comes to stand.
        return value if self.mode == "offset" else value - self.first

    def file_frame(self, frame: int) -> Optional[int]:
        """The file frame at a frame of the script; None before the first and after the last.

        Raises:
            TimingError: the expression cannot be read, or falls between frames.
        """
        offset = self.offset
        if offset is not None:
            number: float = frame - offset
        else:
            number = self._expressed(frame)
        if number != round(number):
            raise TimingError(f"its expression {self.text!r} falls between frames at {frame}")
        return int(number) if self.first <= number <= self.last else None

    def file_frames(self, frames: Iterable[int]) -> tuple[int, ...]:
        """The file frames that are shown at frames of the script, ascending, each once."""
        return tuple(sorted({found for frame in frames if (found := self.file_frame(frame)) is not None}))

    def script_range(self) -> Optional[tuple[int, int]]:
        """First and last frame of the script that show a file; None for expressions that are no mere offset."""
        offset = self.offset
        return None if offset is None else (self.first + offset, self.last + offset)

    def _expressed(self, frame: int) -> float:
        text = self.text.strip()
        if not text:
            return frame
        try:
            return _evaluate(ast.parse(text, mode="eval").body, frame)
        except (SyntaxError, TypeError, ZeroDivisionError, RecursionError, ValueError):
            raise TimingError(f"its expression is {text!r}, which only Nuke can tell") from None


def timing_of(read: Any) -> Timing:
    """The timing of a Read node."""
    return Timing(
        mode=str(read["frame_mode"].value()),
        text=str(read["frame"].value()),
        first=int(read["first"].value()),
        last=int(read["last"].value()),
    )


def _evaluate(node: ast.AST, frame: int) -> float:
    """The value of an arithmetic expression; TypeError for anything that is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.Name) and node.id in _VARIABLES:
        return frame
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_evaluate(node.left, frame), _evaluate(node.right, frame))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_evaluate(node.operand, frame))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        return _FUNCTIONS[node.func.id](*(_evaluate(argument, frame) for argument in node.args))
    raise TypeError
