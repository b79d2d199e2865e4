"""Borders, joins, overlaps and upsampling: soft masks at the model's resolution in, mattes at the plate's out."""

from worker.mattes.make import Matte, check_borders, empty_mattes, make_mattes
from worker.mattes.overlap import normalized

__all__ = ["Matte", "check_borders", "empty_mattes", "make_mattes", "normalized"]
