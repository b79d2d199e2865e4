"""VidEoMT: its queries go from frame to frame, so that a query stays with its thing.

The library's own forward takes a whole clip and forgets it. Here the same modules are called in the same order,
but the queries of the last frame are kept between calls. One call with all frames gives the library's logits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from worker.models.base import Plate
from worker.models.transformers.decode import find_segments
from worker.models.transformers.model import QueryModel, Raw
from worker.segments import FramePrediction

RUN_LENGTH = 32
"""Frames that share a memory: about the length of the clips that the published model was judged on."""


class VideoNetwork:
    """The library's network in two parts: what sees a frame, and what joins it with the queries."""

    def __init__(self, network: Any, dtype: torch.dtype, compiled: Callable[[Any], Any] | None = None) -> None:
        """
        Args:
            network: A ``VideomtForUniversalSegmentation`` in eval mode.
            dtype: Of its weights.
            compiled: Makes a function faster; None to leave both parts as they are.
        """
        self._network = network
        self._dtype = dtype
        self._see = compiled(self._encoded) if compiled else self._encoded
        self._join = compiled(self._decoded) if compiled else self._decoded

    def advance(self, pixels: Tensor, memory: Tensor | None) -> tuple[Raw, Tensor]:
        """Go on through frames.

        Args:
            pixels: Shape ``(frames, 3, h, w)``.
            memory: What an earlier call gave back; None to begin.

        Returns:
            The logits of each frame, and the memory for the next call, shape ``(1, queries, channels)``.
        """
        network = self._network
        classes: list[Tensor] = []
        masks: list[Tensor] = []
        for seen in torch.split(self._see(pixels.to(self._dtype)), 1):
            queries = network.query.weight[None]
            if memory is not None:
                queries = network.query_updater(memory) + queries
            mask, category, memory = self._join(seen, queries)
            masks.append(mask)
            classes.append(category)
        assert memory is not None
        return Raw(torch.cat(classes), torch.cat(masks)), memory

    def alone(self, pixels: Tensor) -> Raw:
        """The logits of frames that have nothing to do with each other."""
        found = [self.advance(one, None)[0] for one in torch.split(pixels, 1)]
        return Raw(torch.cat([raw.classes for raw in found]), torch.cat([raw.masks for raw in found]))

    def _encoded(self, pixels: Tensor) -> Tensor:
        """Tokens of each frame before queries join them."""
        network = self._network
        tokens: Tensor = network.embeddings(pixels)
        for layer in network.layers[: network.num_hidden_layers - network.config.num_blocks]:
            tokens = layer(tokens)
        return tokens

    def _decoded(self, seen: Tensor, queries: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Mask logits and class logits of one frame, and its queries as they came out."""
        network = self._network
        tokens = torch.cat((queries, seen), dim=1)
        for layer in network.layers[network.num_hidden_layers - network.config.num_blocks :]:
            tokens = layer(tokens)
        masks, classes = network.predict(network.layernorm(tokens))
        return masks, classes, tokens[:, : network.config.num_queries]


class VideoQueryModel(QueryModel):
    """VidEoMT behind `worker.models.base.VideoModel`: a query is a track for the length of a run."""

    run_length = RUN_LENGTH

    def __init__(self, parts: VideoNetwork, **rest: Any) -> None:
        """
        Args:
            parts: The network.
            rest: As `QueryModel` has it, but for ``run``.
        """
        super().__init__(run=parts.alone, **rest)
        self.parts = parts
        self.settings["run_length"] = RUN_LENGTH

    def begin(self, run: int) -> VideoRun:
        """See `worker.models.base.VideoModel`."""
        return VideoRun(self, run)


class VideoRun:
    """One run through the frames of a clip."""

    def __init__(self, model: VideoQueryModel, run: int) -> None:
        self._model = model
        self._number = run
        self._memory: Tensor | None = None

    @torch.inference_mode()
    def predict(self, plates: Sequence[Plate]) -> list[FramePrediction]:
        """The next plates of the run; see `worker.models.base.VideoModel`."""
        model = self._model
        raw, self._memory = model.parts.advance(model.rule.batch(plates, model.device), self._memory)
        grid = model.grid((plates[0].shape[0], plates[0].shape[1]))
        # Runs may have numbers below 0; a thing's number is never 0.
        first = self._number * (raw.classes.shape[1] + 1) + 1
        return [
            find_segments(classes, masks, grid, model.keeping, first)
            for classes, masks in zip(raw.classes, raw.masks, strict=True)
        ]
