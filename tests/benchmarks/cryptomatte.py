"""Cryptomatte and EXR: ranking against sorting everything, our writer against OpenImageIO's."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio
import torch

from bridge.files import whole
from worker.device import choose_device
from worker.exr.cryptomatte_ids import object_id
from worker.exr.layouts.cryptomatte import LEVELS, channel_names
from worker.exr.patch import Patch
from worker.exr.ranks import rank_planes
from worker.exr.writer import write_exr
from worker.mattes import Matte

PLATE = (1920, 1080)
NAMES = ("person", "car", "dog", "bicycle", "bird", "sky", "building", "road")
"""Five things before three stuffs: the figure of the README is for eight layers."""

Planes = Mapping[str, npt.NDArray[np.float16] | npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Round:
    """One measurement of each, in seconds, one after the other so that all see the same machine."""

    ranked_s: float
    sorted_s: float
    cryptomatte_s: float
    """Our writer, a file with the channels of one Cryptomatte type."""
    cryptomatte_oiio_s: float
    layers_s: float
    """Our writer, a file with eight mattes in half floats."""
    layers_oiio_s: float


def measure(rounds: int = 7) -> dict[str, object]:
    """Encode and write eight mattes of a 1080p frame.

    Returns:
        Medians over `rounds` in milliseconds, and the medians of the ratios within a round.
    """
    coverage = draw_coverage()
    mattes = [_cropped(name, plane) for name, plane in zip(NAMES, coverage, strict=True)]
    ids = [object_id(name) for name in NAMES]
    interleaved = np.ascontiguousarray(np.moveaxis(coverage, 0, 2)).astype(np.float32)
    device = choose_device()
    planes = rank_planes(mattes, ids, PLATE, LEVELS, device)
    # Both find the same objects before their speed is compared.
    assert np.array_equal(planes[0::2].view(np.uint32), _sorted_ids(sort_all(interleaved, ids, LEVELS)))
    crypto: Planes = dict(zip(channel_names("crypto_class", LEVELS), planes, strict=True))
    layers: Planes = {f"{name}.A": plane for name, plane in zip(NAMES, coverage, strict=True)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.exr"

        def ours(channels: Planes) -> float:
            window = (0, 0, *PLATE)
            patches = {name: Patch(plane, window) for name, plane in channels.items()}
            return _seconds(lambda: write_exr(path, patches, window, PLATE, {}))

        def theirs(channels: Planes) -> float:
            return _seconds(lambda: write_oiio(path, channels))

        runs = [
            Round(
                ranked_s=_seconds(lambda: rank_planes(mattes, ids, PLATE, LEVELS, device)),
                sorted_s=_seconds(lambda: sort_all(interleaved, ids, LEVELS)),
                cryptomatte_s=ours(crypto),
                cryptomatte_oiio_s=theirs(crypto),
                layers_s=ours(layers),
                layers_oiio_s=theirs(layers),
            )
            for _ in range(rounds)
        ]
    return {
        "device": str(device),
        "threads": torch.get_num_threads(),
        "shared_pixels_pct": 100.0 * float((np.count_nonzero(coverage, axis=0) > 1).mean()),
        "encode_ms": 1000 * statistics.median(run.ranked_s for run in runs),
        "encode_speedup": statistics.median(run.sorted_s / run.ranked_s for run in runs),
        "write_cryptomatte_ms": 1000 * statistics.median(run.cryptomatte_s for run in runs),
        "write_cryptomatte_speedup": statistics.median(run.cryptomatte_oiio_s / run.cryptomatte_s for run in runs),
        "write_layers_ms": 1000 * statistics.median(run.layers_s for run in runs),
        "write_layers_speedup": statistics.median(run.layers_oiio_s / run.layers_s for run in runs),
        "runs": [asdict(run) for run in runs],
    }


def draw_coverage() -> npt.NDArray[np.float16]:
    """Five soft discs before three bands, each hiding what is behind it. Shape ``(8, h, w)``, sums at most 1."""
    width, height = PLATE
    y, x = np.mgrid[:height, :width] + 0.5
    random = np.random.default_rng(1)
    shapes = []
    for edge_px in (4, 8, 8, 12, 16):
        center_x, center_y = random.uniform(200, width - 200), random.uniform(200, height - 200)
        distance = random.uniform(80, 250) - np.hypot(x - center_x, y - center_y)
        shapes.append(np.clip(0.5 + distance / edge_px, 0.0, 1.0))
    shapes += [np.clip(0.5 + (line - y) / 20, 0.0, 1.0) for line in (500, 650, height + 20)]
    free = np.ones((height, width))
    coverage = []
    for shape in shapes:
        # Down to whole steps of 1 / 1024, which half floats hold, so that sums stay at most 1.
        coverage.append(np.floor(1024 * free * shape) / 1024)
        free -= coverage[-1]
    return np.stack(coverage).astype(np.float16)


def sort_all(alpha: npt.NDArray[np.float32], ids: list[int], levels: int) -> npt.NDArray[np.float32]:
    """The plain encoding: sort all objects at every pixel.

    Args:
        alpha: Coverages, shape ``(h, w, n)``.
        ids: The objects' ids.
        levels: How many ranks there are.

    Returns:
        Shape ``(h, w, 2 * levels)``: id and coverage of each rank.
    """
    used = min(levels, alpha.shape[2])
    order = np.argsort(-alpha, axis=2, kind="stable")[..., :used]
    coverage = np.take_along_axis(alpha, order, 2)
    floats = np.array(ids, np.uint32).view(np.float32)
    out = np.zeros((*alpha.shape[:2], 2 * levels), np.float32)
    out[..., 0 : 2 * used : 2] = np.where(coverage > 0, floats[order], 0)
    out[..., 1 : 2 * used : 2] = coverage
    return out


def write_oiio(path: Path, channels: Planes) -> None:
    """The same file through OpenImageIO, which wants pixels interleaved; whole and read back like ours."""
    planes = list(channels.values())
    kind = "half" if planes[0].dtype == np.float16 else "float"
    spec = oiio.ImageSpec(*PLATE, len(planes), kind)
    spec.channelnames = tuple(channels)
    spec["compression"] = "zips"
    with whole(path) as temporary:
        output = oiio.ImageOutput.create(str(temporary))
        assert output is not None, oiio.geterror()
        assert output.open(str(temporary), spec), output.geterror()
        assert output.write_image(np.stack(planes, axis=2)), output.geterror()
        assert output.close(), output.geterror()
        temporary.read_bytes()


def _sorted_ids(encoded: npt.NDArray[np.float32]) -> npt.NDArray[np.uint32]:
    return np.ascontiguousarray(np.moveaxis(encoded[..., 0::2], 2, 0)).view(np.uint32)


def _cropped(name: str, plane: npt.NDArray[np.float16]) -> Matte:
    rows, columns = np.flatnonzero(plane.any(1)), np.flatnonzero(plane.any(0))
    x0, y0, x1, y1 = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    return Matte(name, (x0, y0, x1, y1), np.ascontiguousarray(plane[y0:y1, x0:x1]))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
