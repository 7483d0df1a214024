"""Criteria that turn evidence into a verdict, and say in words what they ask for.

Every criterion is symmetric in its caution: it needs resampled evidence to say "supported" and as much to say
"not supported"; in between stands "undecided".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from perovex.errors import ClaimError
from perovex.explain.attribution.draws import interval, refit_bootstrap
from perovex.explain.directions.effects import shape_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from perovex.explain.claims.evidence import Evidence

Word = Literal["supported", "not supported", "undecided"]
_ALIAS = 0.8  # abs(Spearman) from which a descriptor counts as an alias of a concept


@dataclass(frozen=True)
class Finding:
    """Outcome of a criterion.

    Attributes
    ----------
    verdict : {"supported", "not supported", "undecided"}
        Outcome.
    reason : str
        Why, in words.
    numbers : dict
        What it rests on.
    """

    verdict: Word
    reason: str
    numbers: dict[str, Any] = field(default_factory=dict)


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
    found = [str(c) for p in patterns for c in columns if fnmatchcase(str(c), p)]
    return list(dict.fromkeys(found))


def _concepts(evidence: Evidence, parameters: Mapping[str, Any]) -> dict[str, list[str]]:
    columns = evidence.explanation.X.columns
    return {name: members(patterns, columns) for name, patterns in parameters["concepts"].items()}


def _missing(concepts: Mapping[str, list[str]]) -> Finding | None:
    empty = [name for name, found in concepts.items() if not found]
    if empty:
        return Finding("undecided", f"no descriptor in the table for: {', '.join(empty)}")
    return None


def _joint(values: NDArray[np.float64], position: NDArray[np.int64]) -> float:
    return float(np.abs(values[:, position].sum(axis=1)).mean())


def _competitors(evidence: Evidence, taken: set[str]) -> dict[str, NDArray[np.int64]]:
    """Correlation groups of the descriptors that belong to no concept."""
    columns = evidence.explanation.X.columns
    groups = evidence.ranking.clusters.members
    rest = {name: [d for d in found if d not in taken] for name, found in groups.items()}
    return {name: columns.get_indexer(pd.Index(found)) for name, found in rest.items() if found}


def _aliases(evidence: Evidence, concept: Sequence[str]) -> list[str]:
    correlation = evidence.ranking.clusters.correlation.loc[:, list(concept)].abs().max(axis=1)
    return [str(d) for d in correlation.index[correlation >= _ALIAS] if d not in concept]


def _probability_in_top(
    evidence: Evidence, concept: Sequence[str], others: Mapping[str, Sequence[str]], k: int
) -> tuple[float, float]:
    """Probability that a concept ranks in the top k among concepts and groups, and its mean share."""
    columns = evidence.explanation.X.columns
    taken = set(concept).union(*others.values()) if others else set(concept)
    units = [columns.get_indexer(pd.Index(list(concept)))]
    units += [columns.get_indexer(pd.Index(list(m))) for m in others.values()]
    units += list(_competitors(evidence, taken).values())
    draws = refit_bootstrap(evidence.explanation, n_resamples=len(evidence.ranking.draws), progress=False)
    importance = np.array([[_joint(d.values, unit) for unit in units] for d in draws])
    ranks = np.array([rankdata(-row) for row in importance])
    total = np.maximum(importance.sum(axis=1), 1e-300)
    return float((ranks[:, 0] <= k).mean()), float((importance[:, 0] / total).mean())


def _without(wide: Mapping[str, list[str]], name: str, taken: Sequence[str]) -> dict[str, list[str]]:
    """Return the other concepts with their aliases, less what the concept in question takes."""
    rest = {n: [d for d in m if d not in taken] for n, m in wide.items() if n != name}
    return {n: m for n, m in rest.items() if m}


def judge_top_k(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge whether concepts rank in the top k among groups of correlated descriptors."""
    concepts = _concepts(evidence, parameters)
    missing = _missing(concepts)
    if missing:
        return missing
    k, wanted, refuted = int(parameters["k"]), float(parameters["probability"]), float(parameters["refuted"])
    noise = float(parameters["noise"])
    columns = evidence.explanation.X.columns
    numbers, verdicts, reasons = {}, [], []
    aliases = {name: _aliases(evidence, found) for name, found in concepts.items()}
    wide = {name: [*found, *aliases[name]] for name, found in concepts.items()}
    for name, found in concepts.items():
        p, share = _probability_in_top(evidence, found, _without(wide, name, found), k)
        own = [*found, *(a for a in aliases[name] if not any(a in m for n, m in concepts.items() if n != name))]
        p_wide = p if len(own) == len(found) else _probability_in_top(evidence, own, _without(wide, name, own), k)[0]
        above = evidence.ranking.noise.set_above(columns.get_indexer(pd.Index(found)))
        numbers[name] = {
            "descriptors": found,
            "p_top_k": p,
            "share": share,
            "p_above_noise": above,
            "aliases": own[len(found) :],
            "p_top_k_with_aliases": p_wide,
        }
        if p >= wanted and above >= noise:
            verdicts.append("supported")
        elif p_wide <= refuted:
            verdicts.append("not supported")
        else:
            verdicts.append("undecided")
        reasons.append(f"{name}: in the top {k} with probability {p:.2f}, above noise in {above:.2f} of models")
    return Finding(_all(verdicts), "; ".join(reasons), numbers)


def judge_sign(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge whether the joint SHAP value of each concept moves with its value in one direction."""
    concepts = _concepts(evidence, parameters)
    missing = _missing(concepts)
    if missing:
        return missing
    direction, noise = float(parameters["direction"]), float(parameters["noise"])
    explanation = evidence.explanation
    columns = explanation.X.columns
    draws = refit_bootstrap(explanation, n_resamples=len(evidence.ranking.draws), progress=False)
    numbers, verdicts, reasons = {}, [], []
    for name, found in concepts.items():
        position = columns.get_indexer(pd.Index(found))
        value = explanation.X[found[0]].to_numpy()
        pooled = explanation.repeats.mean(axis=0)[:, position].sum(axis=1)
        point = shape_of(value, pooled)["spearman"]
        resampled = [shape_of(value[d.rows], d.values[:, position].sum(axis=1))["spearman"] for d in draws]
        lower, upper = interval(resampled)
        above = evidence.ranking.noise.set_above(position)
        raw = shape_of(value, explanation.problem.y.to_numpy(dtype=float))["spearman"]
        numbers[name] = {
            "descriptor": found[0],
            "spearman": point,
            "lower": lower,
            "upper": upper,
            "p_above_noise": above,
            "spearman_with_target": raw,
        }
        low, high = sorted((direction * lower, direction * upper))
        if above < noise:
            verdicts.append("undecided")
        elif low > 0:
            verdicts.append("supported")
        elif high < 0:
            verdicts.append("not supported")
        else:
            verdicts.append("undecided")
        reasons.append(
            f"{name}: Spearman {point:.2f} ({lower:.2f} to {upper:.2f}), above noise in {above:.2f} of models"
        )
    return Finding(_all(verdicts), "; ".join(reasons), numbers)


def judge_share(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge whether concepts carry a share of the output against all other descriptors together."""
    concepts = _concepts(evidence, parameters)
    missing = _missing(concepts)
    if missing:
        return missing
    wanted, noise = float(parameters["share"]), float(parameters["noise"])
    columns = evidence.explanation.X.columns
    draws = refit_bootstrap(evidence.explanation, n_resamples=len(evidence.ranking.draws), progress=False)
    numbers, verdicts, reasons = {}, [], []
    for name, found in concepts.items():
        inside = columns.get_indexer(pd.Index(found))
        outside = np.setdiff1d(np.arange(len(columns)), inside)
        parts = np.array([[_joint(d.values, inside), _joint(d.values, outside)] for d in draws])
        shares = parts[:, 0] / np.maximum(parts.sum(axis=1), 1e-300)
        lower, upper = interval(shares)
        above = evidence.ranking.noise.set_above(inside)
        aliases = _aliases(evidence, found)
        numbers[name] = {
            "descriptors": found,
            "share": float(shares.mean()),
            "lower": lower,
            "upper": upper,
            "p_above_noise": above,
            "aliases": aliases,
        }
        if lower > wanted and above >= noise:
            verdicts.append("supported")
        elif upper < wanted:
            verdicts.append("undecided" if aliases else "not supported")
        else:
            verdicts.append("undecided")
        reasons.append(f"{name}: share {shares.mean():.2f} ({lower:.2f} to {upper:.2f})")
        if aliases and verdicts[-1] == "undecided":
            reasons.append(f"correlated descriptors may hold its credit: {', '.join(aliases[:4])}")
    return Finding(_all(verdicts), "; ".join(reasons), numbers)


def judge_transfer(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge whether a source model with one family beats the better mean baseline on unseen spacers."""
    result = evidence.transfer
    if result is None:
        return Finding("undecided", "no transfer test was made")
    if not result.possible:
        return Finding("undecided", result.reason)
    numbers: dict[str, Any] = {
        "n_source": result.n_source,
        "n_target": result.n_target,
        "n_target_groups": result.n_target_groups,
        "n_shared_groups": result.n_shared_groups,
    }
    small = [
        f"{numbers[name]} {words}, {parameters[limit]} are required"
        for name, limit, words in (
            ("n_target", "min_target", "target crystals"),
            ("n_target_groups", "min_target_groups", "target groups"),
        )
        if numbers[name] < parameters[limit]
    ]
    if small:
        return Finding("undecided", "; ".join(small), numbers)
    row = result.row("source only", family=parameters["family"])
    if row is None or not np.isfinite(row["gain"]):
        return Finding("undecided", f"no source model with the family {parameters['family']!r}", numbers)
    keys = ("loss", "gain", "gain_lower", "gain_upper")
    numbers |= {key: float(row[key]) for key in keys}
    same = result.row("source only", family=parameters["family"], variant="same spacers")
    if same is not None:
        numbers["same_spacers"] = {key: float(same[key]) for key in keys}
    every = result.row("source only")
    if every is not None:
        numbers["all_descriptors"] = {key: float(every[key]) for key in keys}
    verdict: Word = "supported" if row["gain_lower"] > 0 else "not supported" if row["gain_upper"] <= 0 else "undecided"
    reason = f"gain over the better mean {row['gain']:.3g} ({row['gain_lower']:.3g} to {row['gain_upper']:.3g})"
    return Finding(verdict, reason, numbers)


def _all(verdicts: Sequence[str]) -> Word:
    """All supported; or one refuted; or undecided."""
    if all(v == "supported" for v in verdicts):
        return "supported"
    return "not supported" if "not supported" in verdicts else "undecided"


CRITERIA: dict[str, Criterion] = {
    "top_k": Criterion(
        "Each concept (its descriptors' SHAP values added up) ranks in the top {k} among the other "
        "concepts, each with its correlated aliases, and all groups of other correlated descriptors in at "
        "least {probability:.0%} of draws of groups and seeds, and beats the best shuffled group in at least "
        "{noise:.0%} of models. Not supported where one concept, together with its correlated aliases, ranks "
        "there in at most {refuted:.0%} of draws.",
        judge_top_k,
        needs_skill=True,
        needs=("concepts", "k", "probability", "refuted", "noise"),
    ),
    "sign": Criterion(
        "For each concept the 90 % interval over draws of groups and seeds of the Spearman correlation "
        "between its value and its SHAP value towards stiff lies on the claimed side of zero (direction "
        "{direction:+d}), and it beats the best shuffled group in at least {noise:.0%} of models. Not "
        "supported where one interval lies on the other side.",
        judge_sign,
        needs_skill=True,
        needs=("concepts", "direction", "noise"),
    ),
    "share": Criterion(
        "The 90 % interval over draws of groups and seeds of the concept's share of the output (mean "
        "absolute sum of its SHAP values against that of all others) lies above {share:.0%}, and the "
        "concept beats the best shuffled group in at least {noise:.0%} of models. Not supported where the "
        "interval lies below and no descriptor outside is an alias.",
        judge_share,
        needs_skill=True,
        needs=("concepts", "share", "noise"),
    ),
    "transfer": Criterion(
        "On at least {min_target} target crystals of at least {min_target_groups} spacers, a model fitted "
        "on the source with the family {family!r} only, spacers held out, beats the better of source mean "
        "and target mean: the 90 % interval over spacers of the paired difference in loss lies above "
        "zero. Not supported where it lies at or below zero.",
        judge_transfer,
        needs_skill=False,
        needs=("family", "min_target", "min_target_groups"),
    ),
}


def criterion(name: str) -> Criterion:
    """Look up a criterion.

    Raises
    ------
    ClaimError
        If there is none of that name.
    """
    if name not in CRITERIA:
        raise ClaimError(f"unknown criterion {name!r}", remedy=f"use one of {', '.join(CRITERIA)}")
    return CRITERIA[name]
