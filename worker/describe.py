"""What this worker can do, for `describe`."""

from __future__ import annotations

import torch

from bridge.borders import BorderKind
from bridge.effect import effect_description, filled
from bridge.messages import CategoryInfo, DescribeReply, ModelInfo
from bridge.request import Layout
from bridge.version import version
from worker.device import device_words
from worker.layers import layer_names
from worker.media.images import image_extensions
from worker.media.movie import MOVIE_EXTENSIONS
from worker.media.spaces import color_space_names
from worker.models.catalog import catalog
from worker.models.registry import ModelEntry, known_models


def describe(device: torch.device) -> DescribeReply:
    """Models, categories, layouts, borders, formats and colour spaces of this worker."""
    installed = known_models()
    models = tuple(_model(entry) for entry in installed.values())
    spaces = color_space_names()
    return DescribeReply(
        version=version(),
        device=device_words(device),
        models=models,
        layouts=tuple(layout.value for layout in Layout),
        borders=tuple(kind.value for kind in BorderKind),
        image_formats=tuple(sorted(image_extensions())),
        movie_formats=tuple(sorted(MOVIE_EXTENSIONS)),
        colorspaces=spaces,
        effect=filled(effect_description(), models, spaces),
        pullable=tuple(
            name
            for name, entry in catalog().items()
            if name not in installed and entry.is_pullable and entry.kind == "panoptic"
        ),
    )


def _model(entry: ModelEntry) -> ModelInfo:
    names = layer_names(entry.label_set)
    return ModelInfo(
        name=entry.name,
        summary=entry.summary,
        licence=entry.licence,
        allows=entry.terms.words,
        categories=tuple(
            CategoryInfo(name=category.name, layer=names[category.name], is_thing=category.is_thing)
            for category in entry.label_set.categories
        ),
    )
