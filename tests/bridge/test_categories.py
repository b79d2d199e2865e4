"""Groups cover what they say they cover, and categories are found by any word for them, in every label set."""

from __future__ import annotations

import json
import os
from itertools import chain
from pathlib import Path

import pytest

from bridge.borders import Border, BorderKind, BorderPolicy
from bridge.categories import (
    GROUPS,
    STUFF,
    WIDE_GROUPS,
    group_called,
    group_of,
    is_row_name,
    match_group,
    match_name,
    match_word,
    names_of,
    own_names,
    singular,
)
from bridge.category_words import ALSO, LAND, ONE, SAME, WIDE
from bridge.naming import short_category, slug
from worker.label_sets import known_label_set


def test_no_category_is_in_two_groups() -> None:
    names = list(chain.from_iterable(GROUPS.values()))
    assert len(names) == len(set(names))


def test_the_names_of_other_label_sets_are_in_one_group_and_are_not_cocos() -> None:
    also = list(chain.from_iterable(ALSO.values()))
    coco = {slug(short_category(name)) for name in chain.from_iterable(GROUPS.values())}
    assert len(also) == len(set(also))
    assert not coco & set(also)
    assert set(ALSO) <= set(GROUPS)
    assert all(name == slug(name) for name in also)


def test_words_that_mean_the_same_stand_in_one_row_only() -> None:
    words = list(chain.from_iterable(SAME))
    assert len(words) == len(set(words))
    assert all(word == slug(word) for word in (*words, *LAND, *ONE))
    assert set(ONE.values()) <= set(GROUPS)
    assert set(chain.from_iterable(WIDE.values())) <= {*GROUPS, "land"}


@pytest.mark.parametrize(
    ("category", "group"),
    [
        ("person", "people"),
        ("sky-other-merged", "sky"),
        ("sky", "sky"),
        ("Dining Table", "furniture"),
        ("dining_table", "furniture"),
        ("wall", "buildings"),
        ("table", "furniture"),
        ("ego vehicle", None),
        ("rider", "people"),
        ("minibike, motorbike", "vehicles"),
        ("ship_or_boat", "vehicles"),
        ("Traffic Sign (Back)", "street"),
        ("vegetation", "plants"),
        ("gizmo", None),
    ],
)
def test_a_category_is_found_by_any_of_its_names(category: str, group: str | None) -> None:
    assert group_of(category) == group


def test_groups_cover_coco_panoptic() -> None:
    data = os.environ.get("MATTEBRIDGE_TEST_DATA")
    if not data:
        pytest.skip("needs MATTEBRIDGE_TEST_DATA")
    path = Path(data) / "panoptic/panopticapi/panoptic_coco_categories.json"
    coco = {category["name"] for category in json.loads(path.read_text(encoding="utf-8"))}
    assert set(chain.from_iterable(GROUPS.values())) == coco


@pytest.mark.parametrize(
    ("category", "names"),
    [
        ("painting, picture", ("painting_picture", "painting", "picture")),
        ("ship_or_boat", ("ship_or_boat", "ship", "boat")),
        ("billboard_or_Bulletin_Board", ("billboard_or_bulletin_board", "billboard", "bulletin_board")),
        ("Traffic Sign (Back)", ("traffic_sign_back", "traffic_sign")),
        ("Lane Marking - General", ("lane_marking_general", "lane_marking")),
        ("sky-other-merged", ("sky_other_merged", "sky")),
        ("floor", ("floor",)),
    ],
)
def test_a_label_sets_name_may_hold_several(category: str, names: tuple[str, ...]) -> None:
    assert own_names(category) == names


def test_other_words_follow_a_categorys_own() -> None:
    assert names_of("airplane")[:3] == ("airplane", "plane", "aeroplane")
    assert names_of("plane")[:2] == ("plane", "airplane")


@pytest.mark.parametrize(
    ("word", "one"),
    [("cars", "car"), ("buses", "bus"), ("men", "man"), ("benches", "bench"), ("ladies", "lady"), ("ski", "skis")],
)
def test_singular_and_plural(word: str, one: str) -> None:
    assert one in singular(word)
    assert singular(word)[0] == word


@pytest.mark.parametrize(
    ("word", "group"),
    [
        ("vehicles", "vehicles"), ("vehicle", "vehicles"), ("Vehicle", "vehicles"), ("people", "people"),
        ("persons", "people"), ("accessory", "accessories"), ("nature", "nature"), ("sky", "sky"), ("car", None),
    ],
)  # fmt: skip
def test_groups_by_singular_and_plural(word: str, group: str | None) -> None:
    assert group_called(word) == group


FEW = (
    ("person", True),
    ("rider", True),
    ("car", True),
    ("cell phone", True),
    ("tree-merged", False),
    ("road", False),
)


def test_words_match_in_order_of_closeness() -> None:
    assert match_name("Cell-Phone", FEW) == ("cell phone",)
    assert match_name("tree", FEW) == ("tree-merged",)
    assert match_name("human", FEW) == ()
    assert match_group("people", FEW) == ("person", "rider")
    assert match_group("nature", FEW) == ("tree-merged",)
    assert match_group("stuff", FEW) == ("tree-merged", "road")
    assert match_group("things", FEW)[0] == "person"
    assert match_word("mobiles", FEW) == ("cell phone",)
    assert match_word("women", FEW) == ("person",)
    assert match_word("gizmo", FEW) == ()


def test_a_policys_rows_may_be_synonyms_plurals_and_wide_groups() -> None:
    rows = {
        name: Border(BorderKind.FEATHER, contrast=1.0 + index)
        for index, name in enumerate(["cars", "human", "nature", "vehicle", "plane", "trees"])
    }
    policy = BorderPolicy(rows)
    for category, row in (
        ("car", "cars"), ("person", "human"), ("bus", "vehicle"), ("airplane", "plane"), ("plane", "plane"),
        ("tree-merged", "trees"), ("vegetation", "trees"), ("sea", "nature"), ("mountain, mount", "nature"),
    ):  # fmt: skip
        assert policy.border_for(category, is_thing=True) is rows[row], category
    # The road is ground, and not nature.
    assert policy.border_for("road", is_thing=False) not in rows.values()


def test_a_categorys_own_row_comes_before_all_other_words_for_it() -> None:
    near, far = Border(BorderKind.HARD), Border(BorderKind.NATURAL)
    policy = BorderPolicy({"vehicles": far, "plane": far, "airplane": near, "nature": far, "plants": near})
    assert policy.border_for("airplane", is_thing=True) is near
    assert policy.border_for("flower", is_thing=False) is near


@pytest.mark.parametrize("word", ["car", "cars", "human", "vehicles", "vehicle", "nature", "thing", "*", "rider"])
def test_rows_that_are_known(word: str) -> None:
    assert is_row_name(word)


def test_rows_that_are_not_known() -> None:
    assert not is_row_name("persn")
    assert not is_row_name("zebra", ["person"])
    assert "nature" in WIDE_GROUPS


def test_stuff_is_what_the_label_set_says() -> None:
    assert {
        category.name for category in known_label_set("coco-panoptic").categories if not category.is_thing
    } == STUFF
