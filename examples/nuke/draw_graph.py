"""Draw the node graph of docs/nuke.md: ``python examples/nuke/draw_graph.py docs/images/nuke_graph.png``."""

from __future__ import annotations

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

NODES = {
    "Read1": (0.0, 0.0, "#8a8a8a", "the plate"),
    "Mattebridge1": (0.0, -1.3, "#3f6fa8", "all mattes as layers\nbeside the plate"),
    "Mattebridge1_grade_person": (0.0, -2.7, "#7aa8d8", "mask person.alpha"),
    "Mattebridge1_grade_sky": (0.0, -3.7, "#7aa8d8", "mask sky.alpha"),
    "Mattebridge1_matte_person": (4.0, -2.7, "#a36ac0", "alpha = person"),
    "Mattebridge1_matte_sky": (7.2, -2.7, "#a36ac0", "alpha = sky"),
    "Mattebridge1_crypto_files": (-4.3, -1.3, "#8a8a8a", "shot_crypto.%04d.exr"),
    "Mattebridge1_crypto": (-4.3, -2.7, "#5e9c6f", "person_1, sky"),
}
PIPES = (
    ("Read1", "Mattebridge1"),
    ("Mattebridge1", "Mattebridge1_grade_person"),
    ("Mattebridge1_grade_person", "Mattebridge1_grade_sky"),
    ("Mattebridge1", "Mattebridge1_matte_person"),
    ("Mattebridge1", "Mattebridge1_matte_sky"),
    ("Mattebridge1_crypto_files", "Mattebridge1_crypto"),
)
INSIDE = {
    "Source": (10.6, 0.0, "#c9a24a", ""),
    "Copy1": (10.6, -1.3, "#a36ac0", "four layers"),
    "Copy2": (10.6, -2.5, "#a36ac0", "the next four"),
    "Output1": (10.6, -3.7, "#c9a24a", ""),
    "Mattes": (14.4, -1.3, "#8a8a8a", "shot_mattes.%04d.exr"),
}
INSIDE_PIPES = (
    ("Source", "Copy1"),
    ("Copy1", "Copy2"),
    ("Copy2", "Output1"),
    ("Mattes", "Copy1"),
    ("Mattes", "Copy2"),
)
HALF_W, HALF_H = 1.35, 0.36


def draw(path: str) -> None:
    """Write the picture."""
    figure, axes = plt.subplots(figsize=(13.6, 4.6), dpi=120)
    figure.patch.set_facecolor("#2b2b2b")
    axes.set_facecolor("#2b2b2b")
    axes.add_patch(
        FancyBboxPatch((9.0, -4.45), 7.0, 5.2, boxstyle="round,pad=0.05", fc="#363636", ec="#555555", lw=1)
    )
    axes.text(9.15, 0.87, "inside Mattebridge1", color="#bbbbbb", fontsize=9)
    for nodes, pipes in ((NODES, PIPES), (INSIDE, INSIDE_PIPES)):
        for above, below in pipes:
            (x0, y0, _, _), (x1, y1, _, _) = nodes[above], nodes[below]
            # From the side where a node stands beside another, as Nuke draws it.
            beside = x0 > x1 + 2 * HALF_W and nodes is INSIDE
            begin = (x0 - HALF_W, y0) if beside else (x0, y0 - HALF_H)
            end = (x1 + HALF_W, y1) if beside else (x1, y1 + HALF_H)
            axes.annotate("", end, begin, arrowprops={"arrowstyle": "-|>", "color": "#d0d0d0", "lw": 1})
        for name, (x, y, color, note) in nodes.items():
            corner = (x - HALF_W, y - HALF_H)
            box = FancyBboxPatch(corner, 2 * HALF_W, 2 * HALF_H, boxstyle="round,pad=0.02", fc=color, ec="#1c1c1c")
            axes.add_patch(box)
            lines = 0.17 if note.count("\n") else 0.12 if note else 0.0
            short = name.replace("Mattebridge1_", "...")
            axes.text(x, y + lines, short, ha="center", va="center", fontsize=8.5, color="white", weight="bold")
            if note:
                axes.text(x, y - 0.14, note, ha="center", va="center", fontsize=6.8, color="#f0f0f0")
    axes.set_xlim(-5.9, 16.2)
    axes.set_ylim(-4.6, 1.2)
    axes.axis("off")
    figure.savefig(path, bbox_inches="tight", pad_inches=0.1, facecolor=figure.get_facecolor())


if __name__ == "__main__":
    draw(sys.argv[1] if len(sys.argv) > 1 else "nuke_graph.png")
