"""The prediction store: what models found, kept on disk, so that no frame is ever predicted twice.

``<root>/<shelf>/<frame>-<stamp>.pred`` holds one frame. A shelf belongs to one source, one model and one set of
inference settings; the stamp changes when the frame's own file does. Everything here can be deleted at any time:
it is only made again. Every file carries a digest; one that does not fit it, or that the disk does not give back,
counts as missing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock

from bridge.files import write_whole
from worker import prediction_codec
from worker.recent import Recent
from worker.sealed import DIGEST_BYTES, DamagedError, seal, unseal
from worker.segments import FramePrediction

log = logging.getLogger(__name__)

STORE_VARIABLE = "MATTEBRIDGE_STORE"
"""Environment variable with the folder of the store."""

DEFAULT_LIMIT_BYTES = 20 << 30

KEPT_BYTES = 64 << 20

_KEPT: Recent[FramePrediction] = Recent(KEPT_BYTES)
"""Predictions that were loaded lately, by the digests of their files: an export looks at each up to three times,
and the next, with another policy maybe, at the same. Files are read and checked all the same."""

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
        """Whether the frame was kept and is whole; a damaged file is deleted."""
        return self._read(self._name(frame, stamp)) is not None

    def digest(self, frame: int, stamp: str) -> str:
        """Hex that tells a frame's prediction from any other that was kept for it; empty where there is none."""
        try:
            with (self.folder / self._name(frame, stamp)).open("rb") as file:
                file.seek(-DIGEST_BYTES, os.SEEK_END)
                return file.read().hex()
        except OSError:
            return ""

    def load(self, frame: int, stamp: str) -> FramePrediction | None:
        """The frame's prediction, or None where there is none; a damaged file is deleted."""
        name = self._name(frame, stamp)
        found = self._read(name)
        if found is None:
            return None
        data, digest = found
        prediction = _KEPT.get(digest)
        if prediction is None:
            try:
                prediction = prediction_codec.decode(data)
            except prediction_codec.DamagedPredictionError as err:
                self._drop(name, err)
                return None
            _KEPT.put(digest, prediction, prediction.nbytes)
        return prediction

    def save(self, frame: int, stamp: str, prediction: FramePrediction) -> None:
        """Keep a frame's prediction."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = self._name(frame, stamp)
        write_whole(self.folder / name, seal(prediction_codec.encode(prediction), name), durable=False)

    def tracks_lock(self) -> FileLock:
        """Held by whoever gives ids, so that workers that share the store go on from each other's."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / f"{_TRACKS}.lock")

    def load_tracks(self) -> bytes | None:
        """The track index as `save_tracks` was given it, or None; a damaged one is deleted."""
        found = self._read(_TRACKS)
        return None if found is None else found[0]

    def save_tracks(self, data: bytes) -> None:
        """Keep the track index of the source."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / _TRACKS, seal(data, _TRACKS))

    def mark_used(self) -> None:
        """Note that the shelf is in use now, so that eviction takes others first."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _USED).touch()

    def _read(self, name: str) -> tuple[bytes, bytes] | None:
        """What was sealed in a file, and its digest; None where there is nothing, or nothing that can be used."""
        try:
            sealed = (self.folder / name).read_bytes()
            return unseal(sealed, name), sealed[-DIGEST_BYTES:]
        except FileNotFoundError:
            return None
        except (OSError, DamagedError) as err:
            self._drop(name, err)
            return None

    def _drop(self, name: str, err: Exception) -> None:
        log.warning("%s is damaged and made anew: %s", self.folder / name, err)
        with contextlib.suppress(OSError):
            (self.folder / name).unlink()

    def _name(self, frame: int, stamp: str) -> str:
        return f"{frame}-{stamp}.pred"


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
