"""Values of the effect's parameters into a `MatteRequest`, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Optional, cast

import msgspec

from bridge.borders import DEFAULT_POLICY, BorderPolicy
from bridge.effect.description import effect_description
from bridge.effect.schema import Form, Param, ParamType, Value, Values
from bridge.effect.status import ActionError, Status
from bridge.errors import BadRequestError, unknown_name
from bridge.frames import format_frames, parse_frames
from bridge.request import MatteRequest


def to_request(values: Mapping[str, Value], source: str) -> MatteRequest:
    """The request that values stand for.

    Args:
        values: By script name; what is left out is at its default. Handles are added to `frames` as they are:
            see `with_handles` for a host that knows where its source ends.
        source: Path of the clip ``Source``.

    Raises:
        UnknownNameError: there is no such parameter, or no such choice.
        ActionError: a value of the wrong type or outside the parameter's range.
        BadRequestError: (or a class below it) values that do not go together.
    """
    effect = effect_description()
    given = {name: checked(effect.param(name), value) for name, value in values.items()}
    complete = {**effect.defaults(), **given}
    fields: dict[str, Any] = {"source": source}
    for param in effect.params:
        if param.field == "policy":
            fields["policy"] = policy_of(complete)
        elif param.field is not None:
            data = _to_data(param, complete[param.name])
            if data is not None:
                fields[param.field] = data
    if "out" not in fields:
        raise BadRequestError("out is empty; it must be a folder for the mattes")
    handles = int(complete["handles"])
    if handles and "frames" in fields:
        fields["frames"] = with_handles(fields["frames"], handles)
    try:
        policy = fields.pop("policy")
        return msgspec.structs.replace(msgspec.convert(fields, MatteRequest), policy=policy)
    except msgspec.ValidationError as err:
        raise BadRequestError(f"these values make no request: {err}") from None


def from_request(request: MatteRequest) -> Values:
    """The values that stand for a request; its source is the clip's."""
    data = msgspec.to_builtins(request)
    values = effect_description().defaults()
    for param in effect_description().params:
        if param.field == "policy":
            values[param.name] = "" if request.policy == DEFAULT_POLICY else request.policy.to_toml()
        elif param.field is not None:
            values[param.name] = _from_data(param, data[param.field])
    return values


def policy_of(values: Mapping[str, Value]) -> BorderPolicy:
    """The border policy: the rows of `borders` over those of `policy_file`, or the default policy.

    Raises:
        PolicyError: the file cannot be read, or one of the two cannot be used.
    """
    file, table = str(values.get("policy_file", "")), str(values.get("borders", ""))
    rows = {
        **(BorderPolicy.from_file(file).rows if file else {}),
        **(BorderPolicy.from_toml(table, name="border table").rows if table.strip() else {}),
    }
    return BorderPolicy(rows) if rows else DEFAULT_POLICY


def with_handles(frames: str, handles: int, available: Optional[tuple[int, int]] = None) -> str:
    """A range with handles before its first and after its last frame.

    Args:
        frames: A range such as ``1001-1100x2``.
        handles: How many frames to add on either side.
        available: First and last frame that the source has, both inclusive; None where that is not known.

    Raises:
        FrameRangeError: the range cannot be read.
    """
    inner = parse_frames(frames)
    first, last = inner[0] - handles, inner[-1] + handles
    if available is not None:
        first, last = max(first, available[0]), min(last, available[1])
    return format_frames({*range(first, inner[0]), *inner, *range(inner[-1] + 1, last + 1)})


def checked(param: Param, value: Any) -> Value:
    """A value as the parameter holds it: the right type, one of its choices, inside its range.

    Raises:
        UnknownNameError: not one of the choices, where they are fixed.
        ActionError: the wrong type, or a number outside the range.
    """
    wanted = _TYPES.get(param.type)
    if wanted is None:
        raise ActionError(Status.ERR_VALUE, f"{param.name} has no value")
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    # To Python True is an int, to the person who typed 1 for a check box it is not.
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise ActionError(Status.ERR_VALUE, f"{param.name} must be {_WORDS[wanted]}, but is {value!r}")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        least, most = -math.inf if param.min is None else param.min, math.inf if param.max is None else param.max
        if not least <= value <= most:
            raise ActionError(
                Status.ERR_VALUE, f"{param.name} must lie in {least:g} to {most:g}, but is {value:g}"
            )
    elif isinstance(value, str) and param.choices and param.fill is None:
        known = tuple(choice.value for choice in param.choices)
        for word in words_of(value) if param.form is Form.WORDS else (value,):
            if word not in known:
                raise unknown_name(param.name, word, known)
    return cast(Value, value)


def words_of(text: str) -> tuple[str, ...]:
    """``person, sky`` as a tuple of names."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def table_of(text: str) -> dict[str, tuple[str, ...]]:
    """Lines such as ``wardrobe=tie,handbag`` as names and what they stand for.

    Raises:
        BadRequestError: a line without a name or without members.
    """
    table: dict[str, tuple[str, ...]] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, _, members = line.partition("=")
        if not name.strip() or not words_of(members):
            raise BadRequestError(f"{line!r} must be like wardrobe=tie,handbag")
        table[name.strip()] = words_of(members)
    return table


_TYPES: dict[ParamType, type] = {
    ParamType.INTEGER: int,
    ParamType.DOUBLE: float,
    ParamType.BOOLEAN: bool,
    ParamType.STR_CHOICE: str,
    ParamType.STRING: str,
}

_WORDS: dict[type, str] = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


def _to_data(param: Param, value: Value) -> Any:
    """The value as the request's field takes it; None to leave the field at its default."""
    if not isinstance(value, str):
        return value
    if param.form is Form.WORDS:
        return list(words_of(value)) or None
    if param.form is Form.TABLE:
        return {name: list(members) for name, members in table_of(value).items()}
    return value.strip() or None


def _from_data(param: Param, data: Any) -> Value:
    if data is None:
        return ""
    if param.form is Form.WORDS:
        return ", ".join(data)
    if param.form is Form.TABLE:
        return "\n".join(f"{name}={','.join(members)}" for name, members in data.items())
    value: Value = data
    return value
