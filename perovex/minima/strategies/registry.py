"""The register of strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from perovex.errors import SearchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from perovex.minima.candidate import Candidate
    from perovex.minima.compound import Compound
    from perovex.minima.known import Known

    Strategy = Callable[[Known, Compound], Iterable[Candidate]]

#: Those that earn their keep, cheapest first: a strategy has its turn when those before it propose nothing new.
DEFAULT_STRATEGIES: Final = ("given", "relatives", "substitute", "thicken", "return", "cation-exchange", "build")

_STRATEGIES: dict[str, Strategy] = {}


def register_strategy(name: str) -> Callable[[Strategy], Strategy]:
    """Register a function from what is known and a compound to candidates under a name.

    It is asked again after every outcome, so that it can build on new minima; candidates that were tried before are
    skipped by their identifier.

    Parameters
    ----------
    name : str
        What users choose it by.

    Returns
    -------
    callable
        Decorator that leaves the function as it is.

    Raises
    ------
    SearchError
        If the name is taken.
    """

    def register(function: Strategy) -> Strategy:
        if name in _STRATEGIES:
            raise SearchError(f"there is a strategy {name!r} already", remedy="choose another name")
        _STRATEGIES[name] = function
        return function

    return register


def strategy(name: str) -> Strategy:
    """Return a strategy by name.

    Parameters
    ----------
    name : str
        As registered.

    Returns
    -------
    callable
        From what is known and a compound to candidates.

    Raises
    ------
    SearchError
        Unknown name.
    """
    if name not in _STRATEGIES:
        raise SearchError(f"unknown strategy {name!r}", remedy=f"known: {', '.join(sorted(_STRATEGIES))}")
    return _STRATEGIES[name]


def describe_strategies() -> dict[str, str]:
    """Name and first line of the documentation of every strategy, the default ones first.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> import perovex.minima
    >>> perovex.minima.describe_strategies()["given"]
    'Crystals of the compound that the user gives.'
    """
    order = [*DEFAULT_STRATEGIES, *sorted(set(_STRATEGIES) - set(DEFAULT_STRATEGIES))]
    return {name: (_STRATEGIES[name].__doc__ or "").strip().split("\n")[0] for name in order}
