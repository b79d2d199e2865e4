"""Command line options made from the effect's parameters."""

from __future__ import annotations

from typing import Any, Callable, Optional, TypeVar

import click

from bridge.effect import Form, Param, ParamType, effect_description, words_of
from bridge.effect.schema import Values

F = TypeVar("F", bound=Callable[..., Any])

REQUIRED = ("out",)
"""Parameters without which there is no request."""


def effect_options(command: F) -> F:
    """An option for each parameter that has one; the command gets them by script name, see `given_values`."""
    params = [param for param in effect_description().params if param.option is not None]
    # What must be given stands first in the help; click shows first what is added last.
    first_to_last = sorted(params, key=lambda param: param.name not in REQUIRED)
    for param in first_to_last[::-1]:
        command = _option(param)(command)
    return command


def given_values(options: dict[str, Any]) -> Values:
    """The values of the options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def _option(param: Param) -> Callable[[F], F]:
    assert param.option is not None
    if param.type is ParamType.BOOLEAN:
        # What is on by itself needs a word that switches it off.
        name = f"{param.option}/--no-{param.option[2:]}" if param.default else param.option
        shown = bool(param.default)
        return click.option(
            name, param.name, is_flag=True, default=param.default, show_default=shown, help=param.hint
        )
    fixed = tuple(choice.value for choice in param.choices) if param.fill is None else ()
    common: dict[str, Any] = {
        "help": param.hint,
        "metavar": param.metavar,
        "required": param.name in REQUIRED,
        "default": param.default if param.default not in ("", None) else None,
        "show_default": True,
    }
    if param.form is Form.TABLE:
        return click.option(
            param.option, param.name, multiple=True, callback=_lines, help=param.hint, metavar=param.metavar
        )
    if param.form is Form.WORDS:
        common["callback"] = _words_of(fixed)
        if fixed:
            common["help"] = f"{param.hint.rstrip('.')}: {', '.join(fixed)}."
    elif param.type is ParamType.STRING:
        common["callback"] = _not_empty
    elif param.type is ParamType.STR_CHOICE and fixed:
        common["type"] = click.Choice(fixed)
    elif param.type is ParamType.INTEGER:
        common["type"] = click.IntRange(_whole(param.min), _whole(param.max))
    elif param.type is ParamType.DOUBLE:
        common["type"] = click.FloatRange(param.min, param.max)
    return click.option(param.option, param.name, **common)


def _not_empty(_: click.Context, __: click.Parameter, value: Optional[str]) -> Optional[str]:
    """An empty value is mostly a variable that is not set, and must not mean everything."""
    if value is not None and not value.strip():
        raise click.BadParameter("it is empty; give a value, or leave the option out")
    return value


def _whole(limit: Optional[float]) -> Optional[int]:
    return None if limit is None else int(limit)


def _words_of(fixed: tuple[str, ...]) -> Callable[[click.Context, click.Parameter, Optional[str]], Optional[str]]:
    """A check that names are given, and known where they are fixed."""

    def check(_: click.Context, __: click.Parameter, value: Optional[str]) -> Optional[str]:
        words = () if value is None else words_of(value)
        if value is not None and not words:
            raise click.BadParameter("give at least one name, or leave the option out")
        for word in words:
            if fixed and word not in fixed:
                raise click.BadParameter(f"{word!r} is not one of {', '.join(fixed)}")
        return value

    return check


def _lines(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> str:
    return "\n".join(values)
