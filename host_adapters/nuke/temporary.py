"""A temporary EXR render of a node, where the worker cannot read the file behind it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import platformdirs

from bridge.errors import HostError, JobCancelledError, OutputError
from bridge.frames import FramePattern, format_frames
from bridge.naming import clip_name
from host_adapters.nuke.color import plain, render_space
from host_adapters.nuke.host import api, as_it_was, edition
from host_adapters.nuke.plate import RenderPlate

PADDING = 4


@dataclass(frozen=True)
class Rendered:
    """A sequence that was rendered for the worker."""

    source: str
    """``.../plate.%04d.exr``, numbered as the script is."""
    colorspace: str
    """By the worker's name."""
    folder: Path

    def remove(self) -> None:
        """Delete the files; what cannot be deleted stays."""
        shutil.rmtree(self.folder, ignore_errors=True)


def render(
    plate: RenderPlate, frames: Sequence[int], colorspaces: Collection[str], chosen: Optional[str]
) -> Rendered:
    """Render frames of the script to half-float EXRs.

    Args:
        plate: What to render.
        frames: Frames of the script, ascending.
        colorspaces: The worker's colour spaces.
        chosen: A space the user named; None for a scene-linear one that both know.

    Raises:
        HostError: this edition cannot write it, no common colour space, or Nuke did not write every frame.
        JobCancelledError: the user cancelled the render.
        OutputError: the folder for it cannot be made.
    """
    _check_edition(plate)
    folder = _folder(plate, frames)
    name = clip_name(f"{plate.node.name()}.####.exr")
    pattern = FramePattern(f"{folder.as_posix()}/{name}.", ".exr", PADDING)
    nuke = api()
    with as_it_was():
        # A proxy would be smaller than the picture the mattes are for.
        nuke.root()["proxy"].setValue(False)
        write = nuke.nodes.Write(inputs=[plate.node])
        try:
            space = _set_up(write, pattern.text, colorspaces, chosen)
            for first, last in _runs(frames):
                nuke.execute(write, first, last, 1)
        except RuntimeError as err:
            shutil.rmtree(folder, ignore_errors=True)
            if "cancel" in str(err).lower():
                raise JobCancelledError("the render of the plate was cancelled") from None
            raise HostError(f"Nuke could not render {plate.node.name()}: {err}") from None
        finally:
            nuke.delete(write)
    missing = [frame for frame in frames if not Path(pattern.path(frame)).is_file()]
    if missing:
        raise HostError(f"Nuke did not write frames {format_frames(missing)} of {plate.node.name()} to {folder}")
    return Rendered(pattern.text, space, folder)


def _check_edition(plate: RenderPlate) -> None:
    this = edition()
    why = f"{plate.reason}, so it would have to be rendered first"
    if not this.can_write:
        raise HostError(f"{why}; {this.name} has no Write node. Connect the node straight to a Read")
    width, height = plate.node.width(), plate.node.height()
    if this.max_size_wh is not None and (width > this.max_size_wh[0] or height > this.max_size_wh[1]):
        most = f"{this.max_size_wh[0]}x{this.max_size_wh[1]}"
        raise HostError(
            f"{why}; {this.name} writes {most} at the most and this is {width}x{height}. "
            "Connect the node straight to a Read"
        )


def _folder(plate: RenderPlate, frames: Sequence[int]) -> Path:
    """An empty folder of this script, node and range."""
    words = "\n".join((api().root().name(), plate.node.fullName(), format_frames(frames)))
    digest = hashlib.sha256(words.encode("utf-8")).hexdigest()[:16]
    folder = Path(platformdirs.user_cache_dir("mattebridge", appauthor=False)) / "nuke" / digest
    try:
        # Frames of an earlier render may be of another picture.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as err:
        raise OutputError(f"cannot make {folder} for the render of the plate: {err.strerror or err}") from None
    return folder


def _set_up(write: Any, path: str, colorspaces: Collection[str], chosen: Optional[str]) -> str:
    """Set the Write's knobs; returns the space by the worker's name."""
    write["file"].setValue(path)
    # The knobs of EXR exist from here on only.
    write["file_type"].setValue("exr")
    write["channels"].setValue("rgb")
    write["datatype"].setValue("16 bit half")
    write["compression"].setValue("Zip (1 scanline)")
    write["create_directories"].setValue(True)
    choices = write["colorspace"].values()
    if chosen is not None:
        entries = {plain(choice): choice for choice in choices}
        if chosen not in entries:
            raise HostError(
                f"this script has no colour space {chosen!r} to render into; leave Colour space empty, "
                "or choose one that both the script and the worker have"
            )
        write["colorspace"].setValue(entries[chosen])
        return chosen
    space = render_space(choices, colorspaces)
    if space is None:
        raise HostError(
            "the script's colour management and the worker have no scene-linear space in common; set OCIO to the "
            "script's configuration where the worker runs, or name a space under Colour space"
        )
    write["colorspace"].setValue(space[0])
    return space[1]


def _runs(frames: Sequence[int]) -> list[tuple[int, int]]:
    """Frames as ranges without gaps, first and last inclusive."""
    runs: list[tuple[int, int]] = []
    for frame in frames:
        if runs and frame == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], frame)
        else:
            runs.append((frame, frame))
    return runs
