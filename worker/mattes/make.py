"""Segments in, mattes out: every layer of a frame at the plate's resolution."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from bridge.borders import Border, BorderKind
from bridge.request import LicenceDemand
from worker import signs
from worker.layers import LayerSpec
from worker.mattes.colours import CellColours
from worker.mattes.edges import by_distance, natural
from worker.mattes.geometry import Box, Size
from worker.mattes.guided import guided
from worker.mattes.matting import matting
from worker.mattes.softmask import SoftMask, join
from worker.mattes.threads import each
from worker.mattes.vitmatte import find_weights, load_network, weights_notices
from worker.models.base import Plate
from worker.segments import FramePrediction, Segment

_BY_MASK: dict[BorderKind, Callable[[SoftMask, Border], tuple[Box, torch.Tensor]]] = {
    BorderKind.HARD: by_distance,
    BorderKind.FEATHER: by_distance,
    BorderKind.NATURAL: natural,
}

_BY_PICTURE: dict[BorderKind, Callable[[SoftMask, Border, CellColours], tuple[Box, torch.Tensor]]] = {
    BorderKind.GUIDED: guided,
    BorderKind.MATTING: lambda mask, border, colours: matting(
        mask, border, colours.plate, load_network(mask.values.device)
    ),
}


def _nothing() -> npt.NDArray[np.float16]:
    return np.zeros((0, 0), np.float16)


@dataclass(frozen=True)
class Matte:
    """The coverage of one layer in one frame."""

    layer: str
    """The layer's name."""
    window: Box | None
    """``x0, y0, x1, y1`` in plate pixels, half open: the smallest box that holds all coverage; None for none."""
    coverage: npt.NDArray[np.float16] = field(default_factory=_nothing)
    """Shape ``(y1 - y0, x1 - x0)``, C-contiguous, in [0, 1]; shape ``(0, 0)`` where `window` is None."""


def make_mattes(
    prediction: FramePrediction,
    layers: Sequence[LayerSpec],
    plate_wh: Size,
    device: torch.device | str = "cpu",
    plate: Plate | None = None,
) -> list[Matte]:
    """The mattes of a frame, one for each layer and in their order.

    Args:
        prediction: The segments of the frame, with track ids where a layer follows a track.
        layers: The layers of the export.
        plate_wh: Width and height of the plate, in pixels.
        device: Where to compute.
        plate: The picture, of the size `plate_wh`. Only asked for where a border `needs_plate`.

    Raises:
        ValueError: a border needs the plate and there is none, or one of another size.
        ModelError: a border wants a matting network that is not installed or cannot be loaded.
    """
    where = torch.device(device)
    _check_plate(plate, layers, plate_wh)
    colours = None if plate is None else CellColours(plate, prediction.grid_wh, where)

    def make(layer: LayerSpec) -> Matte:
        signs.beat()
        with torch.inference_mode():
            mask = join(_members(prediction.segments, layer), prediction.grid_wh, plate_wh, where)
            if mask is None:
                return Matte(layer.name, None)
            return cropped(layer.name, *_edge(mask, layer.border, colours))

    # The longest work first, so that no core is left alone with it at the end.
    order = sorted(range(len(layers)), key=lambda number: not layers[number].border.needs_plate)
    made = dict(zip(order, each(make, [layers[number] for number in order], where), strict=True))
    return [made[number] for number in range(len(layers))]


def check_borders(borders: Iterable[Border], licence: LicenceDemand = LicenceDemand.ANY) -> tuple[str, ...]:
    """Find out, before any work, whether mattes with these borders can be made on this machine.

    Args:
        borders: The borders.
        licence: What the licence of a matting network must allow.

    Returns:
        What a user should hear about the licence of a matting network.

    Raises:
        ModelError: a border wants a matting network that is not installed.
        LicenceError: it wants one whose licence is not known to allow what was asked for.
    """
    if not any(border.kind is BorderKind.MATTING for border in borders):
        return ()
    find_weights()
    return weights_notices(licence)


def empty_mattes(layers: Iterable[LayerSpec]) -> list[Matte]:
    """Mattes without coverage, for a frame that shows nothing or could not be read."""
    return [Matte(layer.name, None) for layer in layers]


def _check_plate(plate: Plate | None, layers: Iterable[LayerSpec], plate_wh: Size) -> None:
    looking = [layer.name for layer in layers if layer.border.needs_plate]
    if not looking:
        return
    if plate is None:
        raise ValueError(f"the borders of {', '.join(looking)} are made from the picture; hand the plate over")
    expected = (plate_wh[1], plate_wh[0], 3)
    if plate.dtype != np.uint8 or plate.shape != expected:
        raise ValueError(f"the plate must be uint8 of shape {expected}, but is {plate.dtype} of {plate.shape}")


def _edge(mask: SoftMask, border: Border, colours: CellColours | None) -> tuple[Box, torch.Tensor]:
    if colours is None or not border.needs_plate:
        return _BY_MASK[border.kind](mask, border)
    return _BY_PICTURE[border.kind](mask, border, colours)


def _members(segments: Iterable[Segment], layer: LayerSpec) -> list[Segment]:
    if layer.track is not None:
        return [s for s in segments if s.track == layer.track]
    return [s for s in segments if s.category in layer.categories]


def cropped(layer: str, window: Box, coverage: torch.Tensor) -> Matte:
    """Bring a coverage over from the device, cut to the pixels that have any."""
    # Bits of half floats from 0 to 1 are in the order of the numbers, and whole numbers are compared far quicker.
    bits = coverage.view(torch.int16)
    rows = torch.nonzero(bits.amax(1)).view(-1)
    if rows.numel() == 0:
        return Matte(layer, None)
    cols = torch.nonzero(bits.amax(0)).view(-1)
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(cols[0]), int(cols[-1]) + 1
    box = (window[0] + left, window[1] + top, window[0] + right, window[1] + bottom)
    return Matte(layer, box, coverage[top:bottom, left:right].contiguous().cpu().numpy())
