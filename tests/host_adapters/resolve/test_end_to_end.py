"""A fake Resolve, a real worker over ZeroMQ with the embedded model, and the files the host is told to read."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from bridge.errors import JobCancelledError
from bridge.launch import connect
from host_adapters.resolve.errors import NothingToDoError
from host_adapters.resolve.finding import find_host
from host_adapters.resolve.plan import Route
from host_adapters.resolve.run import Wishes, carry_out, make_plan
from host_adapters.resolve.selection import Scope
from tests.host_adapters.end_to_end import made_of
from tests.host_adapters.resolve.studio import Studio, check_fusion, check_track


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of media for several tests, so that the worker finds segments once."""
    return tmp_path_factory.mktemp("media")


@pytest.mark.parametrize(
    ("rate", "start", "timecode"),
    [
        ("24", 86400, "01:00:00:00"),
        ("23.976", 86388, "00:59:59:12"),
        ("29.97 DF", 107892, "01:00:00;00"),
        ("25", 7, "00:00:00:07"),
    ],
)
def test_frames_at_odd_timecodes_and_rates(
    shared: Path,
    tmp_path: Path,
    pictures: list[Image.Image],
    worker: str,
    rate: str,
    start: int,
    timecode: str,
) -> None:
    studio = Studio(shared, pictures, worker, rate=rate, start=start, timecode=timecode)
    studio.out = tmp_path
    exact = studio.edit.app.project.timeline_rate
    plates = studio.sequence("plate", 1001, 8)
    items = [
        studio.edit.put(plates, 5, 3, left=2),
        studio.edit.put(studio.movie(f"shot{start}.mp4", 5, exact), 8, 2, left=2),
        studio.edit.put(plates, 12, 2, left=6),
    ]
    studio.edit.app.comp_start = None
    assert studio.run("fusion", handles=1).ok
    assert studio.run("track").ok
    for item in items:
        check_fusion(item, "sky")
        check_track(studio, item, "sky")


def test_packs_for_the_color_page(tmp_path: Path, pictures: list[Image.Image], worker: str) -> None:
    studio = Studio(tmp_path, pictures, worker)
    item = studio.edit.put(studio.sequence("plate", 1001, 6), 0, 2, left=3)
    assert studio.run("clip_matte").ok
    assert studio.run("timeline_matte").ok
    (path,) = item.media.mattes
    assert path.endswith("plate_pack01.[1001-1006].exr")
    assert made_of(Path(path.replace("[1001-1006]", "1006")))[1] == 1006
    (matte,) = studio.edit.app.pool.root.folders[0].clips
    assert made_of(matte.file_at(0)) == (str(tmp_path / "plate.%04d.png"), 1004)


V1_STILLS = (444, 56, 13, 18, 30, 34, 18, 16, 42, 145, 202)
V5_MOVIES = (5, 3, 4, 2)


def test_a_project_of_many_tracks(tmp_path: Path, pictures: list[Image.Image], worker: str) -> None:
    """Stills with a transition on track 1, a still each on three tracks above, movies on the fifth, empty ones."""
    studio = Studio(tmp_path, pictures, worker)
    edit, at = studio.edit, 0
    boards = [studio.still(f"board_{i}.png") for i in "abc"]
    stills = []
    for i, frames in enumerate(V1_STILLS):
        stills.append(edit.put(boards[i % len(boards)], at, frames))
        at += frames
    edit.put(None, 438, 12, properties={}, name="Cross Dissolve")
    for track, name in ((2, "A_title.png"), (3, "_bar.png")):
        edit.put(studio.still(name), 0, 444, track=track)
    edit.put(boards[0], 0, 444, track=4)
    movies, at = [], 500
    for i, frames in enumerate(V5_MOVIES):
        movies.append(edit.put(studio.movie(f"sh00{i}.mp4", frames, Fraction(24)), at, frames, track=5))
        at += frames
    edit.put(edit.movie("retimed.mp4", 50), 600, 10, track=5, speed=2.0)
    edit.put(None, 0, 1, track=8, name="Text+").app.timeline.tracks[7].items.clear()
    report = studio.run("fusion")
    assert report.ok, str(report)
    assert len(report.manifests) == 3 + 2 + 4
    assert any("is retimed" in reason for reason in report.refused)
    assert any("is a transition" in reason for reason in report.refused)
    for item in (*stills[:3], *movies):
        check_fusion(item, "sky")
    again = studio.run("fusion")
    assert {one.state.value for one in again.brought} == {"kept"}


def test_one_clip_that_fails_stops_no_other(tmp_path: Path, pictures: list[Image.Image], worker: str) -> None:
    studio = Studio(tmp_path, pictures, worker)
    studio.edit.put(studio.edit.movie("offline.mov", 50), 0, 5)
    good = studio.edit.put(studio.sequence("plate", 1, 2), 5, 2)
    report = studio.run("fusion")
    assert not report.ok
    assert any("offline.mov" in reason for reason in report.failed)
    check_fusion(good, "sky")


def test_a_dry_run_changes_nothing(tmp_path: Path, pictures: list[Image.Image], worker: str) -> None:
    studio = Studio(tmp_path, pictures, worker)
    item = studio.edit.put(studio.sequence("plate", 1001, 2), 0, 2)
    studio.run("fusion", dry_run=True)
    assert item.comps == {}
    assert not (tmp_path / "mattes").exists()


def test_nothing_to_do_is_said_before_any_work(tmp_path: Path, pictures: list[Image.Image], worker: str) -> None:
    with pytest.raises(NothingToDoError):
        Studio(tmp_path, pictures, worker).run("fusion")


def test_cancelling_keeps_what_is_done_and_leaves_resolve_alone(
    tmp_path: Path, pictures: list[Image.Image], worker: str
) -> None:
    studio = Studio(tmp_path, pictures, worker)
    item = studio.edit.put(studio.sequence("plate", 1001, 8), 0, 8)
    host = find_host({"resolve": studio.edit.app})
    wishes = Wishes(Scope.TIMELINE, Route.FUSION, out=str(tmp_path / "mattes"))
    with connect(worker, start=False) as client:
        plan = make_plan(host, client, wishes)
        with pytest.raises(JobCancelledError, match="goes on from there"):
            carry_out(host, client, plan, wishes, say=lambda _: None, cancelled=lambda: True)
        (job,) = [job for job in client.jobs() if job.out.startswith(str(tmp_path))]
        assert client.watch(job.job).info.error_code in (None, "cancelled")
    assert item.comps == {}
