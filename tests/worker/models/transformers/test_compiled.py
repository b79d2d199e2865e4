"""Networks that were compiled say the same. Only tracing is tried: making machine code takes minutes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch

from bridge.errors import ModelError
from tests.worker.models.transformers.conftest import Loaded
from worker.models.base import Plate, Weights
from worker.models.transformers import load
from worker.models.transformers.speed import compiled


@pytest.mark.parametrize("kind", ["eomt", "videomt"])
def test_says_what_the_network_said(
    kind: str,
    loaded: Loaded,
    folders: Callable[[str], Path],
    plate_of: Callable[[str], Plate],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    options: dict[str, str | int | float] = {"precision": "fp32", "min_score": 0.0, "compile": 1}
    fast = load(Weights(kind, folders(kind), "MIT", None, options), torch.device("cpu"))
    plain, plate = loaded(kind), plate_of("16:9")
    assert fast.settings == {**plain.settings, "compiled": 1}
    assert torch.equal(fast.raw([plate]).masks, plain.raw([plate]).masks)
    # A batch that is not full is filled up to the size that was compiled.
    fast.batch_size = 2
    torch.testing.assert_close(fast.raw([plate]).masks, plain.raw([plate]).masks, atol=1e-4, rtol=1e-4)
    assert len(fast.predict([plate, plate, plate])) == 3


def test_a_machine_that_cannot_compile_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_compiler(*_: object) -> None:
        raise RuntimeError("no C++ compiler")

    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=no_compiler))
    with pytest.raises(ModelError, match=r"cannot be compiled on this machine.*--compile"):
        compiled(lambda x: x + 1)(torch.ones(2))
