"""Compiling networks, and what may go wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from bridge.errors import ModelError


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, compiled for the shapes that it is called with; the first call of each takes a minute or more.

    Raises:
        ModelError: on a call, where this machine lacks what compiling needs.
    """
    made = torch.compile(function, dynamic=False)

    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return made(*arguments, **named)
        except (torch._dynamo.exc.BackendCompilerFailed, torch._inductor.exc.InductorError) as err:
            reason = str(err).strip().splitlines()[0]
            raise ModelError(
                f"the network cannot be compiled on this machine: {reason}; run the worker without --compile, or "
                "install a C++ compiler (CPU) or triton (CUDA)"
            ) from err

    return call
