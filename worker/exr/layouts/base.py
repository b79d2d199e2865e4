"""What layouts have in common: what an export tells them, and what they do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from worker.exr.header import Attribute, Origin, attributes
from worker.exr.key import KEY
from worker.exr.names import MIN_PADDING, frame_file
from worker.layers import LayerSpec
from worker.mattes import Matte
from worker.mattes.geometry import Size


@dataclass(frozen=True, kw_only=True)
class FileSet:
    """What all files of an export share, whatever their layout."""

    clip: str
    """The name the files begin with."""
    plate_wh: Size
    """Width and height of the plate, in pixels."""
    layers: tuple[LayerSpec, ...]
    """All layers that mattes are made of, in their order; the same in every frame."""
    origin: Origin
    tracks: bool = False
    """Whether layers of tracks were asked for; without it only layouts that need them show them."""
    padding: int = MIN_PADDING
    """How many characters the source's frame numbers have."""
    compression: str = "zips"
    """A name out of `worker.exr.writer.COMPRESSIONS`."""
    device: torch.device | str = "cpu"
    """Where a layout computes, if it does."""

    @property
    def asked_for(self) -> tuple[LayerSpec, ...]:
        """The layers without those of tracks, unless tracks were asked for."""
        return tuple(layer for layer in self.layers if self.tracks or layer.track is None)

    def file(self, ending: str, frame: int) -> str:
        """The name of one frame's file, see `worker.exr.names.frame_file`."""
        return frame_file(self.clip, ending, frame, self.padding)


@dataclass(frozen=True)
class Stamp:
    """What one frame's files say about themselves."""

    frame: int
    """The plate's own frame number."""
    key: str
    """Digest of all that decides their content, see `worker.exr.key`."""
    state: str = "good"
    """``good``, or ``held`` or ``black`` where the plate's frame could not be read."""

    def header(self, origin: Origin, layers: Sequence[LayerSpec]) -> dict[str, Attribute]:
        """The header attributes of a file with those layers."""
        return {**attributes(origin, layers, self.frame, self.state), KEY: self.key}


class Layout(Protocol):
    """How the mattes of a frame lie in files. One is made for an export and serves all of its frames."""

    @property
    def layers(self) -> tuple[LayerSpec, ...]:
        """The layers its files show: they, and no others, decide the files' content."""

    def files_of(self, frame: int) -> tuple[str, ...]:
        """The names of a frame's files, in the order in which they are written."""

    def write(self, folder: Path, stamp: Stamp, mattes: Iterable[Matte]) -> None:
        """Write a frame's files into an existing folder.

        Args:
            folder: Where the files go.
            stamp: The frame, and what its headers say.
            mattes: The frame's mattes: those of `layers`, among others maybe, in any order.

        Raises:
            OutOfSpaceError: the disk is full.
            OutputError: a file cannot be written, or is not what was written when it is read back.
        """

    def write_index(self, folder: Path) -> str | None:
        """Write what says which file holds what, once for all frames.

        Returns:
            The index's name; None for layouts whose files say it themselves.

        Raises:
            OutOfSpaceError: the disk is full.
            OutputError: the file cannot be written.
        """


def of_layers(mattes: Iterable[Matte], layers: Iterable[LayerSpec]) -> list[Matte]:
    """The mattes of some layers, in the layers' order.

    Raises:
        KeyError: a layer has no matte.
    """
    by_layer = {matte.layer: matte for matte in mattes}
    return [by_layer[layer.name] for layer in layers]
