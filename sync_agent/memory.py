"""Keeps the agent small after it has held something large."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_M_MMAP_THRESHOLD: Final = -3  # malloc.h of glibc
LARGE_BYTES: Final = 1 << 20


def give_large_pieces_back() -> bool:
    """Have every piece of a megabyte and more returned to the system when it is let go of.

    By itself glibc stops doing so after the first few: pages of 8 MiB would then leave holes
    between small objects that live on, and the process would stay as large as it ever was. Measured
    under a hostile head office, at most: 97 MB in one minute and 111 in two, else 116 and 118.

    Returns:
        Whether it is so now; False where there is another library of C.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES) == 1
