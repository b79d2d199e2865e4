"""The ways in which mattes come into a project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable

from host_adapters.matte_files import MatteSequence
from host_adapters.resolve.plan import Route
from host_adapters.resolve.routes import clip_matte, fusion, timeline_matte, track
from host_adapters.resolve.routes.base import Brought, Place, State

__all__ = ["ROUTES", "Brought", "Place", "State"]

ROUTES: dict[Route, Callable[[Place, Sequence[MatteSequence]], list[Brought]]] = {
    Route.CLIP_MATTE: clip_matte.bring,
    Route.TIMELINE_MATTE: timeline_matte.bring,
    Route.TRACK: track.bring,
    Route.FUSION: fusion.bring,
}
