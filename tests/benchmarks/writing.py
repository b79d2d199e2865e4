"""From raw masks to written files at 4K, against the straightforward way with the usual libraries."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio
import torch

from bridge.manifest import ModelEntry
from bridge.request import Overlap
from tests.benchmarks import mattes
from tests.benchmarks.cryptomatte import sort_all
from tests.benchmarks.timing import in_turn_s
from worker.device import choose_device
from worker.exr.cryptomatte_ids import object_id
from worker.exr.header import Origin
from worker.exr.layouts import FileSet, Stamp
from worker.exr.layouts.cryptomatte import LEVELS, channel_names
from worker.frame_writer import FrameOrder, write_frame

LAYOUTS = ("layers", "cryptomatte")


def measure(rounds: int = 3) -> dict[str, object]:
    """Write ``layers`` and ``cryptomatte`` of a 3840x2160 frame with 20 segments from the same raw masks.

    Ours: soft mattes with the borders of the default policy, eleven of them guided by the picture; one thread, as
    in a process that writes. The
    straightforward way: the library's merged map (hard, one segment a pixel), a plane for each segment, numpy's
    sort for the ranks, and OpenImageIO.

    Returns:
        Medians over `rounds` in seconds, and the median of the ratios within a round.
    """
    masks = mattes.logits()
    specs = mattes.layers()
    shown = mattes.prediction(masks)
    plate = np.random.default_rng(5).integers(0, 256, (mattes.PLATE_WH[1], mattes.PLATE_WH[0], 3), np.uint8)
    files = FileSet(
        clip="bench",
        plate_wh=mattes.PLATE_WH,
        layers=tuple(specs),
        origin=_origin(),
        tracks=False,
        padding=4,
        device=choose_device(),
    )
    with tempfile.TemporaryDirectory() as folder:
        order = FrameOrder(
            folder=Path(folder),
            files=files,
            overlap=Overlap.INDEPENDENT,
            stamps={name: Stamp(1, "benchmark", "good") for name in LAYOUTS},
            layers=tuple(specs),
            prediction=shown,
            plate=plate,
        )
        names = [spec.name for spec in specs]
        times = in_turn_s(
            {
                "ours": lambda: write_frame(order),
                "straightforward": lambda: _straightforward(masks, names, Path(folder)),
            },
            rounds,
        )
    ratios = [theirs / ours for ours, theirs in zip(times["ours"], times["straightforward"], strict=True)]
    return {
        "plate": "x".join(map(str, mattes.PLATE_WH)),
        "segments": len(specs),
        "threads": torch.get_num_threads(),
        "ours_s": statistics.median(times["ours"]),
        "straightforward_s": statistics.median(times["straightforward"]),
        "straightforward_over_ours": statistics.median(ratios),
    }


def _origin() -> Origin:
    return Origin(
        software="benchmark",
        model=ModelEntry(name="raw", licence="Apache-2.0", fingerprint="0" * 64, label_set="benchmark"),
        overlap="independent",
        source="plate",
        colorspace="sRGB",
        colorspace_from="rule",
        fps=None,
    )


def _straightforward(masks: npt.NDArray[np.float32], names: list[str], folder: Path) -> None:
    ids = mattes.merged_map(masks)
    planes = np.stack([ids == number + 1 for number in range(len(names))], axis=2)
    _write(folder / "layers.exr", planes.astype(np.float16), [f"{name}.A" for name in names], "half")
    ranks = sort_all(planes.astype(np.float32), [object_id(name) for name in names], LEVELS)
    channels = channel_names("crypto_instance", LEVELS)
    # One type is written here, ours are two: objects and categories.
    _write(folder / "cryptomatte.exr", ranks, list(channels), "float")


def _write(path: Path, pixels: npt.NDArray[np.generic], channels: list[str], kind: str) -> None:
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], len(channels), kind)
    spec.channelnames = tuple(channels)
    spec["compression"] = "zips"
    output = oiio.ImageOutput.create(str(path))
    assert output is not None, oiio.geterror()
    assert output.open(str(path), spec), output.geterror()
    assert output.write_image(pixels), output.geterror()
    assert output.close(), output.geterror()
