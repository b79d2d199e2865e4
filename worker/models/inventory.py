"""What is known of each model, as plain values: for lists, ``--json`` and documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge.errors import MattebridgeError
from worker.models.catalog import CatalogEntry, catalog
from worker.models.folders import read_folder
from worker.models.installed import find_installed, read_pin, uncatalogued
from worker.models.licences import Commercial, terms_of

Facts = dict[str, Any]


def all_facts() -> list[Facts]:
    """The models of the catalog, then those in one's own folders that it does not name."""
    return [*map(facts_of, catalog().values()), *_own()]


def facts_of(entry: CatalogEntry) -> Facts:
    """All that is known of a model of the catalog."""
    found: Path | None = Path("-") if entry.family == "embedded" else find_installed(entry)
    pin = read_pin(entry)
    return {
        "name": entry.name,
        "summary": entry.summary,
        "kind": entry.kind,
        "family": entry.family,
        "label_set": entry.label_set or None,
        "metric": entry.metric if entry.score is not None else None,
        "score": entry.score,
        "score_words": entry.score_words,
        "data": entry.data or None,
        "source": entry.source or None,
        "parameters_m": entry.parameters_m,
        "input": entry.input,
        "size_mb": entry.size_mb,
        "size": entry.size_words,
        "licence": entry.licence,
        "licence_source": entry.licence_source,
        "commercial": entry.terms.commercial.value,
        "allows": entry.terms.words,
        "unverified": entry.unverified or None,
        "hub": entry.hub,
        "url": entry.url,
        "delta_of": entry.delta_of,
        "pullable": entry.is_pullable,
        "installed": found is not None,
        "path": None if found is None or entry.family == "embedded" else str(found),
        "revision": None if pin is None else pin.revision,
    }


def _own() -> list[Facts]:
    """Models in one's own folders that the catalog does not name."""
    rows = []
    for name, where in sorted(uncatalogued().items()):
        row: Facts = {"name": name, "installed": True, "path": str(where)}
        try:
            found = read_folder(where)
        except MattebridgeError as err:
            row |= {"summary": f"cannot be used: {err}", "commercial": Commercial.UNCLEAR.value}
        else:
            terms = terms_of(found.licence)
            row |= {
                "summary": found.summary, "family": found.family, "label_set": found.label_set.name,
                "licence": found.licence, "commercial": terms.commercial.value, "allows": terms.words,
            }  # fmt: skip
        rows.append(row)
    return rows
