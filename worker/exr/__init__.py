"""EXR files: layouts, header attributes, writing and reading back."""

from worker.exr.disk import disk_errors
from worker.exr.header import Origin, attributes
from worker.exr.layouts import LAYOUTS, FileSet, Layout, Stamp, needs_tracks
from worker.exr.layouts.layers import layers_file, write_layers
from worker.exr.names import frame_token
from worker.exr.reader import read_layers
from worker.exr.writer import COMPRESSIONS

__all__ = [
    "COMPRESSIONS",
    "LAYOUTS",
    "FileSet",
    "Layout",
    "Origin",
    "Stamp",
    "attributes",
    "disk_errors",
    "frame_token",
    "layers_file",
    "needs_tracks",
    "read_layers",
    "write_layers",
]
