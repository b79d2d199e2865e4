"""What tracking costs: its share of the embedded model's time, and the cost of a frame in short and long clips."""

from __future__ import annotations

import time
from collections.abc import Iterator

import torch

from worker.cli.demo import CLIP
from worker.embedded.model import EmbeddedModel
from worker.media import open_source
from worker.models.base import Plate
from worker.segments import FramePrediction
from worker.thumbnail import with_thumbnail
from worker.tracking import assign

LENGTHS = (100, 1000, 3000)


def measure() -> dict[str, object]:
    """Find the segments of the bundled clip, then track it, again and again for the longer ones.

    Everything on one thread; times are of the processor.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        plates = _plates()
        model = EmbeddedModel.load()
        model.predict(plates[:1])
        began = time.process_time()
        found = [model.predict([plate])[0] for plate in plates]
        model_ms = 1000 * (time.process_time() - began) / len(plates)
        began = time.process_time()
        thumbed = [with_thumbnail(prediction, plate) for prediction, plate in zip(found, plates, strict=True)]
        thumbnail_ms = 1000 * (time.process_time() - began) / len(plates)
        tracking_ms = {}
        for length in LENGTHS:
            began = time.process_time()
            assign(_to_and_fro(thumbed, length), 24.0)
            tracking_ms[str(length)] = thumbnail_ms + 1000 * (time.process_time() - began) / length
    finally:
        torch.set_num_threads(threads)
    shares = {length: ms / model_ms for length, ms in tracking_ms.items()}
    return {
        "model_ms": model_ms,
        "tracking_ms_by_frames": tracking_ms,
        "share_of_model": shares,
        "longest_over_shortest": tracking_ms[str(LENGTHS[-1])] / tracking_ms[str(LENGTHS[0])],
    }


def _plates() -> list[Plate]:
    with open_source(str(CLIP)) as source:
        return [source.read(frame) for frame in source.frames]


def _to_and_fro(clip: list[FramePrediction], length: int) -> Iterator[tuple[int, FramePrediction]]:
    """The clip forwards, backwards, forwards and so on, so that there is no cut."""
    there_and_back = [*range(len(clip)), *range(len(clip) - 2, 0, -1)]
    for number in range(length):
        yield number, clip[there_and_back[number % len(there_and_back)]]
