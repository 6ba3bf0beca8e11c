"""Keeps the memory of large messages, so that the next one is not written into new pages.

glibc returns large blocks to the system when they are freed; for the next camera image they are
mapped again, page by page, each cleared first. ``liquid-nav bench graph`` shows what that costs.
"""

from __future__ import annotations

import ctypes
import os

LARGEST = 32 * 2**20
"""Bytes of the largest block that is kept: the most that every glibc accepts.

A raw 4K image has 25 million bytes.
"""
KEPT = 128 * 2**20
"""Bytes that a process may keep unused."""
_TRIM_THRESHOLD = -1
"""M_TRIM_THRESHOLD of mallopt(3)."""
_MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD of mallopt(3)."""


def keep_memory() -> bool:
    """Let this process keep freed memory for the next message; returns whether it does.

    Nothing happens where the user has set glibc's own variables, or where the C library is another
    one.
    """
    if any(
        name in os.environ
        for name in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES")
    ):
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:
        return False
    return bool(set_option(_MMAP_THRESHOLD, LARGEST)) and bool(set_option(_TRIM_THRESHOLD, KEPT))
