"""The fit of coverage to colour."""

from __future__ import annotations

import torch

from worker.mattes.linear import fit, spread


def _fit(colour: torch.Tensor, coverage: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return fit(colour, spread(colour), coverage)


def _colours(seed: int) -> torch.Tensor:
    return torch.rand((3, 20, 24), generator=torch.Generator().manual_seed(seed))


def test_linear_coverage_is_found_exactly() -> None:
    colour = _colours(2)
    true = torch.tensor([0.3, -0.2, 0.5])
    a, b = _fit(colour, 0.1 + (true[:, None, None] * colour).sum(0))
    assert torch.allclose(a, true[:, None, None].expand_as(a), atol=5e-3)
    assert torch.allclose(b, torch.tensor(0.1), atol=5e-3)


def test_flat_colour_gives_the_mean_of_the_coverage() -> None:
    a, b = _fit(torch.full((3, 20, 24), 0.4), torch.full((20, 24), 0.7))
    assert a.abs().max() < 1e-6
    assert torch.allclose(b, torch.tensor(0.7))


def test_grey_of_full_contrast_is_no_numerical_trouble() -> None:
    grey = (_colours(3)[:1] > 0.5).float().expand(3, -1, -1)
    a, b = _fit(grey, grey[0])
    assert torch.allclose((a * grey).sum(0) + b, grey[0], atol=5e-3)
    assert torch.allclose(a, torch.tensor(1.0 / 3.0), atol=5e-3)


def test_faint_grain_is_not_followed() -> None:
    grain = 0.5 + 0.002 * (_colours(4) - 0.5)
    a, _ = _fit(grain, _colours(5)[0])
    assert (a * (grain - 0.5)).sum(0).abs().max() < 0.01
