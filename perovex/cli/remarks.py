"""Warnings and errors on stderr: equal ones of many crystals once, wrapped where a person reads them."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MANY = 5  # crystals; with more, a line for each hides what they have in common


def say(line: str) -> None:
    """Print a line on stderr, wrapped to the width of a terminal; a pipe gets it whole."""
    if sys.stderr.isatty():
        width = max(shutil.get_terminal_size().columns, 40)
        line = textwrap.fill(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    print(line, file=sys.stderr)


def say_remarks(remarks: Iterable[tuple[object, Sequence[str]]], kind: str, n_crystals: int) -> None:
    """Print what is remarked on crystals.

    Parameters
    ----------
    remarks : iterable of (name, list of str)
        What is remarked on each crystal.
    kind : str
        Stands before each line.
    n_crystals : int
        All crystals of the table; with more than five, equal remarks become one line with their number.
    """
    apart = [(name, list(texts)) for name, texts in remarks if texts]
    counts = Counter(part for _, parts in apart for part in dict.fromkeys(parts))
    shared = [part for part, count in counts.items() if count > 1 and n_crystals > _MANY]
    for part in shared:
        say(f"perovex: {kind}: {counts[part]} crystals: {part}")
    for name, parts in apart:
        own = [part for part in parts if part not in shared]
        if own:
            say(f"perovex: {kind}: {name}: {'; '.join(own)}")
