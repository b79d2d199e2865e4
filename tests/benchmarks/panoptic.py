"""Panoptic quality: ours against the method of panopticapi, on the same pictures."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from worker.datasets.coco_format import Annotation, DataCategory, SegmentInfo, write_ids, write_listing
from worker.evaluation.pairs import open_pairs
from worker.evaluation.panoptic import PanopticMap, PanopticScore, score_pictures

PICTURES = 6
PLATE = (1920, 1080)
THINGS, STUFF = 18, 6
_OFFSET = 1 << 24

Ids = npt.NDArray[np.int32]
Plane = npt.NDArray[np.integer]
Listed = dict[int, int]
"""Category by segment id."""


@dataclass(frozen=True)
class Round:
    """One measurement of each over all pictures, in seconds, one after the other."""

    ours_s: float
    theirs_s: float
    ours_files_s: float
    """From JSON and PNG files as ``evaluate panoptic`` reads them, decoding included."""
    theirs_files_s: float


def measure(rounds: int = 5) -> dict[str, object]:
    """Score drawn pictures of 1080p with some twenty segments each.

    Returns:
        Medians over `rounds` in milliseconds a picture, and the medians of the ratios within a round.
    """
    random = np.random.default_rng(3)
    truth = [draw(random) for _ in range(PICTURES)]
    moved = [(np.roll(ids, (4, 9), (0, 1)), listed) for ids, listed in truth]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, "gt", truth)
        _write(folder, "pred", moved)

        def ours() -> PanopticScore:
            pairs = zip(truth, moved, strict=True)
            return score_pictures((_map(*true), _map(*predicted)) for true, predicted in pairs)

        def theirs() -> float:
            return reference(
                [(t, p, listed) for (t, listed), (p, _) in zip(truth, moved, strict=True)], from_ids=True
            )

        def our_files() -> PanopticScore:
            paths = folder / "gt.json", folder / "pred.json"
            return score_pictures(open_pairs(*paths, folder, folder).read())

        def their_files() -> float:
            loaded = (
                (
                    np.array(Image.open(folder / f"gt{i}.png")),
                    np.array(Image.open(folder / f"pred{i}.png")),
                    listed,
                )
                for i, (_, listed) in enumerate(truth)
            )
            return reference(loaded, from_ids=False)

        # Both find the same quality before their speed is compared.
        for mine, other in ((ours(), theirs()), (our_files(), their_files())):
            assert abs(mine.mean().pq - other) < 1e-12, (mine.mean().pq, other)
        runs = [
            Round(_seconds(ours), _seconds(theirs), _seconds(our_files), _seconds(their_files))
            for _ in range(rounds)
        ]
    return {
        "pictures": PICTURES,
        "size": f"{PLATE[0]}x{PLATE[1]}",
        "pq_pct": 100 * ours().mean().pq,
        "count_ms": 1000 / PICTURES * statistics.median(run.ours_s for run in runs),
        "count_speedup": statistics.median(run.theirs_s / run.ours_s for run in runs),
        "with_decoding_ms": 1000 / PICTURES * statistics.median(run.ours_files_s for run in runs),
        "with_decoding_speedup": statistics.median(run.theirs_files_s / run.ours_files_s for run in runs),
        "runs": [asdict(run) for run in runs],
    }


def draw(random: np.random.Generator) -> tuple[Ids, Listed]:
    """Wavy bands of stuff behind round things, with scattered ids as real files have them."""
    width, height = PLATE
    y, x = np.mgrid[:height, :width].astype(np.float32)
    numbers = random.choice(_OFFSET - 1, THINGS + STUFF, replace=False) + 1
    band = np.clip((y + 20 * np.sin(x / 60)) * STUFF // height, 0, STUFF - 1).astype(np.intp)
    ids = numbers[band].astype(np.int32)
    for number in numbers[STUFF:]:
        middle_x, middle_y, radius = random.uniform(0, width), random.uniform(0, height), random.uniform(30, 220)
        ragged = radius * (1 + 0.05 * np.sin(9 * np.arctan2(y - middle_y, x - middle_x)))
        ids[np.hypot(x - middle_x, y - middle_y) < ragged] = number
    ids[:3] = 0
    categories = {int(n): i % 5 if i >= STUFF else 10 + i for i, n in enumerate(numbers)}
    return ids, {number: categories[number] for number in np.unique(ids).tolist() if number}


def reference(pictures: Iterable[tuple[Plane, Plane, Listed]], *, from_ids: bool) -> float:
    """Mean PQ the way panopticapi finds it: sort the combined ids of all pixels, then go through the segments.

    Args:
        pictures: Truth, prediction and the categories of both; maps as ids or as RGB.
        from_ids: They are ids.
    """
    found: dict[int, list[float]] = {}
    for true, predicted, listed in pictures:
        true_ids, predicted_ids = (plane if from_ids else _rgb_to_id(plane) for plane in (true, predicted))
        area_of = dict(zip(*np.unique(true_ids, return_counts=True), strict=True))
        predicted_area = dict(zip(*np.unique(predicted_ids, return_counts=True), strict=True))
        combined = true_ids.astype(np.uint64) * np.uint64(_OFFSET) + predicted_ids.astype(np.uint64)
        labels, pixels = np.unique(combined, return_counts=True)
        shared = {
            (int(pair) // _OFFSET, int(pair) % _OFFSET): int(n) for pair, n in zip(labels, pixels, strict=True)
        }
        matched_true: set[int] = set()
        matched_predicted: set[int] = set()
        for (true_id, predicted_id), both in shared.items():
            if true_id not in listed or predicted_id not in listed or listed[true_id] != listed[predicted_id]:
                continue
            union = area_of[true_id] + predicted_area[predicted_id] - both - shared.get((0, predicted_id), 0)
            if both / union > 0.5:
                row = found.setdefault(listed[true_id], [0.0, 0.0, 0.0, 0.0])
                row[0] += both / union
                row[1] += 1
                matched_true.add(true_id)
                matched_predicted.add(predicted_id)
        for true_id in listed:
            if true_id not in matched_true:
                found.setdefault(listed[true_id], [0.0, 0.0, 0.0, 0.0])[2] += 1
        for predicted_id in listed:
            if predicted_id in matched_predicted or predicted_id not in predicted_area:
                continue
            if shared.get((0, predicted_id), 0) / predicted_area[predicted_id] <= 0.5:
                found.setdefault(listed[predicted_id], [0.0, 0.0, 0.0, 0.0])[3] += 1
    return float(np.mean([iou / (tp + 0.5 * fn + 0.5 * fp) for iou, tp, fn, fp in found.values()]))


def _rgb_to_id(rgb: Plane) -> npt.NDArray[np.uint32]:
    wide = rgb.astype(np.uint32)
    return wide[..., 0] + 256 * wide[..., 1] + 256 * 256 * wide[..., 2]


def _write(folder: Path, name: str, pictures: list[tuple[Ids, Listed]]) -> None:
    annotations = []
    for index, (ids, listed) in enumerate(pictures):
        write_ids(folder / f"{name}{index}.png", ids)
        segments = tuple(SegmentInfo(number, category) for number, category in listed.items())
        annotations.append(Annotation(f"{name}{index}.png", segments, index))
    categories = [DataCategory(number, f"category {number}", 1) for number in range(10 + STUFF)]
    write_listing(folder / f"{name}.json", categories, annotations)


def _map(ids: Ids, listed: Listed) -> PanopticMap:
    return PanopticMap(ids, {number: str(category) for number, category in listed.items()})


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
