"""Tracking: steady ids through time for the segments of any per-frame model."""

from worker.tracking.assign import assign
from worker.tracking.index import Track, TrackIndex, TrackTable, spans
from worker.tracking.stitch import stitch
from worker.tracking.tracker import Tracker

__all__ = ["Track", "TrackIndex", "TrackTable", "Tracker", "assign", "spans", "stitch"]
