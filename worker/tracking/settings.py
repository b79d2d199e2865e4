"""The thresholds of tracking, in one place. Times are in seconds, so that they mean the same at any frame rate."""

from __future__ import annotations

DEFAULT_FPS = 24.0
"""Assumed where a source does not say, as image sequences do not."""

GAP_S = 0.25
"""A track unseen for no longer than this is compared by the overlap of masks, like one seen in the last frame."""
LOST_S = 2.0
"""A track unseen for longer than this is over: what comes then is a new one."""
YOUNG_S = 1.0
"""A track that began no longer ago than this may still turn out to be one that was lost before."""
TWICE_S = 0.4
"""For so long a thing may be found as two, one of them a new track, before the old one is lost."""
CONFIRM_S = 1 / 8
"""A track seen for less than this is flicker, unless the clip itself is short (see `CONFIRM_SHARE`)."""
CONFIRM_SHARE = 1 / 5
"""No more than this share of the clip's frames is asked for, so that a still keeps its segments."""

MAX_LOST = 64
"""The number of lost tracks remembered at a time; the shortest are forgotten first."""
