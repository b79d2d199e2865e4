"""What came of a timeline: the timeline with its mattes, the batch manifest, and words for the person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import opentimelineio as otio

from bridge.effect import words_of
from bridge.errors import OutputError
from bridge.files import whole
from bridge.frames import format_frames
from bridge.naming import clip_name
from bridge.request import Layout
from bridge.version import version
from host_adapters.ranges import Span
from host_adapters.timeline.back import Placed, with_mattes
from host_adapters.timeline.batch import Batch, ClipEntry, SourceEntry, write_batch
from host_adapters.timeline.clips import Refusal, Use
from host_adapters.timeline.reading import timeline_rate
from host_adapters.timeline.wishes import Plan, Wishes


@dataclass(frozen=True)
class Outcome:
    """What was done."""

    batch_path: str
    batch: Batch

    @property
    def ok(self) -> bool:
        """Whether every source that was sent came back."""
        return all(source.error is None for source in self.batch.sources)

    @property
    def otio_path(self) -> Optional[str]:
        """The timeline with the mattes; None where nothing was exported."""
        return None if self.batch.otio is None else str(Path(self.batch_path).parent / self.batch.otio)

    def summary(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        states = [clip.state for clip in self.batch.clips]
        return {
            "ok": self.ok,
            "batch": self.batch_path,
            "otio": self.otio_path,
            "clips": {state: states.count(state) for state in ("exported", "refused", "failed")},
            "sources": self.batch.sources,
            "left_out": [
                {"name": clip.name, "track": clip.track_name, "state": clip.state, "reason": clip.reason}
                for clip in self.batch.clips
                if clip.state != "exported"
            ],
            "notes": self.batch.notes,
        }

    def lines(self) -> list[str]:
        """Where everything lies, for the person."""
        states = [clip.state for clip in self.batch.clips]
        counted = ", ".join(f"{states.count(s)} {s}" for s in ("exported", "refused", "failed") if s in states)
        lines = [f"clips          {counted}", f"mattes         {Path(self.batch_path).parent}"]
        if self.otio_path:
            lines.append(f"timeline       {self.otio_path}")
        lines.append(f"batch          {self.batch_path}")
        return lines + [f"note: {note}" for note in self.batch.notes]


def write_result(
    plan: Plan,
    wishes: Wishes,
    out: Path,
    clips: Sequence[ClipEntry],
    sources: Sequence[SourceEntry],
    placed: Sequence[Placed],
) -> Outcome:
    """Write the timeline with the mattes, then the batch manifest.

    Raises:
        OutputError: a file cannot be written.
    """
    stem = clip_name(Path(wishes.path).name)
    otio_path, otio_name = None, None
    if placed:
        order = {id(use): number for number, use in enumerate(plan.uses)}
        made = with_mattes(
            plan.timeline,
            sorted(placed, key=lambda one: order[id(one.use)]),
            Path(wishes.path).absolute().parent,
        )
        otio_path, otio_name = f"{stem}_mattes.otio", made.name
        try:
            with whole(out / otio_path) as temporary:
                otio.adapters.write_to_file(made, str(temporary), adapter_name="otio_json")
        except OSError as err:
            raise OutputError(f"cannot write {out / otio_path}: {err.strerror or err}") from None
    entries = [*clips, *(_refused_entry(refusal) for refusal in plan.refused)]
    entries.sort(key=lambda entry: (entry.track or 10**6, entry.record or (0, 0)))
    start = plan.timeline.global_start_time
    batch = Batch(
        software=f"mattebridge {version()}",
        timeline=plan.name,
        path=str(Path(wishes.path).absolute()),
        rate=str(timeline_rate(plan.timeline)),
        start=None if start is None else start.to_timecode(),
        handles=wishes.handles,
        otio=otio_path,
        otio_name=otio_name,
        clips=tuple(entries),
        sources=tuple(sources),
        notes=tuple(_notes(plan, wishes)),
    )
    path = out / f"{stem}.batch.json"
    out.mkdir(parents=True, exist_ok=True)
    write_batch(path, batch)
    return Outcome(str(path), batch)


def _notes(plan: Plan, wishes: Wishes) -> Iterable[str]:
    asked = words_of(str(wishes.values.get("layouts", ""))) or (Layout.LAYERS.value,)
    if not {Layout.SINGLE.value, Layout.PACKED.value} & set(asked):
        yield "on Resolve's Edit page a matte shows as a picture in the layout single; --layout single adds it"
    for use in plan.uses:
        if use.media.numbers is None:
            yield f"how long {use.media.name} is could not be found out here: it has no handles"


def clip_entry(use: Use, handles: int, *, files: int = 0, failed: Optional[str] = None) -> ClipEntry:
    return ClipEntry(
        name=use.name,
        track=use.track,
        track_name=use.track_name,
        state="exported" if failed is None else "failed",
        reason=failed,
        record=(use.record.start, use.record.end),
        source=use.media.source,
        shown=_range(use.shown),
        exported=_range(use.wanted(handles)) if failed is None else None,
        speed=float(use.speed),
        files=files,
    )


def _refused_entry(refusal: Refusal) -> ClipEntry:
    return ClipEntry(
        name=refusal.name,
        track=refusal.track,
        track_name=refusal.track_name,
        state="refused",
        reason=refusal.reason,
        record=None if refusal.record is None else (refusal.record.start, refusal.record.end),
    )


def _range(span: Span) -> str:
    return format_frames(range(span.start, span.end))
