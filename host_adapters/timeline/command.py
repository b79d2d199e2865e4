"""`mattebridge export edit.otio`: what the command line calls for a timeline. Loads OpenTimelineIO late."""

from __future__ import annotations

import importlib.util

import click

from bridge.cli.options import echo_json
from bridge.cli.progress import follow
from bridge.cli.source_kinds import SourceOrder
from bridge.errors import MattebridgeError
from bridge.launch import connect
from host_adapters.timeline.errors import INSTALL, TimelineError


def export_timeline(order: SourceOrder) -> int:
    """Export a timeline, tell what happens, and return the exit code.

    Raises:
        MattebridgeError: nothing could be done; not with `as_json`, which prints the error instead.
    """
    try:
        return _export(order)
    except MattebridgeError as err:
        if not order.as_json:
            raise
        echo_json({"ok": False, "code": err.code, "error": str(err), "exit_code": err.exit_code})
        return err.exit_code


def _export(order: SourceOrder) -> int:
    if importlib.util.find_spec("opentimelineio") is None:
        raise TimelineError(f"timelines are read by OpenTimelineIO, which is not installed here: {INSTALL}")
    from host_adapters.timeline import run
    from host_adapters.timeline.wishes import Wishes

    values = {name: value for name, value in order.values.items() if name != "out"}
    more = order.more
    wishes = Wishes(
        order.source,
        str(order.values["out"]),
        values,
        more.get("media", ()),
        more.get("name_folders"),
        more.get("name_files"),
        more.get("rate"),
        keep_going=order.keep_going,
    )
    plan = run.make_plan(wishes)
    for line in run.describe_plan(plan):
        click.echo(line, err=True)
    if more.get("dry_run"):
        if order.as_json:
            jobs = [
                {"source": job.request.source, "frames": job.frames, "out": job.request.out} for job in plan.jobs
            ]
            left = [{"name": one.name, "track": one.track_name, "reason": one.reason} for one in plan.refused]
            echo_json({"ok": True, "dry_run": True, "sources": jobs, "left_out": left})
        return 0
    with connect(order.address) as client:
        outcome = run.carry_out(client, plan, wishes, follow=follow, say=lambda line: click.echo(line, err=True))
    if order.as_json:
        echo_json(outcome.summary())
    else:
        for line in outcome.lines():
            click.echo(line)
    return 0 if outcome.ok else 1
