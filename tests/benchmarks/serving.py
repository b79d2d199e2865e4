"""What a client waits for the mattes of one frame that the worker knows already."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from bridge.client import Client
from bridge.launch import free_address, start_worker
from tests.benchmarks.eight_k import SIZES, still
from tests.benchmarks.exporting import CATEGORIES

_READY_S = 6.0
"""After which a worker has all processes ready that it starts with the first plate."""


def measure(frames: int = 16) -> dict[str, object]:
    """Ask a worker over loopback for the eight mattes of 1080p frames, by their paths and as pixels.

    The frames were found by a worker that has ended: what is measured knows them from the store alone, and has
    neither plates nor mattes of them in memory. It was asked for another frame some seconds before.

    Returns:
        Medians over the frames, in milliseconds: stored frames, asked for the first time; the same frame at once
        again; and frames as pixels, which run the model.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"hd.{number:04d}.tif" for number in range(1, frames + 2)]
        for number, path in enumerate(paths):
            still(path, SIZES["hd"], 2 * number)
        os.environ["MATTEBRIDGE_STORE"] = f"{folder}/store"
        with _worker() as client:
            for path in paths:
                client.segment(path, categories=CATEGORIES)
        with _worker() as client:
            # The first loads the model and starts the process that helps with plates.
            client.segment(paths[-1], categories=CATEGORIES)
            time.sleep(_READY_S)
            stored, again = zip(*([_ask(client, path), _ask(client, path)] for path in paths[:-1]), strict=True)
            pixels = [_ask(client, np.asarray(Image.open(path))) for path in paths[:-1]]
    return {
        "plate": "x".join(map(str, SIZES["hd"])),
        "mattes": len(CATEGORIES),
        "stored_ms": 1000 * statistics.median(stored),
        "again_ms": 1000 * statistics.median(again),
        "pixels_ms": 1000 * statistics.median(pixels),
    }


def _ask(client: Client, plate: Path | np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> float:
    began = time.perf_counter()
    mattes = client.segment(plate, categories=CATEGORIES)
    assert len(mattes) == len(CATEGORIES)
    return time.perf_counter() - began


@contextmanager
def _worker() -> Iterator[Client]:
    address = free_address()
    process = start_worker(address, say=lambda _: None)
    try:
        with Client(address) as client:
            yield client
    finally:
        process.terminate()
        process.wait()
