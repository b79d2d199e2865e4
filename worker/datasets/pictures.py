"""Reading what data sets keep in pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from bridge.errors import DataSetError


def read_picture(path: Path) -> npt.NDArray[np.uint8]:
    """A picture as models see it, shape ``(h, w, 3)``; DataSetError where it is missing or damaged."""
    with _opened(path) as picture:
        return np.array(_loaded(path, picture).convert("RGB"))


def read_plane(path: Path) -> npt.NDArray[np.int32]:
    """The values of a PNG with one channel of 8 or 16 bits, shape ``(h, w)``; DataSetError as above."""
    with _opened(path) as picture:
        values = np.array(_loaded(path, picture))
    if values.ndim != 2:
        raise DataSetError(f"{path}: expected one channel of labels, but it is {picture.mode}")
    return values.astype(np.int32)


def read_labels_rgb(path: Path) -> npt.NDArray[np.int32]:
    """The channels of an RGB picture of labels, shape ``(h, w, 3)``; DataSetError as above."""
    return read_picture(path).astype(np.int32)


def _opened(path: Path) -> Image.Image:
    try:
        return Image.open(path)
    except FileNotFoundError:
        raise DataSetError(f"{path} is missing") from None
    except (UnidentifiedImageError, OSError) as err:
        raise DataSetError(f"{path} cannot be read: {err}") from None


def _loaded(path: Path, picture: Image.Image) -> Image.Image:
    try:
        picture.load()
    except (OSError, SyntaxError) as err:
        raise DataSetError(f"{path} cannot be read: {err}") from None
    return picture
