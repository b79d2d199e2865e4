"""The prediction store: what models found, kept on disk, so that no frame is ever predicted twice.

``<root>/<shelf>/<frame>-<stamp>.pred`` holds one frame. A shelf belongs to one source, one model and one set of
inference settings; the stamp changes when the frame's own file does. Everything here can be deleted at any time:
it is only made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock

from bridge.files import write_whole
from worker import prediction_codec
from worker.segments import FramePrediction

STORE_VARIABLE = "MATTEBRIDGE_STORE"
"""Environment variable with the folder of the store."""

DEFAULT_LIMIT_BYTES = 20 << 30

_USED = "used"
_TRACKS = "tracks"


def default_root() -> Path:
    """The folder of the store: the variable MATTEBRIDGE_STORE, else the user's cache folder."""
    named = os.environ.get(STORE_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_cache_dir("mattebridge", appauthor=False)) / "store"


@dataclass(frozen=True)
class Shelf:
    """The predictions of one source by one model."""

    folder: Path

    def has(self, frame: int, stamp: str) -> bool:
        """Whether the frame was kept; `load` may still find its file damaged."""
        return self._path(frame, stamp).exists()

    def load(self, frame: int, stamp: str) -> FramePrediction | None:
        """The frame's prediction, or None where there is none; a damaged file is deleted."""
        path = self._path(frame, stamp)
        try:
            return prediction_codec.decode(path.read_bytes())
        except FileNotFoundError:
            return None
        except prediction_codec.DamagedPredictionError:
            path.unlink(missing_ok=True)
            return None

    def save(self, frame: int, stamp: str, prediction: FramePrediction) -> None:
        """Keep a frame's prediction."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._path(frame, stamp), prediction_codec.encode(prediction), durable=False)

    def tracks_lock(self) -> FileLock:
        """Held by whoever gives ids, so that workers that share the store go on from each other's."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / f"{_TRACKS}.lock")

    def load_tracks(self) -> bytes | None:
        """The track index as `save_tracks` was given it, or None."""
        try:
            return (self.folder / _TRACKS).read_bytes()
        except FileNotFoundError:
            return None

    def save_tracks(self, data: bytes) -> None:
        """Keep the track index of the source."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / _TRACKS, data)

    def mark_used(self) -> None:
        """Note that the shelf is in use now, so that eviction takes others first."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _USED).touch()

    def _path(self, frame: int, stamp: str) -> Path:
        return self.folder / f"{frame}-{stamp}.pred"


@dataclass(frozen=True)
class Store:
    """All shelves below one folder."""

    root: Path
    limit_bytes: int = DEFAULT_LIMIT_BYTES

    def shelf(
        self, source_fingerprint: str, model_fingerprint: str, settings: Mapping[str, str | int | float]
    ) -> Shelf:
        """The shelf of a source, a model and its inference settings."""
        key = json.dumps([source_fingerprint, model_fingerprint, sorted(settings.items())])
        return Shelf(self.root / hashlib.sha256(key.encode()).hexdigest()[:32])

    def evict(self, keep: Shelf | None = None) -> int:
        """Delete whole shelves, longest unused first, until the store is within its limit.

        Args:
            keep: A shelf that stays whatever its age.

        Returns:
            How many bytes were freed.
        """
        if not self.root.is_dir():
            return 0
        shelves = [
            (_used_at(folder), _size_bytes(folder), folder) for folder in self.root.iterdir() if folder.is_dir()
        ]
        excess = sum(size for _, size, _ in shelves) - self.limit_bytes
        freed = 0
        for _, size, folder in sorted(shelves):
            if excess - freed <= 0:
                break
            if keep is None or folder != keep.folder:
                shutil.rmtree(folder, ignore_errors=True)
                freed += size
        return freed


def _used_at(folder: Path) -> float:
    try:
        return (folder / _USED).stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _size_bytes(folder: Path) -> int:
    with os.scandir(folder) as entries:
        return sum(entry.stat().st_size for entry in entries)
