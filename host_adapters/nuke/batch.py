"""Mattes from a terminal session: ``nuke -t make_mattes.py script.nk --node Mattebridge1``.

Nuke takes a bare number or range at the end of its own command line for a frame range, so ranges are options here.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Optional

from bridge.errors import HostError, MattebridgeError
from host_adapters.nuke import making, node
from host_adapters.nuke.controls import CUSTOM_RANGE
from host_adapters.nuke.host import api, edition


def main(arguments: Sequence[str]) -> int:
    """Make the mattes of a script's nodes, and save it.

    Args:
        arguments: The command line, without Nuke's own part and the script's name.

    Returns:
        0 done, 1 failed, 2 bad input: the exit code of the session.
    """
    options = _parser().parse_args(arguments)
    try:
        run(options.script, options.node, options.input, options.frames, options.save, dict(options.set))
    except MattebridgeError as err:
        api().tprint(f"error: {err}")
        return err.exit_code
    return 0


def run(
    script: str,
    names: Sequence[str] = (),
    inputs: Sequence[str] = (),
    frames: str = "",
    save: str = "",
    values: Optional[dict[str, str]] = None,
) -> None:
    """Make the mattes of nodes of a script.

    Args:
        script: The script to open; empty for the one that is open.
        names: Mattebridge nodes; none for all there are.
        inputs: Nodes to make mattes of; each gets a Mattebridge node where it has none.
        frames: Frames of the script; empty for what the nodes say.
        save: Where to save the script; empty for where it was. An opened script is always saved.
        values: Text for knobs, by the parameters' script names.

    Raises:
        MattebridgeError: a node is not there, or its mattes cannot be made.
    """
    nuke = api()
    if edition().name != "Nuke" and not nuke.GUI:
        nuke.tprint(f"{edition().name} may refuse terminal sessions and scripts with more than a few nodes")
    if script:
        try:
            nuke.scriptOpen(script)
        except RuntimeError as err:
            raise HostError(f"cannot open {script}: {err}") from None
    groups = [_named(name) for name in names]
    groups += [node.existing(_named(name)) or node.create(_named(name)) for name in inputs]
    if not groups:
        groups = [one for one in nuke.allNodes("Group", group=nuke.root()) if node.is_ours(one)]
    if not groups:
        raise HostError("the script has no Mattebridge node; name what mattes are wanted of with --input Read1")
    for group in groups:
        node.write(group, node.parsed(values or {}))
        if frames:
            node.write(group, {"range": CUSTOM_RANGE, "frames": frames})
        making.start(group)
    if script or save:
        nuke.scriptSaveAs(save or script, 1)


def _named(name: str) -> Any:
    found = api().toNode(name)
    if found is None:
        raise HostError(f"the script has no node {name!r}")
    return found


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} must be like categories=person,sky")
    return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make_mattes.py", description=__doc__)
    parser.add_argument("script", nargs="?", default="", help="the script to open and save")
    parser.add_argument("--node", action="append", default=[], help="a Mattebridge node; all without it")
    parser.add_argument("--input", action="append", default=[], help="a node to make mattes of")
    parser.add_argument("--frames", default="", metavar="RANGE", help="frames of the script: --frames=1001-1100")
    parser.add_argument("--save", default="", metavar="FILE", help="where to save the script; else where it was")
    parser.add_argument("--set", action="append", default=[], type=_pair, metavar="NAME=VALUE", help="set a knob")
    return parser
