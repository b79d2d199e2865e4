"""Drawn frames from the cache, with a progress bar where they are drawn first."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from worker.training import recipe
from worker.training.scenes import ClipSpec
from worker.training.shards import ShardReader, draw_shards


def bar(console: Console) -> Progress:
    """A progress bar with a note, the time it took and the time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def drawn(cache: Path | None, specs: list[ClipSpec], processes: int, what: str, console: Console) -> ShardReader:
    """The frames of some clips; what is not in the cache yet is drawn now.

    Args:
        cache: Where drawn clips are kept; None is the user's cache folder.
        specs: The clips, which differ in their seed alone.
        processes: How many draw at once.
        what: What the bar calls them.
        console: Where the bar is shown.
    """
    folder = recipe.clips_folder(cache or Path(platformdirs.user_cache_dir("mattebridge")) / "drawn", specs)
    with bar(console) as progress:
        task = progress.add_task(f"Drawing {what}", total=sum(spec.frames for spec in specs), note="")
        paths = draw_shards(folder, specs, processes, lambda frames: progress.advance(task, frames))
    return ShardReader(paths)
