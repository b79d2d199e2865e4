"""What an effect description is made of: OpenFX's parameters, clips and contexts, as plain data.

Names and values follow the OpenFX standard 1.5, so that an adapter maps ``param.type`` and its properties to the
host's own controls without a table of special cases. Descriptions travel in `DescribeReply`.
"""

from __future__ import annotations

from enum import Enum
from typing import Optional, Union

import msgspec

from bridge.errors import unknown_name

Value = Union[bool, int, float, str]
"""What a parameter can hold."""

Values = dict[str, Value]
"""Parameters by their script names."""


class ParamType(str, Enum):
    """The parameter's type: ``kOfxParamType...``."""

    INTEGER = "OfxParamTypeInteger"
    DOUBLE = "OfxParamTypeDouble"
    BOOLEAN = "OfxParamTypeBoolean"
    STR_CHOICE = "OfxParamTypeStrChoice"
    """One of several words; the value is the word, not its position."""
    STRING = "OfxParamTypeString"
    GROUP = "OfxParamTypeGroup"
    """Holds the parameters whose parent it is; has no value."""
    PUSH_BUTTON = "OfxParamTypePushButton"
    """Has no value; a press is an `instance_changed`."""


class StringMode(str, Enum):
    """What a string is: ``kOfxParamPropStringMode``."""

    SINGLE_LINE = "OfxParamStringIsSingleLine"
    MULTI_LINE = "OfxParamStringIsMultiLine"
    FILE_PATH = "OfxParamStringIsFilePath"
    DIRECTORY_PATH = "OfxParamStringIsDirectoryPath"


class Form(str, Enum):
    """How a parameter's value becomes a field of `MatteRequest`. OpenFX has no lists, so strings hold them."""

    PLAIN = "plain"
    """As it is; an empty string leaves the field out."""
    WORDS = "words"
    """``person, sky``: names parted by commas; none leaves the field out."""
    TABLE = "table"
    """``wardrobe=tie,handbag`` on each line: a name and the names it stands for."""


class Fill(str, Enum):
    """Choices that only a worker knows; `describe` of a worker has them filled in."""

    MODELS = "models"
    CATEGORIES = "categories"
    """Those of one model, so they change with it."""
    COLORSPACES = "colorspaces"
    BORDER_ROWS = "border_rows"
    """What a border policy can have rows for: groups, ``thing``, ``stuff``, ``*`` and the model's categories."""


class Context(str, Enum):
    """How a host uses the effect: ``kOfxImageEffectContext...``."""

    FILTER = "OfxImageEffectContextFilter"
    """One input, one output: a node, or an effect on a clip."""
    GENERAL = "OfxImageEffectContextGeneral"
    """No clips at all: the source is named by a path, as on the command line."""


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One option of a choice."""

    value: str
    label: str = ""
    """What a person reads; empty for the value itself."""
    hint: str = ""

    @property
    def text(self) -> str:
        """What a person reads."""
        return self.label or self.value


class Param(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One parameter. Fields are OpenFX properties, but `form`, `field`, `fill` and `option`, which are ours."""

    name: str
    """``OfxParamPropScriptName``: what scripts call it; ``[a-z][a-z0-9_]*``, unique in the effect."""
    type: ParamType
    label: str
    hint: str = ""
    """One or two sentences for a tool tip."""
    default: Optional[Value] = None
    """None for groups and buttons only."""
    min: Optional[float] = None
    """Least value; a number below it is refused."""
    max: Optional[float] = None
    display_min: Optional[float] = None
    """Left end of a slider; any value from `min` to `max` can still be typed."""
    display_max: Optional[float] = None
    choices: tuple[Choice, ...] = ()
    """Of a `STR_CHOICE` the values there are; of a string in the form of words those that can be named."""
    string_mode: StringMode = StringMode.SINGLE_LINE
    animates: bool = False
    """No parameter of this effect may change within a job: layers are the same on every frame."""
    parent: Optional[str] = None
    """The group it stands in."""
    secret: bool = False
    """True where a host shall not show it."""
    persistent: bool = True
    """False for controls whose value need not be saved."""
    form: Form = Form.PLAIN
    field: Optional[str] = None
    """The field of `MatteRequest` it sets; None for what only the effect or the host needs."""
    fill: Optional[Fill] = None
    """Which choices the worker fills in; None where they are fixed."""
    option: Optional[str] = None
    """Its option on the command line; None where it has none there."""
    metavar: Optional[str] = None
    """What the command line's help calls the value."""

    @property
    def has_value(self) -> bool:
        """False for groups and buttons."""
        return self.type not in (ParamType.GROUP, ParamType.PUSH_BUTTON)


class Clip(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An input or output of the effect."""

    name: str
    """``Source`` and ``Output``: the names OpenFX demands."""
    components: tuple[str, ...] = ("OfxImageComponentRGBA", "OfxImageComponentRGB")
    optional: bool = False
    temporal_access: bool = False
    """True where frames other than the current one are needed: tracks are followed through time."""


class EffectDescription(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The effect, as ``OfxActionDescribe`` and ``OfxImageEffectActionDescribeInContext`` tell it."""

    identifier: str
    version: tuple[int, int]
    """Major and minor."""
    label: str
    grouping: str
    description: str
    contexts: tuple[Context, ...]
    pixel_depths: tuple[str, ...]
    thread_safety: str
    """``kOfxImageEffectPluginRenderThreadSafety``."""
    supports_tiles: bool
    supports_multi_resolution: bool
    temporal_clip_access: bool
    clips: tuple[Clip, ...]
    params: tuple[Param, ...]
    """In the order in which a host shows them; a group stands before what it holds."""

    def param(self, name: str) -> Param:
        """A parameter by its script name; UnknownNameError where there is none."""
        for param in self.params:
            if param.name == name:
                return param
        raise unknown_name("parameter", name, (param.name for param in self.params))

    def groups(self) -> tuple[Param, ...]:
        """The groups, in order."""
        return tuple(param for param in self.params if param.type is ParamType.GROUP)

    def children(self, group: str) -> tuple[Param, ...]:
        """What stands in a group, in order."""
        return tuple(param for param in self.params if param.parent == group)

    def defaults(self) -> Values:
        """Every parameter that has a value, at its default."""
        return {param.name: param.default for param in self.params if param.default is not None}
