"""Header attributes that depend on what is known."""

from __future__ import annotations

import dataclasses

from tests.worker.exr.files import LAYERS, ORIGIN
from worker.exr.header import attributes


def test_frame_rate_is_left_out_where_the_source_has_none() -> None:
    still = dataclasses.replace(ORIGIN, fps=None, pixel_aspect=1.0)
    header = attributes(still, LAYERS, 1)
    assert "framesPerSecond" not in header
    assert header["pixelAspectRatio"] == 1.0


def test_state_of_a_frame_that_could_not_be_read() -> None:
    assert attributes(ORIGIN, LAYERS, 1, "held")["mattebridge/state"] == "held"


def test_pixels_are_marked_as_no_colour() -> None:
    assert attributes(ORIGIN, LAYERS, 1)["colorInteropID"] == "data"
