"""``mattebridge evaluate panoptic`` and ``evaluate video``: predictions on disk against the truth on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bridge.cli.options import echo_json, json_option
from bridge.errors import BadRequestError

if TYPE_CHECKING:
    from worker.evaluation.pairs import Pair, Pairs

F = TypeVar("F", bound=Callable[..., Any])

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


def _pair_options(command: F) -> F:
    """The two listings and their folders."""
    for option in (
        click.option("--pred-dir", type=_FOLDER, help="The prediction's PNGs; else PRED.json without its ending."),
        click.option("--gt-dir", type=_FOLDER, help="The truth's PNGs; else GT.json without its ending."),
        click.option("--pred", type=_FILE, required=True, help="The prediction, in the same format."),
        click.option("--gt", type=_FILE, required=True, help="The truth, in COCO panoptic format."),
    ):
        command = option(command)
    return command


@click.command()
@_pair_options
@json_option
def panoptic(gt: Path, pred: Path, gt_dir: Path | None, pred_dir: Path | None, as_json: bool) -> None:
    """Panoptic quality (PQ, SQ, RQ) of predictions in COCO panoptic format.

    Void, crowds and areas are treated as panopticapi treats them, and the figures are the same.
    """
    from rich.console import Console

    from worker.evaluation.pairs import open_pairs
    from worker.evaluation.panoptic import score_pictures
    from worker.evaluation.summary import categories_as_json, categories_table, means_as_json, means_table

    pairs = open_pairs(gt, pred, gt_dir, pred_dir)
    score = score_pictures(_shown(pairs, as_json))
    categories = pairs.truth.categories
    if as_json:
        figures = {"images": len(pairs.matched), **means_as_json(score, categories)}
        echo_json({**figures, "categories": categories_as_json(score, categories)})
        return
    console = Console()
    console.print(categories_table(score, categories))
    console.print(means_table(f"{len(pairs.matched)} images", score, categories))


@click.command()
@_pair_options
@click.option(
    "--windows", default="1,2,3,4", show_default=True, metavar="N,N,...", help="Lengths of VPQ windows, in frames."
)
@click.option("--frames-per-clip", type=click.IntRange(1), help="So many frames after one another are a clip.")
@click.option("--clip-pattern", metavar="REGEX", help="One group: the clip's part of a frame's file name.")
@json_option
def video(
    gt: Path,
    pred: Path,
    gt_dir: Path | None,
    pred_dir: Path | None,
    windows: str,
    frames_per_clip: int | None,
    clip_pattern: str | None,
    as_json: bool,
) -> None:
    """Video panoptic quality (VPQ) and segmentation and tracking quality (STQ, AQ, SQ).

    Both listings are in COCO panoptic format with an entry a frame and ids that hold through a clip, flat or
    nested by clip as VIPSeg's. Which clip a frame belongs to is said by its video_id, its folder, or its name
    without the last number; or by the options.
    """
    from rich.console import Console

    from worker.evaluation.pairs import open_pairs
    from worker.evaluation.summary import video_as_json, video_table
    from worker.evaluation.video import SegmentationAndTrackingQuality, VideoPanopticQuality

    qualities = {window: VideoPanopticQuality(window) for window in _parse_windows(windows)}
    pairs = open_pairs(gt, pred, gt_dir, pred_dir)
    categories = pairs.truth.categories
    tracking = SegmentationAndTrackingQuality([str(c.id) for c in categories if c.isthing])
    clips = pairs.clips(frames_per_clip=frames_per_clip, pattern=clip_pattern)
    longest = max(len(clip.matched) for _, clip in clips)
    if max(qualities) > longest:
        raise BadRequestError(
            f"--windows: the longest clip has {longest} frames, but a window has {max(qualities)}"
        )
    for name, clip in clips:
        for truth, prediction in _shown(clip, as_json, name):
            for quality in qualities.values():
                quality.add_frame(truth, prediction)
            tracking.add_frame(truth, prediction)
        for quality in qualities.values():
            quality.end_clip()
        tracking.end_clip()
    found = tracking.result()
    scores = {window: quality.score for window, quality in qualities.items()}
    if as_json:
        listed = [{"name": name, "frames": len(clip.matched)} for name, clip in clips]
        echo_json({"clips": listed, **video_as_json(scores, found, categories)})
        return
    console = Console()
    console.print(f"{len(pairs.matched)} frames of {len(clips)} clips")
    console.print(video_table(scores, found, categories))


def _parse_windows(text: str) -> list[int]:
    try:
        windows = sorted({int(part) for part in text.split(",")})
    except ValueError:
        windows = [0]
    if windows[0] < 1:
        raise BadRequestError(f"--windows: expected numbers of frames such as 1,5,10,15, but got {text!r}")
    return windows


def _shown(pairs: Pairs, quiet: bool, name: str = "Judging") -> Iterable[Pair]:
    """The pairs, with a progress bar on terminals."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(
        pairs.read(), name, total=len(pairs.matched), console=console, disable=quiet or not console.is_terminal
    )
