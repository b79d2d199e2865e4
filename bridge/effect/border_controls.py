"""The border table's controls: choose a row, see its border, change it, put it back.

A table of borders is no OpenFX parameter, so one row at a time is shown by ordinary ones, and the table itself is
text (`borders`). What each control does to the others is here, and the same in every host.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.borders import DEFAULT_POLICY, Border, BorderKind, BorderPolicy, Length, Profile, Side, Unit
from bridge.effect.schema import Value, Values
from bridge.effect.values import policy_of
from bridge.naming import slug


def changed(name: str, values: Mapping[str, Value]) -> Values:
    """The values that change with a control, and nothing where none do.

    Args:
        name: The control that was touched.
        values: All values, the touched one included.

    Raises:
        PolicyError: the table or the policy file cannot be read, or the border cannot be.
    """
    row = str(values["border_row"])
    if name in ("border_row", "policy_file", "borders"):
        return shown(border_of(row, policy_of(values)))
    if name == "border_kind":
        kind = BorderKind(str(values["border_kind"]))
        width = Border(kind).soft_width
        return {"border_width": width.value, "border_width_unit": width.unit.value}
    if name == "border_set":
        return {"borders": _table(values, {row: border_from(values)})}
    if name == "border_remove":
        text = _table(values, {}, without=row)
        return {"borders": text, **shown(border_of(row, policy_of({**values, "borders": text})))}
    return {}


def border_of(row: str, policy: BorderPolicy) -> Border:
    """The border that a row has, or would have."""
    found = policy.row(row) or DEFAULT_POLICY.row(row)
    return found or policy.border_for(row, is_thing=not row.endswith(("-merged", "-other", "-stuff")))


def border_from(values: Mapping[str, Value]) -> Border:
    """The border that the controls show; PolicyError where it cannot be."""
    kind = BorderKind(str(values["border_kind"]))
    width = Length(float(values["border_width"]), Unit(str(values["border_width_unit"])))
    own = Border(kind).soft_width
    return Border(
        kind,
        # Without a width the kind's own counts, also when that changes in a later version.
        width=None if width == own or not own.value else width,
        offset=Length(float(values["border_offset"]), Unit(str(values["border_offset_unit"]))),
        side=Side(str(values["border_side"])),
        profile=Profile(str(values["border_profile"])),
        contrast=float(values["border_contrast"]),
    )


def shown(border: Border) -> Values:
    """The controls' values for a border."""
    return {
        "border_kind": border.kind.value,
        "border_width": border.soft_width.value,
        "border_width_unit": border.soft_width.unit.value,
        "border_offset": border.offset.value,
        "border_offset_unit": border.offset.unit.value,
        "border_side": border.side.value,
        "border_profile": border.profile.value,
        "border_contrast": border.contrast,
    }


def _table(values: Mapping[str, Value], more: dict[str, Border], without: str = "") -> str:
    """The text of the table with rows added, and one taken out; names are compared as the policy compares them."""
    text = str(values["borders"])
    rows = BorderPolicy.from_toml(text, name="border table").rows if text.strip() else {}
    dropped = {_key(name) for name in more} | ({_key(without)} if without else set())
    kept = {name: border for name, border in rows.items() if _key(name) not in dropped}
    return BorderPolicy({**kept, **more}).to_toml().strip()


def _key(name: str) -> str:
    return name if name == "*" else slug(name)
