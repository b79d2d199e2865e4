"""Reading files of mattes back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge.errors import SourceUnreadableError
from worker.exr.parts import read_parts


def read_layers(path: str | Path) -> dict[str, npt.NDArray[np.float16]]:
    """The mattes of a file in the layout `layers`.

    Returns:
        By layer name, sorted: coverage on the whole display window, shape ``(h, w)``, in [0, 1]. Pixels
        outside the data window are 0.

    Raises:
        SourceNotFoundError: no file lies there.
        SourceUnreadableError: the file is damaged, or has channels that are no layers of half floats.
    """
    layers: dict[str, npt.NDArray[np.float16]] = {}
    part = read_parts(path)[0]
    for name, pixels in sorted(part.channels.items()):
        layer = name.rpartition(".")[0]
        if not layer or pixels.dtype != np.float16:
            raise SourceUnreadableError(f"{path} has channel {name!r} of {pixels.dtype}, which is no matte")
        layers[layer] = part.on_display(name)
    return layers
