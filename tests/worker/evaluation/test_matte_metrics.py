"""The errors of mattes: tiny arrays with answers by hand, and a photograph's alpha."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from worker.evaluation.matte_metrics import (
    Matte,
    connectivity_error,
    dtssd,
    gradient_error,
    mse,
    sad,
    unknown_region,
)

Error = Callable[[Matte, Matte], float]
ERRORS: list[Error] = [sad, mse, gradient_error, connectivity_error]


def matte(*rows: list[float]) -> Matte:
    return np.array(rows, np.float32)


def blob(size: int = 48) -> Matte:
    """A soft disc."""
    y, x = np.mgrid[:size, :size]
    return np.asarray(np.clip((size / 3 - np.hypot(x - size / 2, y - size / 2)) / 6 + 0.5, 0, 1), np.float32)


def test_sad_counts_thousands_of_pixels() -> None:
    assert sad(matte([0, 0.5], [1, 1]), matte([0, 0.25], [0, 1])) == 1.25 / 1000


def test_mse_is_a_mean() -> None:
    assert mse(matte([0, 0.5], [1, 1]), matte([0, 0], [0, 1])) == 1.25 / 4


def test_only_the_region_counts() -> None:
    predicted, truth = matte([0, 0.5], [1, 1]), matte([0, 0], [0, 1])
    region = np.array([[True, True], [False, False]])
    assert sad(predicted, truth, region) == 0.5 / 1000
    assert mse(predicted, truth, region) == 0.25 / 2


def test_an_empty_region_has_no_mean() -> None:
    nothing = np.zeros((1, 2), np.bool_)
    assert math.isnan(mse(matte([0, 1]), matte([0, 0]), nothing))
    assert sad(matte([0, 1]), matte([0, 0]), nothing) == 0


def test_the_unknown_region_is_any_grey() -> None:
    assert unknown_region(matte([0, 0.05, 0.4, 128 / 255, 0.95, 1])).tolist() == [
        [False, False, True, True, False, False]
    ]


# --- Grad -------------------------------------------------------------------------------------------------------


def gradient_by_definition(image: Matte) -> npt.NDArray[np.float64]:
    """The magnitude by a sum over two-dimensional kernels, a pixel at a time."""
    sigma, reach = 1.4, 4
    j, i = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    density = np.exp(-(i**2 + j**2) / (2 * sigma**2)) / (2 * math.pi * sigma**2)
    kernel = -i / sigma**2 * density
    kernel /= math.sqrt((kernel**2).sum())
    padded = np.pad(image.astype(np.float64), reach, mode="edge")
    out = np.zeros(image.shape)
    for y, x in np.ndindex(*image.shape):
        patch = padded[y : y + 2 * reach + 1, x : x + 2 * reach + 1]
        out[y, x] = math.hypot((patch * kernel).sum(), (patch * kernel.T).sum())
    return out


def test_grad_is_that_of_gaussian_derivatives() -> None:
    generator = np.random.default_rng(5)
    predicted, truth = (generator.random((14, 11)).astype(np.float32) for _ in range(2))
    expected = ((gradient_by_definition(predicted) - gradient_by_definition(truth)) ** 2).sum() / 1000
    assert gradient_error(predicted, truth) == pytest.approx(expected, rel=1e-5)


def test_a_constant_offset_has_no_gradient() -> None:
    assert gradient_error(np.full((9, 9), 0.75, np.float32), np.zeros((9, 9), np.float32)) < 1e-12


# --- Conn -------------------------------------------------------------------------------------------------------


def test_conn_of_an_island_beside_the_object() -> None:
    truth = matte([1, 1, 1, 0, 1, 0.0, 0])
    predicted = matte([1, 1, 1, 0, 1, 0.4, 0])
    # The first three are connected up to 1, the rest up to 0. Above that both have the island, one 0.4 more.
    assert connectivity_error(predicted, truth) == pytest.approx(0.4 / 1000)


def test_conn_of_a_bridge_that_is_too_thin() -> None:
    truth = matte([1, 1, 1, 1.00, 1, 1])
    predicted = matte([1, 1, 1, 0.55, 1, 1])
    # From 0.6 on the last three have dropped out: they are connected up to 0.5. Of the bridge's 0.55 the 0.05
    # above is slack, so only there the connectedness differs, by the truth's 0.5.
    assert connectivity_error(predicted, truth) == pytest.approx(0.5 / 1000)


def test_components_do_not_join_across_corners() -> None:
    truth = matte([1, 1, 0], [0, 0, 1])
    predicted = matte([1, 1, 0], [0, 0, 0.5])
    assert connectivity_error(predicted, truth) == pytest.approx(0.5 / 1000)


def test_eight_bits_reach_the_tenth_they_stand_for() -> None:
    predicted = (np.full((1, 5), 153, np.uint8) / np.float32(255)).astype(np.float32)
    assert connectivity_error(predicted, np.ones((1, 5), np.float32)) == pytest.approx(5 * 0.4 / 1000)


# --- dtSSD ------------------------------------------------------------------------------------------------------


def test_dtssd_compares_changes() -> None:
    black = matte([0, 0])
    assert dtssd(matte([0.5, 0]), black, black, black) == pytest.approx(math.sqrt(0.25 / 2))


def test_an_error_that_stays_is_no_flicker() -> None:
    wrong, true = matte([0.5, 1]), matte([0.25, 0.5])
    assert dtssd(wrong, true, wrong, true) == 0


def test_dtssd_counts_in_the_region() -> None:
    black = matte([0, 0])
    assert dtssd(matte([0.5, 0]), black, black, black, np.array([[True, False]])) == 0.5


# --- all --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ERRORS)
def test_equal_mattes_have_no_error(error: Error) -> None:
    assert error(blob(), blob()) == 0


@pytest.mark.parametrize("error", ERRORS)
def test_errors_are_symmetric(error: Error) -> None:
    other = np.roll(blob(), 3, 1)
    assert error(blob(), other) == error(other, blob()) > 0


@pytest.mark.parametrize("error", ERRORS)
def test_errors_grow_with_noise(error: Error) -> None:
    noise = np.random.default_rng(1).standard_normal((48, 48))
    amounts = (0.1, 0.2, 0.4)
    found = [error(np.clip(blob() + a * noise, 0, 1).astype(np.float32), blob()) for a in amounts]
    assert 0 < found[0] < found[1] < found[2]


@pytest.mark.parametrize("error", ERRORS)
def test_mattes_of_different_size_are_refused(error: Error) -> None:
    with pytest.raises(ValueError, match=r"one shape, but got \(1, 2\) and \(1, 3\)"):
        error(matte([0, 0]), matte([0, 0, 0]))


# --- a photograph -----------------------------------------------------------------------------------------------

_LEMUR = Path(os.environ.get("MATTEBRIDGE_TEST_DATA", "/nonexistent")) / "matting"


@pytest.mark.skipif(not _LEMUR.is_dir(), reason="MATTEBRIDGE_TEST_DATA has no matting folder")
class TestLemur:
    """A lemur's fur, cut hard at one half."""

    @pytest.fixture
    def alpha(self) -> Matte:
        return self._read("lemur_alpha.png")

    @pytest.fixture
    def region(self) -> npt.NDArray[np.bool_]:
        return unknown_region(self._read("lemur_trimap.png"))

    def _read(self, name: str) -> Matte:
        with Image.open(_LEMUR / name) as image:
            return (np.asarray(image.convert("L")) / np.float32(255)).astype(np.float32)

    def test_figures_are_those_of_an_evaluation_others_use(self, alpha: Matte) -> None:
        """Computed once by the definitions in Robust Video Matting's `evaluate_lr.py`, with OpenCV."""
        hard = (alpha >= 0.5).astype(np.float32)
        assert sad(hard, alpha) == pytest.approx(3.1995568, rel=1e-5)
        assert mse(hard, alpha) == pytest.approx(2.839272e-3, rel=1e-5)
        assert gradient_error(hard, alpha) == pytest.approx(5.6609817, rel=1e-5)
        assert connectivity_error(hard, alpha) == pytest.approx(2.8552315, rel=1e-5)
        shifted = np.roll(hard, 2, 1), np.roll(alpha, 2, 0)
        assert dtssd(hard, alpha, *shifted) == pytest.approx(8.928657e-2, rel=1e-5)

    def test_nearly_all_error_lies_in_the_unknown_region(
        self, alpha: Matte, region: npt.NDArray[np.bool_]
    ) -> None:
        hard = (alpha >= 0.5).astype(np.float32)
        assert region.mean() == pytest.approx(0.129, abs=1e-3)
        assert 0.9 * sad(hard, alpha) < sad(hard, alpha, region) < sad(hard, alpha)
        assert mse(hard, alpha, region) > 7 * mse(hard, alpha)
