"""The models that are known by name: what they are, how good, under which licence, and where to get them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from worker.models.licences import Commercial, Terms, terms_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_FILE = Path(__file__).with_name("catalog.toml")


class CatalogEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model of the catalog. Scores and licences are the publisher's word."""

    name: str
    family: str
    """The module of `worker.models` that loads it, or ``embedded``."""
    summary: str
    """One line: what it is for."""
    kind: Literal["panoptic", "matting"] = "panoptic"
    """What it makes: segments, or the borders of the kind ``matting``."""
    label_set: str = ""
    """What it knows; empty where it knows no categories."""
    hub: str | None = None
    """Its repository on the hub; None where it is not there."""
    url: str | None = None
    """Where its one file is, where it is not on the hub."""
    config: str | None = None
    """The name of the config that the weights need beside them (detectron2)."""
    delta_of: str | None = None
    """Hub repository of the weights that its own are the difference to; None where they stand for themselves."""
    metric: str = "PQ"
    """``PQ``, ``VPQ`` for a model of video, or ``SAD`` for one of matting (lower is better)."""
    score: float | None = None
    """By the publisher; None where there is no figure on real pictures."""
    data: str = ""
    """The data set that the score is for."""
    source: str = ""
    """Where the score was read."""
    parameters_m: float | None = None
    """Parameters, in millions."""
    input: str = ""
    """The input's size, in words."""
    size_mb: float | None = None
    """What is downloaded, in megabytes; None where it was not read anywhere."""
    licence: str
    """SPDX identifier of the weights' licence, a short name where SPDX has none, or ``unknown``."""
    licence_source: str
    """Where the licence was read."""
    licence_note: str = ""
    commercial: Commercial | None = None
    """Where terms besides the licence decide; None to go by the licence alone."""
    unverified: str = ""
    """Which of these fields were not read in a page of the publisher's."""

    @property
    def terms(self) -> Terms:
        """What one may do with the weights."""
        by_licence = terms_of(self.licence)
        return Terms(
            self.licence,
            self.commercial or by_licence.commercial,
            self.licence_note or by_licence.note,
        )

    @property
    def score_words(self) -> str:
        """``PQ 56.0``; empty where there is no figure."""
        return (
            "" if self.score is None else f"{self.metric} {self.score:{'.2f' if self.metric == 'SAD' else '.1f'}}"
        )

    @property
    def size_words(self) -> str:
        """``866 MB``, or with a tilde what four bytes a parameter make."""
        if self.size_mb is not None:
            return _size(self.size_mb)
        return "" if self.parameters_m is None else f"~{_size(self.parameters_m * 4)}"

    @property
    def is_pullable(self) -> bool:
        """Whether `mattebridge models pull` can get it."""
        return (self.hub is not None or self.url is not None) and self.delta_of is None

    @property
    def options(self) -> dict[str, str | int | float]:
        """What its family must know besides the weights."""
        return {} if self.config is None else {"config": self.config}


@lru_cache(maxsize=1)
def catalog() -> Mapping[str, CatalogEntry]:
    """Every model of the catalog by its name, in the file's order."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: msgspec.convert({"name": name, **table}, CatalogEntry) for name, table in tables.items()}


MATTING = "vitmatte-small"
"""The model behind the border kind ``matting``."""


def find_entry(name: str) -> CatalogEntry | None:
    """The catalog's entry by its name or its repository on the hub; None where there is none."""
    found = catalog().get(name)
    return found or next((entry for entry in catalog().values() if entry.hub == name), None)


def terms_for(name: str, licence: str) -> Terms:
    """What one may do with a model: by the catalog where it is there, else by its licence's name."""
    entry = catalog().get(name)
    return terms_of(licence) if entry is None or entry.licence != licence else entry.terms


def _size(megabytes: float) -> str:
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes:.3g} MB"
