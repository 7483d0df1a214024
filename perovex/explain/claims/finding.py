"""What a criterion is, what it finds, and the arithmetic that criteria share."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from perovex.explain.statistics import share_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from perovex.explain.claims.evidence import Evidence

Word = Literal["supported", "not supported", "undecided"]
_ALIAS = 0.8  # abs(Spearman) from which a descriptor counts as an alias of a concept


LackKind = Literal[
    "count",
    "explanation",
    "skill",
    "descriptors",
    "measured descriptors",
    "associations",
    "strata",
    "transfer test",
    "transfer",
    "source model",
    "score",
]


@dataclass(frozen=True)
class Lack:
    """Something that the evidence lacks for a verdict; `perovex.explain.claims.words` says it.

    Attributes
    ----------
    kind : str
        What is lacking.
    names : tuple of str
        Of which concepts, or of what there are too few.
    have, required : int
        How many there are and should be, of a ``"count"``.
    """

    kind: LackKind
    names: tuple[str, ...] = ()
    have: int = 0
    required: int = 0


def undecided(kind: LackKind, *names: str, numbers: Mapping[str, Any] | None = None) -> Finding:
    """Return that nothing can be said because something is lacking."""
    return Finding("undecided", dict(numbers or {}), (Lack(kind, names),))


@dataclass(frozen=True)
class Finding:
    """Outcome of a criterion.

    Attributes
    ----------
    verdict : {"supported", "not supported", "undecided"}
        Outcome.
    numbers : dict
        What it rests on; for criteria of several concepts one entry each, with a ``verdict`` of its own.
    lacks : tuple of Lack
        What the evidence lacks for any verdict; empty where it lacks nothing.
    judged_by : str
        The entry of `numbers` that decides, of criteria with one score.
    """

    verdict: Word
    numbers: dict[str, Any] = field(default_factory=dict)
    lacks: tuple[Lack, ...] = ()
    judged_by: str = ""


@dataclass(frozen=True)
class Criterion:
    """A rule with its wording.

    Attributes
    ----------
    text : str
        What the rule asks for; parameters in braces.
    judge : callable
        Evidence and parameters -> Finding.
    needs_skill : bool
        Whether it interprets models, which must then predict better than chance.
    needs : tuple of str
        Required parameters.
    """

    text: str
    judge: Callable[[Evidence, Mapping[str, Any]], Finding]
    needs_skill: bool
    needs: tuple[str, ...]


def members(patterns: Sequence[str], columns: pd.Index) -> list[str]:
    """Columns that match shell patterns, in the order of the patterns, each once.

    Examples
    --------
    >>> import pandas as pd
    >>> members(["b", "a*"], pd.Index(["a1", "a2", "b"]))
    ['b', 'a1', 'a2']
    """
    matching = [str(c) for p in patterns for c in columns if fnmatchcase(str(c), p)]
    return list(dict.fromkeys(matching))


def concepts_of(evidence: Evidence, parameters: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the descriptors of every concept that the explained table has."""
    columns = evidence.explanation.X.columns
    return {name: members(patterns, columns) for name, patterns in parameters["concepts"].items()}


def judge_concepts(
    evidence: Evidence,
    parameters: Mapping[str, Any],
    judge: Callable[[str, list[str]], dict[str, Any]],
) -> Finding:
    """Judge every concept by itself and all together; undecided where one has no descriptor.

    Parameters
    ----------
    evidence : Evidence
    parameters : mapping
        With ``concepts``.
    judge : callable
        Name and descriptors of a concept to its numbers, with a ``verdict`` among them.
    """
    concepts = concepts_of(evidence, parameters)
    empty = [name for name, descriptors in concepts.items() if not descriptors]
    if empty:
        return undecided("descriptors", *empty)
    numbers = {name: judge(name, descriptors) for name, descriptors in concepts.items()}
    return Finding(together([entry["verdict"] for entry in numbers.values()]), numbers)


def joint(values: NDArray[np.float64], position: NDArray[np.int64]) -> float:
    """Return the mean absolute sum of the SHAP values of some columns."""
    return float(np.abs(values[:, position].sum(axis=1)).mean())


def positions(evidence: Evidence, descriptors: Sequence[str]) -> NDArray[np.int64]:
    """Return the columns of descriptors in the explained table."""
    columns: NDArray[np.int64] = evidence.explanation.X.columns.get_indexer(pd.Index(list(descriptors)))
    return columns


def aliases(evidence: Evidence, concept: Sequence[str]) -> list[str]:
    """Return descriptors outside a concept that go with one of its own so closely that they may hold its credit."""
    correlation = evidence.ranking.clusters.correlation.loc[:, list(concept)].abs().max(axis=1)
    return [str(d) for d in correlation.index[correlation >= _ALIAS] if d not in concept]


def reaches(share: float, wanted: float, n_draws: int) -> bool:
    """Whether a share of draws reaches a threshold by more than its Monte-Carlo error, or is all of them."""
    return share >= 1 or share - share_error(share, n_draws) >= wanted


def stays_below(share: float, limit: float, n_draws: int) -> bool:
    """Whether a share of draws stays below a threshold by more than its Monte-Carlo error; few draws never do."""
    return share + share_error(share, n_draws) <= limit


def side(intervals: Sequence[Mapping[str, Any]], direction: float) -> Word:
    """Supported where one interval lies on the claimed side and none on the other; refuted the other way round.

    Examples
    --------
    >>> side([{"lower": 0.1, "upper": 0.4}, {"lower": -0.2, "upper": 0.3}], direction=1)
    'supported'
    >>> side([{"lower": 0.1, "upper": 0.4}, {"lower": -0.4, "upper": -0.1}], direction=1)
    'undecided'
    """
    some_on_claimed_side = some_on_other_side = False
    for interval in intervals:
        ends = direction * interval["lower"], direction * interval["upper"]
        some_on_claimed_side |= bool(min(ends) > 0)
        some_on_other_side |= bool(max(ends) < 0)
    if some_on_claimed_side == some_on_other_side:
        return "undecided"
    return "supported" if some_on_claimed_side else "not supported"


def together(verdicts: Sequence[str]) -> Word:
    """All supported; or one refuted; or undecided.

    Examples
    --------
    >>> together(["supported", "undecided"]), together(["supported", "not supported"])
    ('undecided', 'not supported')
    """
    if all(verdict == "supported" for verdict in verdicts):
        return "supported"
    if "not supported" in verdicts:
        return "not supported"
    return "undecided"
