"""A job's progress on the terminal."""

from __future__ import annotations

import contextlib
from typing import Optional

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

from bridge.errors import JobCancelledError, MattebridgeError
from bridge.job import Job
from bridge.messages import JobInfo

_WAIT_FOR_CANCEL_S = 30.0


def follow(job: Job, title: str = "") -> JobInfo:
    """Show a job until it ends, on stderr, and before it what the worker wants known; Ctrl-C cancels it.

    Args:
        job: The job.
        title: What stands before its stage.

    Returns:
        The job's last news.

    Raises:
        JobCancelledError: it was cancelled, here or elsewhere.
        MattebridgeError: it failed.
    """
    for notice in job.info.notices:
        click.echo(f"note: {notice}", err=True)
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<18}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[rate]}"),
    )
    # Without a terminal nothing can be drawn over, and rich would leave an empty line.
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar: Optional[TaskID] = None

        def show(info: JobInfo) -> None:
            nonlocal bar
            if bar is None:
                bar = progress.add_task("", total=1, rate="")
            described = f"{title} {info.stage or info.state.value}".strip()
            progress.update(
                bar, description=described, total=info.total or 1, completed=info.done, rate=rate_words(info)
            )

        try:
            return job.wait(on_event=show)
        except KeyboardInterrupt:
            click.echo("cancelling; finished frames are kept ...", err=True)
            # A second Ctrl-C, or a worker that is gone, ends the wait.
            with contextlib.suppress(MattebridgeError, KeyboardInterrupt, TimeoutError):
                job.cancel()
                job.wait(timeout_s=_WAIT_FOR_CANCEL_S)
            raise JobCancelledError("cancelled; run the same command again to go on") from None


def rate_words(info: JobInfo) -> str:
    """``12.3 frames/s, 1:05 left``; empty while there is no rate."""
    if not info.fps:
        return ""
    left = ""
    if info.left_s is not None:
        minutes, seconds = divmod(round(info.left_s), 60)
        left = f", {minutes}:{seconds:02d} left"
    return f"{info.fps:.1f} frames/s{left}"
