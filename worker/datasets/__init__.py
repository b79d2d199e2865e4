"""Annotated data sets in their own layouts on disk."""
