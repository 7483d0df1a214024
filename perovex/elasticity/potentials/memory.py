"""Memory that large arrays leave, kept for the next ones."""

from __future__ import annotations

import ctypes
import os
import platform
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_TOP_PAD: Final = -2
_M_MMAP_MAX: Final = -4
_TOP_PAD: Final = 64 << 20  # bytes asked of the system beyond what is needed


def keep_freed_memory() -> bool:
    """Let the C library keep what is freed, for this process and from now on.

    By default glibc takes every array above some megabytes from the system and gives it back when it is freed. A
    potential that is called thousands of times with the same crystal then spends a quarter of its time on pages that
    the system has to clear anew. What is kept stays with the process until it ends.

    Nothing changes where the C library is another one, or where a variable such as ``MALLOC_TRIM_THRESHOLD_`` or
    ``GLIBC_TUNABLES`` says what is wanted.

    Returns
    -------
    bool
        Whether the C library was told.

    Examples
    --------
    >>> keep_freed_memory() in (True, False)
    True
    """
    chosen = any(name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" for name in os.environ)
    if chosen or platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    # arrays come from the heap, the heap is never trimmed, and grows in large steps
    answers = [mallopt(_M_MMAP_MAX, 0), mallopt(_M_TRIM_THRESHOLD, -1), mallopt(_M_TOP_PAD, _TOP_PAD)]
    return all(answer == 1 for answer in answers)
