"""Peak memory of a long export against that of a short one."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import av

from worker.cli.demo import CLIP


def measure(short: int = 200, long: int = 2000) -> dict[str, object]:
    """Export sequences of two lengths, each in a process of its own.

    The frames are those of the bundled clip, again and again, as links to JPEG files, so that the sequences
    differ in nothing but their length. They are small, so that what grows with the clip would show.
    """
    with tempfile.TemporaryDirectory() as folder:
        pictures = _pictures(Path(folder) / "pictures")
        peaks, rates = {}, {}
        for count in (short, long):
            plates = Path(folder) / f"plates{count}"
            plates.mkdir()
            for number in range(count):
                (plates / f"plate.{1001 + number:04d}.jpg").symlink_to(pictures[number % len(pictures)])
            peaks[count], rates[count] = _measured(plates, Path(folder))
    return {
        "short_frames": short,
        "long_frames": long,
        "short_peak_mb": peaks[short] / 1e6,
        "long_peak_mb": peaks[long] / 1e6,
        "long_over_short": peaks[long] / peaks[short],
        "short_fps": rates[short],
        "long_fps": rates[long],
    }


def _pictures(folder: Path) -> list[Path]:
    folder.mkdir()
    paths = []
    with av.open(str(CLIP)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            path = folder / f"{number}.jpg"
            frame.to_image().resize((640, 360)).save(path, quality=92)
            paths.append(path)
    return paths


def _measured(plates: Path, folder: Path) -> tuple[int, float]:
    """Peak memory in bytes, and frames per second."""
    command = [sys.executable, "-m", "tests.benchmarks.one_export", str(plates), f"{folder}/out-{plates.name}"]
    result = subprocess.run(
        [*command, f"{folder}/store-{plates.name}"], check=True, capture_output=True, text=True
    )
    figures = json.loads(result.stdout.splitlines()[-1])
    return int(figures["peak_bytes"]), float(figures["fps"])
