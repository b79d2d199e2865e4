"""How good a network is while it is trained: panoptic quality on validation pictures."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from worker.datasets import DataSet
from worker.datasets.pictures import read_picture
from worker.evaluation.label_map import LabelMap
from worker.evaluation.merge import LeastScores
from worker.evaluation.panoptic import Counts, PanopticScore, Quality, count_picture
from worker.evaluation.settled import settle
from worker.labels import LabelSet
from worker.models.detectron2.loading import settings_of
from worker.models.detectron2.model import Preparation
from worker.models.detectron2.running import runner

LEAST = LeastScores(thing=0.5, stuff=0.0)
"""What takes part; as in `mattebridge evaluate model`, but for stuff, which a young network is never sure of."""


class Judge:
    """Validation pictures, and how they are judged."""

    def __init__(self, data: DataSet, labels: LabelSet, config: Any) -> None:
        self._data = data
        self._labels = labels
        self._config = config
        known = {category.name: category for category in data.categories}
        self._map = LabelMap({name: known[name] for name in labels.names if name in known}, (), ())

    def judge(self, network: nn.Module) -> Quality:
        """Panoptic, segmentation and recognition quality over all pictures and categories, each in [0, 1]."""
        config = self._config
        run = runner(network, config, self._labels, settings_of(config, None))
        preparation = Preparation(
            config.INPUT.MIN_SIZE_TEST,
            config.INPUT.MAX_SIZE_TEST,
            config.INPUT.FORMAT == "BGR",
            torch.device(config.MODEL.DEVICE),
        )
        score = PanopticScore()
        was_training = network.training
        network.eval()
        try:
            with torch.inference_mode():
                for frame in self._data.frames:
                    plate = read_picture(frame.picture)
                    found = run(preparation.picture(plate))
                    size_wh = plate.shape[1], plate.shape[0]
                    guess = settle(found, size_wh, LEAST, self._map, self._data.categories)
                    for category, counts in count_picture(self._data.truth(frame), guess).items():
                        score.counts.setdefault(category, Counts()).add(counts)
        finally:
            network.train(was_training)
        return score.mean()
