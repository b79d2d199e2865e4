"""The mattes of single plates: what `segment` answers, by path or by pixels."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from bridge import wire
from bridge.errors import BadRequestError, SharedMemoryError
from bridge.messages import Segment, SegmentLayer, SegmentReply, SharedPlate
from bridge.shared_plate import take
from worker.labels import LabelSet
from worker.layers import LayerSpec, settle_layers
from worker.mattes import Matte
from worker.media import open_source
from worker.models.base import Plate
from worker.models.detail import closer
from worker.models.registry import ModelPool
from worker.plate_mattes import PlateMattes
from worker.predictions import Predictions
from worker.recent import Recent
from worker.segments import FramePrediction
from worker.stages import Stopwatch
from worker.store import Store

KEPT_BYTES = 64 << 20
"""What is kept of plates and their mattes for the next question, in bytes: few of them, since whoever goes through
a clip asks for none again, and memory that was in use a moment ago is far quicker to fill than other memory."""

LARGEST_BYTES = 512 << 20
"""What is kept where it is but one plate."""

MATTES_BYTES = 256 << 20
"""What is kept of the mattes of a plate."""

_ENTRY_BYTES = 1024
"""What an empty matte takes."""


@dataclass(frozen=True)
class _Look:
    """One plate and what is found in it."""

    prediction: FramePrediction
    plate: Plate
    key: Hashable | None
    """The same for the same plate seen by the same model; None for pixels, which nobody can name again."""
    mattes: Recent[Matte] = field(default_factory=lambda: Recent(MATTES_BYTES))
    """Mattes of it by their layers."""


class PlateDesk:
    """Answers for single plates. Plates by path come from the prediction store; what was made lately is kept."""

    def __init__(self, pool: ModelPool, store: Store, device: torch.device) -> None:
        self._pool = pool
        self._store = store
        self._maker = PlateMattes(device)
        self._looks: Recent[_Look] = Recent(KEPT_BYTES, LARGEST_BYTES)

    def answer(
        self, message: Segment, arrays: Sequence[wire.Array], label_set: LabelSet, notices: tuple[str, ...]
    ) -> tuple[SegmentReply, list[wire.Array]]:
        """The mattes of a plate; the request was checked.

        Args:
            message: What is asked for.
            arrays: The plate, where it does not come by path.
            label_set: The model's.
            notices: What whoever asks should know.

        Raises:
            BadRequestError: (or a class below it) neither a path nor pixels, or one that cannot be used.
        """
        look = self._from_pixels(message, arrays) if message.source is None else self._from_path(message, arrays)
        shown: dict[str, set[int]] = {segment.category: set() for segment in look.prediction.segments}
        layers = settle_layers(shown, message.categories, message.policy, label_set)
        mattes = self._made(look, layers)
        reply = SegmentReply(
            size_wh=(look.plate.shape[1], look.plate.shape[0]),
            layers=tuple(
                SegmentLayer(
                    name=layer.name,
                    category=layer.category,
                    border=layer.border.describe(),
                    window=matte.window or (0, 0, 0, 0),
                )
                for layer, matte in zip(layers, mattes, strict=True)
            ),
            notices=notices,
        )
        return reply, [wire.Array("f2", matte.coverage.shape, matte.coverage.data) for matte in mattes]

    def _made(self, look: _Look, layers: Sequence[LayerSpec]) -> list[Matte]:
        """The mattes of the layers; only those are made that were not made for this plate before."""
        known = {layer: look.mattes.get(layer) for layer in layers}
        missing = [layer for layer in layers if known.get(layer) is None]
        size_wh = (look.plate.shape[1], look.plate.shape[0])
        made = dict(zip(missing, self._maker.make(look.prediction, missing, size_wh, look.plate), strict=True))
        if look.key is not None:
            for layer, matte in made.items():
                look.mattes.put(layer, matte, matte.coverage.nbytes + _ENTRY_BYTES)
            self._looks.put(look.key, look, look.plate.nbytes + look.mattes.size_bytes)
        return [known.get(layer) or made[layer] for layer in layers]

    def _from_pixels(self, message: Segment, arrays: Sequence[wire.Array]) -> _Look:
        plate = plate_of(message, arrays)
        model = closer(self._pool.get(message.model), message.detail)
        return _Look(self._pool.predict(model, [plate])[0], plate, None)

    def _from_path(self, message: Segment, arrays: Sequence[wire.Array]) -> _Look:
        if arrays or message.shared is not None:
            raise BadRequestError("a plate comes by path or as pixels, not as both")
        assert message.source is not None
        frames = None if message.frame is None else str(message.frame)
        with open_source(message.source, frames=frames, colorspace=message.colorspace) as source:
            model = closer(self._pool.get(message.model), message.detail)
            shelf = self._store.shelf(source.fingerprint, model.fingerprint, model.settings)
            predictions = Predictions(source, model, self._pool, shelf, Stopwatch())
            frame = source.frames[0]
            key = (source.fingerprint, predictions.stamp(frame), frame, shelf.folder.name)
            return self._looks.get(key) or _Look(predictions.get(frame), source.read(frame), key)


def plate_of(message: Segment, arrays: Sequence[wire.Array]) -> Plate:
    """The plate that came as pixels, through the socket or in shared memory.

    Raises:
        BadRequestError: it is not there, or has another type or shape.
        SharedMemoryError: what was shared cannot be read on this machine.
    """
    return _plate_from(arrays) if message.shared is None else _plate_shared(message.shared, arrays)


def _plate_from(arrays: Sequence[wire.Array]) -> Plate:
    if len(arrays) != 1 or arrays[0].dtype != "u1" or len(arrays[0].shape) != 3 or arrays[0].shape[2] != 3:
        got = ", ".join(f"{array.dtype} {array.shape}" for array in arrays) or "none"
        raise BadRequestError(f"without a source, one buffer u1 of shape (H, W, 3) is expected; got {got}")
    if 0 in arrays[0].shape:
        raise BadRequestError(f"the plate has no pixels: its shape is {arrays[0].shape}")
    return np.frombuffer(arrays[0].data, np.uint8).reshape(arrays[0].shape)


def _plate_shared(place: SharedPlate, arrays: Sequence[wire.Array]) -> Plate:
    if arrays:
        raise BadRequestError("a plate comes in shared memory or as a buffer, not as both")
    height, width, channels = place.shape
    size = height * width * channels
    if min(place.shape) < 1 or channels != 3 or size > wire.MAX_BUFFERS_BYTES:
        raise BadRequestError(
            f"a plate in shared memory must be of shape (H, W, 3) and at most {wire.MAX_BUFFERS_BYTES} bytes, "
            f"but is {place.shape}"
        )
    data = take(place.name, size)
    if data is None:
        raise SharedMemoryError(f"the plate {place.name!r} cannot be read from the shared memory of this machine")
    return np.frombuffer(data, np.uint8).reshape(place.shape)
