"""Work on this machine or on a Dask cluster: the same functions, the same results, in their order."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from joblib import delayed

from perovex._extras import install_command
from perovex._workers import workers
from perovex.errors import PerovexError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
R = TypeVar("R")

EXECUTORS: Final = ("local", "dask")
_PATIENCE = 10  # seconds to wait for a scheduler
_AHEAD = 2  # pieces per worker that are handed out before their turn: enough to keep it busy, few enough to hold back
_TRIES = 10  # deaths of workers that one piece may see


@contextmanager
def connected(scheduler: str | None) -> Iterator[Any]:
    """Connect to the scheduler of a Dask cluster.

    Parameters
    ----------
    scheduler : str
        Address, such as ``tcp://host:8786``.

    Yields
    ------
    distributed.Client

    Raises
    ------
    PerovexError
        Dask is not installed, there is no address, or nobody answers there.
    """
    if not scheduler:
        raise PerovexError("a Dask cluster needs an address", remedy="give --scheduler tcp://HOST:PORT")
    try:
        from distributed import Client
    except ImportError as error:
        raise PerovexError("Dask is not installed", remedy=install_command("scale")) from error
    try:
        client = Client(scheduler, timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        reason = str(error).split("\n", 1)[0] or type(error).__name__
        raise PerovexError(
            f"no scheduler answers at {scheduler}: {reason}",
            remedy="start one with `dask scheduler`, or use --executor local",
        ) from error
    try:
        yield client
    finally:
        client.close()


def check_executor(executor: str, scheduler: str | None) -> None:
    """Refuse what cannot work before anything is done: an unknown executor, a cluster that cannot be reached.

    Parameters
    ----------
    executor : {"local", "dask"}
    scheduler : str, optional
        Address of a Dask scheduler.

    Raises
    ------
    PerovexError
        As `run_pieces`.

    Examples
    --------
    >>> check_executor("local", None)
    """
    if executor not in EXECUTORS:
        raise PerovexError(f"unknown executor {executor!r}", remedy=f"use {' or '.join(EXECUTORS)}")
    if executor == "dask":
        with connected(scheduler):
            return
    if scheduler:
        raise PerovexError("--scheduler belongs to --executor dask", remedy="give both, or neither")


def run_pieces(
    function: Callable[[T], R],
    pieces: Iterable[tuple[int, T]],
    *,
    executor: str = "local",
    scheduler: str | None = None,
    n_jobs: int = 1,
) -> Iterator[tuple[int, R]]:
    """Apply a function to numbered pieces, each result as soon as it is there.

    Pieces are taken from the iterator only as workers become free, so that neither input nor results pile up. A worker
    of a Dask cluster may be killed at any moment: its pieces are given to others.

    Parameters
    ----------
    function : callable
        Importable by name; it gives the same result wherever it runs.
    pieces : iterable of (int, piece)
    executor : {"local", "dask"}
    scheduler : str, optional
        Address of a Dask scheduler.
    n_jobs : int
        Processes, for ``"local"``.

    Yields
    ------
    int, result
        In any order.

    Raises
    ------
    PerovexError
        Unknown executor, a cluster that cannot be reached or has lost its workers.

    Examples
    --------
    >>> sorted(run_pieces(abs, [(0, -1), (1, 2)]))
    [(0, 1), (1, 2)]
    """
    if executor != "dask":
        check_executor(executor, scheduler)
        parallel = workers(n_jobs, return_as="generator_unordered", pre_dispatch=f"{_AHEAD}*n_jobs", batch_size=1)
        yield from parallel(delayed(_numbered)(partial(function, piece), number) for number, piece in pieces)
        return
    with connected(scheduler) as client:
        yield from _on_cluster(client, function, iter(pieces))


def _numbered(work: Callable[[], R], number: int) -> tuple[int, R]:
    return number, work()


def _on_cluster(client: Any, function: Callable[[T], R], pieces: Iterator[tuple[int, T]]) -> Iterator[tuple[int, R]]:
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    running: dict[Any, tuple[int, T, int]] = {}
    waiting = as_completed(loop=client.loop)

    def submit(number: int, piece: T, tries: int) -> None:
        future = client.submit(function, piece, pure=False, retries=2)
        running[future] = number, piece, tries
        waiting.add(future)

    def capacity() -> int:
        threads = sum(client.nthreads().values())
        return _AHEAD * max(threads, 1)

    for number, piece in islice(pieces, capacity()):
        submit(number, piece, 1)
    while running:
        future = next(waiting)
        number, piece, tries = running.pop(future)
        try:
            result = future.result()
        except KilledWorker as error:  # it was on several workers when they died; most often no fault of its own
            if tries >= _TRIES:
                raise PerovexError(
                    f"piece {number} was on {tries} workers that died", remedy="give workers more memory"
                ) from error
            submit(number, piece, tries + 1)
            continue
        except OSError as error:
            raise PerovexError(f"the connection to the cluster was lost: {error}", remedy="run it again") from error
        future.release()
        yield number, result
        for following, more in islice(pieces, max(capacity() - len(running), 0)):
            submit(following, more, 1)
