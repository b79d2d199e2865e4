"""The label sets that ship: what is in them, how lists of names are recognised, asking for their categories."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

import pytest

from bridge.borders import DEFAULT_POLICY
from bridge.categories import group_of
from bridge.errors import UnknownNameError
from bridge.naming import check_layers
from worker.label_sets import known_label_set, known_names, label_set_of_names
from worker.label_sets.matching import spread_color
from worker.labels import LabelSet
from worker.layers import find_categories, layer_names, settle_layers

ALL = tuple(known_label_set(name) for name in known_names())
EVERY = pytest.mark.parametrize("label_set", ALL, ids=lambda s: s.name)


@pytest.mark.parametrize(
    ("name", "categories", "things", "first", "last"),
    [
        ("coco-panoptic", 133, 80, "person", "rug-merged"),
        ("cityscapes", 19, 8, "road", "bicycle"),
        ("ade20k-panoptic", 150, 100, "wall", "flag"),
        ("mapillary-vistas", 65, 37, "Bird", "Ego Vehicle"),
        ("vipseg", 124, 58, "wall", "train"),
    ],
)
def test_what_a_set_holds(name: str, categories: int, things: int, first: str, last: str) -> None:
    label_set = known_label_set(name)
    assert len(label_set.categories) == categories
    assert sum(category.is_thing for category in label_set.categories) == things
    assert (label_set.names[0], label_set.names[-1]) == (first, last)


@EVERY
def test_names_are_different_and_all_become_layers(label_set: LabelSet) -> None:
    assert len(set(label_set.names)) == len(label_set.names)
    assert len(check_layers(layer_names(label_set).values())) == len(label_set.names)
    colors = [category.color for category in label_set.categories]
    # ADE20K and VIPSeg each give one colour twice.
    assert len(set(colors)) >= len(colors) - 1


@EVERY
def test_every_category_is_in_a_group(label_set: LabelSet) -> None:
    alone = [name for name in label_set.names if group_of(name) is None]
    # The camera's own car is no vehicle of the scene.
    assert alone == (["Car Mount", "Ego Vehicle"] if label_set.name == "mapillary-vistas" else [])


def test_cocos_list_is_the_data_sets_own() -> None:
    data = os.environ.get("MATTEBRIDGE_TEST_DATA")
    if not data:
        pytest.skip("needs MATTEBRIDGE_TEST_DATA")
    path = Path(data) / "panoptic/panopticapi/panoptic_coco_categories.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    own = [(c.name, c.is_thing, c.color) for c in known_label_set("coco-panoptic").categories]
    assert own == [(row["name"], bool(row["isthing"]), tuple(row["color"])) for row in rows]


def test_cityscapes_in_the_order_of_training_ids() -> None:
    assert known_label_set("cityscapes").names == (
        "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation",
        "terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle",
    )  # fmt: skip


def test_an_unknown_set_lists_the_known() -> None:
    with pytest.raises(UnknownNameError, match="unknown label set 'coco'; there is: coco-panoptic"):
        known_label_set("coco")


@EVERY
def test_a_models_own_list_is_recognised(label_set: LabelSet) -> None:
    assert label_set_of_names(label_set.names, "mine") is label_set
    spelled = [name.split(",")[0].lower().replace(" ", "_") for name in label_set.names]
    assert label_set_of_names(spelled, "mine") is label_set


def test_a_list_of_ones_own_borrows_what_is_known() -> None:
    label_set = label_set_of_names(["sky", "person", "hair", "hat"], "studio")
    assert label_set.name == "studio"
    assert label_set.names == ("sky", "person", "hair", "hat")
    assert [c.is_thing for c in label_set.categories] == [False, True, True, True]
    assert label_set["hair"].color != label_set["hat"].color


def test_names_count_by_the_set_that_has_most_of_them() -> None:
    # Windows are stuff in COCO and things in ADE20K.
    ade = ["window", "door", "cabinet", "wardrobe, closet, press", "sconce"]
    assert label_set_of_names(ade, "rooms")["window"].is_thing
    assert not label_set_of_names(["person", "skis", "window-other"], "slopes")["window-other"].is_thing


def test_colours_of_neighbours_differ() -> None:
    colors = [spread_color(index) for index in range(40)]
    assert len(set(colors)) == 40
    for one, other in itertools.pairwise(colors):
        assert sum(abs(a - b) for a, b in zip(one, other, strict=True)) > 60


@pytest.mark.parametrize(
    ("name", "word", "found"),
    [
        ("coco-panoptic", "people", ("person",)),
        ("coco-panoptic", "woman", ("person",)),
        ("coco-panoptic", "plane", ("airplane",)),
        ("coco-panoptic", "sofa", ("couch",)),
        ("coco-panoptic", "mobile", ("cell phone",)),
        ("coco-panoptic", "mobile phones", ("cell phone",)),
        ("coco-panoptic", "television", ("tv",)),
        ("coco-panoptic", "sidewalk", ("pavement-merged",)),
        ("coco-panoptic", "trees", ("tree-merged",)),
        ("coco-panoptic", "sky", ("sky-other-merged",)),
        ("coco-panoptic", "food", ("food-other-merged",)),
        ("coco-panoptic", "vehicles",
         ("bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat")),
        ("coco-panoptic", "water", ("water-other",)),
        ("cityscapes", "people", ("person", "rider")),
        ("cityscapes", "human", ("person",)),
        ("cityscapes", "cyclists", ("rider",)),
        ("cityscapes", "tree", ("vegetation",)),
        ("cityscapes", "pavement", ("sidewalk",)),
        ("cityscapes", "nature", ("vegetation", "terrain", "sky")),
        ("cityscapes", "motorbike", ("motorcycle",)),
        ("ade20k-panoptic", "airplane", ("plane",)),
        ("ade20k-panoptic", "couch", ("sofa",)),
        ("ade20k-panoptic", "picture", ("painting, picture",)),
        ("ade20k-panoptic", "painting", ("painting, picture",)),
        ("ade20k-panoptic", "motorcycle", ("minibike, motorbike",)),
        ("ade20k-panoptic", "fridge", ("refrigerator, icebox",)),
        ("ade20k-panoptic", "animals", ("animal",)),
        ("ade20k-panoptic", "water", ("water",)),
        ("ade20k-panoptic", "television", ("tv",)),
        ("mapillary-vistas", "people", ("Person", "Bicyclist", "Motorcyclist", "Other Rider")),
        ("mapillary-vistas", "traffic signs", ("Traffic Sign (Back)", "Traffic Sign (Front)")),
        ("mapillary-vistas", "lawn", ("Terrain",)),
        ("mapillary-vistas", "bin", ("Trash Can",)),
        ("vipseg", "boat", ("ship_or_boat",)),
        ("vipseg", "umbrella", ("parasol_or_umbrella",)),
        ("vipseg", "tv", ("screen_or_television",)),
        ("vipseg", "cell phone", ("Mobile_phone",)),
        ("vipseg", "couch", ("sofa",)),
        ("vipseg", "cows", ("cattle",)),
        ("vipseg", "ground", ("ground",)),
        ("vipseg", "animals", ("cat", "dog", "horse", "cattle", "other_animal")),
    ],
)  # fmt: skip
def test_categories_by_synonym_plural_and_group(name: str, word: str, found: tuple[str, ...]) -> None:
    assert find_categories(word, known_label_set(name)) == found


@EVERY
def test_every_category_is_found_by_its_own_name_and_by_that_of_its_layer(label_set: LabelSet) -> None:
    layers = layer_names(label_set)
    for name in label_set.names:
        assert find_categories(name, label_set) == (name,)
        assert find_categories(layers[name], label_set) == (name,)


@pytest.mark.parametrize(
    ("word", "nearest"),
    [("persno", "person"), ("airplan", "airplane"), ("vehicels", "vehicles"), ("natur", "nature")],
)
def test_an_unknown_word_gets_the_nearest_names_and_groups(word: str, nearest: str) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown category '{word}'; there is: ([^,]+, )?{nearest}"):
        find_categories(word, known_label_set("coco-panoptic"))


def test_a_group_has_layers_for_what_is_shown_and_a_name_always() -> None:
    label_set = known_label_set("coco-panoptic")
    shown = {"car": [1], "tree-merged": [2], "road": [3]}
    layers = settle_layers(shown, ["vehicles", "plane", "nature"], DEFAULT_POLICY, label_set)
    assert [layer.name for layer in layers] == ["airplane", "car", "tree"]


def test_groups_in_layers_of_ones_own() -> None:
    label_set = known_label_set("cityscapes")
    (layer,) = settle_layers({}, [], DEFAULT_POLICY, label_set, groups={"crowd": ("people", "bikes")})
    assert layer.members == ("person", "rider", "bicycle")
