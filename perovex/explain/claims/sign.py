"""Whether the model pushes stiffness the claimed way as a descriptor grows, one descriptor at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perovex.explain.claims.finding import (
    Criterion,
    Finding,
    Word,
    judge_concepts,
    reaches,
    side,
)
from perovex.explain.directions.effects import shape_of
from perovex.explain.statistics import interval, share_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perovex.explain.claims.evidence import Evidence


def judge_sign(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge whether the SHAP value of each descriptor moves with its own value in one direction."""
    direction, wanted = float(parameters["direction"]), float(parameters["noise"])

    def judge(_: str, descriptors: list[str]) -> dict[str, Any]:
        signs = {descriptor: _of_one(evidence, descriptor, direction, wanted) for descriptor in descriptors}
        told = [sign for sign in signs.values() if sign["above_noise_surely"]]
        return {"verdict": side(told, direction) if told else "undecided", "descriptors": signs}

    return judge_concepts(evidence, parameters, judge)


def _of_one(evidence: Evidence, descriptor: str, direction: float, wanted: float) -> dict[str, Any]:
    """Spearman of a descriptor's own value with its own SHAP value, never with a sum over others; its own verdict."""
    explanation, ranking = evidence.explanation, evidence.ranking
    j = list(explanation.X.columns).index(descriptor)
    value = explanation.X[descriptor].to_numpy()
    resampled = [shape_of(value[draw.rows], draw.values[:, j])["spearman"] for draw in ranking.draws]
    lower, upper = interval(resampled)
    above = ranking.above_noise(descriptor)  # it or its correlation group: within it credit is shared by chance
    surely = reaches(above, wanted, ranking.noise.n_models)
    verdict: Word = side([{"lower": lower, "upper": upper}], direction) if surely else "undecided"
    return {
        "verdict": verdict,
        "spearman": shape_of(value, explanation.repeats.mean(axis=0)[:, j])["spearman"],
        "lower": lower,
        "upper": upper,
        "p_above_noise": above,
        "p_above_noise_error": share_error(above, ranking.noise.n_models),
        "above_noise_surely": surely,
        "members": {m: shape_of(value, v.mean(axis=0)[:, j])["spearman"] for m, v in explanation.members.items()},
        "spearman_with_target": shape_of(value, explanation.problem.y.to_numpy(dtype=float))["spearman"],
    }


SIGN = Criterion(
    "Descriptor by descriptor: the 90 % interval over draws of groups and seeds of the Spearman correlation between "
    "the value of a descriptor and its own SHAP value towards stiff is looked at where the descriptor, or its group of "
    "correlated ones, beats the best shuffled one in at least {noise:.0%} of models. For each concept it lies on the "
    "claimed side of zero (direction {direction:+d}) for one descriptor and on the other side for none. Not supported "
    "where an interval lies on the other side, and none on the claimed one.",
    judge_sign,
    needs_skill=True,
    needs=("concepts", "direction", "noise"),
)
