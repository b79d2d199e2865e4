"""Edge colour: what of a plate's colour belongs to a matte, without the background that shows through its edge."""

from worker.foreground.estimate import estimate_foreground
from worker.foreground.make import Foreground, make_foreground

__all__ = ["Foreground", "estimate_foreground", "make_foreground"]
