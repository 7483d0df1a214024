"""Many crystals described one by one: names kept, and one that fails costs one row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from joblib import delayed

from perovex._cluster import run_pieces
from perovex._progress import progress_bar
from perovex._workers import workers
from perovex.crystal import LayeredPerovskite, perceive
from perovex.crystal.identity import identity
from perovex.descriptors.describing import missing_hydrogens, row
from perovex.errors import PerovexError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Described:
    """What came of one crystal.

    Attributes
    ----------
    values : dict of str to float
        Descriptors; empty where the crystal could not be read or perceived.
    identity : dict
        As `perovex.crystal.identity.identity`; empty likewise.
    origin : dict
        ``build`` and ``relaxation`` of a crystal that was built.
    warnings : tuple of str
        Remarks of reading and perception.
    error : PerovexError or None
        Why there are no values, or why some of them are a guess.
    crystal : LayeredPerovskite or None
        The crystal itself, where it was to be kept.
    """

    values: dict[str, float] = field(default_factory=dict)
    identity: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    error: PerovexError | None = None
    crystal: LayeredPerovskite | None = None


def describe_each(  # noqa: PLR0913 - what, how, and where
    items: Iterable[Any],
    families: str | list[str] | None = None,
    *,
    disorder: str = "error",
    n_jobs: int = 1,
    progress: bool = False,
    keep: bool = False,
    framed: bool = False,
    executor: str = "local",
    scheduler: str | None = None,
) -> Iterator[Described]:
    """Describe crystals in their order, each as soon as it is done.

    Parameters
    ----------
    items : iterable of paths, structures or perceived crystals
    families : str or list of str, optional
        Families of descriptors; all by default.
    disorder : {"error", "major"}
        What to do about partial occupancy.
    n_jobs : int
        Processes, as in joblib.
    progress : bool
        Show a progress bar on stderr.
    keep : bool
        Keep the perceived crystals.
    framed : bool
        Refuse octahedra that form neither (100) sheets nor a 3D perovskite, as `perovex.perceive` does; by default they
        get what needs no axes.
    executor : {"local", "dask"}
        On this machine, or on a Dask cluster; its workers have to see files that are given by their paths.
    scheduler : str, optional
        Address of the Dask scheduler, such as ``tcp://host:8786``.

    Yields
    ------
    Described

    Raises
    ------
    PerovexError
        Unknown executor, or a cluster that cannot be reached.
    """
    crystals = list(items)
    describe = partial(describe_item, families=families, disorder=disorder, keep=keep, framed=framed)
    work: Iterable[Described]
    if executor == "local" and not scheduler:
        work = workers(n_jobs, return_as="generator")(delayed(describe)(item) for item in crystals)
    else:
        work = _in_order(run_pieces(describe, enumerate(crystals), executor=executor, scheduler=scheduler))
    yield from progress_bar(work, total=len(crystals), desc="describe", unit="crystal", shown=progress)


def _in_order(numbered: Iterable[tuple[int, Described]]) -> Iterator[Described]:
    """Hold back what comes before its turn."""
    early: dict[int, Described] = {}
    turn = 0
    for number, described in numbered:
        early[number] = described
        while turn in early:
            yield early.pop(turn)
            turn += 1


def describe_item(
    item: Any,
    families: str | list[str] | None = None,
    *,
    disorder: str = "error",
    keep: bool = False,
    framed: bool = False,
) -> Described:
    """Describe one crystal; an error is returned as a value, so that a batch survives it."""
    try:
        crystal = perceive(item, disorder=disorder, framed=framed)
        properties = crystal.structure.properties
        return Described(
            row(crystal, families),
            identity(crystal),
            {key: properties[key] for key in ("build", "relaxation") if properties.get(key)},
            crystal.warnings,
            missing_hydrogens(crystal, families),
            crystal if keep else None,
        )
    except PerovexError as error:
        return Described(error=error.at(item) if isinstance(item, (str, Path)) else error)


def named_items(X: Any) -> tuple[list[Any], pd.Index]:
    """Return crystals as a list, and the names of their rows.

    Parameters
    ----------
    X : mapping, Series, table of one column, array, iterable, or a single crystal or path
        A mapping gives its keys as names, a Series or table its index, paths themselves; structures that bear a label
        or the file they came from are called so.

    Returns
    -------
    items : list
    names : Index
        Numbers where nothing has a name.

    Raises
    ------
    ValueError
        A table of several columns.

    Examples
    --------
    >>> named_items({"first": "a.cif", "second": "b.cif"})[1].tolist(), named_items(["a.cif"])[1].tolist()
    (['first', 'second'], ['a.cif'])
    """
    if isinstance(X, pd.DataFrame):
        if X.shape[1] != 1:
            raise ValueError(f"a table of crystals has one column, not {X.shape[1]}")
        X = X.iloc[:, 0]
    if isinstance(X, pd.Series):
        return list(X), X.index
    if isinstance(X, Mapping):
        return list(X.values()), pd.Index([str(name) for name in X])
    if isinstance(X, np.ndarray):
        X = list(np.asarray(X, dtype=object).ravel())
    items = list(X) if holds_crystals(X) else [X]
    names = [name_of(item) for item in items]
    if not any(names):
        return items, pd.RangeIndex(len(items))
    return items, pd.Index([name or f"crystal {number}" for number, name in enumerate(names)])


def name_of(item: Any) -> str:
    """Return what a crystal is called: its path, its label or the file it came from; empty for none of these."""
    if isinstance(item, (str, Path)):
        return str(item)
    properties = (
        getattr(item, "properties", None) or getattr(getattr(item, "structure", None), "properties", None) or {}
    )
    return str(properties.get("label_id") or getattr(item, "source", None) or properties.get("source") or "")


def holds_crystals(items: Any) -> bool:
    """Tell several crystals from one: a structure is iterable, too, but over sites or atoms."""
    if isinstance(items, (str, Path)) or hasattr(items, "lattice") or hasattr(items, "get_positions"):
        return False
    return isinstance(items, Iterable)
