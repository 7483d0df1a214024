"""Whether a concept carries a share of the output: the rule of claims that something matters strongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.explain.claims.finding import (
    Criterion,
    Finding,
    Word,
    aliases,
    joint,
    judge_concepts,
    positions,
    reaches,
)
from perovex.explain.statistics import interval, share_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perovex.explain.claims.evidence import Evidence


def judge_share(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge whether concepts carry a share of the output against all other descriptors together."""

    def judge(_: str, descriptors: list[str]) -> dict[str, Any]:
        return _of_one(evidence, parameters, descriptors)

    return judge_concepts(evidence, parameters, judge)


def _of_one(evidence: Evidence, parameters: Mapping[str, Any], descriptors: list[str]) -> dict[str, Any]:
    """Numbers and verdict of one concept."""
    inside = positions(evidence, descriptors)
    outside = np.setdiff1d(np.arange(len(evidence.explanation.X.columns)), inside)
    draws = evidence.ranking.draws
    parts = np.array([[joint(draw.values, inside), joint(draw.values, outside)] for draw in draws])
    shares = parts[:, 0] / np.maximum(parts.sum(axis=1), 1e-300)
    lower, upper = interval(shares)
    noise = evidence.ranking.noise
    above = noise.set_above(inside)
    alike = aliases(evidence, descriptors)
    wanted = float(parameters["share"])
    verdict: Word = "undecided"
    if lower > wanted and reaches(above, float(parameters["noise"]), noise.n_models):
        verdict = "supported"
    elif upper < wanted and not alike:
        verdict = "not supported"
    return {
        "verdict": verdict,
        "descriptors": descriptors,
        "share": float(shares.mean()),
        "lower": lower,
        "upper": upper,
        "p_above_noise": above,
        "p_above_noise_error": share_error(above, noise.n_models),
        "aliases": alike,
    }


SHARE = Criterion(
    "The 90 % interval over draws of groups and seeds of the concept's share of the output (mean "
    "absolute sum of its SHAP values against that of all others) lies above {share:.0%}, and the "
    "concept beats the best shuffled group in at least {noise:.0%} of models. Not supported where the "
    "interval lies below and no descriptor outside is an alias.",
    judge_share,
    needs_skill=True,
    needs=("concepts", "share", "noise"),
)
