"""Masks from their boxes onto a grid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
import torch.nn.functional as F

from worker.models.detectron2.paste import paste


def densely_sampled(
    mask: torch.Tensor, box: tuple[float, ...], size_wh: tuple[int, int], grid_wh: tuple[int, int], per_cell: int
) -> npt.NDArray[np.float32]:
    """The means over cells from many points each, read as detectron2's own pasting reads single ones."""
    x0, y0, x1, y1 = box
    columns = (torch.arange(grid_wh[0] * per_cell) + 0.5) * size_wh[0] / (grid_wh[0] * per_cell)
    rows = (torch.arange(grid_wh[1] * per_cell) + 0.5) * size_wh[1] / (grid_wh[1] * per_cell)
    x = ((columns - x0) / (x1 - x0) * 2 - 1)[None, :].expand(len(rows), -1)
    y = ((rows - y0) / (y1 - y0) * 2 - 1)[:, None].expand(-1, len(columns))
    points = torch.stack((x, y), -1)[None]
    sampled = F.grid_sample(mask[None, None], points, align_corners=False)
    return F.avg_pool2d(sampled, per_cell)[0, 0].numpy()


@pytest.mark.parametrize(
    "box",
    [
        pytest.param((3.2, 5.1, 37.9, 28.4), id="inside"),
        pytest.param((-12.0, -4.0, 21.5, 60.0), id="reaching over the edges"),
        pytest.param((10.2, 11.3, 11.9, 12.4), id="smaller than a cell"),
        pytest.param((-300.0, -200.0, 400.0, 350.0), id="much larger than the picture"),
    ],
)
def test_a_cell_has_the_mean_of_the_mask_over_it(box: tuple[float, ...]) -> None:
    mask = torch.rand((28, 28), generator=torch.Generator().manual_seed(1))
    size_wh, grid_wh = (50, 40), (23, 20)
    pasted = paste(mask[None], torch.tensor([box]), size_wh, grid_wh)[0].numpy() / 255.0
    expected = densely_sampled(mask, box, size_wh, grid_wh, 96)
    assert np.abs(pasted - expected).max() < 0.004


def test_a_full_mask_covers_its_box_and_nothing_beyond_half_a_sample() -> None:
    pasted = paste(torch.ones((1, 4, 4)), torch.tensor([[8.0, 8.0, 24.0, 16.0]]), (32, 32), (8, 8))[0]
    # A sample is 4 x 2 pixels, a cell 4 x 4. At the box's edge the mask stands at a half.
    assert pasted[2, 2:6].tolist() == pytest.approx(
        [255 * 0.875**2] * 1 + pasted[2, 3:5].tolist() + [255 * 0.875**2], abs=20
    )
    assert (
        pasted[:1].max() == 0 and pasted[5:].max() == 0 and pasted[:, :1].max() == 0 and pasted[:, 7:].max() == 0
    )


def test_many_masks_are_the_same_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    masks = torch.rand((7, 14, 14), generator=torch.Generator().manual_seed(2))
    corners = torch.rand((7, 2), generator=torch.Generator().manual_seed(3)) * 20
    boxes = torch.cat((corners, corners + 9), 1)
    monkeypatch.setattr("worker.models.detectron2.paste._AT_ONCE", 3 * 20 * 15)
    together = paste(masks, boxes, (40, 30), (20, 15))
    alone = [paste(masks[i : i + 1], boxes[i : i + 1], (40, 30), (20, 15))[0] for i in range(7)]
    assert torch.equal(together, torch.stack(alone))


def test_no_masks() -> None:
    assert paste(torch.zeros((0, 28, 28)), torch.zeros((0, 4)), (40, 30), (20, 15)).shape == (0, 15, 20)
