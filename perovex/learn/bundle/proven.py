"""Held-out scores on crystals whose structure was measured: what a reader needs before a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MEASURED = "experiment"  # source of crystals whose structure was measured


class PartScore(NamedTuple):
    """Score of a target within a part of the data, with its interval; NaN where it could not be told."""

    target: str
    value: float
    lower: float
    upper: float
    n_rows: int


def part_score(entry: Mapping[str, Any], part: str, value: str, metric: str) -> Mapping[str, Any] | None:
    """Return the score of a model within a part of the data, or None where it was not measured.

    Parameters
    ----------
    entry : mapping
        `Evaluation.to_dict` of one target.
    part, value, metric : str
        Such as ``"source"``, ``"experiment"`` and ``"R2"``.
    """
    wanted = (part, value, metric, "model")
    for row in entry.get("by_part") or []:
        score: Mapping[str, Any] = row
        if tuple(str(score.get(key)) for key in ("part", "value", "metric", "model")) == wanted:
            return score
    return None


def number(value: Any) -> float:
    """Return a number of a JSON file, in which NaN is null or a word.

    Examples
    --------
    >>> number(1.5), number(None)
    (1.5, nan)
    """
    return float(value) if isinstance(value, (int, float)) else float("nan")


def experiment_scores(metrics: Mapping[str, Any], metric: str) -> list[PartScore]:
    """Return the scores of targets on crystals from experiment, of those that were scored there.

    Parameters
    ----------
    metrics : mapping
        Target to `Evaluation.to_dict`, as a manifest holds them.
    metric : str
        Such as ``"R2"``.
    """
    scores = []
    for target, entry in metrics.items():
        row = part_score(entry, "source", MEASURED, metric) if isinstance(entry, dict) else None
        if row is not None:
            value, lower, upper = (number(row[key]) for key in ("score", "lower", "upper"))
            scores.append(PartScore(target, value, lower, upper, row["n_rows"]))
    return scores


def narrow_coverages(metrics: Mapping[str, Any], widened: Collection[str]) -> tuple[float, list[PartScore]]:
    """Find targets whose intervals are too narrow on crystals from experiment, even at the upper end of coverage.

    Parameters
    ----------
    metrics : mapping
        Target to `Evaluation.to_dict`, as a manifest holds them.
    widened : collection of str
        Targets about whose intervals something was done; they are left out.

    Returns
    -------
    asked : float
        Coverage that was asked for; NaN where no target was scored.
    scores : list of PartScore
    """
    asked, lacking = float("nan"), []
    for score in experiment_scores(metrics, "coverage"):
        if score.target in widened:
            continue
        rows = metrics[score.target].get("coverage") or [{}]
        asked = number(rows[0].get("nominal"))
        if score.upper < asked:
            lacking.append(score)
    return asked, lacking
