"""The curves of a training run as a picture."""

from __future__ import annotations

from collections.abc import Sequence
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


def draw_curves(
    history: list[dict[str, Any]], path: Path, parts: Sequence[str] = PARTS, qualities: Sequence[str] = ("pq",)
) -> None:
    """Draw loss parts, learning rate and panoptic quality over the iterations, as PNG.

    Args:
        history: One entry an iteration: ``iteration``, ``rate``, the loss parts, and the qualities where measured.
        path: The picture.
        parts: The keys of the loss parts.
        qualities: The keys of the qualities, which are in [0, 1].
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    iterations = np.array([entry["iteration"] for entry in history])
    figure, (loss_axes, rate_axes, pq_axes) = pyplot.subplots(1, 3, figsize=(15, 4.2), layout="constrained")
    for part in parts:
        values = np.array([entry[part] for entry in history])
        (line,) = loss_axes.plot(iterations, values, alpha=0.15, linewidth=0.6)
        loss_axes.plot(iterations, _smoothed(values), color=line.get_color(), label=part)
    many = len(parts) > 1
    loss_axes.set(title="Loss parts" if many else "Loss", xlabel="iteration", yscale="log" if many else "linear")
    loss_axes.legend()
    rate_axes.plot(iterations, [entry["rate"] for entry in history])
    rate_axes.set(title="Learning rate", xlabel="iteration")
    for quality in qualities:
        measured = [(entry["iteration"], 100 * entry[quality]) for entry in history if quality in entry]
        pq_axes.plot([i for i, _ in measured], [value for _, value in measured], marker="o", label=quality.upper())
    pq_axes.set(title="Panoptic quality, validation frames", xlabel="iteration", ylabel="%", ylim=(0, 100))
    pq_axes.legend()
    for axes in (loss_axes, rate_axes, pq_axes):
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
