"""Clips drawn from a seed, with the exact visible alpha of every segment."""

from worker.training.scenes.clip import ClipSpec, DrawnFrame, DrawnSegment, draw_clip

__all__ = ["ClipSpec", "DrawnFrame", "DrawnSegment", "draw_clip"]
