"""The detectron2 library, which is on no package index and so may not be there."""

from __future__ import annotations

import importlib
from types import ModuleType

from bridge.errors import ModelError

INSTALL = (
    'pip install torchvision "setuptools<81", then '
    'pip install --no-build-isolation "git+https://github.com/facebookresearch/detectron2"'
)
"""What installs it beside a torch that is there already: it builds against that torch."""

PANOPTICAPI = 'pip install "git+https://github.com/cocodataset/panopticapi"'


def require(module: str = "detectron2") -> ModuleType:
    """Import a module of detectron2.

    Args:
        module: Its full name, for example ``detectron2.modeling``.

    Raises:
        ModelError: It cannot be imported; the message says how to install what is missing.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as err:
        raise ModelError(_missing(err.name or module)) from None
    except (ImportError, RuntimeError, OSError) as err:
        # A torchvision that was built for another torch fails at its first operator, with a RuntimeError.
        raise ModelError(
            f"detectron2 is installed but cannot be used: {err}. Its torchvision must belong to the torch that is "
            f"installed, and it must be built against that torch: {INSTALL}"
        ) from None


def _missing(name: str) -> str:
    package = name.split(".")[0]
    if package == "detectron2":
        return f"this model needs detectron2, which is not installed; it is on no package index: {INSTALL}"
    if package == "torchvision":
        return f"detectron2 needs torchvision, which is not installed: {INSTALL}"
    if package == "panopticapi":
        return f"Panoptic-DeepLab in detectron2 needs panopticapi, which is not installed: {PANOPTICAPI}"
    if package == "pkg_resources":
        return 'detectron2 needs pkg_resources, which newer setuptools no longer have: pip install "setuptools<81"'
    return f"detectron2 needs {package}, which is not installed: pip install {package}"
