"""The plates of a contact sheet, read beside an export that reads them too."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from worker.media import Source
from worker.models.base import Plate
from worker.recent import Recent

KEPT_BYTES = 64 << 20

_KEPT: Recent[Plate] = Recent(KEPT_BYTES)
"""Plates of the last sheets. The next export of a source, with another policy maybe, shows the same frames; in a
movie each costs the decoding of those before it."""


class SheetPlates:
    """Reads plates for a sheet. To be closed, or used in a ``with``."""

    def __init__(self, source: Source, again: Callable[[], Source] | None = None) -> None:
        """
        Args:
            source: The export's source.
            again: Opens it once more, for where others read it meanwhile: a movie is fast only for one reader that
                goes forwards. Called when the first plate has to be read.
        """
        self._source = source
        self._again = again
        self._own: Source | None = None

    def read(self, frame: int) -> Plate:
        """The plate of a frame; FrameUnreadableError where it cannot be read."""
        key = (self._source.fingerprint, self._source.frame_stamp(frame), frame)
        plate = _KEPT.get(key)
        if plate is None:
            if self._own is None and self._again is not None:
                self._own = self._again()
            plate = (self._own or self._source).read(frame)
            _KEPT.put(key, plate, plate.nbytes)
        return plate

    def __enter__(self) -> SheetPlates:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._own is not None:
            self._own.close()
