"""The options of training commands that name a data set in COCO panoptic format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from worker.datasets import DataSet

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def data_options(command: Command) -> Command:
    """Give a command ``train_json, train_dir, images, val_json, val_dir, val_images``; see `opened`."""
    options = (
        click.option(
            "--train",
            "--train-json",
            "train_json",
            type=_FILE,
            required=True,
            help="Annotations, COCO panoptic format.",
        ),
        click.option(
            "--train-dir", type=_FOLDER, help="Their PNGs; by default the JSON's name without its ending."
        ),
        click.option("--images", type=_FOLDER, help="The pictures; by default the JSON's folder."),
        click.option(
            "--val",
            "--val-json",
            "val_json",
            type=_FILE,
            help="Annotations to validate with: curves of PQ, SQ and RQ.",
        ),
        click.option("--val-dir", type=_FOLDER, help="Their PNGs, as --train-dir."),
        click.option("--val-images", type=_FOLDER, help="Their pictures; by default the JSON's folder."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def opened(
    train_json: Path,
    train_dir: Path | None,
    images: Path | None,
    val_json: Path | None,
    val_dir: Path | None,
    val_images: Path | None,
) -> tuple[DataSet, DataSet | None]:
    """The data sets behind the options: to train with, and to validate with.

    Raises:
        DataSetError: A file breaks the format, a picture is missing, or the two have no category in common.
    """
    from bridge.errors import DataSetError
    from worker.datasets.coco import open_listing

    training = open_listing(train_json, train_dir, images)
    missing = [frame.picture for frame in training.frames if not frame.picture.is_file()]
    if missing:
        raise DataSetError(f"{len(missing)} pictures of {train_json} are missing, the first is {missing[0]}")
    if val_json is None:
        return training, None
    validation = open_listing(val_json, val_dir, val_images)
    if not {c.name for c in training.categories} & {c.name for c in validation.categories}:
        raise DataSetError(f"{val_json} has none of the categories of {train_json}; they are matched by name")
    return training, validation
