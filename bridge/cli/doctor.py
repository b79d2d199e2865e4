"""``mattebridge doctor``: what is installed, and whether a worker answers."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from typing import NoReturn, Optional

import click
from rich.table import Table

from bridge.checks import CHECK_GROUP, Check
from bridge.cli.options import echo_json, json_option, worker_option
from bridge.cli.root import entry_points
from bridge.cli.tables import table_console
from bridge.errors import BadRequestError, MattebridgeError, unknown_name
from bridge.launch import connect
from bridge.messages import DescribeReply
from bridge.version import version

_HOST_PACKAGES = ("pyzmq", "msgpack", "msgspec", "Fileseq", "click", "rich", "platformdirs")
_WORKER_PACKAGES = ("torch", "numpy", "scipy", "safetensors", "OpenImageIO", "OpenEXR", "av", "pillow")


@click.command()
@worker_option
@json_option
@click.option("--start/--no-start", default=False, help="Start a worker on this machine where none answers.")
@click.option("--host", metavar="HOST", help="Check the adapter that was installed into nuke or resolve instead.")
@click.option(
    "--into", metavar="DIR", help="With --host: the folder that it was installed into, if not the user's."
)
def doctor(address: Optional[str], as_json: bool, start: bool, host: Optional[str], into: Optional[str]) -> None:
    """Tell what is installed, whether a worker answers, its device and the formats it reads.

    Exit code 1 where something that an export needs is missing, or a check of --host fails.
    """
    if host is not None:
        _check_host(host, into, as_json)
    if into is not None:
        raise BadRequestError("--into is the folder of a host's installation: name the host with --host")
    _check_here(address, as_json, start)


def _check_host(name: str, into: Optional[str], as_json: bool) -> NoReturn:
    known = entry_points(CHECK_GROUP)
    if name not in known:
        raise unknown_name("host", name, known)
    checks: list[Check] = known[name].load()(into)
    healthy = all(check.ok is not False for check in checks)
    if as_json:
        echo_json({"ok": healthy, "host": name, "checks": checks})
        sys.exit(0 if healthy else 1)
    words = {True: "good", False: "wrong", None: "not tried"}
    for check in checks:
        click.echo(f"{check.name:<12} {words[check.ok]:<10} {check.found}")
        if check.to_do:
            click.echo(f"{'':<12} {'to do':<10} {check.to_do}")
    sys.exit(0 if healthy else 1)


def _check_here(address: Optional[str], as_json: bool, start: bool) -> NoReturn:
    host, worker = _installed(_HOST_PACKAGES), _installed(_WORKER_PACKAGES)
    reply: Optional[DescribeReply] = None
    trouble = ""
    try:
        with connect(address, start=start) as client:
            reply, where = client.describe(), client.address
    except MattebridgeError as err:
        trouble, where = str(err), ""
    host_complete, worker_complete = None not in host.values(), None not in worker.values()
    healthy = host_complete and (reply is not None or worker_complete)
    if as_json:
        echo_json(
            {
                "ok": healthy,
                "version": version(),
                "python": platform.python_version(),
                "host_packages": host,
                "worker_packages": worker,
                "worker": reply,
                "worker_error": trouble or None,
            }
        )
        sys.exit(0 if healthy else 1)
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column()
    table.add_row("mattebridge", f"{version()} on Python {platform.python_version()}, {platform.platform()}")
    table.add_row("host side", _words(host))
    table.add_row("worker side", _words(worker))
    if reply is None:
        table.add_row("worker", trouble)
    else:
        table.add_row("worker", f"answers at {where}, version {reply.version}")
        table.add_row("device", reply.device)
        table.add_row("models", ", ".join(model.name for model in reply.models))
        table.add_row("images", ", ".join(reply.image_formats))
        table.add_row("movies", ", ".join(reply.movie_formats))
    if not host_complete:
        table.add_row("to do", "pip install mattebridge")
    elif not healthy:
        table.add_row("to do", "pip install 'mattebridge[worker]', or name a worker with --worker")
    table_console().print(table)
    sys.exit(0 if healthy else 1)


def _installed(packages: tuple[str, ...]) -> dict[str, Optional[str]]:
    found: dict[str, Optional[str]] = {}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def _words(found: dict[str, Optional[str]]) -> str:
    return ", ".join(f"{name} {number or 'is missing'}" for name, number in found.items())
