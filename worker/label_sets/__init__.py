"""The label sets of well-known data sets, and how to find one by the names of its categories."""

from worker.label_sets.known import is_known, known_label_set, known_names
from worker.label_sets.matching import label_set_of_names

__all__ = ["is_known", "known_label_set", "known_names", "label_set_of_names"]
