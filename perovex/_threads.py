"""Threads of native libraries (BLAS, OpenMP): how many may work on matrices that are small."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any

from threadpoolctl import ThreadpoolController


@lru_cache(maxsize=1)
def _pools(_n_modules: int) -> ThreadpoolController:
    """Look the loaded libraries up, which takes 3 ms; again only when a module, and perhaps a library, has come."""
    return ThreadpoolController()


def few_threads(n_threads: int = 1) -> Any:
    """Bound the threads of BLAS and OpenMP inside a ``with`` block.

    Matrices of a few hundred rows lose far more to threads that wait for each other than they gain. A fit of the
    average on 203 rows takes 117 ms with one thread and 416 ms with two on two free cores. Where two workers have two
    threads each, y-scrambling of one target takes 130 s instead of 14 s.

    Parameters
    ----------
    n_threads : int
        None below one: a negative number, as scikit-learn writes "all", leaves the libraries as they are.

    Examples
    --------
    >>> from threadpoolctl import threadpool_info
    >>> with few_threads(1):
    ...     {pool["num_threads"] for pool in threadpool_info()} <= {1}
    True
    """
    return _pools(len(sys.modules)).limit(limits=n_threads if n_threads >= 1 else None)
