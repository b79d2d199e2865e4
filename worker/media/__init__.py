"""Plates in: movies, image sequences and stills as display-referred sRGB."""

from worker.media.opening import linked_files, open_source
from worker.media.source import Source, SourceKind

__all__ = ["Source", "SourceKind", "linked_files", "open_source"]
