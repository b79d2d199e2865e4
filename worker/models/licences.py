"""What licences allow, as far as a worker has to know: commercial use, and what must be said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bridge.errors import LicenceError
from bridge.request import LicenceDemand


class Commercial(str, Enum):
    """Whether mattes may be made commercially."""

    ALLOWED = "allowed"
    """The licence allows it, perhaps with conditions."""
    FORBIDDEN = "forbidden"
    """The licence forbids it."""
    UNCLEAR = "unclear"
    """Not known: no licence, an unknown one, or training data with terms of their own."""


@dataclass(frozen=True)
class Terms:
    """What one may do with a model."""

    licence: str
    """SPDX identifier, or a short name where SPDX has none."""
    commercial: Commercial
    note: str = ""
    """What else is to be known, as a phrase."""

    @property
    def words(self) -> str:
        """For headers and tables: ``commercial use allowed; name the authors``."""
        return f"commercial use {self.commercial.value}" + (f"; {self.note}" if self.note else "")

    def notice(self, model: str) -> str | None:
        """What a user must hear before a run; None where commercial use is simply allowed."""
        if self.commercial is Commercial.ALLOWED:
            return None
        what = (
            "forbids commercial use" if self.commercial is Commercial.FORBIDDEN else "may not allow commercial use"
        )
        return f"the licence of model {model!r} ({self.licence}) {what}" + (f": {self.note}" if self.note else "")


_CONDITIONS = {
    "cc-by-": "name the authors",
    "cc-by-sa-": "name the authors; changed weights stay under this licence",
    "dinov3": "Meta's own licence: name DINOv3, pass the licence on, no military or nuclear use",
}

_ALLOWED = ("apache-2.0", "mit", "mit-0", "bsd-2-clause", "bsd-3-clause", "isc", "unlicense", "cc0-1.0", "0bsd")


def terms_of(licence: str) -> Terms:
    """What a licence allows by its name alone; one that is not known counts as unclear."""
    folded = licence.strip().lower()
    if folded in _ALLOWED:
        return Terms(licence, Commercial.ALLOWED)
    if folded.startswith("cc-by-nc") or "non-commercial" in folded or "noncommercial" in folded:
        return Terms(licence, Commercial.FORBIDDEN)
    for start in sorted(_CONDITIONS, key=len, reverse=True):
        if folded.startswith(start) and "nd" not in folded.split("-"):
            return Terms(licence, Commercial.ALLOWED, _CONDITIONS[start])
    return Terms(licence, Commercial.UNCLEAR)


def check_licence(model: str, terms: Terms, demand: LicenceDemand) -> tuple[str, ...]:
    """What a user must hear about a model's licence before a run.

    Raises:
        LicenceError: commercial use was asked for, and the licence is not known to allow it.
    """
    notice = terms.notice(model)
    if notice is None:
        return ()
    if demand is LicenceDemand.COMMERCIAL:
        raise LicenceError(
            f"{notice}. The request asks for commercial use: choose another model "
            "(`mattebridge models --commercial` lists those that allow it), or clear the rights and leave "
            "`--licence commercial` out"
        )
    return (notice,)
