"""EXR files: layouts, header attributes, writing and reading back."""

from worker.exr.disk import disk_errors
from worker.exr.header import Origin, attributes
from worker.exr.names import frame_token, layers_file
from worker.exr.reader import read_layers
from worker.exr.writer import COMPRESSIONS, write_layers

__all__ = [
    "COMPRESSIONS",
    "Origin",
    "attributes",
    "disk_errors",
    "frame_token",
    "layers_file",
    "read_layers",
    "write_layers",
]
