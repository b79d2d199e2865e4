"""Options that several commands share."""

from __future__ import annotations

import json as json_module
from typing import Any, Callable, TypeVar

import click
import msgspec

F = TypeVar("F", bound=Callable[..., Any])


def worker_option(command: F) -> F:
    """``--worker ADDRESS``."""
    return click.option(
        "--worker",
        "address",
        metavar="ADDRESS",
        help="The worker's address; else MATTEBRIDGE_WORKER, else tcp://127.0.0.1:5570.",
    )(command)


def json_option(command: F) -> F:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")(command)


def echo_json(value: object) -> None:
    """Print any message or plain value as one JSON object."""
    click.echo(json_module.dumps(msgspec.to_builtins(value), ensure_ascii=False))
