"""Layouts: how the mattes of a frame lie in files. Each is a module; this table is all that knows them."""

from collections.abc import Callable, Iterable, Mapping

from worker.exr.layouts.base import FileSet, Layout, Stamp
from worker.exr.layouts.cryptomatte import CryptomatteLayout
from worker.exr.layouts.layers import LayersLayout
from worker.exr.layouts.packed import PackedLayout
from worker.exr.layouts.single import SingleLayout

__all__ = ["LAYOUTS", "FileSet", "Layout", "Stamp", "needs_tracks"]

LAYOUTS: Mapping[str, Callable[[FileSet], Layout]] = {
    "layers": LayersLayout,
    "cryptomatte": CryptomatteLayout,
    "packed": PackedLayout,
    "single": SingleLayout,
}
"""What makes a layout for an export, by the values of `bridge.request.Layout`."""


def needs_tracks(layouts: Iterable[str]) -> bool:
    """Whether one of the layouts shows the tracks even where no layers were asked for them."""
    return "cryptomatte" in layouts
