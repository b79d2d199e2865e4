"""The prediction store gives back what it was given, and only that."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from worker import prediction_codec
from worker.sealed import seal
from worker.segments import FramePrediction, Segment
from worker.store import Store


def prediction(seed: int = 0) -> FramePrediction:
    rng = np.random.default_rng(seed)
    masks = [rng.integers(0, 256, (3, 4), np.uint8), rng.integers(0, 256, (9, 16), np.uint8)]
    return FramePrediction(
        (16, 9),
        (
            Segment("person", True, 0.75, (2, 1, 6, 4), masks[0], 31),
            Segment("sky-other-merged", False, 0.5, (0, 0, 16, 9), masks[1]),
        ),
        rng.integers(0, 256, (4, 6, 3), np.uint8),
    )


def same(a: FramePrediction | None, b: FramePrediction) -> bool:
    assert a is not None
    assert (a.thumbnail is None) == (b.thumbnail is None)
    if a.thumbnail is not None and b.thumbnail is not None:
        np.testing.assert_array_equal(a.thumbnail, b.thumbnail)
    for left, right in zip(a.segments, b.segments, strict=True):
        assert replace(left, mask=right.mask) == right
        np.testing.assert_array_equal(left.mask, right.mask)
    return a.grid_wh == b.grid_wh


@pytest.mark.parametrize(
    "given", [prediction(), FramePrediction((8, 8), ())], ids=["two segments", "nothing found"]
)
def test_a_prediction_survives_the_codec(given: FramePrediction) -> None:
    assert same(prediction_codec.decode(prediction_codec.encode(given)), given)


def test_a_frame_comes_back_from_its_shelf(tmp_path: Path) -> None:
    shelf = Store(tmp_path).shelf("source", "model", {"size": 640})
    shelf.save(-5, "ab", prediction())
    assert shelf.has(-5, "ab")
    assert same(shelf.load(-5, "ab"), prediction())


def test_what_was_loaded_lately_is_not_decoded_again_and_its_file_still_counts(tmp_path: Path) -> None:
    shelf = Store(tmp_path).shelf("source", "model", {})
    shelf.save(1, "ab", prediction(1))
    first = shelf.load(1, "ab")
    assert shelf.load(1, "ab") is first
    shelf.save(1, "ab", prediction(2))
    assert same(shelf.load(1, "ab"), prediction(2))
    (file,) = shelf.folder.glob("*.pred")
    file.write_bytes(file.read_bytes()[:-1])
    assert shelf.load(1, "ab") is None


def test_a_frame_whose_file_changed_is_not_there(tmp_path: Path) -> None:
    shelf = Store(tmp_path).shelf("source", "model", {})
    shelf.save(1, "before", prediction())
    assert not shelf.has(1, "after")
    assert shelf.load(1, "after") is None


@pytest.mark.parametrize(
    "other",
    [("b", "m", {"s": 1}), ("a", "n", {"s": 1}), ("a", "m", {"s": 2}), ("a", "m", {"s": 1, "t": 0})],
    ids=["source", "model", "setting", "one more setting"],
)
def test_anything_that_changes_predictions_has_another_shelf(
    tmp_path: Path, other: tuple[str, str, dict[str, str | int | float]]
) -> None:
    store = Store(tmp_path)
    assert store.shelf("a", "m", {"s": 1}) != store.shelf(*other)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "noise": lambda data: b"not zlib",
    "cut off": lambda data: data[:-20],
    "longer": lambda data: data + b"1",
    "sealed, but no prediction": lambda data: seal(b"not zlib", "1-x.pred"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_counts_as_missing_and_goes(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    shelf = Store(tmp_path).shelf("s", "m", {})
    shelf.save(1, "x", prediction())
    (path,) = shelf.folder.glob("*.pred")
    path.write_bytes(damage(path.read_bytes()))
    assert shelf.load(1, "x") is None
    assert not path.exists()


def test_no_bit_of_a_prediction_or_of_the_tracks_can_turn_unnoticed(tmp_path: Path) -> None:
    shelf = Store(tmp_path).shelf("s", "m", {})
    shelf.save(1, "x", prediction())
    shelf.save_tracks(b"ids")
    kept_by_name: dict[str, Callable[[], bool]] = {
        "1-x.pred": lambda: shelf.has(1, "x"),
        "tracks": lambda: shelf.load_tracks() is not None,
    }
    for name, kept in kept_by_name.items():
        path = shelf.folder / name
        whole = path.read_bytes()
        for at, bit in itertools.product(range(len(whole)), range(8)):
            turned = bytearray(whole)
            turned[at] ^= 1 << bit
            path.write_bytes(turned)
            assert not kept(), f"byte {at}, bit {bit} of {path.name}"
        path.write_bytes(whole)
        assert kept()


def test_no_file_stands_in_for_another(tmp_path: Path) -> None:
    shelf = Store(tmp_path).shelf("s", "m", {})
    shelf.save(1, "x", prediction())
    (shelf.folder / "1-x.pred").rename(shelf.folder / "2-x.pred")
    assert shelf.load(2, "x") is None


def test_what_the_disk_does_not_give_back_counts_as_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Store(tmp_path).shelf("s", "m", {})
    shelf.save(1, "x", prediction())

    def fails(_: Path) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", fails)
        assert shelf.load(1, "x") is None
    shelf.save(1, "x", prediction())
    assert shelf.has(1, "x")


def test_a_digest_tells_predictions_apart(tmp_path: Path) -> None:
    shelf = Store(tmp_path).shelf("s", "m", {})
    assert shelf.digest(1, "x") == ""
    digests = []
    for seed in (0, 1, 0):
        shelf.save(1, "x", prediction(seed))
        digests.append(shelf.digest(1, "x"))
    assert digests[0] == digests[2] != digests[1]


def test_the_longest_unused_shelves_are_evicted_first(tmp_path: Path) -> None:
    store = Store(tmp_path, limit_bytes=6000)
    shelves = [store.shelf(name, "m", {}) for name in ("old", "middle", "new")]
    for age, shelf in zip((300, 200, 100), shelves, strict=True):
        shelf.mark_used()
        os.utime(shelf.folder / "used", (1e9 - age, 1e9 - age))
        (shelf.folder / "1-x.pred").write_bytes(bytes(2500))
    assert store.evict() == 2500
    assert [shelf.folder.exists() for shelf in shelves] == [False, True, True]


def test_the_shelf_in_use_stays_whatever_its_age(tmp_path: Path) -> None:
    store = Store(tmp_path, limit_bytes=0)
    old, new = store.shelf("old", "m", {}), store.shelf("new", "m", {})
    for shelf in (old, new):
        shelf.save(1, "x", prediction())
    store.evict(keep=old)
    assert old.folder.exists()
    assert not new.folder.exists()
