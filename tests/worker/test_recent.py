"""What was used lately is kept, within its bytes."""

from __future__ import annotations

from worker.recent import Recent


def test_the_longest_unused_goes_first() -> None:
    kept: Recent[str] = Recent(30)
    for name in "abc":
        kept.put(name, name.upper(), 10)
    assert kept.get("a") == "A"
    kept.put("d", "D", 10)
    assert [kept.get(name) for name in "abcd"] == ["A", None, "C", "D"]


def test_a_value_put_again_counts_once() -> None:
    kept: Recent[int] = Recent(30)
    for number in range(5):
        kept.put("a", number, 20)
    kept.put("b", 7, 10)
    assert (kept.get("a"), kept.get("b")) == (4, 7)


def test_what_is_larger_than_all_room_is_not_kept_and_pushes_nothing_out() -> None:
    kept: Recent[str] = Recent(30)
    kept.put("a", "A", 30)
    kept.put("b", "B", 31)
    assert (kept.get("a"), kept.get("b")) == ("A", None)


def test_the_newest_may_be_larger_than_the_limit_alone() -> None:
    kept: Recent[str] = Recent(30, 50)
    kept.put("a", "A", 10)
    kept.put("b", "B", 50)
    assert (kept.get("a"), kept.get("b"), kept.size_bytes) == (None, "B", 50)
    kept.put("c", "C", 10)
    assert (kept.get("b"), kept.get("c"), kept.size_bytes) == (None, "C", 10)
    kept.put("d", "D", 51)
    assert (kept.get("c"), kept.get("d")) == ("C", None)
