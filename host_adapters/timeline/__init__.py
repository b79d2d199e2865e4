"""Timelines, read with OpenTimelineIO: mattes of every clip that is used, and a timeline back."""
