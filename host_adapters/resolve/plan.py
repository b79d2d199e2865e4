"""What is asked of the worker: one job for each clip of the media pool, however often it is cut in."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

from bridge.effect import Values, effect_description, to_request, words_of
from bridge.errors import BadRequestError
from bridge.frames import format_frames
from bridge.naming import slug
from bridge.request import Layout, MatteRequest
from host_adapters.ranges import Span, merged
from host_adapters.resolve.color import SourceColor, source_color
from host_adapters.resolve.items import Item
from host_adapters.resolve.media import Media


class Route(str, Enum):
    """How mattes come into the project."""

    CLIP_MATTE = "clip_matte"
    """Attached to the clip in the media pool: External Matte nodes on the Color page, four mattes each."""
    TIMELINE_MATTE = "timeline_matte"
    """Matte clips that stand by themselves, usable in any grade; four mattes each."""
    TRACK = "track"
    """On tracks of their own above the clip, with a composite mode."""
    FUSION = "fusion"
    """A Fusion composition on the timeline item, with one masked grade for each category."""

    @property
    def layout(self) -> Layout:
        """The files that the route needs."""
        return Layout.PACKED if self in (Route.CLIP_MATTE, Route.TIMELINE_MATTE) else Layout.SINGLE


@dataclass(frozen=True)
class MatteJob:
    """One request, and the items its mattes are for."""

    media: Media
    items: tuple[Item, ...]
    spans: tuple[Span, ...]
    """The media frames it covers, counted from 0; apart from each other, ascending."""
    request: MatteRequest
    color: SourceColor

    @property
    def words(self) -> str:
        """What it is, for the person."""
        frames = "all frames" if self.request.frames is None else f"frames {self.request.frames}"
        times = f", cut in {len(self.items)} times" if len(self.items) > 1 else ""
        return f"{self.media.name}: {frames}{times}"


def plan_jobs(
    items: Iterable[Item],
    route: Route,
    out: str,
    values: Mapping[str, Any],
    project: Any,
    known_colors: Collection[str] = (),
) -> list[MatteJob]:
    """The jobs for items.

    A clip matte runs from its clip's first frame, so the clip's whole media is asked for. A timeline matte starts
    with the item, so each range is a job of its own. Tracks and Fusion compositions share one job for each clip.

    Args:
        items: Timeline items.
        route: How the mattes come in.
        out: The folder below which each job has its own.
        values: The effect's parameters that differ from their defaults.
        project: The Project, for its colour.
        known_colors: The worker's colour spaces.

    Raises:
        BadRequestError: (or a class below it) values that cannot be.
    """
    if str(values.get("frames", "")).strip():
        raise BadRequestError("frames are those of the timeline; choose a range by its in and out marks")
    handles = int(values.get("handles", 0))
    grouped: dict[tuple[Any, ...], list[Item]] = defaultdict(list)
    for item in items:
        span = _wanted(item, handles)
        alone = (span.start, span.end) if route is Route.TIMELINE_MATTE else ()
        grouped[(item.media.uid or item.media.source, *alone)].append(item)
    jobs = []
    for group in grouped.values():
        media = group[0].media
        if route is Route.CLIP_MATTE:
            spans: tuple[Span, ...] = (media.frames,)
        else:
            spans = merged([_wanted(item, handles) for item in group])
        color = source_color(project, media, known_colors)
        request = _request(media, spans, route, out, values, color)
        jobs.append(MatteJob(media, tuple(group), spans, request, color))
    return jobs


def _wanted(item: Item, handles: int) -> Span:
    """The media frames that an item needs; one more on either side where its rate is not the timeline's."""
    rounding = 0 if item.frames.one_to_one else 1
    within = item.media.frames if item.media.count else Span(0, item.frames.source.end + handles + rounding)
    return item.frames.source.grown(handles + rounding, within)


def _request(
    media: Media, spans: tuple[Span, ...], route: Route, out: str, values: Mapping[str, Any], color: SourceColor
) -> MatteRequest:
    frames = format_frames(media.first + frame for span in spans for frame in range(span.start, span.end))
    wishes: Values = {name: value for name, value in values.items() if name not in ("handles", "frames", "out")}
    asked = words_of(str(values["layouts"])) if "layouts" in values else ()
    wishes["layouts"] = ", ".join(dict.fromkeys((route.layout.value, *asked)))
    wishes["colorspace"] = str(values.get("colorspace") or color.name or "")
    wishes["frames"] = "" if media.still else frames
    wishes["out"] = out
    request = to_request(wishes, media.source)
    # A folder for each content: a second run with other wishes never writes under the files that a grade uses.
    content = msgspec.json.encode(msgspec.structs.replace(request, out="-"), order="deterministic")
    name = f"{slug(Path(media.source).name.split('.')[0])}-{hashlib.sha256(content).hexdigest()[:8]}"
    return msgspec.structs.replace(request, out=str(Path(out) / name))


def default_values() -> Values:
    """The effect's defaults for this host."""
    return effect_description().defaults()
