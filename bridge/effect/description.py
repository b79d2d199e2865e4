"""The effect itself, and the choices that a worker puts into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Optional

from msgspec.structs import replace

from bridge.effect.parameters import BORDER_ROWS, PARAMS
from bridge.effect.schema import Choice, Clip, Context, EffectDescription, Fill
from bridge.errors import unknown_name

if TYPE_CHECKING:
    from bridge.messages import ModelInfo

VERSION = (1, 0)
"""Version of the effect: the major number is raised when saved values of an older one could not be read."""

SOURCE = "Source"
"""The clip that is looked at."""
OUTPUT = "Output"
"""The clip with the mattes."""


def effect_description() -> EffectDescription:
    """The effect without a worker: what only a worker knows has no choices yet."""
    return EffectDescription(
        identifier="org.mattebridge.PanopticMattes",
        version=VERSION,
        label="Mattebridge",
        grouping="Keyer",
        description="Soft mattes for every thing and all stuff in the picture, followed through the clip.",
        contexts=(Context.FILTER, Context.GENERAL),
        pixel_depths=("OfxBitDepthHalf", "OfxBitDepthFloat"),
        thread_safety="OfxImageEffectRenderInstanceSafe",
        supports_tiles=False,
        supports_multi_resolution=True,
        temporal_clip_access=True,
        clips=(Clip(name=SOURCE, temporal_access=True), Clip(name=OUTPUT)),
        params=PARAMS,
    )


def filled(
    effect: EffectDescription,
    models: Sequence[ModelInfo],
    colorspaces: Iterable[str],
    model: Optional[str] = None,
) -> EffectDescription:
    """The effect with the choices that a worker has.

    Args:
        effect: The description; choices filled in before are replaced.
        models: The worker's models.
        colorspaces: Names of the colour spaces it reads.
        model: Whose categories to offer; None for the model that is the default, or else the first.

    Raises:
        UnknownNameError: the worker has no model of that name.
    """
    by_name = {info.name: info for info in models}
    if model is not None and model not in by_name:
        raise unknown_name("model", model, by_name)
    default = effect.param("model").default
    chosen = by_name.get(str(default) if model is None else model) or next(iter(by_name.values()), None)
    categories = () if chosen is None else tuple(Choice(info.layer, info.name) for info in chosen.categories)
    known = {row.value for row in BORDER_ROWS}
    choices = {
        Fill.MODELS: tuple(Choice(info.name, hint=f"{info.summary} ({info.licence})") for info in models),
        Fill.CATEGORIES: categories,
        Fill.COLORSPACES: tuple(Choice(name) for name in colorspaces),
        Fill.BORDER_ROWS: BORDER_ROWS + tuple(choice for choice in categories if choice.value not in known),
    }
    return replace(
        effect,
        params=tuple(
            param if param.fill is None else replace(param, choices=choices[param.fill]) for param in effect.params
        ),
    )
