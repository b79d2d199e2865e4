"""Which jobs are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge.errors import BadRequestError, UnknownNameError
from bridge.request import Layout
from host_adapters.ranges import Span, merged
from host_adapters.resolve.plan import Route
from tests.host_adapters.resolve.conftest import Edit
from tests.host_adapters.resolve.exports import Brings


@pytest.fixture
def cut(edit: Edit) -> Edit:
    """A sequence cut in twice and a movie, all on one track."""
    plate = edit.sequence(first=1001, frames=60)
    edit.put(plate, 0, 10, left=4)
    edit.put(edit.movie(frames=90), 10, 20, left=30)
    edit.put(plate, 30, 10, left=20)
    return edit


def frames(edit: Edit, route: Route, **values: Any) -> list[str | None]:
    return [job.request.frames for job in Brings(edit, route).jobs(**values)]


def test_clips_that_share_media_share_a_job(cut: Edit) -> None:
    assert frames(cut, Route.FUSION) == ["1005-1014,1021-1030", "31-50"]


def test_handles_grow_ranges_as_far_as_the_media_goes(cut: Edit) -> None:
    assert frames(cut, Route.TRACK, handles=8) == ["1001-1038", "23-58"]


def test_ranges_that_touch_become_one(cut: Edit) -> None:
    assert merged([Span(5, 9), Span(0, 5), Span(20, 22), Span(8, 12), Span(3, 3)]) == (Span(0, 12), Span(20, 22))


def test_clip_mattes_run_from_the_clips_first_frame(cut: Edit) -> None:
    assert frames(cut, Route.CLIP_MATTE) == ["1001-1060", "1-90"]


def test_timeline_mattes_have_a_job_for_each_range(cut: Edit) -> None:
    assert frames(cut, Route.TIMELINE_MATTE) == ["1005-1014", "31-50", "1021-1030"]


def test_each_route_has_its_files(cut: Edit) -> None:
    layouts = {route: Brings(cut, route).jobs()[0].request.layouts for route in Route}
    assert layouts[Route.CLIP_MATTE] == layouts[Route.TIMELINE_MATTE] == (Layout.PACKED,)
    assert layouts[Route.TRACK] == layouts[Route.FUSION] == (Layout.SINGLE,)
    more = Brings(cut, Route.FUSION).jobs(layouts="layers,single")[0].request.layouts
    assert more == (Layout.SINGLE, Layout.LAYERS)


def test_the_same_wishes_have_the_same_folder_and_others_another(cut: Edit) -> None:
    brings = Brings(cut, Route.FUSION)
    first, again = (brings.jobs()[0].request.out for _ in range(2))
    other = brings.jobs(categories="person")[0].request.out
    assert first == again != other
    assert Path(first).name.startswith("plate-")


def test_media_of_another_rate_gets_a_frame_more_on_either_side(edit: Edit) -> None:
    edit.put(edit.movie(frames=200, FPS="48"), 0, 10, left=20)
    assert frames(edit, Route.TRACK) == ["20-40"]


def test_a_still_has_no_range(edit: Edit) -> None:
    edit.put(edit.movie("photo.png", 1, Type="Still", End="0"), 0, 100)
    assert frames(edit, Route.TRACK) == [None]


def test_frames_are_the_timelines(cut: Edit) -> None:
    with pytest.raises(BadRequestError, match="frames are those of the timeline"):
        frames(cut, Route.FUSION, frames="1-10")


def test_a_misspelt_parameter_is_refused(cut: Edit) -> None:
    with pytest.raises(UnknownNameError, match="categories"):
        frames(cut, Route.FUSION, categoreis="person")
