"""Options that several commands share."""

from __future__ import annotations

import json as json_module
import os
from typing import Any, Callable, Optional, TypeVar

import click
import msgspec

from bridge.keys import KEY_VARIABLE, WORKER_KEY_VARIABLE

F = TypeVar("F", bound=Callable[..., Any])


def worker_option(command: F) -> F:
    """``--worker ADDRESS``, and the keys for a worker that demands them."""
    command = _key_option("--worker-key", WORKER_KEY_VARIABLE, "Public key of a worker that demands keys")(command)
    command = _key_option("--key", KEY_VARIABLE, "Your own secret key, for such a worker")(command)
    return click.option(
        "--worker",
        "address",
        metavar="ADDRESS",
        help="The worker's address; else MATTEBRIDGE_WORKER, else tcp://127.0.0.1:5570.",
    )(command)


def _key_option(name: str, variable: str, words: str) -> Callable[[F], F]:
    def remember(_: click.Context, __: click.Parameter, value: Optional[str]) -> None:
        # `connect` looks there, wherever in the command it is called.
        if value is not None:
            os.environ[variable] = value

    return click.option(
        name, metavar="FILE", expose_value=False, callback=remember, help=f"{words}; else {variable}."
    )


def json_option(command: F) -> F:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")(command)


def echo_json(value: object) -> None:
    """Print any message or plain value as one JSON object."""
    click.echo(json_module.dumps(msgspec.to_builtins(value), ensure_ascii=False))
