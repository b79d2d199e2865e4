"""A page with a run's figures and the pictures of its worst frames; one file, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from worker.datasets.coco_format import DataCategory
from worker.evaluation.panoptic import VOID, Counts, PanopticMap, PanopticScore

_WIDTH_PX = 560
"""Pictures are at most this wide."""
_SHINES_THROUGH = 0.35
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 1760px; padding: 0 1rem;
       background: #16181b; color: #d8dadd; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; } td, th { padding: .15rem .9rem .15rem 0; text-align: right; }
td:first-child, th:first-child, .facts td { text-align: left; } th { color: #9a9ea4; font-weight: 500; }
tr.sum td { border-top: 1px solid #3b3f45; font-weight: 600; }
.swatch { display: inline-block; width: .8em; height: .8em; margin-right: .5em; border-radius: 2px; }
.frame { margin: 1.4rem 0; } .frame p { margin: .2rem 0; } .row { display: flex; gap: 6px; }
.row figure { margin: 0; flex: 1; } img { width: 100%; display: block; }
figcaption, .dim { color: #9a9ea4; font-size: .85rem; }
"""

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ShownFrame:
    """A frame to look at."""

    key: str
    score: PanopticScore
    """Of this frame alone."""
    picture: Picture
    """Shape ``(h, w, 3)``."""
    truth: PanopticMap
    prediction: PanopticMap


def colors_of(categories: Sequence[DataCategory]) -> dict[str, tuple[int, int, int]]:
    """A colour for every category id: the data set's own, or one of a ring of hues where it has none."""
    found = {}
    for index, category in enumerate(categories):
        color = category.color
        if color == (0, 0, 0):
            hue = index * 0.618034 % 1.0
            ring = np.clip(np.abs((hue * 6 - np.array([3, 2, 4])) % 6 - np.array([3, 3, 3])) - 1, 0, 1)
            color = tuple((70 + 180 * ring).astype(int).tolist())
        found[str(category.id)] = color
    return found


def painted(picture: Picture, shown: PanopticMap, colors: Mapping[str, tuple[int, int, int]]) -> Picture:
    """The picture under the colours of its segments, things of one category told apart by lightness.

    Borders between segments are drawn white, void is dark.

    Args:
        picture: Shape ``(h, w, 3)``.
        shown: A map of the same size.
        colors: By category, 8-bit sRGB.
    """
    ids = np.array([VOID, *shown.categories], np.int64)
    tones = np.zeros((ids.size, 3), np.float32)
    seen: dict[str, int] = {}
    for place, category in enumerate(shown.categories.values(), start=1):
        count = seen.get(category, 0)
        seen[category] = count + 1
        tones[place] = np.clip(np.array(colors[category]) * (1.0, 0.7, 1.3, 0.5, 1.5)[count % 5], 0, 255)
    order = np.argsort(ids)
    at = order[np.searchsorted(ids[order], shown.ids)]
    out = picture * _SHINES_THROUGH + tones[at] * (1 - _SHINES_THROUGH)
    edge = np.zeros(shown.ids.shape, np.bool_)
    edge[:, 1:] |= shown.ids[:, 1:] != shown.ids[:, :-1]
    edge[1:] |= shown.ids[1:] != shown.ids[:-1]
    out[edge] = 255
    return out.astype(np.uint8)


def make_page(
    title: str,
    facts: Mapping[str, object],
    score: PanopticScore,
    categories: Sequence[DataCategory],
    frames: Iterable[ShownFrame],
) -> str:
    """The page as HTML.

    Args:
        title: What was judged on what.
        facts: Lines that stand above the figures.
        score: Of the whole run.
        categories: The data set's.
        frames: The worst frames, worst first.
    """
    colors = colors_of(categories)
    names = {str(category.id): category.name for category in categories}
    lines = "".join(f"<tr><td>{_text(key)}</td><td>{_text(value)}</td></tr>" for key, value in facts.items())
    parts = [f'<h1>{_text(title)}</h1><table class="facts">{lines}</table>', _figures(score, categories, colors)]
    shown = "".join(_frame(frame, colors, names) for frame in frames)
    if shown:
        parts.append(f"<h2>The worst frames</h2>{shown}")
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{_text(title)}</title>'
    return f"{head}<style>{_STYLE}</style><body>{''.join(parts)}</body></html>\n"


def _figures(
    score: PanopticScore, categories: Sequence[DataCategory], colors: Mapping[str, tuple[int, int, int]]
) -> str:
    rows = []
    for category in categories:
        quality = score.quality(str(category.id))
        if quality is None:
            continue
        counts = score.counts[str(category.id)]
        swatch = f'<span class="swatch" style="background:rgb{colors[str(category.id)]}"></span>'
        cells = [f"{100 * value:.1f}" for value in (quality.pq, quality.sq, quality.rq)]
        cells += map(str, (counts.true_positives, counts.false_positives, counts.false_negatives))
        rows.append(f"<tr><td>{swatch}{_text(category.name)}</td>{_cells(cells)}</tr>")
    for kind, wanted in (("things", (1,)), ("stuff", (0,)), ("all", (0, 1))):
        mean = score.mean([str(c.id) for c in categories if int(c.isthing) in wanted])
        cells = [f"{100 * value:.1f}" for value in (mean.pq, mean.sq, mean.rq)]
        rows.append(f'<tr class="sum"><td>{kind}</td>{_cells([*cells, "", "", ""])}</tr>')
    head = "".join(f"<th>{name}</th>" for name in ("category", "PQ", "SQ", "RQ", "found", "false", "missed"))
    return f"<h2>Quality</h2><table><tr>{head}</tr>{''.join(rows)}</table>"


def _frame(frame: ShownFrame, colors: Mapping[str, tuple[int, int, int]], names: Mapping[str, str]) -> str:
    pictures = {
        "picture": frame.picture,
        "truth": painted(frame.picture, frame.truth, colors),
        "prediction": painted(frame.picture, frame.prediction, colors),
    }
    figures = "".join(
        f'<figure><img src="{_data_url(picture)}" alt="{name}"><figcaption>{name}</figcaption></figure>'
        for name, picture in pictures.items()
    )
    missed = _listed(frame.score.counts, names, "false_negatives")
    false = _listed(frame.score.counts, names, "false_positives")
    found = _listed(frame.score.counts, names, "true_positives")
    told = "; ".join(
        f"{word} {what}" for word, what in (("missed", missed), ("false", false), ("found", found)) if what
    )
    quality = f"PQ {100 * frame.score.mean().pq:.1f}"
    head = f'<p><b>{_text(frame.key)}</b> {quality} <span class="dim">{_text(told)}</span></p>'
    return f'<div class="frame">{head}<div class="row">{figures}</div></div>'


def _listed(counts: Mapping[str, Counts], names: Mapping[str, str], kind: str) -> str:
    numbers = {names[category]: getattr(found, kind) for category, found in counts.items()}
    return ", ".join(f"{name} {count}" if count > 1 else name for name, count in numbers.items() if count)


def _cells(values: Iterable[Any]) -> str:
    return "".join(f"<td>{value}</td>" for value in values)


def _text(value: object) -> str:
    return html.escape(str(value))


def _data_url(picture: Picture) -> str:
    image = Image.fromarray(picture)
    image.thumbnail((_WIDTH_PX, _WIDTH_PX))
    data = io.BytesIO()
    image.save(data, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode()
