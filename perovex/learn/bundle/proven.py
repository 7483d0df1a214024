"""For which crystals held-out scores show that models are better than the mean: what a reader needs before a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex._numbers import with_interval

if TYPE_CHECKING:
    from collections.abc import Mapping

MEASURED = "experiment"  # source of crystals whose structure was measured


def part_score(entry: Mapping[str, Any], part: str, value: str, metric: str) -> Mapping[str, Any] | None:
    """Return the score of a model within a part of the data, or None where it was not measured.

    Parameters
    ----------
    entry : mapping
        `Evaluation.to_dict` of one target.
    part, value, metric : str
        Such as ``"source"``, ``"experiment"`` and ``"R2"``.
    """
    keys = {"part": part, "value": value, "metric": metric, "model": "model"}
    rows: list[Mapping[str, Any]] = entry.get("by_part") or []
    return next((row for row in rows if all(str(row.get(k)) == v for k, v in keys.items())), None)


def number(value: Any) -> float:
    """Return a number of a JSON file, in which NaN is null or a word.

    Examples
    --------
    >>> number(1.5), number(None)
    (1.5, nan)
    """
    return float(value) if isinstance(value, (int, float)) else float("nan")


def unproven(metrics: Mapping[str, Any]) -> str:
    """Say for which targets no skill is shown on crystals from experiment; empty where it is, or nobody scored them.

    Parameters
    ----------
    metrics : mapping
        Target to `Evaluation.to_dict`, as a manifest holds them.

    Examples
    --------
    >>> row = {"part": "source", "value": "experiment", "model": "model", "metric": "R2", "n_rows": 20}
    >>> unproven({"E_vrh": {"by_part": [{**row, "score": -0.01, "lower": -0.6, "upper": 0.3}]}})
    'on crystals whose structure was measured no skill is shown: held-out R2 of E_vrh -0.01 [-0.60, 0.30] (20 crystals)'
    """
    lines = []
    for target, entry in metrics.items():
        row = part_score(entry, "source", MEASURED, "R2") if isinstance(entry, dict) else None
        if row is None:
            continue
        score, lower, upper = (number(row[key]) for key in ("score", "lower", "upper"))
        if lower > 0:
            continue
        few = "" if np.isfinite(lower) else ", too few for an interval"
        lines.append(f"{target} {with_interval(score, lower, upper)} ({row['n_rows']} crystals{few})")
    if not lines:
        return ""
    return f"on crystals whose structure was measured no skill is shown: held-out R2 of {', '.join(lines)}"
