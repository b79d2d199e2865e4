"""Saved folders of tiny networks, made once, and plates of many shapes."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.worker.conftest import draw_plate
from tests.worker.models.transformers import tiny
from worker.models.base import Plate, Weights
from worker.models.transformers import load
from worker.models.transformers.model import QueryModel

SHAPES_WH = {
    "16:9": (320, 180),
    "4:3": (240, 180),
    "portrait": (180, 320),
    "17:9 of 8K": (512, 270),
    "odd": (171, 97),
}

Loaded = Callable[..., QueryModel]


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a kind of network, saved by the library."""
    root = tmp_path_factory.mktemp("networks")
    return cache(lambda kind: tiny.save(kind, root))


@pytest.fixture(scope="session")
def loaded(folders: Callable[[str], Path]) -> Loaded:
    """Load a kind of network as a user would; options as `Weights.options`."""

    @cache
    def open_folder(kind: str, **options: str | int | float) -> QueryModel:
        chosen = {"precision": "fp32", "min_score": 0.0, **options}
        return load(Weights(kind, folders(kind), "MIT", None, chosen), torch.device("cpu"))

    return open_folder


@pytest.fixture(scope="session")
def picture() -> Plate:
    """A frame of the dog's clip where the data are there, else a drawn plate."""
    data = os.environ.get("MATTEBRIDGE_TEST_DATA")
    clip = None if data is None else Path(data) / "clips" / "01_dog.mp4"
    if clip is None or not clip.is_file():
        return draw_plate(3)
    from worker.media import open_source

    with open_source(str(clip)) as source:
        return source.read(source.frames[5])


@pytest.fixture(scope="session")
def plate_of(picture: Plate) -> Callable[[str], Plate]:
    """The picture at one of `SHAPES_WH`."""
    return lambda shape: np.asarray(Image.fromarray(picture).resize(SHAPES_WH[shape]))
