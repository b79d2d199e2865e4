"""Reading files of mattes back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenEXR

from bridge.errors import SourceUnreadableError


def read_layers(path: str | Path) -> dict[str, npt.NDArray[np.float16]]:
    """The mattes of a file in the layout `layers`.

    Returns:
        By layer name, sorted: coverage on the whole display window, shape ``(h, w)``, in [0, 1]. Pixels
        outside the data window are 0.

    Raises:
        SourceUnreadableError: the file is missing, damaged, or has no layers of half floats.
    """
    try:
        file = OpenEXR.File(str(path), separate_channels=True)
        # Of a damaged file the library hands over no part, and only says so here.
        header = file.header()
    except (RuntimeError, ValueError) as err:
        raise SourceUnreadableError(f"cannot read {path}: {err}") from None
    (x0, y0), _ = header["dataWindow"]
    (left, top), (right, bottom) = header["displayWindow"]
    layers: dict[str, npt.NDArray[np.float16]] = {}
    for name, channel in sorted(file.channels().items()):
        pixels = channel.pixels
        layer = name.rpartition(".")[0]
        if not layer or pixels.dtype != np.float16:
            raise SourceUnreadableError(f"{path} has channel {name!r} of {pixels.dtype}, which is no matte")
        full = np.zeros((bottom - top + 1, right - left + 1), np.float16)
        full[y0 - top : y0 - top + pixels.shape[0], x0 - left : x0 - left + pixels.shape[1]] = pixels
        layers[layer] = full
    return layers
