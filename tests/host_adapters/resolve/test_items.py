"""Timeline items: exact source frames, or a refusal in plain words."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from host_adapters.brackets import sequence_of
from host_adapters.resolve.items import Item, Refusal, read_item
from host_adapters.resolve.media import same_files
from tests.fakes.resolve import FakeTimelineItem
from tests.host_adapters.resolve.conftest import Edit


def good(edit: Edit, item: FakeTimelineItem) -> Item:
    read = read_item(item, 1, edit.app.project.timeline_rate)
    assert isinstance(read, Item), str(read)
    return read


def refused(edit: Edit, item: FakeTimelineItem) -> str:
    read = read_item(item, 1, edit.app.project.timeline_rate)
    assert isinstance(read, Refusal)
    return str(read)


def test_a_movie_counts_from_one(edit: Edit) -> None:
    item = good(edit, edit.put(edit.movie(), 10, 20, left=7))
    assert item.frames.number(item.frames.source.start) == 8
    assert len(item.frames.source) == 20
    assert item.media.source == str(edit.folder / "shot.mov")


def test_a_sequence_has_the_numbers_of_its_files(edit: Edit) -> None:
    fake = edit.put(edit.sequence(first=1001), 0, 10, left=4)
    item = good(edit, fake)
    assert item.media.source == str(edit.folder / "plate.%04d.png")
    for frame in range(86400, 86410):
        number = item.frames.number(item.frames.to_source(frame))
        assert Path(item.media.source % number) == fake.file_at(frame)


@pytest.mark.parametrize(
    ("rate", "start", "timecode"),
    [
        ("23.976", 86388, "00:59:59:12"),
        ("29.97 DF", 107892, "01:00:00;00"),
        ("29.97", 17, "00:00:00:17"),
        ("25", 0, "00:00:00:00"),
        ("59.94 DF", 215784, "01:00:00;00"),
    ],
)
def test_odd_start_timecodes_and_rates(tmp_path: Path, rate: str, start: int, timecode: str) -> None:
    edit = Edit(tmp_path, rate=rate, start=start, timecode=timecode)
    fake = edit.put(edit.sequence(first=1001), 33, 9, left=3)
    item = good(edit, fake)
    assert [item.frames.number(item.frames.to_source(start + 33 + i)) for i in range(9)] == list(range(1004, 1013))


@pytest.mark.parametrize("version", [(18, 5, 0), (18, 6, 6), (19, 0, 0), (20, 2, 2), (21, 0, 4)])
def test_every_version_tells_the_same_frames(tmp_path: Path, version: tuple[int, ...]) -> None:
    edit = Edit(tmp_path, version=version)
    item = good(edit, edit.put(edit.movie(), 0, 20, left=7))
    assert (item.frames.source.start, item.frames.source.end) == (7, 27)


@pytest.mark.parametrize("version", [(18, 6, 6), (21, 0, 4)])
@pytest.mark.parametrize("speed", [2.0, 0.5, 1.2])
def test_retimed_items_are_refused(tmp_path: Path, version: tuple[int, ...], speed: float) -> None:
    edit = Edit(tmp_path, version=version)
    assert "is retimed" in refused(edit, edit.put(edit.movie(frames=400), 0, 50, left=30, speed=speed))


def test_reversed_items_are_refused(edit: Edit) -> None:
    assert "runs backwards" in refused(edit, edit.put(edit.movie(), 0, 50, speed=-1.0))


def test_an_off_by_one_of_the_host_is_no_retime(edit: Edit) -> None:
    edit.app.source_start_error = 1
    item = good(edit, edit.put(edit.movie(), 0, 20, left=7))
    assert item.frames.source.start == 7


def test_items_of_imported_timelines_are_refused(edit: Edit) -> None:
    fake = edit.put(edit.movie(), 0, 50)
    fake.unknown_source = True
    assert "imported timelines" in refused(edit, fake)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("Compound", "compound clip"),
        ("compound", "compound clip"),
        ("Timeline", "nested timeline"),
        ("Multicam", "multicam"),
        ("Fusion", "Fusion clip"),
        ("Generator", "generator"),
        ("Audio", "sound only"),
    ],
)
def test_what_has_no_plain_file_is_refused(edit: Edit, kind: str, why: str) -> None:
    assert why in refused(edit, edit.put(edit.movie(Type=kind), 0, 50))


def test_transitions_titles_and_phantoms_are_refused(edit: Edit) -> None:
    assert "is a transition" in refused(edit, edit.put(None, 0, 12, properties={}, name="Cross Dissolve"))
    assert "is a title" in refused(edit, edit.put(None, 0, 12, name="Text+"))
    assert "does not say where it lies" in refused(edit, edit.put(None, 0, 12, phantom=True))


def test_disabled_items_and_clips_without_a_file_are_refused(edit: Edit) -> None:
    fake = edit.put(edit.movie(), 0, 50)
    fake.enabled = False
    assert "is disabled" in refused(edit, fake)
    assert "has no file" in refused(edit, edit.put(edit.movie(name=""), 0, 50))


def test_subclips_are_refused(edit: Edit) -> None:
    assert "subclip" in refused(edit, edit.put(edit.movie(frames=50, Start="30", End="79"), 0, 20))


def test_a_movie_that_is_counted_from_its_timecode_is_no_subclip(edit: Edit) -> None:
    more = {"Start": "86412", "End": "86511", "Start TC": "01:00:00:12"}
    item = good(edit, edit.put(edit.movie("shot.mov", 100, **more), 0, 20, left=3))
    assert item.frames.number(item.frames.source.start) == 4


def test_media_that_became_shorter_is_refused(edit: Edit) -> None:
    fake = edit.put(edit.movie(frames=20), 0, 10, left=15)
    assert "its media was changed" in refused(edit, fake)


def test_a_still_shows_its_one_frame(edit: Edit) -> None:
    media = edit.movie("photo_v002.png", 1, Type="Still", End="0")
    item = good(edit, edit.put(media, 0, 120))
    assert len(item.frames.source) == 1
    assert item.frames.number(0) == 1


def test_media_of_another_rate(edit: Edit) -> None:
    fake = edit.put(edit.movie(frames=200, FPS="48"), 0, 24, left=10)
    item = good(edit, fake)
    assert item.media.rate == Fraction(48)
    assert [item.frames.to_source(86400 + i) for i in range(3)] == [10, 12, 14]
    assert not item.frames.one_to_one


@pytest.mark.parametrize(
    ("path", "text", "first", "last"),
    [
        ("/a/plate.[1001-1100].exr", "/a/plate.%04d.exr", 1001, 1100),
        ("/a/plate_[0001-0009].dpx", "/a/plate_%04d.dpx", 1, 9),
        ("/a/p.[98-102].exr", "/a/p.%02d.exr", 98, 102),
    ],
)
def test_sequences_in_brackets(path: str, text: str, first: int, last: int) -> None:
    found = sequence_of(path)
    assert found is not None
    pattern, span = found
    assert (pattern.text, span.start, span.end - 1) == (text, first, last)


def test_movies_are_no_sequences() -> None:
    assert sequence_of("/a/shot [final].mov") is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/a/m.[1001-1100].exr", "/a/m.%04d.exr", True),
        ("/a/m.1001.exr", "/a/m.[1001-1100].exr", True),
        ("C:\\a\\m.1001.exr", "C:/a/m.[1001-1100].exr", True),
        ("/a/m.mov", "/a/m.mov", True),
        ("/a/m.1001.exr", "/b/m.1001.exr", False),
    ],
)
def test_the_same_files_in_any_form(one: str, other: str, same: bool) -> None:
    assert same_files(one, other) is same


def test_properties_are_strings(edit: Edit) -> None:
    media: Any = edit.movie()
    assert all(isinstance(value, str) for value in media.GetClipProperty().values())
