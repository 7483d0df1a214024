"""Worker processes that end with the process that started them."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

from joblib import Parallel

_LOOK = 1.0  # seconds between two looks at the parent


def workers(n_jobs: int, **options: Any) -> Parallel:
    """Return `joblib.Parallel` with workers that leave Ctrl-C to their parent, and end when it was killed.

    Parameters
    ----------
    n_jobs : int
        Number of processes, as in joblib; 1 works in this one.
    options : dict
        Others of `joblib.Parallel`, such as ``return_as="generator"``.

    Examples
    --------
    >>> from joblib import delayed
    >>> list(workers(1, return_as="generator")(delayed(abs)(i) for i in (-1, 2)))
    [1, 2]
    """
    if n_jobs == 1:
        return Parallel(n_jobs=1, **options)
    return Parallel(n_jobs=n_jobs, initializer=prepare, initargs=(os.getpid(),), **options)


def prepare(parent: int) -> None:
    """Make this process a quiet worker of `parent`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the whole group
    if sys.platform != "win32":
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)  # killed: nobody waits for results
