"""From what is chosen in Resolve to mattes in the project: `run`, and its parts for the window."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from bridge.client import Client
from bridge.errors import JobCancelledError, MattebridgeError, unknown_name
from bridge.job import Job
from bridge.launch import connect
from bridge.manifest import read_manifest
from bridge.messages import JobInfo, JobState
from bridge.naming import slug
from host_adapters.matte_files import matte_sequences
from host_adapters.resolve.calls import text
from host_adapters.resolve.composite import composite_mode
from host_adapters.resolve.finding import Host, find_host
from host_adapters.resolve.plan import MatteJob, Route, plan_jobs
from host_adapters.resolve.restoring import restored
from host_adapters.resolve.routes import ROUTES, Brought, Place, State
from host_adapters.resolve.selection import Chosen, Scope, Timeline, choose, current_timeline

Say = Callable[[str], None]
"""Told one line for the person at a time."""

_NEWS_EVERY_S = 1.0
_ASK_EVERY_S = 0.1


@dataclass
class Report:
    """What came of a run."""

    brought: list[Brought] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Clips that were not sent, and why."""
    notes: list[str] = field(default_factory=list)
    """What a person should know or do."""
    failed: list[str] = field(default_factory=list)
    """Jobs that failed, and why; the others went on."""
    manifests: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything that was sent came in."""
        return not self.failed and all(one.state is not State.FAILED for one in self.brought)

    def __str__(self) -> str:
        lines = [str(one) for one in self.brought]
        lines += [f"left out: {reason}" for reason in self.refused]
        lines += [f"failed: {reason}" for reason in self.failed]
        lines += [f"note: {note}" for note in dict.fromkeys(self.notes)]
        return "\n".join(lines) or "nothing was done"


@dataclass(frozen=True)
class Wishes:
    """What a person wants done."""

    scope: Scope = Scope.PLAYHEAD
    route: Route = Route.FUSION
    track: int | None = None
    """The video track; needed for the scope `track`."""
    out: str | None = None
    """The folder below which each export has its own; None for one in the home folder."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """The effect's parameters, by script name, that differ from their defaults."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The route's: for tracks ``composite``, a mode's name, and ``copy_plate``."""


@dataclass(frozen=True)
class Plan:
    """What will be done."""

    timeline: Timeline
    chosen: Chosen
    jobs: Sequence[MatteJob]


def run(
    scope: str = "playhead",
    route: str = "fusion",
    *,
    track: int | None = None,
    out: str | None = None,
    composite: str = "lum",
    copy_plate: bool = True,
    address: str | None = None,
    script_globals: Mapping[str, Any] | None = None,
    dry_run: bool = False,
    say: Say = print,
    **values: Any,
) -> Report:
    """Make mattes of clips of the open timeline, and bring them in.

    Args:
        scope: ``playhead``, ``selection``, ``track``, ``marked`` or ``timeline``.
        route: ``clip_matte``, ``timeline_matte``, ``track`` or ``fusion``.
        track: The video track, counted from 1.
        out: The folder for mattes; one in the home folder without it.
        composite: The mode of mattes on tracks: ``lum``, ``alpha``, ``multiply``, ...
        copy_plate: Lay a copy of the clip above a matte on a track, cut out by it.
        address: The worker's; one on this machine is started where none is given.
        script_globals: ``globals()`` of a script that Resolve runs.
        dry_run: Only say what would be done.
        say: Told what happens, a line at a time.
        values: The effect's parameters by name, for example ``categories="person, sky"``, ``model="..."``.

    Raises:
        MattebridgeError: nothing could be done; the message says why and what to do.
    """
    wishes = Wishes(
        _word(Scope, scope),
        _word(Route, route),
        track,
        out,
        values,
        {"composite": composite, "copy_plate": copy_plate},
    )
    composite_mode(composite)
    host = find_host(script_globals)
    for sentence in host.edition.cannot():
        say(sentence)
    with connect(address, say=say) as client:
        plan = make_plan(host, client, wishes)
        for line in describe_plan(plan, wishes):
            say(line)
        if dry_run:
            return Report(refused=[str(refusal) for refusal in plan.chosen.refused])
        report = carry_out(host, client, plan, wishes, say=say)
    say(str(report))
    return report


def make_plan(host: Host, client: Client, wishes: Wishes) -> Plan:
    """Read the timeline and settle the jobs; nothing is changed and no worker begins.

    Raises:
        MattebridgeError: nothing can be done.
    """
    timeline = current_timeline(host.resolve)
    chosen = choose(timeline, wishes.scope, wishes.track)
    folder = Path.home() / "Mattebridge" / slug(text(timeline.project, "GetName"))
    out = wishes.out or str(folder)
    colors = client.describe().colorspaces
    jobs = plan_jobs(chosen.items, wishes.route, out, wishes.values, timeline.project, colors)
    return Plan(timeline, chosen, jobs)


def describe_plan(plan: Plan, wishes: Wishes) -> list[str]:
    """What will be done, in lines."""
    lines = [f"{job.words}" for job in plan.jobs]
    if not str(wishes.values.get("colorspace") or ""):
        lines += [job.color.said for job in plan.jobs]
    if wishes.route is Route.CLIP_MATTE:
        frames = sum(len(span) for job in plan.jobs for span in job.spans)
        lines.append(f"clip mattes run from their clip's first frame: {frames} frames in all, used or not")
    if any(refusal.is_transition for refusal in plan.chosen.refused) and not wishes.values.get("handles"):
        lines.append("transitions show frames beyond the cuts: ask for handles, and mattes reach through them")
    return lines + [f"left out: {refusal}" for refusal in plan.chosen.refused]


def carry_out(
    host: Host,
    client: Client,
    plan: Plan,
    wishes: Wishes,
    *,
    say: Say = print,
    cancelled: Callable[[], bool] = lambda: False,
) -> Report:
    """Carry a plan out: all jobs are submitted, then each is awaited and brought in. One that fails stops no
    other.

    Args:
        host: Resolve.
        client: The worker.
        plan: What to do.
        wishes: What it was made of.
        say: Told what happens.
        cancelled: Asked between news of a job; True cancels what is not done. Finished frames are kept.

    Raises:
        JobCancelledError: it was cancelled.
    """
    report = Report(refused=[str(refusal) for refusal in plan.chosen.refused])
    submitted: list[tuple[MatteJob, Job]] = []
    for job in plan.jobs:
        try:
            running = client.export(job.request)
            submitted.append((job, running))
            report.notes += running.info.notices
        except MattebridgeError as err:
            report.failed.append(f"{job.media.name}: {err}")
    try:
        for job, running in submitted:
            try:
                info = _wait(running, job, say, cancelled)
                assert info.manifest is not None
                report.manifests.append(info.manifest)
                place = Place(host, plan.timeline, job, info.manifest, dict(wishes.options), report.notes)
                with restored(host, plan.timeline, report.notes):
                    report.brought += _bring(place, wishes.route)
            except JobCancelledError:
                raise
            except MattebridgeError as err:
                report.failed.append(f"{job.media.name}: {err}")
    except (JobCancelledError, KeyboardInterrupt):
        for _, running in submitted:
            if not running.info.state.is_final:
                # A worker that is gone does not hide that the person cancelled.
                with contextlib.suppress(MattebridgeError):
                    running.cancel()
        raise JobCancelledError(
            "cancelled; finished frames are kept, and the same run goes on from there"
        ) from None
    return report


def _bring(place: Place, route: Route) -> list[Brought]:
    """Bring a finished job's mattes in; the files are looked for before anything is touched."""
    sequences = matte_sequences(place.manifest, read_manifest(place.manifest), route.layout)
    return ROUTES[route](place, sequences)


def _wait(running: Job, job: MatteJob, say: Say, cancelled: Callable[[], bool]) -> JobInfo:
    """Wait for a job, and ask several times a second whether the person has had enough."""
    news: queue.SimpleQueue[JobInfo | BaseException] = queue.SimpleQueue()

    def listen() -> None:
        try:
            running.wait(on_event=news.put)
        except BaseException as err:  # noqa: BLE001 - handed to the thread that waits
            news.put(err)

    threading.Thread(target=listen, name="mattebridge news", daemon=True).start()
    stage, told = "", 0.0
    while True:
        if cancelled():
            raise JobCancelledError("cancelled")
        try:
            found = news.get(timeout=_ASK_EVERY_S)
        except queue.Empty:
            continue
        if isinstance(found, BaseException):
            raise found
        if found.state is JobState.DONE:
            return found
        now = time.monotonic()
        if found.stage and not found.state.is_final and (found.stage != stage or now - told >= _NEWS_EVERY_S):
            stage, told = found.stage, now
            left = "" if found.left_s is None else f", {found.left_s:.0f} s left"
            say(f"{job.media.name}: {found.stage} {found.done} of {found.total}{left}")


def _word(kind: type[Any], value: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise unknown_name(kind.__name__.lower(), value, (member.value for member in kind)) from None
