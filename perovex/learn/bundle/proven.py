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
    lacking: list[str] = []
    shown: list[str] = []
    for target, row in _measured(metrics, "R2"):
        score, lower, upper = (number(row[key]) for key in ("score", "lower", "upper"))
        few = "" if np.isfinite(lower) else ", too few for an interval"
        words = f"{target} {with_interval(score, lower, upper)} ({row['n_rows']} crystals{few})"
        (shown if lower > 0 else lacking).append(words)
    if not lacking:
        return ""
    text = f"on crystals whose structure was measured no skill is shown: held-out R2 of {', '.join(lacking)}"
    return f"{text}; skill is shown for {', '.join(shown)}" if shown else text


def narrow(metrics: Mapping[str, Any], widening: Mapping[str, Mapping[str, Any]] | None = None) -> str:
    """Say for which targets prediction intervals are too narrow on crystals from experiment; empty where they hold.

    Parameters
    ----------
    metrics : mapping
        Target to `Evaluation.to_dict`, as a manifest holds them.
    widening : mapping, optional
        Target to `Widening` as a dict, as a manifest holds them: what predictions do about it.

    Examples
    --------
    >>> row = {"part": "source", "value": "experiment", "model": "model", "metric": "coverage", "n_rows": 60}
    >>> entry = {"by_part": [{**row, "score": 0.78, "lower": 0.65, "upper": 0.88}], "coverage": [{"nominal": 0.9}]}
    >>> narrow({"E_vrh": entry})
    'on crystals whose structure was measured 90% intervals are too narrow: they hold 78% [65%, 88%] for E_vrh'
    >>> narrow({"E_vrh": entry}, {"E_vrh": {"factor": 1.52, "before": 0.74, "after": 0.9, "coverage": 0.9}})
    'intervals are longer by 1.5 (E_vrh) so that 90% hold on crystals whose structure was measured, where 74% would;
    held out, 90% do'
    """
    widening = widening or {}
    lines, asked = [], float("nan")
    for target, row in _measured(metrics, "coverage"):
        if target in widening:
            continue
        rows = metrics[target].get("coverage") or [{}]
        asked = number(rows[0].get("nominal"))
        score, lower, upper = (number(row[key]) for key in ("score", "lower", "upper"))
        if upper < asked:
            lines.append(f"{score:.0%} [{lower:.0%}, {upper:.0%}] for {target}")
    where = f"on crystals whose structure was measured {asked:.0%} intervals are too narrow"
    remaining = f"{where}: they hold {', '.join(lines)}" if lines else ""
    return "; ".join(filter(None, [_widened(widening) if widening else "", remaining]))


def _widened(widening: Mapping[str, Mapping[str, Any]]) -> str:
    factors = ", ".join(f"{needed['factor']:.1f} ({target})" for target, needed in widening.items())
    asked = next(iter(widening.values()))["coverage"]
    before, after = (", ".join(f"{needed[key]:.0%}" for needed in widening.values()) for key in ("before", "after"))
    return (
        f"intervals are longer by {factors} so that {asked:.0%} hold on crystals whose structure was measured, where "
        f"{before} would; held out, {after} do"
    )


def cautions(manifest: Mapping[str, Any]) -> list[str]:
    """Return what `unproven` and `narrow` say of models, without what is empty.

    Parameters
    ----------
    manifest : mapping
        ``metrics`` and ``widening`` of the manifest.

    Examples
    --------
    >>> cautions({})
    []
    """
    metrics = manifest.get("metrics") or {}
    return [text for text in (unproven(metrics), narrow(metrics, manifest.get("widening"))) if text]


def _measured(metrics: Mapping[str, Any], metric: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Targets with a score of this metric on crystals from experiment."""
    entries = {target: entry for target, entry in metrics.items() if isinstance(entry, dict)}
    rows = [(target, part_score(entry, "source", MEASURED, metric)) for target, entry in entries.items()]
    return [(target, row) for target, row in rows if row is not None]
