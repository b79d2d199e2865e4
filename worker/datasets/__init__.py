"""Annotated data sets in their own layouts on disk."""

from worker.datasets.base import DataSet, Frame
from worker.datasets.opening import LAYOUTS, open_data_set

__all__ = ["LAYOUTS", "DataSet", "Frame", "open_data_set"]
