"""One 8K frame against one of 1080p: memory, and time per megapixel."""

from __future__ import annotations

import itertools
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import av
from PIL import Image

from worker.cli.demo import CLIP

SIZES = {"hd": (1920, 1080), "uhd8k": (7680, 4320)}


def measure(rounds: int = 3) -> dict[str, object]:
    """Export a still of the bundled clip, enlarged, with eight layers; each time in a process of its own.

    Returns:
        Medians over `rounds`: peak memory of the process and its children together, seconds from request to
        manifest of a worker that is warm, and the same per megapixel.
    """
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in SIZES}
    with tempfile.TemporaryDirectory() as folder:
        for name, size in SIZES.items():
            still(Path(folder) / f"{name}.0001.tif", size)
        for number in range(rounds):
            for name in SIZES:
                command = [sys.executable, "-m", "tests.benchmarks.one_export", f"{folder}/{name}.0001.tif"]
                command += [f"{folder}/{name}-{number}", f"{folder}/store-{name}-{number}", "--warm"]
                result = subprocess.run(command, check=True, capture_output=True, text=True)
                runs[name].append(json.loads(result.stdout.splitlines()[-1]))
    peak = {name: statistics.median(run["peak_bytes"] for run in of) for name, of in runs.items()}
    wall = {name: statistics.median(1.0 / run["fps"] for run in of) for name, of in runs.items()}
    per_mp = {name: wall[name] / (SIZES[name][0] * SIZES[name][1] / 1e6) for name in SIZES}
    return {
        **{f"{name}_peak_gb": peak[name] / 1e9 for name in SIZES},
        **{f"{name}_s": wall[name] for name in SIZES},
        **{f"{name}_s_per_megapixel": per_mp[name] for name in SIZES},
        "uhd8k_over_hd_per_megapixel": per_mp["uhd8k"] / per_mp["hd"],
    }


def still(path: Path, size_wh: tuple[int, int], number: int = 20) -> None:
    """A frame of the bundled clip, enlarged."""
    with av.open(str(CLIP)) as container:
        frame = next(itertools.islice(container.decode(video=0), number, None))
        frame.to_image().resize(size_wh, Image.Resampling.BICUBIC).save(path)
