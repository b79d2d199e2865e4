"""ViTMatte as the network of the `matting` edge, through transformers, never from the net.

Yao et al., "ViTMatte: Boosting image matting with pretrained plain vision transformers", Information Fusion 103,
2024, arXiv:2305.15272.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import threading
from pathlib import Path

import torch
import torch.nn.functional as F

from bridge.errors import ModelError
from bridge.request import LicenceDemand
from worker.mattes.matting import Network
from worker.models.catalog import MATTING, catalog
from worker.models.folders import UNKNOWN_LICENCE, licence_of_card
from worker.models.installed import find_installed
from worker.models.licences import check_licence, terms_of

FOLDER_VARIABLE = "MATTEBRIDGE_VITMATTE"
"""Names the folder that holds ``config.json`` and ``model.safetensors``."""

_FILES = ("config.json", "model.safetensors")

_LOADING = threading.Lock()

_STRIDE_PX = 32
"""Sides of what the network sees are multiples of it."""


def find_weights() -> Path:
    """The folder of the network's configuration and weights.

    Raises:
        ModelError: transformers or the weights are not installed.
    """
    if importlib.util.find_spec("transformers") is None:
        raise _missing("the package transformers is not installed, say: pip install 'mattebridge[worker]'")
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        absent = [name for name in _FILES if not Path(named, name).is_file()]
        if absent:
            raise _missing(f"{FOLDER_VARIABLE} names {named}, which has no {' and no '.join(absent)}")
        return Path(named)
    found = find_installed(catalog()[MATTING])
    if found is None or not all((found / name).is_file() for name in _FILES):
        raise _missing(f"its weights are not installed, say: mattebridge models pull {MATTING}")
    return found


def weights_notices(demand: LicenceDemand) -> tuple[str, ...]:
    """What a user must hear about the licence of the weights that `find_weights` finds.

    Raises:
        LicenceError: commercial use was asked for, and the licence is not known to allow it.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    terms = terms_of(licence_of_card(Path(named)) or UNKNOWN_LICENCE) if named else catalog()[MATTING].terms
    return check_licence(named or MATTING, terms, demand)


def load_network(device: torch.device) -> Network:
    """The network on a device; loaded once.

    Raises:
        ModelError: transformers or the weights are not installed, or cannot be used.
    """
    folder = find_weights()
    # Layers ask for it side by side; the first loads it.
    with _LOADING:
        return _load(folder, device)


@functools.lru_cache(maxsize=1)
def _load(folder: Path, device: torch.device) -> Network:
    from safetensors import SafetensorError
    from transformers import VitMatteForImageMatting

    try:
        model = VitMatteForImageMatting.from_pretrained(folder, local_files_only=True, use_safetensors=True)
    except (OSError, RuntimeError, ValueError, SafetensorError) as err:
        raise ModelError(f"the matting network in {folder} could not be loaded: {err}") from err
    model = model.eval().to(device)

    def network(picture: torch.Tensor, trimap: torch.Tensor) -> torch.Tensor:
        height, width = trimap.shape
        # Colours from -1 to 1, the trimap as it is: the network's own image processor.
        seen = torch.cat([picture * 2.0 - 1.0, trimap[None]])[None]
        padded = F.pad(seen, (0, -width % _STRIDE_PX, 0, -height % _STRIDE_PX))
        alpha: torch.Tensor = model(pixel_values=padded).alphas[0, 0, :height, :width]
        return alpha

    return network


def _missing(reason: str) -> ModelError:
    return ModelError(
        f"the border kind 'matting' needs ViTMatte, but {reason}; or set {FOLDER_VARIABLE} to a folder with "
        f"{' and '.join(_FILES)}, or use the kind 'guided', which needs no weights"
    )
