"""Progress on stderr: a bar that moves where a person watches, and one plain line in a file or pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

if TYPE_CHECKING:
    from collections.abc import Iterable


def progress_bar(items: Iterable[Any] | None = None, *, shown: bool, desc: str, **options: Any) -> Any:
    """Return a bar of tqdm; where nobody could see it move, one line that says what begins, and a bar that is silent.

    Parameters
    ----------
    items : iterable, optional
        What is gone through.
    shown : bool
        Whether there is to be any progress.
    desc : str
        What is done.
    **options
        As of `tqdm.tqdm`.

    Examples
    --------
    >>> sum(progress_bar([1, 2], shown=False, desc="add"))
    3
    """
    moving = shown and is_watched()
    if shown and not moving:
        say_stage(_stage(items, desc, options.get("total"), options.get("unit")))
    return tqdm(items, desc=desc, disable=not moving, **options)


def is_watched() -> bool:
    """Whether stderr is a terminal or the output of a notebook, where a line can be drawn anew."""
    stream = sys.stderr
    if stream is None:
        return False
    return stream.isatty() or type(stream).__module__.startswith("ipykernel")


def say_stage(line: str) -> None:
    """Write one line to stderr."""
    if sys.stderr is not None:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _stage(items: Iterable[Any] | None, desc: str, total: int | None, unit: str | None) -> str:
    if total is None and hasattr(items, "__len__"):
        total = len(items)  # type: ignore[arg-type]
    if total is None or unit is None:
        return desc
    return f"{desc}: {total} {unit}{'' if total == 1 else 's'}"
