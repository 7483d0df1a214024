"""Whether a model of one kind of crystals says something of another kind: their order, or their level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.explain.claims.finding import Criterion, Finding, Lack, Word, undecided

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perovex.explain.claims.evidence import Evidence
    from perovex.explain.transfer.result import TransferResult


def judge_transfer(evidence: Evidence, parameters: Mapping[str, Any]) -> Finding:
    """Judge what a source model with one family tells of target crystals of unseen spacers: order, or level."""
    result = evidence.transfer
    if result is None:
        return undecided("transfer test")
    if not result.possible:
        return undecided("transfer")
    numbers: dict[str, Any] = {
        "n_source": result.n_source,
        "n_target": result.n_target,
        "n_target_groups": result.n_target_groups,
        "n_shared_groups": result.n_shared_groups,
    }
    sizes = (
        Lack("count", ("target crystals",), result.n_target, parameters["min_target"]),
        Lack("count", ("target groups",), result.n_target_groups, parameters["min_target_groups"]),
    )
    lacks = tuple(size for size in sizes if size.have < size.required)
    if lacks:
        return Finding("undecided", numbers, lacks)
    return _verdict(result, parameters, numbers)


def _verdict(result: TransferResult, parameters: Mapping[str, Any], numbers: dict[str, Any]) -> Finding:
    """Judge the score that is asked for, and set the other scores and models beside it."""
    row = result.row("source only", family=parameters["family"])
    if row is None or not np.isfinite(row["gain"]):
        return undecided("source model", numbers=numbers)
    score = _judged_score(result, parameters["judge"])
    if score not in row or not np.isfinite(row[score]):
        return undecided("score", score, numbers=numbers)
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
    return Finding(verdict, numbers, judged_by=score)


def _judged_score(result: TransferResult, judged: str) -> str:
    """Column of the table that a claim is judged by."""
    if judged == "level":
        return "gain"
    if judged == "ranks beyond":
        return f"spearman given {result.given}"
    return "auc" if result.classifier else "spearman"


TRANSFER = Criterion(
    "On at least {min_target} target crystals of at least {min_target_groups} spacers, of a model fitted on the "
    "source with the family {family!r} only, spacers held out, judged by {judge!r}: 'ranks' asks that the 95 % "
    "interval over spacers of the rank correlation (classes: ROC-AUC) with the target lies above chance, 'ranks "
    "beyond' the same within one halide, 'level' that the 90 % interval of the paired difference in loss to the "
    "better of source mean and target mean lies above zero. Not supported where the interval lies at or below.",
    judge_transfer,
    needs_skill=False,
    needs=("family", "judge", "min_target", "min_target_groups"),
)
