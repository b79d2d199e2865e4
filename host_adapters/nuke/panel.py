"""The panel: the node's knobs in a dialog, before there is a node. Made of knobs alone, so it needs no Qt."""

from __future__ import annotations

import importlib
from typing import Any, Optional

from msgspec.structs import replace

from bridge.effect import ParamType, Values
from host_adapters.nuke import node
from host_adapters.nuke.knobs import make_knobs, read_values, write_values


def ask(group: Optional[Any] = None) -> Optional[Values]:
    """Show the settings, those of a node where there is one, and wait.

    Returns:
        The values; None where the user pressed Cancel.
    """
    effect = node.description()
    # Buttons act on a node, and here is none yet.
    shown = [param for param in effect.params if param.type is not ParamType.PUSH_BUTTON]
    effect = replace(effect, params=tuple(shown))
    nukescripts = importlib.import_module("nukescripts")
    panel = nukescripts.PythonPanel("Mattebridge", "org.mattebridge.panel")
    knobs = {}
    for knob in make_knobs(effect, str):
        panel.addKnob(knob)
        knobs[knob.name()] = knob
    if group is not None:
        write_values(effect, knobs.get, read_values(effect, group.knob))
    return read_values(effect, knobs.get) if panel.showModalDialog() else None
