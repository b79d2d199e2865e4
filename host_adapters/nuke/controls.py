"""The effect's parameters, and the few that only Nuke has."""

from __future__ import annotations

from msgspec.structs import replace

from bridge.effect import Choice, EffectDescription, Form, Param, ParamType

INPUT_RANGE, GLOBAL_RANGE, CUSTOM_RANGE = "input", "global", "custom"

_MAKE = Param(
    name="make",
    type=ParamType.PUSH_BUTTON,
    label="Make mattes",
    hint="Ask the worker for the mattes of the input, and bring them in. What is there already is not made again.",
    parent="input",
)

_RANGE = Param(
    name="range",
    type=ParamType.STR_CHOICE,
    label="Range",
    hint="Frames of the script: those of the input, those of the project, or those written in Frames.",
    default=INPUT_RANGE,
    choices=(Choice(INPUT_RANGE), Choice(GLOBAL_RANGE), Choice(CUSTOM_RANGE)),
    parent="input",
)

_NODES = (
    Param(name="nodes", type=ParamType.GROUP, label="Nodes", hint="What is built when the mattes are there."),
    Param(
        name="outputs",
        type=ParamType.BOOLEAN,
        label="An output for each layer",
        hint="A node for each layer whose alpha is that matte, over the plate; a Read for files of its own.",
        default=True,
        parent="nodes",
    ),
    Param(
        name="grades",
        type=ParamType.BOOLEAN,
        label="A Grade for each layer",
        hint="Grades in a row behind the node, each masked by one matte. Those that are there are never touched.",
        default=True,
        parent="nodes",
    ),
    Param(
        name="chosen",
        type=ParamType.STRING,
        label="for",
        hint="Layers that get an output and a Grade, for example person,sky; without any, the first eight.",
        default="",
        parent="nodes",
        form=Form.WORDS,
    ),
    Param(
        name="cryptomatte",
        type=ParamType.STR_CHOICE,
        label="Cryptomatte",
        hint="What the Cryptomatte node picks from, where that layout is written.",
        default="objects",
        choices=(
            Choice("objects", "crypto_instance", hint="Each track, and all stuff."),
            Choice("categories", "crypto_class", hint="Each category."),
        ),
        parent="nodes",
    ),
    Param(
        name="new_folders",
        type=ParamType.BOOLEAN,
        label="New folder for each change",
        hint="Mattes made with other settings stay in v001, v002, ...; off replaces them.",
        default=True,
        parent="nodes",
    ),
)

_WORKER = (
    Param(name="worker_group", type=ParamType.GROUP, label="Worker", hint="Where the mattes are made."),
    Param(
        name="worker",
        type=ParamType.STRING,
        label="Address",
        hint="Else MATTEBRIDGE_WORKER, else tcp://127.0.0.1:5570; one is started here where none answers.",
        default="",
        parent="worker_group",
    ),
    Param(
        name="refresh",
        type=ParamType.PUSH_BUTTON,
        label="Fill menus",
        hint="Ask the worker for its models, categories and colour spaces.",
        parent="worker_group",
    ),
)

HOST_PARAMS = (_MAKE, _RANGE, *_NODES, *_WORKER)
"""Parameters without a field of `MatteRequest`: the effect itself does not know them."""

MAX_CHOSEN = 8
"""How many layers get nodes of their own where none are named."""


def with_host_params(effect: EffectDescription) -> EffectDescription:
    """The effect as Nuke shows it: ours among the others, in the groups they belong to."""
    params: list[Param] = []
    for param in effect.params:
        if param.name == "replace":
            # "New folder for each change" says it here.
            continue
        if param.name == "frames":
            params += [_MAKE, _RANGE]
            # What is left empty on the command line is another choice of Range here.
            param = replace(
                param, hint="Frames of the script, for example 1001-1100, where Range is custom.", field=None
            )
        params.append(param)
    return replace(effect, params=(*params, *_NODES, *_WORKER))
