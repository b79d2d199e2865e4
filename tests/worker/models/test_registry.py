"""Models are found by name, by repository and by path; those that are not there say how to get them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from bridge.errors import BadRequestError, ModelError, ModelNotInstalledError, UnknownNameError
from bridge.request import MatteRequest
from worker.describe import describe
from worker.engine import Engine
from worker.models import registry
from worker.models.base import LoadOptions, Weights
from worker.models.catalog import catalog
from worker.models.installed import Pin, cached_snapshot, find_installed, own_models, write_pin
from worker.models.registry import find_model, known_models
from worker.roots import Roots
from worker.store import Store

LARGE = catalog()["eomt-large-640"]
PEOPLE = {"model_type": "eomt", "id2label": {"0": "person", "1": "sky", "2": "hair"}}


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is installed: an empty cache and an empty folder of one's own models, ``own``."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("MATTEBRIDGE_MODELS", str(tmp_path / "own"))
    return tmp_path


def put_snapshot(repository: str, revision: str, cache: Path, *, is_main: bool = True) -> Path:
    """A revision in the hub's cache, laid out as the hub's own tools do."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    snapshot = folder / "snapshots" / revision
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text(json.dumps(PEOPLE))
    (snapshot / "model.safetensors").write_bytes(b"")
    if is_main:
        (folder / "refs").mkdir(exist_ok=True)
        (folder / "refs" / "main").write_text(revision)
    return snapshot


def put_folder(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_the_embedded_model_is_always_there() -> None:
    assert list(known_models()) == ["embedded"]
    assert find_model("embedded").licence == "Apache-2.0"


def test_a_model_that_is_there_is_found_without_a_look_at_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked(*_: object) -> None:
        raise AssertionError("every plate that is asked for would pay for this")

    monkeypatch.setattr(registry, "known_models", looked)
    monkeypatch.setattr(registry, "uncatalogued", looked)
    assert find_model("embedded").name == "embedded"


def test_a_model_that_is_not_installed_says_how_to_get_it() -> None:
    with pytest.raises(ModelNotInstalledError, match=r"say there: mattebridge models pull eomt-large-640$"):
        find_model("eomt-large-640")
    with pytest.raises(ModelNotInstalledError, match="mattebridge models pull eomt-large-640"):
        find_model("tue-mps/coco_panoptic_eomt_large_640")


def test_a_matting_network_is_no_model_to_ask_for() -> None:
    with pytest.raises(BadRequestError, match=r"finds no segments.*'matting'"):
        find_model("vitmatte-small")


def test_weights_that_are_a_difference_say_what_is_missing() -> None:
    with pytest.raises(ModelNotInstalledError, match=r"difference to facebook/dinov3.*MATTEBRIDGE_MODELS"):
        find_model("eomt-large-640-dinov3")


@pytest.mark.parametrize(
    ("name", "nearest"), [("eomt-large", "eomt-large-640"), ("Mask2Former", "mask2former-swin"), ("x", "embedded")]
)
def test_an_unknown_model_gets_the_nearest_names(name: str, nearest: str) -> None:
    with pytest.raises(UnknownNameError, match=f"there is: .*{nearest}"):
        find_model(name)


def test_a_model_in_the_hubs_cache(places: Path) -> None:
    snapshot = put_snapshot(LARGE.hub or "", "a" * 40, places / "hub")
    assert find_installed(LARGE) == snapshot
    entry = find_model("eomt-large-640")
    assert entry.licence == "MIT"
    assert entry.label_set.name == "coco-panoptic"
    assert find_model(LARGE.hub or "").name == "eomt-large-640"
    assert "eomt-large-640" in known_models()


def test_a_pinned_revision_stays_when_the_cache_gets_a_newer_one(places: Path) -> None:
    pulled = put_snapshot(LARGE.hub or "", "a" * 40, places / "hub")
    write_pin(LARGE, Pin(LARGE.hub or "", "a" * 40, {}))
    newer = put_snapshot(LARGE.hub or "", "b" * 40, places / "hub")
    assert cached_snapshot(LARGE.hub or "") == newer
    assert find_installed(LARGE) == pulled


def test_an_unfinished_snapshot_is_not_installed(places: Path) -> None:
    snapshot = put_snapshot(LARGE.hub or "", "a" * 40, places / "hub")
    (snapshot / "model.safetensors").unlink()
    assert find_installed(LARGE) is None


def test_a_model_of_ones_own_by_its_name_and_by_its_path(places: Path) -> None:
    folder = put_folder(
        places / "own" / "studio-hair", config__json=json.dumps(PEOPLE), README__md="---\nlicense: mit\n---\n"
    )
    for name in ("studio-hair", str(folder)):
        entry = find_model(name)
        assert entry.name == name
        assert entry.licence == "mit"
        assert entry.label_set.names == ("person", "sky", "hair")
    assert "studio-hair" in known_models()


def test_a_checkpoint_of_detectron2_with_its_notes(places: Path) -> None:
    own = places / "own"
    own.mkdir()
    (own / "mine.pth").write_bytes(b"")
    with pytest.raises(BadRequestError, match=r"does not say what network it holds.*mine\.toml"):
        find_model("mine")
    assert list(known_models()) == ["embedded"]
    (own / "mine.toml").write_text('[options]\nconfig = "COCO-PanopticSegmentation/panoptic_fpn_R_50_3x"\n')
    entry = find_model("mine")
    assert entry.label_set.name == "coco-panoptic"
    assert entry.licence == "unknown"


def test_a_folder_with_categories_of_its_own(places: Path) -> None:
    rows = [{"name": "person", "isthing": 1}, {"name": "hair", "isthing": 0, "color": [1, 2, 3]}]
    folder = put_folder(places / "mine", config__yaml="", categories__json=json.dumps(rows))
    label_set = find_model(str(folder)).label_set
    assert [(c.name, c.is_thing, c.color) for c in label_set.categories] == [
        ("person", True, (220, 20, 60)),
        ("hair", False, (1, 2, 3)),
    ]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "does not say what network it holds"),
        ({"config__json": "{"}, r"config\.json cannot be used"),
        ({"config__json": '{"num_labels": 7}'}, "does not name its 7 classes"),
        ({"config__json": '{"id2label": {"0": "a", "2": "b"}}'}, "gaps"),
        ({"config__yaml": ""}, r"categories\.json"),
        ({"config__yaml": "", "categories__json": "[]"}, "different names, got none"),
        ({"config__yaml": "", "categories__json": '[{"name": 3}]'}, "expected a list of name"),
        ({"config__json": "{}", "mattebridge__toml": "family = 3"}, r"mattebridge\.toml cannot be used"),
        ({"config__json": "{}", "mattebridge__toml": "licnce = 'MIT'"}, "licnce"),
        (
            {"config__yaml": "", "mattebridge__toml": "label_set = 'coco'"},
            "unknown label set 'coco'; .*coco-panoptic",
        ),
    ],
)
def test_a_folder_that_does_not_say_what_it_is(places: Path, files: dict[str, str], message: str) -> None:
    folder = put_folder(places / "mine", **files)
    with pytest.raises(BadRequestError, match=message):
        find_model(str(folder))


def test_a_config_without_names_goes_by_the_number_of_its_classes(places: Path) -> None:
    numbers = {str(n): f"LABEL_{n}" for n in range(133)}
    folder = put_folder(places / "mine", config__json=json.dumps({"id2label": numbers}))
    assert find_model(str(folder)).label_set.name == "coco-panoptic"


def test_a_path_that_is_not_there(places: Path) -> None:
    with pytest.raises(BadRequestError, match=f"no model lies at {places}/none"):
        find_model(str(places / "none"))


def test_names_of_the_catalog_in_ones_own_folder_come_first(places: Path) -> None:
    put_snapshot(LARGE.hub or "", "a" * 40, places / "hub")
    folder = put_folder(places / "own" / "eomt-large-640", config__json=json.dumps(PEOPLE))
    assert find_installed(LARGE) == folder
    merged = put_folder(places / "own" / "eomt-large-640-dinov3", config__json=json.dumps(PEOPLE))
    assert find_installed(catalog()["eomt-large-640-dinov3"]) == merged


def test_an_interrupted_download_is_no_model(places: Path) -> None:
    put_folder(places / "own" / "panoptic-fpn-r101", **{"model_final_cafdb1.pkl.partial": ""})
    assert own_models() == {}
    assert find_installed(catalog()["panoptic-fpn-r101"]) is None


def test_a_file_of_the_zoo(places: Path) -> None:
    entry = catalog()["panoptic-fpn-r101"]
    folder = put_folder(places / "own" / "panoptic-fpn-r101", **{"model_final_cafdb1.pkl": ""})
    assert find_installed(entry) == folder / "model_final_cafdb1.pkl"


def test_the_worker_tells_what_is_installed_and_what_can_be_pulled(places: Path) -> None:
    put_snapshot(LARGE.hub or "", "a" * 40, places / "hub")
    reply = describe(torch.device("cpu"))
    assert [model.name for model in reply.models] == ["embedded", "eomt-large-640"]
    assert reply.models[1].allows == "commercial use allowed"
    assert "eomt-base-640" in reply.pullable
    assert not {"embedded", "eomt-large-640", "eomt-large-640-dinov3"} & set(reply.pullable)


def test_a_model_outside_the_roots_is_refused(places: Path) -> None:
    folder = put_folder(places / "elsewhere" / "mine", config__json=json.dumps(PEOPLE))
    inside = places / "shots"
    inside.mkdir()
    engine = Engine(torch.device("cpu"), Store(places / "store"), Roots([inside]))
    request = MatteRequest(source=str(inside / "a.png"), out=str(inside / "out"), model=str(folder))
    with pytest.raises(BadRequestError, match=r"the model .*/elsewhere/mine lies outside"):
        engine.check(request)


def test_a_family_is_given_the_weights(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_folder(places / "own" / "mine", config__json=json.dumps(PEOPLE))
    given: list[Weights] = []

    class Family:
        @staticmethod
        def load(weights: Weights, device: torch.device) -> str:
            given.append(weights)
            return f"loaded on {device}"

    monkeypatch.setattr(registry, "import_module", lambda name: Family if name.endswith(".transformers") else None)
    assert str(find_model("mine").load(torch.device("cpu"), LoadOptions())) == "loaded on cpu"
    assert given[0].path == places / "own" / "mine"
    assert given[0].name == "mine"


def test_a_family_whose_packages_are_missing_says_so(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_folder(places / "own" / "mine", config__json=json.dumps(PEOPLE))

    def missing(name: str) -> None:
        raise ImportError("No module named 'transformers'")

    monkeypatch.setattr(registry, "import_module", missing)
    with pytest.raises(ModelError, match=r"needs the family 'transformers'.*pip install"):
        find_model("mine").load(torch.device("cpu"), LoadOptions())
