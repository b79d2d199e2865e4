"""The layout `layers`: one file a frame, one single-channel layer for each matte. What Nuke reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from worker.exr.header import Attribute
from worker.exr.layouts.base import FileSet, Stamp, of_layers
from worker.exr.names import MIN_PADDING, frame_file
from worker.exr.patch import Patch
from worker.exr.writer import write_exr
from worker.layers import LayerSpec
from worker.mattes import Matte
from worker.mattes.geometry import Size, union

CHANNEL = "A"
"""The channel of a matte's layer; Nuke shows ``person.A`` as ``person.alpha``."""

_EMPTY_WINDOW = (0, 0, 1, 1)
"""The data window of a frame without coverage; a data window holds at least one pixel."""


class LayersLayout:
    """Files ``<clip>_mattes.<frame>.exr``."""

    def __init__(self, files: FileSet) -> None:
        self._files = files
        self.layers: tuple[LayerSpec, ...] = files.asked_for

    def files_of(self, frame: int) -> tuple[str, ...]:
        """The one file of a frame."""
        return (layers_file(self._files.clip, frame, self._files.padding),)

    def write(self, folder: Path, stamp: Stamp, mattes: Iterable[Matte]) -> None:
        """See `worker.exr.layouts.base.Layout.write`."""
        (name,) = self.files_of(stamp.frame)
        header = stamp.header(self._files.origin, self.layers)
        chosen = of_layers(mattes, self.layers)
        write_layers(folder / name, chosen, self._files.plate_wh, header, self._files.compression)

    def write_index(self, folder: Path) -> None:
        """There is none: channels have the layers' names."""


def layers_file(clip: str, frame: int, padding: int = MIN_PADDING) -> str:
    """The file of a frame: ``plate_mattes.1001.exr``. See `worker.exr.names.frame_file`."""
    return frame_file(clip, "mattes", frame, padding)


def write_layers(
    path: str | Path,
    mattes: Sequence[Matte],
    plate_wh: Size,
    attributes: Mapping[str, Attribute],
    compression: str = "zips",
) -> None:
    """Write the mattes of a frame as one file in the layout `layers`.

    Channels are half floats. The data window is the smallest box that holds the coverage of all mattes, the
    display window is the plate.

    Args:
        path: The file; it appears under this name when it is whole and was read back.
        mattes: All layers of the export. Windows lie inside the plate.
        plate_wh: Width and height of the plate, in pixels.
        attributes: Header attributes, see `worker.exr.header`.
        compression: A name out of `worker.exr.writer.COMPRESSIONS`.

    Raises:
        UnknownNameError: no such compression.
        OutOfSpaceError: the disk is full.
        OutputError: the file cannot be written, or is not what was written when it is read back.
    """
    window = union([m.window for m in mattes if m.window is not None]) or _EMPTY_WINDOW
    channels = {f"{m.layer}.{CHANNEL}": Patch.of(m) for m in mattes}
    write_exr(path, channels, window, plate_wh, attributes, compression)
