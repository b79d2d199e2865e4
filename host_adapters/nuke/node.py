"""Our node: a Group with the effect's parameters as knobs.

Its insides are plain nodes, so that a script opens without Mattebridge, and renders on a farm that has none.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any, Callable, Optional

import msgspec

from bridge.effect import (
    ActionError,
    Context,
    Effect,
    EffectDescription,
    EffectInstance,
    ParamType,
    Status,
    Value,
    Values,
    checked,
    effect_description,
    filled,
)
from bridge.errors import MattebridgeError
from bridge.messages import DescribeReply
from host_adapters.nuke.controls import CUSTOM_RANGE, HOST_PARAMS, with_host_params
from host_adapters.nuke.host import api, as_it_was, one_undo_step, tell
from host_adapters.nuke.imprint import ID, hidden, parent_of, shown_in
from host_adapters.nuke.knobs import (
    fill_menus,
    knob_name,
    make_knobs,
    param_of,
    picked,
    read_values,
    write_values,
)

STATUS = "mb_status"
"""The line of text that says how the last job went."""

VERSION, KEY, MANIFEST, COLOR = "mb_version", "mb_key", "mb_manifest", "mb_color"
"""Hidden: the folder of the last job, what decides whether it is another one, where its manifest lies, and the
script's colour management when it was made."""

_BUTTON = "from host_adapters.nuke import node; node.pressed(nuke.thisNode(), {!r})"
_CHANGED = """\
try:
    from host_adapters.nuke import node as _mattebridge
except ImportError:
    pass
else:
    _mattebridge.changed(nuke.thisNode(), nuke.thisKnob())
"""

_reply: Optional[DescribeReply] = None
"""What the worker said last; new nodes have its choices in their menus."""


def description() -> EffectDescription:
    """The effect as Nuke shows it, with the worker's choices once it was asked."""
    effect = effect_description()
    if _reply is not None:
        effect = filled(effect, _reply.models, _reply.colorspaces)
    return with_host_params(effect)


def remember(reply: DescribeReply) -> None:
    """Keep what the worker said for the menus."""
    global _reply
    _reply = reply


def create(upstream: Optional[Any] = None, values: Optional[Values] = None) -> Any:
    """A new node behind another, with values that differ from the defaults; one undo step, the selection kept."""
    nuke = api()
    with as_it_was(), one_undo_step("Mattebridge"):
        inside = parent_of(upstream) if upstream is not None else nuke.root()
        inside.begin()
        try:
            group = nuke.nodes.Group(inputs=[upstream] if upstream is not None else [])
        finally:
            inside.end()
        group.setName(_free_name())
        if upstream is not None:
            group.setXYpos(upstream.xpos(), upstream.ypos() + 120)
        group.begin()
        try:
            source = nuke.nodes.Input(name="Source", xpos=0, ypos=-80)
            nuke.nodes.Output(name="Output1", inputs=[source], xpos=0, ypos=120)
        finally:
            group.end()
        add_knobs(group)
        hidden(group, ID, uuid.uuid4().hex)
        write_values(description(), group.knob, values or {})
    return group


def add_knobs(group: Any) -> None:
    """Give a group the knobs that it lacks: all of a new one, the latest of one from an older version."""
    for knob in make_knobs(description(), _BUTTON.format):
        if group.knob(knob.name()) is None:
            group.addKnob(knob)
    if group.knob(STATUS) is None:
        group.addKnob(api().Text_Knob(STATUS, "", "No mattes yet."))
    group["knobChanged"].setValue(_CHANGED)


def is_ours(node: Any) -> bool:
    """Whether a node is one of our groups."""
    return bool(node.Class() == "Group" and shown_in(node, ID))


def existing(node: Any) -> Optional[Any]:
    """The group to bring up to date for a node: itself, or the one that hangs on it; None where there is none."""
    if is_ours(node):
        return node
    return next((other for other in node.dependent() if is_ours(other)), None)


def with_own_id(group: Any) -> None:
    """Give a pasted copy an id of its own: otherwise the first one's Grades would be taken for its own."""
    mine = shown_in(group, ID)
    twins = [
        other
        for other in api().allNodes("Group", group=api().root(), recurseGroups=True)
        if shown_in(other, ID) == mine and other.fullName() != group.fullName()
    ]
    if twins and not any(shown_in(node, "mb_owner") == mine for node in group.dependent()):
        hidden(group, ID, uuid.uuid4().hex)
        for name in (VERSION, KEY, MANIFEST):
            hidden(group, name, "")


def instance_of(group: Any) -> tuple[EffectInstance, Values]:
    """The effect's instance with the node's values, and the values of the parameters that only Nuke has.

    Raises:
        MattebridgeError: a value that cannot be.
    """
    values = read_values(description(), group.knob)
    ours = {param.name for param in HOST_PARAMS}
    effect = Effect()
    effect.describe(_reply)
    effect.describe_in_context(Context.FILTER)
    known = {name: value for name, value in values.items() if name not in ours}
    return effect.create_instance(Context.FILTER, known), {name: values[name] for name in values if name in ours}


def changed(group: Any, knob: Any) -> None:
    """A knob was touched: show what follows from it."""
    name = knob.name()
    if picked(description(), group.knob, name):
        return
    param = param_of(name, description().params)
    if param == "model":
        _fill(group)
    elif param == "frames":
        # Who types a range means it.
        group[knob_name("range")].setValue(CUSTOM_RANGE)
    elif param and param not in {one.name for one in HOST_PARAMS}:
        _instance_changed(group, param)


def pressed(group: Any, button: str) -> None:
    """A button was pressed; what goes wrong is told, never thrown at the user."""
    from host_adapters.nuke import making

    if button == "make":
        making.start(group)
    elif button == "refresh":
        making.ask_worker(group)
    else:
        _instance_changed(group, button)


def show(group: Any, text: str) -> None:
    """Say in the node how its last job went."""
    group[STATUS].setValue(text)


def refill(group: Any) -> None:
    """Fill a node's menus anew."""
    _fill(group)


def _instance_changed(group: Any, param: str) -> None:
    try:
        _, values = instance_of(group)[0].instance_changed(param)
        write_values(description(), group.knob, values)
    except MattebridgeError as err:
        tell(str(err))


def _fill(group: Any) -> None:
    if _reply is None:
        return
    model = str(group[knob_name("model")].value())
    chosen = model if any(info.name == model for info in _reply.models) else None
    effect = filled(effect_description(), _reply.models, _reply.colorspaces, chosen)
    fill_menus(with_host_params(effect), group.knob)


def _free_name() -> str:
    taken = {node.name() for node in api().allNodes(group=api().root(), recurseGroups=True)}
    number = 1
    while f"Mattebridge{number}" in taken:
        number += 1
    return f"Mattebridge{number}"


def key_of(request: Any) -> str:
    """What decides whether a request is another one: all of it but the folder."""
    return msgspec.json.encode(msgspec.structs.replace(request, out="-")).decode("utf-8")


def next_version(names: list[str]) -> str:
    """The version after those of a folder: ``v004`` after ``v003``."""
    numbers = [int(match[1]) for name in names if (match := re.fullmatch(r"v(\d+)", name))]
    return f"v{max(numbers, default=0) + 1:03d}"


def write(group: Any, values: Values) -> None:
    """Set a node's values by the parameters' script names.

    Raises:
        MattebridgeError: no such parameter, or a value that cannot be.
    """
    effect = description()
    write_values(effect, group.knob, {name: checked(effect.param(name), value) for name, value in values.items()})


def parsed(texts: Mapping[str, str]) -> Values:
    """Values from text, as a command line has them.

    Raises:
        MattebridgeError: no such parameter, or text that is no value of it.
    """
    effect = description()
    values: Values = {}
    for name, text in texts.items():
        param = effect.param(name)
        kind = _FROM_TEXT.get(param.type, str)
        try:
            values[name] = kind(text)
        except ValueError:
            raise ActionError(Status.ERR_VALUE, f"{name} cannot be {text!r}") from None
    return values


def _truth(text: str) -> bool:
    known = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if text.lower() not in known:
        raise ValueError
    return known[text.lower()]


_FROM_TEXT: dict[ParamType, Callable[[str], Value]] = {
    ParamType.BOOLEAN: _truth,
    ParamType.INTEGER: int,
    ParamType.DOUBLE: float,
}
