"""The curves of a training run as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

PARTS = ("centre", "dice", "cover", "semantic")
_SMOOTHING = 50
"""Iterations of the moving mean drawn over the noise."""


def _smoothed(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Centred moving mean, narrower at both ends."""
    half = min(_SMOOTHING, len(values)) // 2
    total = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    low, high = np.maximum(index - half, 0), np.minimum(index + half + 1, len(values))
    return np.asarray((total[high] - total[low]) / (high - low))


def draw_curves(history: list[dict[str, Any]], path: Path) -> None:
    """Draw loss parts, learning rate and panoptic quality over the iterations, as PNG.

    Args:
        history: One entry an iteration: ``iteration``, ``rate``, the loss parts, and ``pq`` where measured.
        path: The picture.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    iterations = np.array([entry["iteration"] for entry in history])
    figure, (loss_axes, rate_axes, pq_axes) = pyplot.subplots(1, 3, figsize=(15, 4.2), layout="constrained")
    for part in PARTS:
        values = np.array([entry[part] for entry in history])
        (line,) = loss_axes.plot(iterations, values, alpha=0.15, linewidth=0.6)
        loss_axes.plot(iterations, _smoothed(values), color=line.get_color(), label=part)
    loss_axes.set(title="Loss parts", xlabel="iteration", yscale="log")
    loss_axes.legend()
    rate_axes.plot(iterations, [entry["rate"] for entry in history])
    rate_axes.set(title="Learning rate", xlabel="iteration")
    measured = [(entry["iteration"], 100 * entry["pq"]) for entry in history if "pq" in entry]
    pq_axes.plot([i for i, _ in measured], [pq for _, pq in measured], marker="o")
    pq_axes.set(title="Panoptic quality, validation frames", xlabel="iteration", ylabel="PQ", ylim=(0, 100))
    for axes in (loss_axes, rate_axes, pq_axes):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
