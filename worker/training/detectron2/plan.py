"""What a training run is to be, and the config of detectron2 that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.errors import ModelError
from worker.datasets import DataSet
from worker.labels import Category, LabelSet
from worker.models.detectron2 import configs

DEFAULT_CONFIG = "COCO-PanopticSegmentation/panoptic_fpn_R_101_3x"
"""The study's model. Its own schedule: rate 0.02 at a batch of 16, a tenth at 210k and 250k of 270k iterations."""


@dataclass(frozen=True)
class Plan:
    """The wishes for a run; None leaves what the config says."""

    out: Path
    config: str = DEFAULT_CONFIG
    package: str | None = None
    """See `worker.models.detectron2.load`."""
    weights: Path | None = None
    """What to begin with: a backbone's checkpoint or a whole network's."""
    iterations: int | None = None
    steps: tuple[int, ...] | None = None
    """Where the learning rate falls to a tenth; None keeps them where they are in proportion to `iterations`."""
    rate: float | None = None
    """Learning rate; None is the config's, in proportion to `batch`."""
    batch: int | None = None
    warm_up: int | None = None
    device: str = "cpu"
    mixed_precision: bool = False
    loaders: int = 2
    """Processes that read and prepare pictures; 0 for none besides the trainer's own."""
    seed: int = 0
    save_every: int | None = None
    evaluate_every: int | None = None
    keep: int = 3
    """How many checkpoints are kept besides the final one."""


def label_set_of(data: DataSet) -> LabelSet:
    """A data set's categories, in its order, which becomes that of the class numbers."""
    return LabelSet(
        data.name,
        tuple(Category(c.name, bool(c.isthing), (c.color[0], c.color[1], c.color[2])) for c in data.categories),
    )


def training_config(plan: Plan, labels: LabelSet) -> Any:
    """The `CfgNode` of a run.

    Raises:
        ModelError: The architecture needs what the data set does not have, or the wishes do not fit together.
        UnknownNameError: No config of that name.
    """
    config = configs.full_config(configs.read_config(plan.config), plan.package)
    configs.plain_normalisation(config)
    configs.whole_crops(config)
    _set_classes(config, labels, plan.config)
    _set_schedule(config, plan)
    config.MODEL.DEVICE = plan.device
    config.MODEL.WEIGHTS = ""
    config.INPUT.MASK_FORMAT = "bitmask"
    config.DATASETS.TRAIN = ("mattebridge_train",)
    config.DATASETS.TEST = ()
    config.DATALOADER.NUM_WORKERS = plan.loaders
    config.DATALOADER.FILTER_EMPTY_ANNOTATIONS = False
    config.OUTPUT_DIR = str(plan.out)
    config.SEED = plan.seed
    return config


def _set_classes(config: Any, labels: LabelSet, name: str) -> None:
    things = sum(category.is_thing for category in labels.categories)
    stuff = len(labels.categories) - things
    model = config.MODEL
    architecture = model.META_ARCHITECTURE
    if architecture == "PanopticDeepLab":
        model.SEM_SEG_HEAD.NUM_CLASSES = things + stuff
        return
    if architecture in ("PanopticFPN", "GeneralizedRCNN"):
        if things == 0:
            raise ModelError(f"{name} finds things, but the data set has none among its {stuff} categories")
        model.ROI_HEADS.NUM_CLASSES = things
    if architecture == "PanopticFPN":
        model.SEM_SEG_HEAD.NUM_CLASSES = stuff + 1
    if architecture == "GeneralizedRCNN" and not model.MASK_ON:
        raise ModelError(f"{name} gives boxes and no masks; there is nothing to make mattes of")


def _set_schedule(config: Any, plan: Plan) -> None:
    solver = config.SOLVER
    before, batch_before = solver.MAX_ITER, solver.IMS_PER_BATCH
    solver.MAX_ITER = plan.iterations or before
    # The library wants more iterations than there are different rates.
    most = max(solver.MAX_ITER - 2, 0)
    if plan.steps is not None:
        inside = all(0 < step < solver.MAX_ITER for step in plan.steps)
        if list(plan.steps) != sorted(set(plan.steps)) or not inside or len(plan.steps) > most:
            raise ModelError(
                f"expected rising steps between 0 and {solver.MAX_ITER} iterations, at most {most}, but got "
                f"{', '.join(map(str, plan.steps))}"
            )
        solver.STEPS = plan.steps
    else:
        scaled = {step * solver.MAX_ITER // before for step in solver.STEPS if step < before}
        solver.STEPS = tuple(sorted(scaled - {0})[:most])
    solver.IMS_PER_BATCH = plan.batch or batch_before
    # Goyal et al., "Accurate, Large Minibatch SGD", 2017: the rate in proportion to the batch.
    in_proportion = solver.BASE_LR * solver.IMS_PER_BATCH / batch_before
    solver.BASE_LR = in_proportion if plan.rate is None else plan.rate
    warm_up = solver.WARMUP_ITERS if plan.warm_up is None else plan.warm_up
    solver.WARMUP_ITERS = min(warm_up, solver.MAX_ITER // 2)
    solver.CHECKPOINT_PERIOD = plan.save_every or min(solver.CHECKPOINT_PERIOD, solver.MAX_ITER)
    solver.AMP.ENABLED = plan.mixed_precision
    config.TEST.EVAL_PERIOD = plan.evaluate_every or solver.CHECKPOINT_PERIOD
