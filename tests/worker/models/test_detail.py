"""The second look: small things, finer edges, no seams, and nothing that the first look would not have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch.nn.functional as F

from bridge.request import MAX_DETAIL
from tests.fakes.color_model import LABELS, ColorModel
from tests.fakes.video_model import VideoColorModel
from worker.models.base import Plate, VideoModel
from worker.models.detail import Detailed, closer
from worker.models.windows import windows
from worker.segments import FramePrediction, Segment, full_mask

GRID_WH = (64, 36)


class ShrinkingModel(ColorModel):
    """Sees every plate at 128x72, whatever its size, as real models do; red is a person, green is grass."""

    def predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        return super().predict([_shrunk(plate) for plate in plates])


class FickleModel(ShrinkingModel):
    """Takes every window for sky, though not the whole plate."""

    def predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        first, self.asked = self.calls == 0, getattr(self, "asked", 0) + len(plates)
        found = super().predict(plates)
        if first:
            return found
        everything = np.full(GRID_WH[::-1], 255, np.uint8)
        sky = Segment("sky-other-merged", False, 0.99, (0, 0, *GRID_WH), everything)
        return [FramePrediction(GRID_WH, (sky,)) for _ in found]


def _shrunk(plate: Plate) -> Plate:
    picture = torch.from_numpy(plate.copy()).permute(2, 0, 1)[None].float()
    small: torch.Tensor = F.interpolate(picture, (72, 128), mode="area")[0]
    shrunk: Plate = np.array(small.round().permute(1, 2, 0).tolist(), np.uint8)
    return shrunk


def _plate(width: int = 1024, height: int = 576) -> Plate:
    """Grass under a grey sky; grain, so that no window is plain."""
    plate = np.full((height, width, 3), 110, np.uint8)
    plate[height // 2 :] = (40, 200, 40)
    grain = np.random.default_rng(4).integers(0, 12, plate.shape, np.uint8)
    plate += grain
    return plate


def _disc(plate: Plate, x: float, y: float, radius: float) -> npt.NDArray[np.bool_]:
    """Paint a red disc; where it is."""
    rows, columns = np.mgrid[: plate.shape[0], : plate.shape[1]] + 0.5
    inside: npt.NDArray[np.bool_] = np.hypot(columns - x, rows - y) <= radius
    plate[inside] = (255, 0, 0)
    return inside


def _coverage(prediction: FramePrediction, category: str, plate_wh: tuple[int, int]) -> npt.NDArray[np.float64]:
    """A category's coverage at the plate's pixels, each cell alike all over."""
    total = np.zeros(prediction.grid_wh[::-1])
    for segment in prediction.segments:
        if segment.category == category:
            total += full_mask(segment, prediction.grid_wh) / 255.0
    rows = (np.arange(plate_wh[1]) * prediction.grid_wh[1]) // plate_wh[1]
    columns = (np.arange(plate_wh[0]) * prediction.grid_wh[0]) // plate_wh[0]
    coverage: npt.NDArray[np.float64] = np.clip(total, 0.0, 1.0)[rows][:, columns]
    return coverage


def _persons(prediction: FramePrediction) -> list[Segment]:
    return [s for s in prediction.segments if s.category == "person"]


def test_thing_too_small_for_the_first_look_is_found_where_it_is() -> None:
    plate = _plate()
    inside = _disc(plate, 700.0, 120.0, 3.0)
    (first,) = ShrinkingModel().predict([plate])
    (found,) = Detailed(ShrinkingModel(), 4).predict([plate])
    assert [len(_persons(p)) for p in (first, found)] == [0, 1]
    got = _coverage(found, "person", (1024, 576))
    rows, columns = np.mgrid[:576, :1024]
    for at in (rows, columns):
        assert abs(np.average(at, weights=got) - at[inside].mean()) < 1.0
    assert got.sum() == pytest.approx(inside.sum(), rel=0.25)


def test_stuff_gives_way_to_what_was_found() -> None:
    plate = _plate()
    inside = _disc(plate, 300.0, 450.0, 6.0)
    (found,) = Detailed(ShrinkingModel(), 4).predict([plate])
    both = _coverage(found, "person", (1024, 576)) + _coverage(found, "grass-merged", (1024, 576))
    assert _coverage(found, "person", (1024, 576))[inside].mean() > 0.5
    assert both.max() <= 1.0 + 2 / 255


def test_edges_get_finer() -> None:
    plate = _plate()
    inside = _disc(plate, 512.0, 200.0, 60.0)
    errors = [
        np.abs(_coverage(model.predict([plate])[0], "person", (1024, 576)) - inside).mean()
        for model in (ShrinkingModel(), Detailed(ShrinkingModel(), 2), Detailed(ShrinkingModel(), 4))
    ]
    assert errors[2] < errors[1] < 0.65 * errors[0]


@pytest.mark.parametrize("detail", [2, 3])
def test_outside_of_edges_both_looks_agree_and_no_window_leaves_a_seam(detail: int) -> None:
    plate = _plate()
    # Larger than any window, and across all of them.
    inside = _disc(plate, 500.0, 280.0, 150.0)
    size_wh = (1024, 576)
    (first,), (found,) = ShrinkingModel().predict([plate]), Detailed(ShrinkingModel(), detail).predict([plate])
    assert found.grid_wh == (GRID_WH[0] * detail, GRID_WH[1] * detail)
    differences = [
        _coverage(found, category, size_wh) - _coverage(first, category, size_wh)
        for category in ("person", "grass-merged")
    ]
    assert max(np.abs(difference).mean() for difference in differences) < 0.01
    # A seam is a step along a window's rim that is not in the picture.
    rows, columns = np.mgrid[: size_wh[1], : size_wh[0]] + 0.5
    far = np.abs(np.hypot(columns - 500.0, rows - 280.0) - 150.0) > 3 * 16
    steps = np.abs(np.diff(np.where(far, _coverage(found, "person", size_wh), inside), axis=1))
    rims = sorted({edge for w in windows(GRID_WH, size_wh, detail) for edge in w.box_px[::2]} - {0, 1024})
    assert rims
    for rim in rims:
        near = (far[:, 1:] & far[:, :-1])[:, rim - 9 : rim + 8]
        assert steps[:, rim - 9 : rim + 8][near].max() <= 2 / 255


def test_what_windows_take_for_something_else_stays_what_it_was() -> None:
    plate = _plate()
    _disc(plate, 512.0, 200.0, 60.0)
    (first,) = ShrinkingModel().predict([plate])
    (found,) = Detailed(FickleModel(), 2).predict([plate])
    assert sorted(s.category for s in found.segments) == sorted(s.category for s in first.segments)
    for category in ("person", "grass-merged"):
        change = _coverage(found, category, (1024, 576)) - _coverage(first, category, (1024, 576))
        # Only the enlarging of the mask.
        assert np.abs(change).mean() < 0.01


def test_thing_on_the_rim_of_windows_is_found_once() -> None:
    plate = _plate()
    (x, y) = next((w.box_px[2], w.box_px[3]) for w in windows(GRID_WH, (1024, 576), 4))
    _disc(plate, float(x), float(y), 5.0)
    (found,) = Detailed(ShrinkingModel(), 4).predict([plate])
    assert len(_persons(found)) == 1


def test_plain_windows_are_not_looked_at() -> None:
    model = ShrinkingModel()
    plate = np.full((576, 1024, 3), 110, np.uint8)
    _disc(plate, 100.0, 100.0, 40.0)
    Detailed(model, 4).predict([plate])
    assert 1 < model.calls < 10


@pytest.mark.parametrize("plate_wh", [(7680, 4320), (1999, 1081), (720, 1280), (70, 40)])
@pytest.mark.parametrize("detail", [2, 3, 5])
def test_windows_cover_the_plate_and_are_alike(plate_wh: tuple[int, int], detail: int) -> None:
    cut = list(windows(GRID_WH, plate_wh, detail))
    assert len({(w.box_px[2] - w.box_px[0], w.box_px[3] - w.box_px[1]) for w in cut}) == 1
    total = np.zeros((GRID_WH[1] * detail, GRID_WH[0] * detail))
    for window in cut:
        x0, y0, x1, y1 = window.cells
        total[y0:y1, x0:x1] += window.weight
        assert 0 <= window.box_px[0] < window.box_px[2] <= plate_wh[0]
        assert 0 <= window.box_px[1] < window.box_px[3] <= plate_wh[1]
        # The pixels hold the cells.
        for axis in (0, 1):
            cell_px = plate_wh[axis] / (GRID_WH[axis] * detail)
            assert window.box_px[axis] <= window.cells[axis] * cell_px + 1.0
            assert window.box_px[axis + 2] >= window.cells[axis + 2] * cell_px - 1.0
    assert total.min() > 0.2


def test_settings_tell_predictions_apart() -> None:
    model = Detailed(ColorModel(), 3)
    assert model.settings == {"grid": "half", "detail": 3}
    assert (model.name, model.label_set, model.licence) == ("colours", LABELS, "Apache-2.0")


@pytest.mark.parametrize("detail", [0, 1, MAX_DETAIL + 1])
def test_detail_out_of_range_is_refused(detail: int) -> None:
    with pytest.raises(ValueError, match="detail must be 2 to 12"):
        Detailed(ColorModel(), detail)


class ShrinkingVideoModel(VideoColorModel, ShrinkingModel):
    """The same, with a memory."""


def test_a_model_that_remembers_still_does() -> None:
    plate = _plate()
    _disc(plate, 300, 200, 120)
    model = closer(ShrinkingVideoModel(), 2)
    assert isinstance(model, VideoModel)
    assert model.settings["detail"] == 2
    run = model.begin(3)
    first, second = run.predict([plate])[0], run.predict([plate])[0]
    assert [s.track for s in _persons(first)] == [s.track for s in _persons(second)] == [307]
    assert _persons(first)[0].score > _persons(second)[0].score
    assert first.grid_wh == (128, 72)
    assert not isinstance(closer(ShrinkingModel(), 2), VideoModel)
