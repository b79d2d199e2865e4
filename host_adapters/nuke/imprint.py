"""Hidden knobs by which nodes are found again: whose they are, and what they are for."""

from __future__ import annotations

from typing import Any, Optional

from host_adapters.nuke.host import api

ID = "mb_id"
"""On our group: what its nodes name it by; a group can be renamed."""

_OWNER, _ROLE, _LAYER = "mb_owner", "mb_role", "mb_layer"


def hidden(node: Any, name: str, value: str) -> None:
    """Set a hidden knob of a node; made where it is not there."""
    if node.knob(name) is None:
        knob = api().String_Knob(name, name)
        knob.setFlag(api().INVISIBLE)
        node.addKnob(knob)
    node[name].setText(value)


def shown_in(node: Any, name: str) -> str:
    """The text of a hidden knob; empty where there is none."""
    knob = node.knob(name)
    return "" if knob is None else str(knob.getText() or "")


def imprint(node: Any, group: Any, role: str, layer: str = "") -> None:
    """Mark a node as one of a group's."""
    for name, value in ((_OWNER, shown_in(group, ID)), (_ROLE, role), (_LAYER, layer)):
        hidden(node, name, value)


def child_of(group: Any, role: str, layer: str = "") -> Optional[Any]:
    """The group's node of a role and layer, in the graph the group stands in; None where there is none."""
    owner = shown_in(group, ID)
    for node in api().allNodes(group=parent_of(group)):
        if (shown_in(node, _OWNER), shown_in(node, _ROLE), shown_in(node, _LAYER)) == (owner, role, layer):
            return node
    return None


def parent_of(node: Any) -> Any:
    """The group a node stands in, or the root."""
    path, _, _ = node.fullName().rpartition(".")
    return api().toNode(path) if path else api().root()
