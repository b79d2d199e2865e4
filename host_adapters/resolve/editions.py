"""What this edition and version of Resolve can do, asked before anything else.

A Studio-only call in the free edition answers False and opens a dialog that blocks every later call, so that it
must not be tried at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from host_adapters.resolve.calls import call, text
from host_adapters.resolve.errors import EditionError, HostUnavailableError

OLDEST = (18, 5)
"""The oldest version the adapter works with: it brought placing a clip on a track at a frame."""

FREE_WITHOUT_PYTHON = (21, 1)
"""From here on the free edition lists no Python scripts."""

FREE_WITHOUT_WINDOWS = (19, 1)
"""From here on the free edition has no UIManager."""


@dataclass(frozen=True)
class Edition:
    """Which Resolve this is."""

    product: str
    """``DaVinci Resolve`` or ``DaVinci Resolve Studio``."""
    version: tuple[int, ...]
    """Major, minor, patch."""
    inside: bool
    """True where the script runs in Resolve itself: its Scripts menu or its console."""

    @property
    def studio(self) -> bool:
        """Whether it is the Studio edition."""
        return "studio" in self.product.lower()

    @property
    def words(self) -> str:
        """Name and version, for messages."""
        return f"{self.product} {'.'.join(map(str, self.version))}"

    @property
    def windows(self) -> bool:
        """Whether scripts can open windows."""
        return self.studio or self.version < FREE_WITHOUT_WINDOWS

    def cannot(self) -> list[str]:
        """What does not work here, one sentence each; empty where everything does."""
        said = []
        if not self.studio:
            said.append("Scripts outside Resolve cannot reach the free edition: run Mattebridge from its menu.")
            if self.version >= FREE_WITHOUT_WINDOWS:
                said.append(
                    "The free edition opens no windows for scripts since 19.1: use mattebridge_resolve.run(...) "
                    "in the console."
                )
            said.append("The free edition lists no Python scripts from 21.1 on: before you update, think of that.")
        if self.version < (19, 0):
            said.append("Before 19.0 retimed clips are told by their offsets, and tags are kept in markers.")
        if self.version < (19, 1):
            said.append("Before 19.1 marked ranges cannot be read, and stills cannot be put on a track.")
        if self.version < (21, 0, 4):
            said.append("Before 21.0.4 the selection of the timeline cannot be read.")
        return said


def read_edition(resolve: Any, *, inside: bool) -> Edition:
    """Ask Resolve which it is.

    Raises:
        HostUnavailableError: it does not say, as when a dialog is open.
        EditionError: this edition or version cannot be worked with; the message says what would do.
    """
    product = text(resolve, "GetProductName")
    version = call(resolve, "GetVersion")
    numbers: tuple[int, ...] = tuple(part for part in list(version or [])[:3] if isinstance(part, int))
    if len(numbers) < 2:
        numbers = tuple(int(part) for part in re.findall(r"\d+", text(resolve, "GetVersionString"))[:3])
    if not product or len(numbers) < 2:
        raise HostUnavailableError(
            "Resolve does not say its name and version; a dialog may be open behind its main window: close it and "
            "try again"
        )
    edition = Edition(product, numbers, inside)
    if numbers < OLDEST:
        raise EditionError(
            f"{edition.words} is too old: Mattebridge needs {'.'.join(map(str, OLDEST))} or newer, because older "
            "versions cannot place a clip on a track at a frame"
        )
    if not edition.studio and not inside:
        raise EditionError(
            f"{edition.words} takes no scripts from outside; that needs DaVinci Resolve Studio. In the free "
            "edition run Mattebridge from Workspace > Scripts"
        )
    if not edition.studio and numbers >= FREE_WITHOUT_PYTHON:
        raise EditionError(
            f"{edition.words} runs no Python scripts: from 21.1 on that needs DaVinci Resolve Studio. "
            "`mattebridge export` works without Resolve, and its files can be brought in by hand"
        )
    return edition
