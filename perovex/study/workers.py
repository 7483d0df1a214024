"""Steps of a study in worker processes: in the order of their needs, kept when done, ended with their parent."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from joblib.executor import get_memmapping_executor

from perovex._progress import is_watched, progress_bar, say_stage
from perovex._threads import few_threads
from perovex._workers import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from perovex.study.kept import Kept

_TICK = 1.0


@dataclass(frozen=True)
class Step:
    """One piece of work.

    Attributes
    ----------
    name : str
        Unique; what is shown while it runs.
    work : callable
        Of a module, so that a worker can import it; called with `arguments` and then the results of `needs`.
    arguments : tuple
    needs : tuple of str
        Steps whose results it takes.
    """

    name: str
    work: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Done:
    """Result of a step and the time it took."""

    result: Any
    wall_seconds: float
    cpu_seconds: float


def run_steps(steps: Sequence[Step], *, kept: Kept, n_jobs: int = 1, progress: bool = False) -> dict[str, Done]:
    """Run steps, several at a time, and return their results by name.

    Parameters
    ----------
    steps : sequence of Step
        A step stands after those it needs.
    kept : Kept
        Where results of an earlier run are taken from and new ones put.
    n_jobs : int
        Worker processes; with one everything runs here.
    progress : bool
        Show a bar on stderr that moves every second; into a file one line for each kind of step.
    """
    done: dict[str, Done] = {}
    for step in steps:
        earlier = kept.load(step.name)
        if isinstance(earlier, Done):
            done[step.name] = earlier
    waiting = [step for step in steps if step.name not in done]
    with _Bar(len(steps), len(done), shown=progress) as bar:
        if n_jobs == 1:
            for step in waiting:
                bar.show([step.name])
                done[step.name] = _timed(step.work, step.arguments, [done[n].result for n in step.needs])
                kept.save(step.name, done[step.name])
                bar.advance()
        elif waiting:
            _run_in_workers(waiting, done, kept, n_jobs, bar)
    return done


def _run_in_workers(waiting: list[Step], done: dict[str, Done], kept: Kept, n_jobs: int, bar: _Bar) -> None:
    # that of joblib, whose other calls take up the workers that they find; no array is large enough to be shared as a
    # file, which nobody would remove before the end
    executor = get_memmapping_executor(
        n_jobs, timeout=20, initializer=prepare, initargs=(os.getpid(),), max_nbytes=None
    )
    running: dict[Future[Done], str] = {}
    try:
        while waiting or running:
            ready = [step for step in waiting if all(name in done for name in step.needs)]
            for step in ready[: n_jobs - len(running)]:
                needed = [done[name].result for name in step.needs]
                future = executor.submit(_timed, step.work, step.arguments, needed)
                running[future] = step.name
                waiting.remove(step)
            bar.show(list(running.values()))
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                name = running.pop(future)
                done[name] = future.result()
                kept.save(name, done[name])
                bar.advance()
    except BaseException:
        executor.shutdown(kill_workers=True)
        raise


def _timed(work: Callable[..., Any], arguments: tuple[Any, ...], needed: list[Any]) -> Done:
    wall, cpu = time.perf_counter(), time.process_time()
    with few_threads():
        result = work(*arguments, *needed)
    return Done(result, time.perf_counter() - wall, time.process_time() - cpu)


class _Bar:
    """A bar whose clock goes on while the steps are long; one line for each kind of step where nobody watches."""

    def __init__(self, total: int, initial: int, *, shown: bool) -> None:
        moving = shown and is_watched()
        layout = "{desc} {n_fmt}/{total_fmt} |{bar}| {elapsed} {postfix}"
        self._bar = progress_bar(
            total=total, initial=initial, desc="study", unit="step", shown=moving, bar_format=layout, miniters=1
        )
        self._total, self._done, self._told = total, initial, set[str]()
        self._plain = shown and not moving
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True) if moving else None

    def __enter__(self) -> Self:
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._bar.close()

    def show(self, names: Sequence[str]) -> None:
        """Name what runs."""
        self._bar.set_postfix_str(", ".join(names))
        kinds = {_kind(name) for name in names} - self._told
        self._told |= kinds
        if self._plain:
            for kind in sorted(kinds):
                say_stage(f"study: {kind}, {self._done} of {self._total} steps done")

    def advance(self) -> None:
        self._done += 1
        self._bar.update()

    def _tick(self) -> None:
        while not self._stop.wait(_TICK):
            self._bar.refresh()


def _kind(name: str) -> str:
    return name.split(":", 1)[0]


def seconds_by_kind(done: Mapping[str, Done]) -> dict[str, float]:
    """Add up CPU seconds of steps by what stands before the colon of their names.

    Examples
    --------
    >>> seconds_by_kind({"claims: E_vrh": Done(None, 3.0, 2.0), "claims: stiff": Done(None, 1.0, 0.5)})
    {'claims': 2.5}
    """
    total: dict[str, float] = {}
    for name, item in done.items():
        kind = _kind(name)
        total[kind] = total.get(kind, 0.0) + item.cpu_seconds
    return {kind: round(seconds, 2) for kind, seconds in total.items()}
