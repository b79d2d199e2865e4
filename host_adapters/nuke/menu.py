"""The menu: Nodes > Mattebridge, and the same under Mattebridge in the menu bar."""

from __future__ import annotations

from typing import Any, Optional

from host_adapters.nuke import making, node
from host_adapters.nuke.host import api, tell

TITLE = "Mattebridge"

_COMMANDS = (
    ("Make mattes", "make_mattes", "Mattes of the selected node; a node that is there is brought up to date."),
    ("Make mattes...", "open_panel", "The same, after a look at the settings."),
    ("Node", "create_node", "A Mattebridge node behind the selected one, to be set up at leisure."),
)


def install() -> None:
    """Add the commands to Nuke's menus; there are none in a terminal session."""
    nuke = api()
    for bar in ("Nodes", "Nuke"):
        menu = nuke.menu(bar).addMenu(TITLE)
        for label, function, hint in _COMMANDS:
            command = f"from host_adapters.nuke import menu; menu.{function}()"
            menu.addCommand(label, command, tooltip=hint)


def selected() -> Optional[Any]:
    """The selected node; None, and a message, where it is not one."""
    # nuke.selectedNode() raises where nothing is selected, and takes any of several.
    nodes = api().selectedNodes()
    if len(nodes) == 1:
        return nodes[0]
    tell("select one node: a Read, a Mattebridge node, or whatever picture the mattes shall be of")
    return None


def make_mattes() -> Optional[making.Making]:
    """Make the mattes of the selected node, in the node that is there for it or in a new one."""
    upstream = selected()
    if upstream is None:
        return None
    return making.start(node.existing(upstream) or node.create(upstream))


def create_node() -> Any:
    """A node behind the selected one, or alone where none is selected."""
    nodes = api().selectedNodes()
    return node.create(nodes[0] if len(nodes) == 1 else None)


def open_panel() -> Optional[making.Making]:
    """Ask for the settings, then make the mattes of the selected node."""
    from host_adapters.nuke.panel import ask

    upstream = selected()
    if upstream is None:
        return None
    group = node.existing(upstream)
    values = ask(None if group is None else group)
    if values is None:
        return None
    if group is None:
        group = node.create(upstream, values)
    else:
        node.write(group, values)
    return making.start(group)
