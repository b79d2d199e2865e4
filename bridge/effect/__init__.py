"""The effect description in OpenFX terms: what every host's controls are made from.

An adapter iterates `effect_description().params`, or those of `DescribeReply.effect`, which have the worker's
choices filled in; it keeps values by script name, and turns them into a `MatteRequest` by `to_request`. `Effect`
and `EffectInstance` are the life in a host, from `describe` to `destroy_instance`. This is a description, no
``.ofx`` bundle: a host needs an adapter to load it.
"""

from bridge.effect.description import OUTPUT, SOURCE, effect_description, filled
from bridge.effect.lifecycle import Effect, EffectInstance, RenderedFrame, frames_of
from bridge.effect.schema import (
    Choice,
    Clip,
    Context,
    EffectDescription,
    Fill,
    Form,
    Param,
    ParamType,
    StringMode,
    Value,
    Values,
)
from bridge.effect.status import ActionError, Status, status_of
from bridge.effect.values import checked, from_request, policy_of, table_of, to_request, with_handles, words_of

__all__ = [
    "OUTPUT",
    "SOURCE",
    "ActionError",
    "Choice",
    "Clip",
    "Context",
    "Effect",
    "EffectDescription",
    "EffectInstance",
    "Fill",
    "Form",
    "Param",
    "ParamType",
    "RenderedFrame",
    "Status",
    "StringMode",
    "Value",
    "Values",
    "checked",
    "effect_description",
    "filled",
    "frames_of",
    "from_request",
    "policy_of",
    "status_of",
    "table_of",
    "to_request",
    "with_handles",
    "words_of",
]
