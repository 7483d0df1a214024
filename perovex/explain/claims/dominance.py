"""Whether a concept is among the most important: the rule of claims that something dominates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata

from perovex.explain.claims.finding import (
    Criterion,
    Finding,
    Word,
    aliases,
    concepts_of,
    joint,
    judge_concepts,
    positions,
    reaches,
    stays_below,
)
from perovex.explain.statistics import share_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from perovex.explain.claims.evidence import Evidence


def judge_top_k(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge whether concepts rank in the top k among groups of correlated descriptors."""
    concepts = concepts_of(evidence, parameters)
    alike = {name: aliases(evidence, descriptors) for name, descriptors in concepts.items()}

    def judge(name: str, _: list[str]) -> dict[str, Any]:
        return _of_one(evidence, parameters, concepts, alike, name)

    return judge_concepts(evidence, parameters, judge)


def _of_one(
    evidence: Evidence,
    parameters: Mapping[str, Any],
    concepts: Mapping[str, list[str]],
    alike: Mapping[str, list[str]],
    name: str,
) -> dict[str, Any]:
    """Numbers and verdict of one concept."""
    k, descriptors = int(parameters["k"]), concepts[name]
    wide = {other: [*members, *alike[other]] for other, members in concepts.items()}
    p, share = _probability_in_top(evidence, descriptors, _without(wide, name, descriptors), k)
    # its aliases may hold its credit, unless they are aliases of another concept as well
    elsewhere = {a for other, members in concepts.items() if other != name for a in members}
    own = [*descriptors, *(a for a in alike[name] if a not in elsewhere)]
    p_wide = p
    if len(own) > len(descriptors):
        p_wide, _ = _probability_in_top(evidence, own, _without(wide, name, own), k)
    # a smooth model spreads credit over all that are alike, so that noise is told from them together
    noise = evidence.ranking.noise
    above, n_draws = noise.set_above(positions(evidence, own)), len(evidence.ranking.draws)

    leads = reaches(p, float(parameters["probability"]), n_draws)
    beats_noise = reaches(above, float(parameters["noise"]), noise.n_models)
    verdict: Word = "undecided"
    if leads and beats_noise:
        verdict = "supported"
    elif stays_below(p_wide, float(parameters["refuted"]), n_draws):
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


def _probability_in_top(
    evidence: Evidence, concept: Sequence[str], others: Mapping[str, Sequence[str]], k: int
) -> tuple[float, float]:
    """Probability that a concept ranks in the top k among concepts and groups, and its mean share."""
    taken = set(concept).union(*others.values())
    contenders = [positions(evidence, concept)]
    contenders += [positions(evidence, members) for members in others.values()]
    contenders += _competitors(evidence, taken).values()
    importance = np.array([[joint(draw.values, each) for each in contenders] for draw in evidence.ranking.draws])
    ranks = np.array([rankdata(-row) for row in importance])
    total = np.maximum(importance.sum(axis=1), 1e-300)
    return float((ranks[:, 0] <= k).mean()), float((importance[:, 0] / total).mean())


def _competitors(evidence: Evidence, taken: set[str]) -> dict[str, NDArray[np.int64]]:
    """Correlation groups of the descriptors that belong to no concept."""
    groups = evidence.ranking.clusters.members
    rest = {name: [d for d in members if d not in taken] for name, members in groups.items()}
    return {name: positions(evidence, members) for name, members in rest.items() if members}


def _without(wide: Mapping[str, list[str]], name: str, taken: Sequence[str]) -> dict[str, list[str]]:
    """Return the other concepts with their aliases, less what the concept in question takes."""
    left: dict[str, list[str]] = {}
    for other, members in wide.items():
        free = [descriptor for descriptor in members if descriptor not in taken]
        if other != name and free:
            left[other] = free
    return left


TOP_K = Criterion(
    "Each concept (its descriptors' SHAP values added up) ranks in the top {k} among the other "
    "concepts, each with its correlated aliases, and all groups of other correlated descriptors in at "
    "least {probability:.0%} of draws of groups and seeds, and beats, with its aliases, the best shuffled group in at "
    "least {noise:.0%} of models. Not supported where one concept, together with its correlated aliases, ranks "
    "there in at most {refuted:.0%} of draws. Undecided within the Monte-Carlo error of these shares. This asks who "
    "leads, not who matters: a cause that acts through packing ranks below the packing.",
    judge_top_k,
    needs_skill=True,
    needs=("concepts", "k", "probability", "refuted", "noise"),
)
