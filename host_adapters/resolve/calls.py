"""Calling Resolve's objects, which never raise: they answer None, False, [] or {}.

`hasattr` is always true on them and an unknown attribute is None, so that a misspelt or missing method shows only
as ``'NoneType' object is not callable``. `has` looks into `dir` instead, and every call of the adapter goes
through `call` or one of its kin.
"""

from __future__ import annotations

from typing import Any

from host_adapters.resolve.errors import EditionError, HostRefusedError

DIALOG = (
    "a dialog may be open in Resolve, perhaps behind its main window: while one is up, Resolve answers no script. "
    "Close it and try again"
)
"""What is said where Resolve is silent without a reason."""


def has(thing: Any, method: str) -> bool:
    """Whether an object has a method in this version of Resolve."""
    return thing is not None and method in dir(thing)


def call(thing: Any, method: str, *args: Any) -> Any:
    """Call a method and hand its answer back, whatever it is.

    Raises:
        EditionError: this version of Resolve does not have the method.
        HostRefusedError: the object itself is None, because an earlier call failed.
    """
    if thing is None:
        raise HostRefusedError(f"Resolve gave nothing to call {method} of; {DIALOG}")
    if not has(thing, method):
        raise EditionError(f"this version of Resolve has no {method}")
    return getattr(thing, method)(*args)


def demand(thing: Any, method: str, *args: Any, doing: str) -> Any:
    """Call a method whose answer must not be empty.

    Args:
        thing: The object.
        method: Its method.
        args: Arguments.
        doing: What the adapter was about, for the error: ``Resolve would not <doing>``.

    Raises:
        HostRefusedError: the answer was None, False or empty.
    """
    answer = call(thing, method, *args)
    # Objects of Resolve are compared with nothing: that they are there is enough.
    if answer is None or answer is False or (isinstance(answer, (str, list, tuple, dict)) and not answer):
        raise HostRefusedError(f"Resolve would not {doing} ({method} answered {answer!r}); {DIALOG}")
    return answer


def attempt(thing: Any, method: str, *args: Any) -> Any:
    """Call a method of one of Fusion's objects; None where it has none.

    Their `dir` leaves methods out that they have, GetAttrs among them, so that only trying tells.
    """
    found = None if thing is None else getattr(thing, method, None)
    return found(*args) if callable(found) else None


def number(thing: Any, method: str, *args: Any) -> int | None:
    """Call a method that answers a number; None where it does not, as phantom items do."""
    answer = call(thing, method, *args)
    if answer is None or answer == "":
        return None
    try:
        return int(float(answer))
    except (TypeError, ValueError):
        return None


def text(thing: Any, method: str, *args: Any) -> str:
    """Call a method that answers a text; empty where it does not."""
    answer = call(thing, method, *args)
    return "" if answer is None else str(answer)


def items(thing: Any, method: str, *args: Any) -> list[Any]:
    """Call a method that answers a list; empty where it answers None. 1-based dicts of old calls become lists."""
    answer = call(thing, method, *args)
    if isinstance(answer, dict):
        return [answer[key] for key in sorted(answer)]
    return list(answer or [])
