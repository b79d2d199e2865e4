"""The effect's parameters as knobs, and the values of the knobs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

from bridge.effect import EffectDescription, Form, Param, ParamType, StringMode, Value, Values, words_of
from host_adapters.nuke.host import api

PREFIX = "mb_"
"""Before the script name: a Group has knobs of its own, and `label` or `name` must not be ours."""

ADD = "_add"
"""Behind the name of a string's knob: the menu of what can be put into it."""

_PICK = "choose..."


def knob_name(param: str) -> str:
    """The knob of a parameter."""
    return PREFIX + param


def make_knobs(effect: EffectDescription, command: Callable[[str], str]) -> list[Any]:
    """A knob for each parameter, tab by tab.

    Args:
        effect: The description, with the worker's choices or without.
        command: The Python that a button of a name runs.
    """
    made: list[Any] = []
    for group in effect.groups():
        made.append(api().Tab_Knob(knob_name(group.name), group.label))
        for param in effect.children(group.name):
            made += _knobs_of(param, command)
    return made


def _knobs_of(param: Param, command: Callable[[str], str]) -> list[Any]:
    nuke, name = api(), knob_name(param.name)
    if param.type is ParamType.PUSH_BUTTON:
        return [_told(nuke.PyScript_Knob(name, param.label, command(param.name)), param.hint)]
    if _is_checks(param):
        made = [
            _told(nuke.Boolean_Knob(f"{name}_{choice.value}", choice.text), choice.hint)
            for choice in param.choices
        ]
        for knob in made:
            knob.setFlag(nuke.STARTLINE)
        _set(param, {knob.name(): knob for knob in made}.__getitem__, param.default)
        return made
    knob = _told(_KINDS[param.type](param, name), param.hint)
    if param.secret:
        knob.setVisible(False)
    knobs = {name: knob}
    if param.fill is not None and param.type is ParamType.STRING:
        menu = nuke.Enumeration_Knob(name + ADD, "", [_PICK, *(choice.value for choice in param.choices)])
        menu.clearFlag(nuke.STARTLINE)
        knobs[name + ADD] = _told(menu, f"Put one into {param.label}.")
    _set(param, knobs.__getitem__, param.default)
    return list(knobs.values())


def _told(knob: Any, hint: str) -> Any:
    knob.setTooltip(hint)
    return knob


def _number(kind: str) -> Callable[[Param, str], Any]:
    def make(param: Param, name: str) -> Any:
        knob = getattr(api(), kind)(name, param.label)
        if param.display_min is not None and param.display_max is not None:
            knob.setRange(param.display_min, param.display_max)
        return knob

    return make


def _menu(param: Param, name: str) -> Any:
    values = [choice.value for choice in param.choices] or [str(param.default)]
    return api().Enumeration_Knob(name, param.label, values)


def _string(param: Param, name: str) -> Any:
    nuke = api()
    if param.string_mode is StringMode.MULTI_LINE:
        return nuke.Multiline_Eval_String_Knob(name, param.label)
    if param.string_mode in (StringMode.FILE_PATH, StringMode.DIRECTORY_PATH):
        return nuke.File_Knob(name, param.label)
    return nuke.String_Knob(name, param.label)


_KINDS: dict[ParamType, Callable[[Param, str], Any]] = {
    ParamType.INTEGER: _number("Int_Knob"),
    ParamType.DOUBLE: _number("Double_Knob"),
    ParamType.BOOLEAN: lambda param, name: api().Boolean_Knob(name, param.label),
    ParamType.STR_CHOICE: _menu,
    ParamType.STRING: _string,
}


def read_values(effect: EffectDescription, knob: Callable[[str], Any]) -> Values:
    """The values of all knobs, by the parameters' script names; those that are missing are at their defaults.

    Args:
        effect: The description the knobs were made from, or a newer one.
        knob: A node's or panel's knob of a name, or None.
    """
    values: Values = {}
    for param in effect.params:
        if not param.has_value or param.default is None:
            continue
        values[param.name] = _get(param, knob)
    return values


def write_values(effect: EffectDescription, knob: Callable[[str], Any], values: Values) -> None:
    """Set the knobs of some parameters; what is the same already is not touched."""
    for name, value in values.items():
        param = effect.param(name)
        if _get(param, knob) != value:
            _set(param, knob, value)


def fill_menus(effect: EffectDescription, knob: Callable[[str], Any]) -> None:
    """Put the worker's choices into the menus; what was chosen stays, also where the worker does not know it."""
    for param in effect.params:
        if param.fill is None:
            continue
        names = [choice.value for choice in param.choices]
        if param.type is ParamType.STRING:
            menu = knob(knob_name(param.name) + ADD)
            if menu is not None:
                menu.setValues([_PICK, *names])
        else:
            menu = knob(knob_name(param.name))
            chosen = menu.value()
            menu.setValues(names if chosen in names else [chosen, *names])
            menu.setValue(chosen)


def picked(effect: EffectDescription, knob: Callable[[str], Any], changed: str) -> bool:
    """Take over what was picked in a menu beside a string; True where the knob that changed is such a menu."""
    if not changed.startswith(PREFIX) or not changed.endswith(ADD):
        return False
    param = effect.param(changed[len(PREFIX) : -len(ADD)])
    word = str(knob(changed).value())
    if word != _PICK:
        text = knob(knob_name(param.name))
        old = words_of(text.getText()) if param.form is Form.WORDS else ()
        text.setValue(", ".join((*old, *(() if word in old else (word,)))))
        knob(changed).setValue(_PICK)
    return True


def param_of(changed: str, params: Iterable[Param]) -> str:
    """The parameter whose knob has a name; empty where none has."""
    return next((param.name for param in params if knob_name(param.name) == changed), "")


def _is_checks(param: Param) -> bool:
    """Whether a list of words is shown as check boxes: where all words are known beforehand."""
    return param.form is Form.WORDS and bool(param.choices) and param.fill is None


def _get(param: Param, knob: Callable[[str], Any]) -> Value:
    name = knob_name(param.name)
    assert param.default is not None
    if _is_checks(param):
        boxes = [(choice.value, knob(f"{name}_{choice.value}")) for choice in param.choices]
        return ", ".join(word for word, box in boxes if box is not None and box.value())
    found = knob(name)
    if found is None:
        return param.default
    if param.type is ParamType.STRING:
        # A path may hold Tcl; a border table has brackets that are none.
        is_path = param.string_mode in (StringMode.FILE_PATH, StringMode.DIRECTORY_PATH)
        return str((found.evaluate() if is_path else found.getText()) or "")
    value = found.value()
    if param.type is ParamType.INTEGER:
        return int(value)
    if param.type is ParamType.DOUBLE:
        return float(value)
    return bool(value) if param.type is ParamType.BOOLEAN else str(value)


def _set(param: Param, knob: Callable[[str], Any], value: object) -> None:
    name = knob_name(param.name)
    if _is_checks(param):
        words = words_of(str(value))
        for choice in param.choices:
            knob(f"{name}_{choice.value}").setValue(choice.value in words)
        return
    found = knob(name)
    if param.type is ParamType.STR_CHOICE and value not in found.values():
        found.setValues([value, *found.values()])
    if param.type is ParamType.STRING:
        found.setText(value)
    else:
        found.setValue(value)
