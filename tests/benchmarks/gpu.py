"""Frames per second of a real model's architecture, bare and in a whole export, on whatever device is here.

``python -m tests.benchmarks.gpu``, or the file alone on a machine that has torch and transformers and nothing
else: what is missing is left out. The weights are random, so the figures are of speed only; each query is sure of
some category or of nothing, so that about as many segments come out as of a photograph.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

PLATE_WH = (1920, 1080)
QUERIES, KEPT = 200, 20


def config(tiny: bool) -> Any:
    """EoMT Large at 640 for the 133 categories of COCO panoptic, or a toy of the same shape."""
    from transformers import EomtConfig

    size = (
        {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "image_size": 64, "num_blocks": 1}
        if tiny
        else {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "image_size": 640}
    )
    labels = {number: f"category {number}" for number in range(133)}
    return EomtConfig(**size, num_queries=QUERIES, id2label=labels, label2id={v: k for k, v in labels.items()})


def network(tiny: bool) -> Any:
    """The network with random weights of a fixed seed."""
    from transformers import EomtForUniversalSegmentation

    torch.manual_seed(0)
    made = EomtForUniversalSegmentation(config(tiny)).eval()
    with torch.no_grad():
        head = made.class_predictor
        # Sure of something: the greatest logit stands far above the others; of nothing, for most of the queries.
        head.weight.mul_(40.0 / head.weight.norm(dim=1, keepdim=True).clamp(min=1e-6))
        plate = torch.rand(1, 3, made.config.image_size, made.config.image_size)
        logits = made(pixel_values=plate).class_queries_logits[0]
        margin = logits[:, :-1].amax(1) - logits[:, -1]
        head.bias[-1] += margin.sort(descending=True).values[KEPT - 1 : KEPT + 1].mean()
    return made


def fps(step: Callable[[], object], frames: int, rounds: int, device: torch.device) -> float:
    """Median frames per second over `rounds` calls that each take `frames` frames, after two that do not count."""
    times = []
    for number in range(rounds + 2):
        began = time.perf_counter()
        step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        if number >= 2:
            times.append(time.perf_counter() - began)
    return frames / statistics.median(times)


def bare(made: Any, device: torch.device, batch: int, rounds: int, compiled: bool) -> float:
    """The network alone: 1080p plates from the host's memory, resized and normalised on the device."""
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    net = made.to(device, dtype)
    run = torch.compile(net, mode="max-autotune") if compiled else net
    plates = torch.randint(0, 256, (batch, 3, PLATE_WH[1], PLATE_WH[0]), dtype=torch.uint8)
    if device.type == "cuda":
        plates = plates.pin_memory()
    side = made.config.image_size

    @torch.inference_mode()
    def step() -> object:
        picture = plates.to(device, non_blocking=True).to(dtype) / 255
        small = torch.nn.functional.interpolate(picture, (round(side * 9 / 16), side), mode="bilinear")
        padded = torch.nn.functional.pad(small, (0, 0, 0, side - small.shape[2]))
        return run(pixel_values=(padded - 0.45) / 0.25)

    return fps(step, batch, rounds, device)


def library(folder: Path, device: torch.device, batch: int, rounds: int) -> float:
    """The library's own way: ``pipeline("image-segmentation")``, from pictures to its merged maps."""
    from PIL import Image
    from transformers import pipeline

    picture = Image.fromarray(np.random.default_rng(1).integers(0, 256, (PLATE_WH[1], PLATE_WH[0], 3), np.uint8))
    segment = pipeline("image-segmentation", model=str(folder), device=device)
    return fps(lambda: segment([picture] * batch, subtask="panoptic", batch_size=batch), batch, rounds, device)


def export(folder: Path, device: torch.device, frames: int, categories: int) -> float:
    """The whole export of a drawn sequence: decode, model, tracks, mattes, files. Frames per second."""
    from bridge.request import MatteRequest
    from tests.benchmarks.exporting import export as run_export
    from worker.engine import Engine
    from worker.store import Store

    names = tuple(f"category {number}" for number in range(categories))
    with tempfile.TemporaryDirectory() as scratch:
        source = _sequence(Path(scratch), frames)
        engine = Engine(device, Store(Path(scratch) / "store"))
        request = MatteRequest(
            source=source, out=f"{scratch}/warm", model=str(folder), categories=names, frames=f"1-{min(4, frames)}"
        )
        run_export(engine, request)
        engine._store = Store(Path(scratch) / "fresh")
        request = MatteRequest(
            source=source, out=f"{scratch}/out", model=str(folder), categories=names, contact_sheet=False
        )
        return run_export(engine, request).fps


def _sequence(folder: Path, frames: int) -> str:
    from PIL import Image

    noise = np.random.default_rng(2).integers(0, 256, (PLATE_WH[1] // 8, PLATE_WH[0] // 8, 3), np.uint8)
    for number in range(frames):
        shifted = np.roll(noise, 2 * number, axis=1)
        Image.fromarray(shifted).resize(PLATE_WH).save(folder / f"plate.{number + 1:04d}.jpg", quality=92)
    return f"{folder}/plate.####.jpg"


def measure(
    tiny: bool, device: torch.device, batch: int, rounds: int, frames: int, compiled: bool
) -> dict[str, Any]:
    """All that can be measured here, in one run."""
    made = network(tiny)
    report: dict[str, Any] = {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "torch": torch.__version__,
        "model": "a toy of EoMT" if tiny else "EoMT Large 640, random weights",
        "compiled": compiled,
        "batch": batch,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        made.save_pretrained(path)
        _save_processor(path, made.config.image_size)
        if importlib.util.find_spec("torchvision") or _has_pil_processor():
            report["library_fps"] = library(path, device, batch, rounds)
        if all(importlib.util.find_spec(name) for name in ("bridge", "worker", "OpenEXR", "zmq")):
            report["export_fps"] = export(path, device, frames, categories=8)
        # Last: it moves the weights and changes their precision.
        report["bare_fps"] = bare(made, device, batch, rounds, compiled)
    if "export_fps" in report:
        report["export_over_bare"] = report["export_fps"] / report["bare_fps"]
    if "library_fps" in report:
        report["bare_over_library"] = report["bare_fps"] / report["library_fps"]
    return report


def _has_pil_processor() -> bool:
    import transformers

    return hasattr(transformers, "EomtImageProcessorPil")


def _save_processor(folder: Path, side: int) -> None:
    told = {
        "image_processor_type": "EomtImageProcessor",
        "do_pad": True,
        "do_split_image": False,
        "size": {"shortest_edge": side, "longest_edge": side},
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(told))


def main() -> None:
    """Measure, and print a JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument(
        "--tiny", action="store_true", help="a toy network, to try the script where there is no GPU"
    )
    parser.add_argument("--compile", action="store_true", dest="compiled")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--frames", type=int, default=200)
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    print(
        json.dumps(
            measure(
                arguments.tiny,
                device,
                arguments.batch,
                arguments.rounds,
                arguments.frames,
                arguments.compiled,
            ),
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
