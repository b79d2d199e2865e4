"""Borders, joins and upsampling: soft masks at the model's resolution in, mattes at the plate's out."""

from worker.mattes.make import Matte, empty_mattes, make_mattes

__all__ = ["Matte", "empty_mattes", "make_mattes"]
