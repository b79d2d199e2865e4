"""What the C library does with memory that is free again."""

from __future__ import annotations

import ctypes

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1
"""Parameters of ``mallopt``; see its manual page."""

_MAPPED_BYTES = 32 << 20
"""Larger pieces are mapped one by one and given back at once; glibc allows no more."""

_KEPT_BYTES = 64 << 20
"""How much is kept free at the end of the heap, rather than given back."""


def keep_freed() -> None:
    """Let this process keep some of the memory that it frees, where glibc is the C library.

    A frame's rasters come and go. Given back each time, all of their pages must be asked for and cleared again,
    which is a fifth of the time that the mattes of a plate of 3840x2160 take.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return  # Another C library, with ways of its own.
    mallopt(_MMAP_THRESHOLD, _MAPPED_BYTES)
    mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
