"""Which layers an export has, in which order, under which names."""

from __future__ import annotations

import pytest

from bridge.borders import DEFAULT_POLICY, Border, BorderKind, BorderPolicy
from bridge.errors import UnknownNameError
from worker.labels import Category, LabelSet
from worker.layers import find_categories, layer_names, settle_layers, unmatched_rows


def _label_set(*things: str, stuff: tuple[str, ...] = ()) -> LabelSet:
    categories = [Category(name, True, (255, 0, 0)) for name in things]
    return LabelSet("test", (*categories, *(Category(name, False, (0, 255, 0)) for name in stuff)))


LABELS = _label_set("person", "dining table", "car", stuff=("sky-other-merged", "grass-merged", "water-other"))


def _names(*args: object, **kwargs: object) -> list[str]:
    return [layer.name for layer in settle_layers(*args, **kwargs)]  # type: ignore[arg-type]


def test_all_that_is_shown_things_first_each_by_name() -> None:
    shown = {"sky-other-merged": [4], "person": [2, 1], "grass-merged": [5], "car": [3]}
    assert _names(shown, None, DEFAULT_POLICY, LABELS) == ["car", "person", "grass", "sky"]


def test_layer_knows_its_category_and_border() -> None:
    policy = BorderPolicy({"sky": Border(BorderKind.HARD)})
    (sky,) = settle_layers({}, ["sky"], policy, LABELS)
    assert (sky.name, sky.category, sky.is_thing, sky.track) == ("sky", "sky-other-merged", False, None)
    assert sky.border.kind is BorderKind.HARD


def test_tracks_of_things_follow_their_category_in_the_order_of_their_ids() -> None:
    shown = {"sky-other-merged": [1], "person": {10, 2}, "car": [3]}
    layers = settle_layers(shown, None, DEFAULT_POLICY, LABELS, tracks=True)
    assert [layer.name for layer in layers] == ["car", "car_3", "person", "person_2", "person_10", "sky"]
    assert [layer.track for layer in layers] == [None, 3, None, 2, 10, None]
    assert layers[3].border == layers[2].border


def test_asked_for_but_never_shown_still_has_its_layer() -> None:
    assert _names({"person": [1]}, ["water", "person"], DEFAULT_POLICY, LABELS, tracks=True) == [
        "person",
        "person_1",
        "water",
    ]


def test_asked_for_twice_is_one_layer() -> None:
    assert _names({}, ["sky", "sky-other-merged"], DEFAULT_POLICY, LABELS) == ["sky"]


def test_nothing_shown_and_nothing_asked_for_is_no_layer() -> None:
    assert _names({}, None, DEFAULT_POLICY, LABELS) == []


@pytest.mark.parametrize(
    "name", ["dining table", "dining_table", "Dining Table", " dining-table "], ids=lambda name: repr(name)
)
def test_category_is_found_however_it_is_spelled(name: str) -> None:
    assert find_categories(name, LABELS) == ("dining table",)


def test_unknown_category_lists_the_nearest_first() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown category 'persn'; there is: person, "):
        settle_layers({}, ["persn"], DEFAULT_POLICY, LABELS)


def test_name_as_it_stands_wins_over_a_short_form() -> None:
    labels = _label_set("table", stuff=("table-merged",))
    assert find_categories("table", labels) == ("table",)
    assert find_categories("table-merged", labels) == ("table-merged",)


def test_short_name_of_two_categories_is_refused_with_both() -> None:
    labels = _label_set(stuff=("wall-merged", "wall-other"))
    with pytest.raises(UnknownNameError, match="'wall'; there is: wall-other, wall-merged"):
        find_categories("wall", labels)


@pytest.mark.parametrize(
    ("categories", "names"),
    [
        pytest.param(("table", "table-merged"), ["table", "table_merged"], id="long form where short ones clash"),
        pytest.param(("a b", "a_b", "a-b"), ["a_b", "a_b_2", "a_b_3"], id="numbered where long ones clash too"),
        pytest.param(("mask", "depth"), ["mask_matte", "depth_matte"], id="reserved by hosts"),
        pytest.param(("x" * 40, "x" * 41), ["x" * 29, "x" * 16 + "_2"], id="alike once they are cut"),
    ],
)
def test_layer_names(categories: tuple[str, ...], names: list[str]) -> None:
    assert list(layer_names(_label_set(*categories)).values()) == names


def test_name_of_a_layer_does_not_depend_on_what_is_shown() -> None:
    labels = _label_set("table", stuff=("table-merged",))
    assert _names({"table-merged": [1]}, None, DEFAULT_POLICY, labels) == ["table_merged"]


def test_track_layer_steps_aside_for_a_category_of_its_name() -> None:
    labels = _label_set("person", "person 1")
    names = _names({"person": [1], "person 1": [2]}, None, DEFAULT_POLICY, labels, tracks=True)
    assert names == ["person", "person_2_1", "person_1", "person_1_2"]


def test_rows_no_category_uses_are_found() -> None:
    border = Border(BorderKind.HARD)
    policy = BorderPolicy(dict.fromkeys(["sky", "Dining Table", "thing", "*", "persn", "zebra"], border))
    assert unmatched_rows(policy, LABELS) == ("persn", "zebra")
