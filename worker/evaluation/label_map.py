"""Which of a data set's categories a model's categories are, by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.errors import DataSetError
from bridge.naming import short_category, slug
from worker.datasets.coco_format import DataCategory
from worker.labels import LabelSet

_SHOWN = 8


@dataclass(frozen=True)
class LabelMap:
    """The categories a model and a data set share."""

    known: Mapping[str, DataCategory]
    """The data set's category by the model's name."""
    only_model: tuple[str, ...]
    """What the data set does not know; where a model finds it, the prediction is void."""
    only_data: tuple[str, ...]
    """What the model does not know and will miss."""


def map_labels(label_set: LabelSet, categories: Sequence[DataCategory], *, partial: bool = False) -> LabelMap:
    """Match names: as they are, else folded to lower case and underscores, else their short forms.

    Args:
        label_set: The model's categories.
        categories: The data set's.
        partial: Take part even where both have categories that the other lacks.

    Raises:
        DataSetError: They share no name; or both have names of their own and `partial` is not set.
    """
    known: dict[str, DataCategory] = {}
    left = {category.id: category for category in categories}
    for forms in (_exact, _folded, _short):
        for name in label_set.names:
            if name in known:
                continue
            wanted = forms(name)
            hits = [category for category in left.values() if wanted & forms(category.name)]
            # A form that several categories share says nothing: "wall" can be of brick or of wood.
            if len(hits) == 1:
                known[name] = left.pop(hits[0].id)
    only_model = tuple(name for name in label_set.names if name not in known)
    only_data = tuple(category.name for category in left.values())
    if not known:
        raise DataSetError(
            f"the model knows none of the data set's categories: it has {_some(label_set.names)}; "
            f"the data set has {_some([category.name for category in categories])}"
        )
    if only_model and only_data and not partial:
        raise DataSetError(
            f"the labels of model and data set do not fit: they share {len(known)}, but only the model has "
            f"{_some(only_model)}, and only the data set has {_some(only_data)}. To go on with those they share, "
            "say --partial-labels."
        )
    return LabelMap(known, only_model, only_data)


def _exact(name: str) -> frozenset[str]:
    return frozenset({name})


def _folded(name: str) -> frozenset[str]:
    """The whole name and, as ADE20K writes synonyms, what stands between commas."""
    return frozenset({slug(name), *(slug(part) for part in name.split(",") if part.strip())})


def _short(name: str) -> frozenset[str]:
    return frozenset({slug(short_category(name))})


def _some(names: Sequence[str]) -> str:
    rest = f", ... ({len(names)} in all)" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest
