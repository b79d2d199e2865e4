"""Mattes of each clip under names of their own: links to the files of the export, or copies where need be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from bridge.errors import BadRequestError, OutputError
from bridge.files import whole
from host_adapters.matte_files import MatteSequence
from host_adapters.timeline.clips import Use
from host_adapters.timeline.naming import file_words, filled


class Delivery:
    """Gives files their names, each once."""

    def __init__(self, template: str, out: Path, timeline: str, handles: int) -> None:
        """Take the template, already checked, and the folder it begins in."""
        self._template, self._out, self._timeline, self._handles = template, out, timeline, handles
        self._taken: dict[str, str] = {}

    def deliver(self, use: Use, sequences: Sequence[MatteSequence]) -> int:
        """Name the files of one clip; those that are there already are left alone.

        Returns:
            How many files the clip has under its name.

        Raises:
            BadRequestError: two files would have one name.
            OutputError: a file cannot be written.
        """
        words = file_words(use, self._timeline)
        frames = use.wanted(self._handles)
        count = 0
        for sequence in sequences:
            for frame in sequence.frames:
                if frame not in frames:
                    continue
                made = Path(sequence.path(frame))
                name = filled(self._template, {**words, "layer": sequence.key, "frame": frame})
                target = self._out / name
                if not target.suffix:
                    target = target.with_name(target.name + made.suffix)
                other = self._taken.setdefault(str(target), str(made))
                if other != str(made):
                    raise BadRequestError(
                        f"{made} and {other} would both be {target}; put more tokens into the template"
                    )
                _link(made, target)
                count += 1
        return count


def _link(made: Path, target: Path) -> None:
    try:
        if target.exists():
            one, other = made.stat(), target.stat()
            if os.path.samestat(one, other) or (one.st_size, one.st_mtime_ns) == (
                other.st_size,
                other.st_mtime_ns,
            ):
                return
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole(target, durable=False) as temporary:
            try:
                os.link(made, temporary)
            except OSError:
                shutil.copy2(made, temporary)
    except OSError as err:
        raise OutputError(f"cannot write {target}: {err.strerror or err}") from None
