"""What detectron2's networks are trained with, made of a data set in COCO panoptic format picture by picture.

detectron2 itself wants files that are made beforehand: a semantic PNG for every panoptic one, and a list of
instances. Here both are read from the panoptic PNG.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from bridge.errors import DataSetError
from worker.datasets import DataSet, Frame
from worker.datasets.pictures import read_picture
from worker.evaluation.panoptic import VOID, PanopticMap
from worker.models.detectron2.library import require

_MOST_IN_8_BITS = 255


class Samples:
    """Pictures with their targets, for any architecture that takes ``instances`` and ``sem_seg``.

    It is handed to the processes that load data, so it holds nothing that cannot be copied there.
    """

    def __init__(self, data: DataSet, config: Any) -> None:
        self._data = data
        self._bgr = config.INPUT.FORMAT == "BGR"
        self._void = int(config.MODEL.SEM_SEG_HEAD.IGNORE_VALUE)
        self._augmentations = _augmentations(config)
        things = [category.id for category in data.categories if category.isthing]
        stuff = [category.id for category in data.categories if not category.isthing]
        self._thing_number = {str(id_): number for number, id_ in enumerate(things)}
        self._channel = {str(id_): number for number, id_ in enumerate(stuff, 1)}

    def entries(self) -> list[dict[str, Any]]:
        """One entry a picture, as detectron2's loader hands them on."""
        return [{"index": index, "image_id": frame.key} for index, frame in enumerate(self._data.frames)]

    def __call__(self, entry: dict[str, Any]) -> dict[str, Any]:
        """The sample of an entry, augmented."""
        frame = self._data.frames[entry["index"]]
        picture, ids, truth, order = self._augmented(frame)
        height, width = ids.shape
        return {
            "image_id": frame.key,
            "image": torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))),
            "height": height,
            "width": width,
            **self.targets(ids, truth, order),
        }

    def targets(self, ids: npt.NDArray[np.int64], truth: PanopticMap, order: list[int]) -> dict[str, Any]:
        """What the network is to say.

        Args:
            ids: The place of each pixel's segment in `order` plus 1, 0 where there is none. Shape ``(h, w)``.
            truth: The picture's segments.
            order: Their ids.
        """
        structures = require("detectron2.structures")
        semantic = np.full(ids.shape, self._void, np.int64)
        masks, numbers = [], []
        for place, id_ in enumerate(order, 1):
            category = truth.categories[id_]
            mask = ids == place
            # Channel 0 is all things, groups of them as well.
            semantic[mask] = self._channel.get(category, 0)
            if category in self._thing_number and id_ not in truth.crowds and mask.any():
                masks.append(torch.from_numpy(mask))
                numbers.append(self._thing_number[category])
        found = structures.Instances(ids.shape)
        found.gt_classes = torch.tensor(numbers, dtype=torch.int64)
        stacked = torch.stack(masks) if masks else torch.zeros((0, *ids.shape), dtype=torch.bool)
        found.gt_masks = structures.BitMasks(stacked)
        found.gt_boxes = found.gt_masks.get_bounding_boxes()
        return {"instances": found, "sem_seg": torch.from_numpy(semantic)}

    def _augmented(
        self, frame: Frame
    ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], PanopticMap, list[int]]:
        picture, truth = read_picture(frame.picture), self._data.truth(frame)
        if picture.shape[:2] != truth.ids.shape:
            raise DataSetError(
                f"{frame.picture} is {picture.shape[1]}x{picture.shape[0]}, but its annotation "
                f"{truth.ids.shape[1]}x{truth.ids.shape[0]}"
            )
        order = [int(id_) for id_ in np.unique(truth.ids) if id_ != VOID]
        places = np.searchsorted(np.array([VOID, *order]), truth.ids)
        # Only 8 bits are scaled where the picture is, pixel centre by pixel centre.
        plane = places.astype(np.uint8 if len(order) <= _MOST_IN_8_BITS else np.float32)
        transforms = require("detectron2.data.transforms")
        sample = transforms.AugInput(picture[:, :, ::-1] if self._bgr else picture, sem_seg=plane)
        transforms.AugmentationList(self._augmentations)(sample)
        return sample.image, np.asarray(sample.sem_seg).astype(np.int64), truth, order


class DeepLabSamples(Samples):
    """The targets of Panoptic-DeepLab: centres and the ways to them, made by its own generator."""

    def __init__(self, data: DataSet, config: Any) -> None:
        super().__init__(data, config)
        categories = data.categories
        self._number = {str(category.id): number for number, category in enumerate(categories)}
        project = require("detectron2.projects.panoptic_deeplab.target_generator")
        self._generator = project.PanopticDeepLabTargetGenerator(
            ignore_label=self._void,
            thing_ids=[number for number, category in enumerate(categories) if category.isthing],
            sigma=config.INPUT.GAUSSIAN_SIGMA,
            ignore_stuff_in_offset=config.INPUT.IGNORE_STUFF_IN_OFFSET,
            small_instance_area=config.INPUT.SMALL_INSTANCE_AREA,
            small_instance_weight=config.INPUT.SMALL_INSTANCE_WEIGHT,
            ignore_crowd_in_semantic=config.INPUT.IGNORE_CROWD_IN_SEMANTIC,
        )

    def targets(self, ids: npt.NDArray[np.int64], truth: PanopticMap, order: list[int]) -> dict[str, Any]:
        """See `Samples.targets`."""
        infos = [
            {"id": place, "category_id": self._number[truth.categories[id_]], "iscrowd": int(id_ in truth.crowds)}
            for place, id_ in enumerate(order, 1)
        ]
        made: dict[str, Any] = self._generator(ids, infos)
        return made


def _augmentations(config: Any) -> list[Any]:
    """Those of detectron2's own mapper, in the order of the architecture's."""
    utils = require("detectron2.data.detection_utils")
    transforms = require("detectron2.data.transforms")
    found: list[Any] = utils.build_augmentation(config, is_train=True)
    if config.INPUT.CROP.ENABLED:
        crop = transforms.RandomCrop(config.INPUT.CROP.TYPE, config.INPUT.CROP.SIZE)
        # Panoptic-DeepLab crops what was scaled, the others scale what was cropped.
        found.insert(1 if config.MODEL.META_ARCHITECTURE == "PanopticDeepLab" else 0, crop)
    return found
