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
from perovex.explain.directions.effects import shape_of
from perovex.explain.statistics import interval, share_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from perovex.explain.claims.evidence import Evidence
    from perovex.explain.transfer.result import TransferResult

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
    importance = np.array([[_joint(draw.values, unit) for unit in units] for draw in evidence.ranking.draws])
    ranks = np.array([rankdata(-row) for row in importance])
    total = np.maximum(importance.sum(axis=1), 1e-300)
    return float((ranks[:, 0] <= k).mean()), float((importance[:, 0] / total).mean())


def _without(wide: Mapping[str, list[str]], name: str, taken: Sequence[str]) -> dict[str, list[str]]:
    """Return the other concepts with their aliases, less what the concept in question takes."""
    rest = {n: [d for d in m if d not in taken] for n, m in wide.items() if n != name}
    return {n: m for n, m in rest.items() if m}


def _reaches(share: float, wanted: float, n_draws: int) -> bool:
    """Whether a share of draws reaches a threshold by more than its Monte-Carlo error, or is all of them."""
    return share >= 1 or share - share_error(share, n_draws) >= wanted


def _stays_below(share: float, limit: float, n_draws: int) -> bool:
    """Whether a share of draws stays below a threshold by more than its Monte-Carlo error; few draws never do."""
    return share + share_error(share, n_draws) <= limit


def judge_top_k(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge whether concepts rank in the top k among groups of correlated descriptors."""
    concepts = _concepts(evidence, parameters)
    missing = _missing(concepts)
    if missing:
        return missing
    aliases = {name: _aliases(evidence, descriptors) for name, descriptors in concepts.items()}
    numbers, reasons = {}, []
    for name in concepts:
        numbers[name] = _top_k_of_one(evidence, parameters, concepts, aliases, name)
        reasons.append(
            f"{name}: in the top {parameters['k']} with probability {numbers[name]['p_top_k']:.2f} "
            f"(Monte-Carlo error {numbers[name]['p_top_k_error']:.2f}), above noise in "
            f"{numbers[name]['p_above_noise']:.2f} of models"
        )
    return Finding(_all([entry["verdict"] for entry in numbers.values()]), "; ".join(reasons), numbers)


def _top_k_of_one(
    evidence: Evidence,
    parameters: Mapping[str, Any],
    concepts: Mapping[str, list[str]],
    aliases: Mapping[str, list[str]],
    name: str,
) -> dict[str, Any]:
    """Numbers and verdict of one concept."""
    k, descriptors = int(parameters["k"]), concepts[name]
    wide = {other: [*found, *aliases[other]] for other, found in concepts.items()}
    p, share = _probability_in_top(evidence, descriptors, _without(wide, name, descriptors), k)
    # its aliases may hold its credit, unless they are aliases of another concept as well
    elsewhere = {a for other, found in concepts.items() if other != name for a in found}
    own = [*descriptors, *(a for a in aliases[name] if a not in elsewhere)]
    p_wide = p
    if len(own) > len(descriptors):
        p_wide, _ = _probability_in_top(evidence, own, _without(wide, name, own), k)
    position = evidence.explanation.X.columns.get_indexer(pd.Index(descriptors))
    noise = evidence.ranking.noise
    above, n_draws = noise.set_above(position), len(evidence.ranking.draws)

    verdict: Word = "undecided"
    if _reaches(p, float(parameters["probability"]), n_draws) and _reaches(
        above, float(parameters["noise"]), noise.n_models
    ):
        verdict = "supported"
    elif _stays_below(p_wide, float(parameters["refuted"]), n_draws):
        verdict = "not supported"
    return {
        "verdict": verdict,
        "descriptors": descriptors,
        "p_top_k": p,
        "p_top_k_error": share_error(p, n_draws),
        "share": share,
        "p_above_noise": above,
        "p_above_noise_error": share_error(above, noise.n_models),
        "aliases": own[len(descriptors) :],
        "p_top_k_with_aliases": p_wide,
    }


def judge_sign(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge whether the SHAP value of each descriptor moves with its own value in one direction."""
    concepts = _concepts(evidence, parameters)
    missing = _missing(concepts)
    if missing:
        return missing
    noise = evidence.ranking.noise
    numbers: dict[str, Any] = {}
    reasons = []
    for name, descriptors in concepts.items():
        position = evidence.explanation.X.columns.get_indexer(pd.Index(descriptors))
        above = noise.set_above(position)
        signs = {descriptor: _sign_of_one(evidence, descriptor) for descriptor in descriptors}
        verdict: Word = "undecided"
        if _reaches(above, float(parameters["noise"]), noise.n_models):
            verdict = _side(list(signs.values()), float(parameters["direction"]))
        numbers[name] = {
            "verdict": verdict,
            "p_above_noise": above,
            "p_above_noise_error": share_error(above, noise.n_models),
            "descriptors": signs,
        }
        listed = ", ".join(f"{d} {s['spearman']:.2f} ({s['lower']:.2f} to {s['upper']:.2f})" for d, s in signs.items())
        reasons.append(f"{name}: Spearman of {listed}, above noise in {above:.2f} of models")
    return Finding(_all([entry["verdict"] for entry in numbers.values()]), "; ".join(reasons), numbers)


def _side(signs: Sequence[Mapping[str, Any]], direction: float) -> Word:
    """Supported where one interval lies on the claimed side and none on the other; refuted the other way round."""
    claimed = [min(direction * s["lower"], direction * s["upper"]) > 0 for s in signs]
    opposed = [max(direction * s["lower"], direction * s["upper"]) < 0 for s in signs]
    if any(claimed) and not any(opposed):
        return "supported"
    return "not supported" if any(opposed) and not any(claimed) else "undecided"


def _sign_of_one(evidence: Evidence, descriptor: str) -> dict[str, Any]:
    """Spearman of a descriptor's own value with its own SHAP value, never with a sum over others."""
    explanation = evidence.explanation
    j = list(explanation.X.columns).index(descriptor)
    value = explanation.X[descriptor].to_numpy()
    resampled = [shape_of(value[draw.rows], draw.values[:, j])["spearman"] for draw in evidence.ranking.draws]
    lower, upper = interval(resampled)
    return {
        "spearman": shape_of(value, explanation.repeats.mean(axis=0)[:, j])["spearman"],
        "lower": lower,
        "upper": upper,
        "members": {m: shape_of(value, v.mean(axis=0)[:, j])["spearman"] for m, v in explanation.members.items()},
        "spearman_with_target": shape_of(value, explanation.problem.y.to_numpy(dtype=float))["spearman"],
    }


def judge_share(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge whether concepts carry a share of the output against all other descriptors together."""
    concepts = _concepts(evidence, parameters)
    missing = _missing(concepts)
    if missing:
        return missing
    numbers, reasons = {}, []
    for name, descriptors in concepts.items():
        entry = _share_of_one(evidence, parameters, descriptors)
        numbers[name] = entry
        reasons.append(f"{name}: share {entry['share']:.2f} ({entry['lower']:.2f} to {entry['upper']:.2f})")
        if entry["aliases"] and entry["verdict"] == "undecided":
            reasons.append(f"correlated descriptors may hold its credit: {', '.join(entry['aliases'][:4])}")
    return Finding(_all([entry["verdict"] for entry in numbers.values()]), "; ".join(reasons), numbers)


def _share_of_one(evidence: Evidence, parameters: Mapping[str, Any], descriptors: list[str]) -> dict[str, Any]:
    """Numbers and verdict of one concept."""
    columns = evidence.explanation.X.columns
    inside = columns.get_indexer(pd.Index(descriptors))
    outside = np.setdiff1d(np.arange(len(columns)), inside)
    draws = evidence.ranking.draws
    parts = np.array([[_joint(draw.values, inside), _joint(draw.values, outside)] for draw in draws])
    shares = parts[:, 0] / np.maximum(parts.sum(axis=1), 1e-300)
    lower, upper = interval(shares)
    noise = evidence.ranking.noise
    above = noise.set_above(inside)
    aliases = _aliases(evidence, descriptors)
    wanted = float(parameters["share"])
    verdict: Word = "undecided"
    if lower > wanted and _reaches(above, float(parameters["noise"]), noise.n_models):
        verdict = "supported"
    elif upper < wanted and not aliases:
        verdict = "not supported"
    return {
        "verdict": verdict,
        "descriptors": descriptors,
        "share": float(shares.mean()),
        "lower": lower,
        "upper": upper,
        "p_above_noise": above,
        "p_above_noise_error": share_error(above, noise.n_models),
        "aliases": aliases,
    }


def judge_transfer(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge what a source model with one family tells of target crystals of unseen spacers: order, or level."""
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
    score = _judged_score(result, parameters["judge"])
    if score not in row or not np.isfinite(row[score]):
        return Finding("undecided", f"{score} was not measured", numbers)
    keys = [str(key) for key in row.index if str(key).startswith(("loss", "gain", "auc", "spearman"))]
    numbers |= {key: float(row[key]) for key in keys}
    for name, other in (
        ("same_spacers", result.row("source only", family=parameters["family"], variant="same spacers")),
        ("all_descriptors", result.row("source only")),
        ("composition", result.row("source only", family="composition")),
    ):
        if other is not None:
            numbers[name] = {key: float(other[key]) for key in keys}
    chance = 0.5 if score == "auc" else 0.0
    lower, upper = float(row[f"{score}_lower"]), float(row[f"{score}_upper"])
    verdict: Word = "undecided"
    if lower > chance:
        verdict = "supported"
    elif upper <= chance:
        verdict = "not supported"
    name = "gain over the better mean" if score == "gain" else score
    return Finding(verdict, f"{name} {row[score]:.3g} ({lower:.3g} to {upper:.3g})", numbers)


def judge_beyond(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge whether descriptors go with the target in one direction where all strata are equal."""
    table = evidence.associations
    if table is None or not (table["kind"] == "partial").any():
        return Finding("undecided", "associations within strata were not measured")
    direction = float(parameters["direction"])
    numbers: dict[str, dict[str, Any]] = {}
    reasons = []
    for name, patterns in parameters["concepts"].items():
        descriptors = members(patterns, pd.Index(table["descriptor"].unique()))
        if not descriptors:
            return Finding("undecided", f"no descriptor was measured for: {name}")
        of_concept = table[table["descriptor"].isin(descriptors) & (table["kind"] == "partial")]
        last = of_concept.groupby("descriptor", sort=False).tail(1)  # the one with all strata held equal
        rows: list[dict[str, Any]] = [dict(row) for _, row in last.iterrows()]
        verdict = _side(rows, direction)
        everything = table[table["descriptor"].isin(descriptors)].drop(columns="sign")
        numbers[name] = {"verdict": verdict, "views": everything.to_dict(orient="records")}
        words = [f"{r['descriptor']} {r['estimate']:.2f} ({r['lower']:.2f} to {r['upper']:.2f})" for r in rows]
        reasons.append(f"{name}, {rows[0]['view']}: {', '.join(words)}")
    return Finding(_all([entry["verdict"] for entry in numbers.values()]), "; ".join(reasons), numbers)


def _judged_score(result: TransferResult, judged: str) -> str:
    """Column of the table that a claim is judged by."""
    if judged == "level":
        return "gain"
    if judged == "ranks beyond":
        return f"spearman given {result.given}"
    return "auc" if result.classifier else "spearman"


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
        "there in at most {refuted:.0%} of draws. Undecided within the Monte-Carlo error of these shares.",
        judge_top_k,
        needs_skill=True,
        needs=("concepts", "k", "probability", "refuted", "noise"),
    ),
    "sign": Criterion(
        "For each concept the 90 % interval over draws of groups and seeds of the Spearman correlation between the "
        "value of a descriptor and its own SHAP value towards stiff lies on the claimed side of zero (direction "
        "{direction:+d}) for one descriptor and on the other side for none, and the concept beats the best shuffled "
        "group in at least {noise:.0%} of models. Not supported where an interval lies on the other side, and none on "
        "the claimed one.",
        judge_sign,
        needs_skill=True,
        needs=("concepts", "direction", "noise"),
    ),
    "beyond": Criterion(
        "The 95 % interval over spacers of the rank correlation with the modulus, all strata (halide, n, source) held "
        "equal, lies on the claimed side of zero (direction {direction:+d}) for one descriptor of each concept and on "
        "the other side for none. Not supported the other way round. What a descriptor does through packing counts: "
        "that is how it acts, not a rival.",
        judge_beyond,
        needs_skill=False,
        needs=("concepts", "direction"),
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
        "On at least {min_target} target crystals of at least {min_target_groups} spacers, of a model fitted on the "
        "source with the family {family!r} only, spacers held out, judged by {judge!r}: 'ranks' asks that the 95 % "
        "interval over spacers of the rank correlation (classes: ROC-AUC) with the target lies above chance, 'ranks "
        "beyond' the same within one halide, 'level' that the 90 % interval of the paired difference in loss to the "
        "better of source mean and target mean lies above zero. Not supported where the interval lies at or below.",
        judge_transfer,
        needs_skill=False,
        needs=("family", "judge", "min_target", "min_target_groups"),
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
