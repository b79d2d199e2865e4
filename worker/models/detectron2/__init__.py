"""Models of detectron2: Panoptic FPN, Panoptic-DeepLab, and whatever else is registered there."""

from worker.models.detectron2.loading import load

__all__ = ["load"]
