"""What a client waits for the mattes of one frame that the worker knows already."""

from __future__ import annotations

import os
import socket
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from bridge.client import Client
from bridge.launch import start_worker
from tests.benchmarks.eight_k import SIZES, still
from tests.benchmarks.exporting import CATEGORIES


def measure(rounds: int = 21) -> dict[str, object]:
    """Ask a worker over loopback for the eight mattes of a stored 1080p frame, by its path and as pixels.

    Returns:
        Medians over `rounds`, in milliseconds: by path, where the store has the frame; and as pixels, which run
        the model each time.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hd.0001.tif"
        still(path, SIZES["hd"])
        pixels = np.asarray(Image.open(path))
        os.environ["MATTEBRIDGE_STORE"] = f"{folder}/store"
        address = f"tcp://127.0.0.1:{_free_port()}"
        process = start_worker(address, say=lambda _: None)
        try:
            with Client(address) as client:
                by_path, by_pixels = [], []
                for number in range(rounds + 1):
                    began = time.perf_counter()
                    mattes = client.segment(path, categories=CATEGORIES)
                    middle = time.perf_counter()
                    client.segment(pixels, categories=CATEGORIES)
                    if number:
                        by_path.append(middle - began)
                        by_pixels.append(time.perf_counter() - middle)
                assert len(mattes) == len(CATEGORIES)
        finally:
            process.terminate()
            process.wait()
    return {
        "plate": "x".join(map(str, SIZES["hd"])),
        "mattes": len(CATEGORIES),
        "stored_ms": 1000 * statistics.median(by_path),
        "pixels_ms": 1000 * statistics.median(by_pixels),
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
