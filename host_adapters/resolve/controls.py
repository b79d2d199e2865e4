"""Controls of Resolve's UIManager, made from the effect description; nothing is written twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.effect import EffectDescription, Param, ParamType, StringMode, Value, Values

NOT_SHOWN = ("frames", "layouts", "out", "replace")
"""What the timeline and the route settle, or the window has of its own."""

_ROW_WEIGHTS = (0.35, 0.65)


def control_of(ui: Any, param: Param, value: Value | None) -> Any:
    """The control of one parameter, with its label; its ``ID`` is the script name."""
    name, hint = param.name, param.hint
    if param.type is ParamType.PUSH_BUTTON:
        return ui.Button({"ID": name, "Text": param.label, "ToolTip": hint})
    if param.type is ParamType.BOOLEAN:
        return ui.CheckBox({"ID": name, "Text": param.label, "Checked": bool(value), "ToolTip": hint})
    if param.type is ParamType.STR_CHOICE:
        made = ui.ComboBox({"ID": name, "ToolTip": hint, "Weight": _ROW_WEIGHTS[1]})
    elif param.type is ParamType.INTEGER:
        made = ui.SpinBox(
            {"ID": name, "Value": value, "ToolTip": hint, **_range(param), "Weight": _ROW_WEIGHTS[1]}
        )
    elif param.type is ParamType.DOUBLE:
        more = {"Decimals": 2, "Weight": _ROW_WEIGHTS[1]}
        made = ui.DoubleSpinBox({"ID": name, "Value": value, "ToolTip": hint, **_range(param), **more})
    elif param.string_mode is StringMode.MULTI_LINE:
        made = ui.TextEdit({"ID": name, "PlainText": value, "ToolTip": hint, "Weight": _ROW_WEIGHTS[1]})
    else:
        choices = ", ".join(choice.value for choice in param.choices[:6])
        made = ui.LineEdit(
            {"ID": name, "Text": value, "PlaceholderText": choices, "ToolTip": hint, "Weight": _ROW_WEIGHTS[1]}
        )
    return ui.HGroup({"Weight": 0}, [ui.Label({"Text": param.label, "Weight": _ROW_WEIGHTS[0]}), made])


def _range(param: Param) -> dict[str, float]:
    found = {"Minimum": param.min, "Maximum": param.max}
    return {key: bound for key, bound in found.items() if bound is not None}


def groups_of(ui: Any, effect: EffectDescription, values: Mapping[str, Value], names: Sequence[str]) -> list[Any]:
    """Some groups, each a heading and its controls, in the description's order."""
    made = []
    for group in effect.groups():
        if group.name not in names:
            continue
        shown = [
            param for param in effect.children(group.name) if param.name not in NOT_SHOWN and not param.secret
        ]
        controls = [control_of(ui, param, values.get(param.name)) for param in shown]
        if controls:
            made.append(ui.Label({"Text": f"<b>{group.label}</b>", "ToolTip": group.hint, "Weight": 0}))
            made += controls
    return made


def fill_choices(items: Mapping[str, Any], effect: EffectDescription, values: Mapping[str, Value]) -> None:
    """Put the choices into combo boxes: they take them only once the window is there."""
    for param in effect.params:
        if param.type is ParamType.STR_CHOICE and param.name in items:
            box, default = items[param.name], str(values[param.name])
            texts = [choice.text for choice in param.choices] or [default]
            box.AddItems(texts)
            show(box, param, default)


def show(control: Any, param: Param, value: Value) -> None:
    """Let a control show a value."""
    if param.type is ParamType.STR_CHOICE:
        known = [choice.value for choice in param.choices] or [str(value)]
        if value in known:
            control.CurrentIndex = known.index(value)
    elif param.type is ParamType.BOOLEAN:
        control.Checked = bool(value)
    elif param.type in (ParamType.INTEGER, ParamType.DOUBLE):
        control.Value = value
    elif param.string_mode is StringMode.MULTI_LINE:
        control.PlainText = value
    else:
        control.Text = value


def value_of(control: Any, param: Param) -> Value | None:
    """The value a control shows; None where it shows none."""
    if param.type is ParamType.STR_CHOICE:
        index = int(control.CurrentIndex or 0)
        return param.choices[index].value if index < len(param.choices) else None
    if param.type is ParamType.BOOLEAN:
        return bool(control.Checked)
    if param.type is ParamType.INTEGER:
        return int(control.Value)
    if param.type is ParamType.DOUBLE:
        return float(control.Value)
    text = control.PlainText if param.string_mode is StringMode.MULTI_LINE else control.Text
    return str(text or "")


def values_of(items: Mapping[str, Any], effect: EffectDescription) -> Values:
    """What all controls show."""
    found: Values = {}
    for param in effect.params:
        if param.has_value and param.name in items:
            value = value_of(items[param.name], param)
            if value is not None:
                found[param.name] = value
    return found


def differing(values: Values, defaults: Mapping[str, Value], params: Sequence[Param]) -> Values:
    """The values that belong to a request and are not its defaults; controls that only edit others have none."""
    lasting = {param.name for param in params if param.persistent}
    return {name: value for name, value in values.items() if name in lasting and value != defaults.get(name)}
