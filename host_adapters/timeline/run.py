"""From a timeline to the mattes of its clips: read, plan, export source by source, and write the timeline back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Callable

import msgspec

from bridge.client import Client
from bridge.errors import (
    FrameRangeError,
    FrameUnreadableError,
    SourceNotFoundError,
    SourceUnreadableError,
)
from bridge.job import Job
from bridge.manifest import read_manifest
from bridge.messages import JobInfo
from host_adapters.errors import HostRefusedError
from host_adapters.matte_files import MatteSequence, matte_sequences
from host_adapters.timeline.back import Placed
from host_adapters.timeline.batch import ClipEntry, SourceEntry
from host_adapters.timeline.clips import Refusal, read_clips
from host_adapters.timeline.delivery import Delivery
from host_adapters.timeline.errors import TimelineError
from host_adapters.timeline.naming import FILE_TOKENS, check_template
from host_adapters.timeline.plan import SourceJob, plan_jobs
from host_adapters.timeline.reading import read_timeline
from host_adapters.timeline.result import Outcome, clip_entry, write_result
from host_adapters.timeline.search import MediaFolders
from host_adapters.timeline.wishes import Plan, Wishes

Say = Callable[[str], None]
Follow = Callable[[Job, str], JobInfo]

_OF_ONE_SOURCE = (
    SourceNotFoundError,
    SourceUnreadableError,
    FrameRangeError,
    FrameUnreadableError,
    HostRefusedError,
)
"""Errors that stop one source; any other would stop the next as well."""

_LISTED = 12


def make_plan(wishes: Wishes) -> Plan:
    """Read the timeline and settle the jobs; nothing is written and no worker is asked.

    Raises:
        TimelineError: the timeline cannot be read, or nothing in it can be exported.
        BadRequestError: (or a class below it) a template or a value that cannot be.
    """
    if wishes.files is not None:
        check_template(wishes.files, FILE_TOKENS, needed=("layer", "frame"))
    folders = MediaFolders(wishes.media)
    path = Path(wishes.path).absolute()
    timeline = read_timeline(wishes.path, wishes.rate)
    name = timeline.name or path.stem
    uses, refused = read_clips(timeline, path.parent, folders)
    if not uses:
        raise TimelineError(_nothing(wishes.path, refused))
    jobs = plan_jobs(uses, str(Path(wishes.out).absolute()), wishes.values, name, wishes.folders)
    return Plan(timeline, name, uses, refused, jobs)


def describe_plan(plan: Plan) -> list[str]:
    """What will be done, in lines."""
    frames = sum(job.count for job in plan.jobs)
    lines = [f"clips {len(plan.uses)}, sources {len(plan.jobs)}, frames {frames}"]
    for job in plan.jobs:
        times = f", cut in {len(job.uses)} times" if len(job.uses) > 1 else ""
        lines.append(f"  {job.name}: frames {job.frames}{times}")
    return lines + _left_out(plan.refused)


def carry_out(client: Client, plan: Plan, wishes: Wishes, *, follow: Follow, say: Say) -> Outcome:
    """Export the sources one after another, then write the timeline with the mattes, then the batch manifest.

    A source that cannot be read stops no other.

    Raises:
        JobCancelledError: it was cancelled; finished frames are kept.
        MattebridgeError: something that would stop every source.
    """
    out = Path(wishes.out).absolute()
    delivery = None if wishes.files is None else Delivery(wishes.files, out, plan.name, wishes.handles)
    sources: list[SourceEntry] = []
    clips: list[ClipEntry] = []
    placed: list[Placed] = []
    total, done, began = sum(job.count for job in plan.jobs), 0, time.monotonic()
    for number, job in enumerate(plan.jobs, 1):
        title = f"{number} of {len(plan.jobs)} {job.name}:"
        spent = time.monotonic() - began
        if done:
            say(f"source {title} about {_minutes(spent / done * (total - done))} left in all")
        folder = Path(job.request.out)
        source = SourceEntry(
            source=job.request.source,
            folder=folder.relative_to(out).as_posix(),
            frames=job.frames,
            clips=len(job.uses),
        )
        try:
            info = follow(client.export(job.request, keep_going=wishes.keep_going), title)
            assert info.manifest is not None
            sequences = _sequences(info.manifest, job)
            for use in job.uses:
                count = 0 if delivery is None else delivery.deliver(use, sequences)
                clips.append(clip_entry(use, wishes.handles, files=count))
                placed.append(Placed(use, sequences))
            manifest = Path(info.manifest).relative_to(out).as_posix()
            sources.append(msgspec.structs.replace(source, manifest=manifest))
        except _OF_ONE_SOURCE as err:
            say(f"failed: {job.name}: {err}")
            sources.append(msgspec.structs.replace(source, error=str(err)))
            clips += [clip_entry(use, wishes.handles, failed=str(err)) for use in job.uses]
        done += job.count
    return write_result(plan, wishes, out, clips, sources, placed)


def _sequences(manifest_path: str, job: SourceJob) -> tuple[MatteSequence, ...]:
    manifest = read_manifest(manifest_path)
    return tuple(
        sequence for layout in job.request.layouts for sequence in matte_sequences(manifest_path, manifest, layout)
    )


def _nothing(path: str, refused: Sequence[Refusal]) -> str:
    if not any(refusal.track for refusal in refused):
        return f"{path} has no clips with pictures"
    return "\n".join([f"nothing in {path} can be exported", *_left_out(refused)])


def _left_out(refused: Sequence[Refusal]) -> list[str]:
    lines = [f"left out: {refusal}" for refusal in refused]
    if len(lines) <= _LISTED:
        return lines
    reasons = Counter(refusal.reason for refusal in refused)
    most = ", ".join(f"{count} x {reason}" for reason, count in reasons.most_common(2))
    return [*lines[:_LISTED], f"left out: {len(lines) - _LISTED} more (of all {len(lines)}: {most})"]


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def export(
    path: str,
    out: str,
    *,
    client: Client,
    say: Say = print,
    **more: Any,
) -> Outcome:
    """Export a timeline from a script.

    Args:
        path: The timeline.
        out: The folder for mattes.
        client: The worker: `bridge.connect()`.
        say: Told what happens, a line at a time.
        more: ``media``, ``folders``, ``files``, ``rate`` and ``keep_going`` as in `Wishes`; the effect's
            parameters by name.

    Raises:
        MattebridgeError: nothing could be done; the message says why and what to do.
    """
    own = {name: more.pop(name) for name in ("media", "folders", "files", "rate", "keep_going") if name in more}
    wishes = Wishes(path, out, more, **own)
    plan = make_plan(wishes)
    for line in describe_plan(plan):
        say(line)

    def waited(job: Job, title: str) -> JobInfo:
        say(f"source {title} begins")
        return job.wait()

    return carry_out(client, plan, wishes, follow=waited, say=say)
