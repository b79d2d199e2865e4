from __future__ import annotations

import numpy as np
import pytest

from tests.worker.foreground.scene import SIZE_WH, Composite, composite
from worker.foreground import Foreground, make_foreground
from worker.mattes import Matte


def _matte(scene: Composite) -> Matte:
    rows, columns = np.nonzero(scene.alpha)
    y0, y1, x0, x1 = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    return Matte(
        "person", (int(x0), int(y0), int(x1), int(y1)), scene.alpha[y0:y1, x0:x1].astype(np.float16, order="C")
    )


def _on_plate(found: Foreground) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    canvas = np.zeros((SIZE_WH[1], SIZE_WH[0], 3), np.float32)
    assert found.window is not None
    x0, y0, x1, y1 = found.window
    canvas[y0:y1, x0:x1] = found.premultiplied
    return canvas


def test_it_is_premultiplied_on_the_mattes_window() -> None:
    scene = composite(6.0)
    matte = _matte(scene)
    found = make_foreground(scene.plate, matte)
    assert (found.layer, found.window) == ("person", matte.window)
    assert found.premultiplied.dtype == np.float16
    shown = _on_plate(found)
    assert not shown[scene.alpha == 0].any()
    covered = scene.alpha == 1
    assert np.array_equal(shown[covered], scene.plate[covered].astype(np.float16))
    over_black = scene.alpha[..., None] * scene.foreground
    assert np.sqrt(np.mean((shown - over_black)[scene.band] ** 2)) < 0.15 * scene.error(scene.plate)


def test_a_matte_at_the_plates_rim_is_the_same_figure_cut() -> None:
    scene = composite(6.0)
    whole = make_foreground(scene.plate, _matte(scene)).premultiplied
    matte = _matte(scene)
    assert matte.window is not None
    x0, y0, x1, y1 = matte.window
    cut = make_foreground(
        scene.plate[y0:y1, x0:x1].copy(), Matte("person", (0, 0, x1 - x0, y1 - y0), matte.coverage)
    )
    difference = cut.premultiplied.astype(np.float32) - whole.astype(np.float32)
    assert np.sqrt(np.mean(difference**2)) < 0.005


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38], ids=["NaN", "infinity", "minus infinity", "huge"])
def test_what_is_no_light_stays_where_it_is_and_finite(bad: float) -> None:
    scene = composite(6.0)
    plate = scene.plate.copy()
    edge = tuple(np.argwhere(scene.band)[100])
    plate[edge] = bad
    plate[48, 60] = bad
    assert scene.alpha[48, 60] == 1
    shown = _on_plate(make_foreground(plate, _matte(scene)))
    assert np.isfinite(shown).all()
    assert shown[48, 60, 0] == np.nan_to_num(np.float32(bad), nan=0.0).clip(-65504, 65504)


def test_light_above_white_is_kept() -> None:
    scene = composite(6.0, exposure=1000.0)
    shown = _on_plate(make_foreground(scene.plate, _matte(scene)))
    assert shown.max() > 500
    covered = scene.alpha == 1
    np.testing.assert_allclose(shown[covered], scene.plate[covered], rtol=1e-3)


def test_an_empty_matte_has_no_color() -> None:
    found = make_foreground(composite(6.0).plate, Matte("person", None))
    assert found.window is None
    assert found.premultiplied.shape == (0, 0, 3)
