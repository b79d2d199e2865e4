"""The contact sheet: a PNG that shows the plate, what was found in it, and every matte where it is largest."""

from worker.sheet.choosing import SheetPlan, plan_sheet
from worker.sheet.page import SheetFrame, write_sheet
from worker.sheet.plates import SheetPlates

__all__ = ["SheetFrame", "SheetPlan", "SheetPlates", "plan_sheet", "write_sheet"]
