"""The catalog is whole: every model says what it is, how good by whom, and under which licence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from worker.embedded.labels import LABELS
from worker.embedded.model import WEIGHTS, EmbeddedModel
from worker.label_sets import is_known
from worker.models.catalog import CatalogEntry, catalog, find_entry
from worker.models.licences import Commercial

ENTRIES = list(catalog().values())
REAL = [entry for entry in ENTRIES if entry.family != "embedded"]
PANOPTIC = [entry for entry in REAL if entry.kind == "panoptic"]


@pytest.mark.parametrize("entry", REAL, ids=lambda e: e.name)
def test_a_real_model_is_told_in_full(entry: CatalogEntry) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.name)
    assert is_known(entry.label_set) is (entry in PANOPTIC)
    assert entry.score is not None
    assert 0 < entry.score < 100
    assert entry.data
    assert entry.source
    assert entry.parameters_m
    assert entry.licence_source
    assert (entry.hub is None) != (entry.url is None)
    assert entry.family in ("transformers", "detectron2")
    assert (entry.config is not None) is (entry.family == "detectron2")
    assert entry.terms.commercial is not Commercial.ALLOWED or entry.licence != "unknown"
    assert find_entry(entry.name) is entry
    assert entry.hub is None or find_entry(entry.hub) is entry


def test_names_that_documents_promise_are_there() -> None:
    assert {name: catalog()[name].score for name in (
        "eomt-large-640", "eomt-base-640", "eomt-large-1280", "mask2former-swin-large", "videomt-vipseg-large",
        "panoptic-fpn-r101",
    )} == {
        "eomt-large-640": 56.0, "eomt-base-640": 51.6, "eomt-large-1280": 58.3, "mask2former-swin-large": 57.8,
        "videomt-vipseg-large": 55.2, "panoptic-fpn-r101": 43.0,
    }  # fmt: skip
    assert catalog()["videomt-vipseg-large"].metric == "VPQ"


def test_the_embedded_model_is_told_as_it_is() -> None:
    entry = catalog()["embedded"]
    assert entry.licence == EmbeddedModel.licence
    assert entry.label_set == LABELS.name
    assert entry.size_mb == pytest.approx(WEIGHTS.stat().st_size / 1e6, abs=0.05)
    assert entry.score is None
    assert not entry.is_pullable


def test_what_a_model_trained_on_restricted_pictures_allows_is_not_taken_for_granted() -> None:
    for entry in REAL:
        if entry.label_set in ("vipseg", "cityscapes", "ade20k-panoptic", "mapillary-vistas"):
            assert entry.terms.commercial is not Commercial.ALLOWED, entry.name


@pytest.mark.parametrize("entry", REAL, ids=lambda e: e.name)
def test_the_documentation_says_what_the_catalog_says(entry: CatalogEntry) -> None:
    table = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    (row,) = [line for line in table.splitlines() if line.startswith(f"| `{entry.name}` | {entry.metric} ")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    allowed = {"allowed": "yes", "forbidden": "no", "unclear": "unclear"}[entry.terms.commercial.value]
    assert cells[1:] == [
        entry.score_words, entry.data, entry.input, f"{entry.parameters_m:g} M", entry.size_words, entry.licence,
        allowed, entry.unverified or "-",
    ]  # fmt: skip


def test_sizes_that_nobody_told_are_marked() -> None:
    assert catalog()["mask2former-swin-large"].size_words == "866 MB"
    assert catalog()["eomt-large-640"].size_words == "~1.3 GB"
