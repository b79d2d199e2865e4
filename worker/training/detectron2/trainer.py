"""detectron2's own trainer, with its data from Mattebridge and its files read as data.

Imported only where detectron2 is installed.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from detectron2.checkpoint import DetectionCheckpointer
from detectron2.data import build_detection_train_loader
from detectron2.data.samplers import TrainingSampler
from detectron2.engine import DefaultTrainer, hooks
from detectron2.utils.events import EventWriter, JSONWriter, get_event_storage

from bridge.errors import ModelError
from bridge.files import whole, write_whole
from worker.models.checkpoints import read_state
from worker.training.detectron2.history import METRICS, draw_history
from worker.training.detectron2.judging import Judge
from worker.training.detectron2.samples import Samples

WRITE_EVERY = 20
"""Iterations a line of the metrics is for; losses are medians over them."""


class Checkpointer(DetectionCheckpointer):  # type: ignore[misc]
    """Writes checkpoints whole or not at all, and reads them without running what is in them."""

    def save(self, name: str, **kwargs: Any) -> None:
        """See fvcore's `Checkpointer.save`."""
        if not self.save_dir or not self.save_to_disk:
            return
        state = {"model": self.model.state_dict()}
        state |= {key: part.state_dict() for key, part in self.checkpointables.items()}
        path = Path(self.save_dir) / f"{name}.pth"
        with whole(path) as temporary:
            torch.save(state | kwargs, temporary)
        self.tag_last_checkpoint(path.name)

    def tag_last_checkpoint(self, last_filename_basename: str) -> None:
        """See fvcore's `Checkpointer.tag_last_checkpoint`."""
        write_whole(Path(self.save_dir) / "last_checkpoint", last_filename_basename.encode())

    def _load_file(self, filename: str) -> dict[str, Any]:
        state = read_state(Path(filename))
        if not isinstance(state, dict) or not isinstance(state.get("model"), dict):
            raise ModelError(f"{filename} is no checkpoint of a training run; delete it, or start afresh")
        return state


class PanopticTrainer(DefaultTrainer):  # type: ignore[misc]
    """A run over a data set in COCO panoptic format."""

    def __init__(
        self, config: Any, samples: Samples, judge: Judge | None, keep: int, on_step: Callable[[int, float], None]
    ) -> None:
        """
        Args:
            config: From `worker.training.detectron2.plan`.
            samples: What to train with.
            judge: Says how good the network is; None where there is nothing to validate with.
            keep: How many checkpoints are kept besides the final one.
            on_step: Called after each iteration with its number, from 1, and the loss.
        """
        self.iter: int = 0
        self.start_iter: int = 0
        self._samples = samples
        self._judge = judge
        self._keep = keep
        self._on_step = on_step
        super().__init__(config)

    def build_train_loader(self, cfg: Any) -> Any:
        """See `DefaultTrainer.build_train_loader`."""
        entries = self._samples.entries()
        return build_detection_train_loader(
            dataset=entries,
            mapper=self._samples,
            sampler=TrainingSampler(len(entries), seed=cfg.SEED),
            total_batch_size=cfg.SOLVER.IMS_PER_BATCH,
            aspect_ratio_grouping=cfg.DATALOADER.ASPECT_RATIO_GROUPING,
            num_workers=cfg.DATALOADER.NUM_WORKERS,
        )

    @classmethod
    def build_optimizer(cls, cfg: Any, model: torch.nn.Module) -> Any:
        """The config's; Adam where Panoptic-DeepLab's asks for it."""
        if cfg.SOLVER.get("OPTIMIZER", "SGD") != "ADAM":
            return super().build_optimizer(cfg, model)
        from detectron2.solver import get_default_optimizer_params
        from detectron2.solver.build import maybe_add_gradient_clipping

        groups = get_default_optimizer_params(
            model, weight_decay=cfg.SOLVER.WEIGHT_DECAY, weight_decay_norm=cfg.SOLVER.WEIGHT_DECAY_NORM
        )
        return maybe_add_gradient_clipping(cfg, torch.optim.Adam)(groups, cfg.SOLVER.BASE_LR)

    @classmethod
    def build_lr_scheduler(cls, cfg: Any, optimizer: Any) -> Any:
        """The config's; a polynomial where Panoptic-DeepLab's asks for it."""
        if cfg.SOLVER.LR_SCHEDULER_NAME != "WarmupPolyLR":
            return super().build_lr_scheduler(cfg, optimizer)
        from detectron2.projects.deeplab import build_lr_scheduler

        return build_lr_scheduler(cfg, optimizer)

    def build_hooks(self) -> list[Any]:
        """As `DefaultTrainer` has them; old checkpoints are deleted, and the judge is ours."""
        self.checkpointer = Checkpointer(self.model, self.cfg.OUTPUT_DIR, trainer=weakref.proxy(self))
        self._writers = self.build_writers()
        every = min(WRITE_EVERY, max(1, self.max_iter // 10))
        return [
            hooks.IterationTimer(),
            hooks.LRScheduler(),
            hooks.PeriodicCheckpointer(
                self.checkpointer, self.cfg.SOLVER.CHECKPOINT_PERIOD, max_to_keep=self._keep
            ),
            hooks.CallbackHook(after_step=self._stepped),
            hooks.PeriodicWriter(self._writers, period=every),
        ]

    def build_writers(self) -> list[Any]:
        """detectron2's file of metrics, and curves of it."""
        folder = Path(self.cfg.OUTPUT_DIR)
        return [JSONWriter(str(folder / METRICS)), _Curves(folder)]

    def save_now(self) -> int:
        """Keep what an interrupted run has reached; returns how many iterations those are."""
        # The schedule moves when an iteration's weights are there; one that was interrupted is done again.
        done = int(self.scheduler.last_epoch)
        if done > self.start_iter:
            self.iter = done - 1
            self.checkpointer.save(f"model_{self.iter:07d}", iteration=self.iter)
        return done

    def _stepped(self, trainer: Any) -> None:
        losses = trainer.storage.histories().get("total_loss")
        self._on_step(trainer.iter + 1, losses.latest() if losses is not None else float("nan"))
        due = (trainer.iter + 1) % self.cfg.TEST.EVAL_PERIOD == 0 or trainer.iter + 1 == self.max_iter
        if self._judge is not None and due:
            quality = self._judge.judge(self.model)
            trainer.storage.put_scalars(PQ=quality.pq, SQ=quality.sq, RQ=quality.rq, smoothing_hint=False)
            # At once, so that the line has the losses of this iteration as well.
            for writer in self._writers:
                writer.write()


class _Curves(EventWriter):  # type: ignore[misc]
    """Draws the curves again where there is a new measurement, and at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drawn = -1

    def write(self) -> None:
        """See `EventWriter.write`."""
        measured = get_event_storage().latest().get("PQ")
        if measured is not None and measured[1] != self._drawn:
            self._drawn = measured[1]
            draw_history(self._folder)

    def close(self) -> None:
        """See `EventWriter.close`."""
        draw_history(self._folder)
