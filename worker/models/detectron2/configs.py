"""Configs of detectron2 by name or from a file, made ready for inference or training."""

from __future__ import annotations

import importlib
import inspect
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bridge.errors import ModelError, unknown_name
from worker.labels import Category, LabelSet
from worker.models.detectron2.library import require
from worker.models.detectron2.recipes import RECIPES
from worker.models.detectron2.safe_yaml import read_yaml

PACKAGES = {
    "PanopticDeepLab": "detectron2.projects.panoptic_deeplab",
    "PanopticFCN": "panopticfcn",
}
"""Where architectures that are not detectron2's own register themselves, by ``MODEL.META_ARCHITECTURE``."""

Values = dict[str, Any]
"""A config as plain nested tables."""


def read_config(name: str, folder: Path | None = None) -> Values:
    """The values of a config, without the defaults.

    Args:
        name: The name of a config that comes with detectron2, for example
            ``COCO-PanopticSegmentation/panoptic_fpn_R_101_3x``, or the path of a YAML file.
        folder: Where a relative path begins.

    Raises:
        ModelError: The file cannot be read, or would run code.
        UnknownNameError: There is no such config.
    """
    if name.endswith(".py"):
        raise ModelError(f"{name} is refused: a config in Python is a program. Expected a name or a YAML file")
    path = (folder or Path()) / name
    if name.endswith(".yaml") and path.is_file():
        return read_yaml(path, _named)
    short = name.removesuffix(".yaml")
    if short in RECIPES:
        return RECIPES[short]
    named = _named(name)
    if named is None:
        raise unknown_name("config of detectron2", short, config_names())
    return read_yaml(named, _named)


def _named(name: str) -> Path | None:
    """The file of a config that comes with detectron2, with or without its ending; None where there is none."""
    built_in = _built_in_folder().resolve()
    path = (built_in / f"{name.removesuffix('.yaml')}.yaml").resolve()
    return path if path.is_relative_to(built_in) and path.is_file() else None


def config_names() -> list[str]:
    """The names of the configs that come with detectron2, without their endings."""
    built_in = _built_in_folder()
    found = {path.relative_to(built_in).with_suffix("").as_posix() for path in built_in.rglob("*.yaml")}
    return sorted(found | set(RECIPES))


def _built_in_folder() -> Path:
    # Not through detectron2.model_zoo: importing that needs pkg_resources, which newer setuptools do not have.
    return Path(str(require().__file__)).parent / "model_zoo" / "configs"


def full_config(values: Values, package: str | None = None) -> Any:
    """A `CfgNode` with the defaults of detectron2, of the architecture's package, and some values over them.

    Args:
        values: From `read_config`.
        package: An installed package that registers the architecture; None for those in `PACKAGES`.

    Raises:
        ModelError: A name or a type that the library does not know, or a package that is not there.
    """
    config_module = require("detectron2.config")
    architecture = str(values.get("MODEL", {}).get("META_ARCHITECTURE", "GeneralizedRCNN"))
    config = config_module.get_cfg()
    package = package or PACKAGES.get(architecture)
    if package is not None:
        for add in _extensions(package, architecture):
            add(config)
    registry = require("detectron2.modeling").META_ARCH_REGISTRY
    if architecture not in registry:
        known = sorted(name for name, _ in registry)
        raise ModelError(
            f"the architecture {architecture!r} is not registered; there is: {', '.join(known)}. "
            "Name the installed package that registers it (option 'package')"
        )
    try:
        config.merge_from_other_cfg(config_module.CfgNode(_without_version(values)))
    except (KeyError, ValueError, AssertionError, TypeError) as err:
        raise ModelError(f"the config does not fit detectron2: {err.args[0] if err.args else err!s}") from None
    return config


def _extensions(package: str, architecture: str) -> Iterator[Callable[[Any], None]]:
    """The functions of a package that add its own names to a config."""
    try:
        module = require(package) if package.startswith("detectron2.") else importlib.import_module(package)
    except ImportError as err:
        raise ModelError(
            f"the architecture {architecture!r} needs the package {package!r}, which cannot be imported: {err}. "
            "Put its folder on PYTHONPATH, or install it"
        ) from None
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if name.startswith("add_") and name.endswith("_config"):
            yield function


def _without_version(values: Values) -> Values:
    return {key: value for key, value in values.items() if key != "VERSION"}


def for_inference(config: Any, device: str, min_score: float | None) -> None:
    """Set what inference needs: the device, no weights from the net, normalisation that needs no other process."""
    config.MODEL.DEVICE = device
    config.MODEL.WEIGHTS = ""
    plain_normalisation(config)
    if min_score is not None:
        # What is left out later need not have its mask computed.
        config.MODEL.ROI_HEADS.SCORE_THRESH_TEST = max(config.MODEL.ROI_HEADS.SCORE_THRESH_TEST, min_score)
    whole_crops(config)


def whole_crops(config: Any) -> None:
    """Have Panoptic-DeepLab's inputs padded to whole crops: the pooling of its heads has the crop's size."""
    deeplab = config.MODEL.get("PANOPTIC_DEEPLAB")
    if deeplab is not None and deeplab.SIZE_DIVISIBILITY <= 0 and config.INPUT.CROP.ENABLED:
        deeplab.SIZE_DIVISIBILITY = int(max(config.INPUT.CROP.SIZE))


def plain_normalisation(node: Any) -> None:
    """Replace batch normalisation over several processes by the plain one, everywhere in a config."""
    for key, value in node.items():
        if isinstance(value, dict):
            plain_normalisation(value)
        elif key == "NORM" and value in ("SyncBN", "naiveSyncBN"):
            node[key] = "BN"


def label_set_of(config: Any) -> LabelSet:
    """The categories of the data set that a config trains on, as detectron2 knows them.

    Raises:
        ModelError: It does not know them.
    """
    data = require("detectron2.data")
    name = str(config.DATASETS.TRAIN[0]) if len(config.DATASETS.TRAIN) else ""
    # The "separated" form of a data set shortens the names; the standard one beside it has them whole.
    whole = name.removesuffix("_separated").removesuffix("_stuffonly")
    for candidate in (whole, name):
        if candidate not in data.DatasetCatalog.list():
            continue
        categories = _categories(data.MetadataCatalog.get(candidate))
        if categories:
            return LabelSet(candidate, categories)
    raise ModelError(
        f"detectron2 does not know the categories of the data set {name!r}; put a categories.json beside the "
        "weights, or give the label set"
    )


def _categories(meta: Any) -> tuple[Category, ...]:
    """The categories in a data set's metadata, in the order of the class numbers."""
    things: list[str] = list(meta.get("thing_classes") or [])
    stuff: list[str] = list(meta.get("stuff_classes") or [])
    thing_colors = list(meta.get("thing_colors") or [(128, 128, 128)] * len(things))
    stuff_colors = list(meta.get("stuff_colors") or [(128, 128, 128)] * len(stuff))
    if things and things == stuff:
        are_things = set((meta.get("thing_dataset_id_to_contiguous_id") or {}).values())
        return tuple(Category(name, i in are_things, _color(thing_colors[i])) for i, name in enumerate(things))
    if stuff[:1] == ["things"]:
        stuff, stuff_colors = stuff[1:], stuff_colors[1:]
    found = [Category(name, True, _color(color)) for name, color in zip(things, thing_colors, strict=True)]
    found += [Category(name, False, _color(color)) for name, color in zip(stuff, stuff_colors, strict=True)]
    return tuple(found)


def _color(color: Any) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in color)
    return red, green, blue


def quiet() -> None:
    """Keep the library's own log out of the worker's; what matters is raised."""
    for name in ("detectron2", "fvcore"):
        logging.getLogger(name).setLevel(logging.ERROR)
