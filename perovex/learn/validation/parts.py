"""Scores within parts of the data: by source, halide, n, phase, clusters of like spacers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._seeds import seed_for
from perovex.learn import metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

COLUMNS = ["part", "value", "model", "n_rows", "n_groups", "metric", "score", "lower", "upper"]
BIAS, COVERED = "bias", "coverage"
_SMALLEST = 3


def part_scores(
    predictions: pd.DataFrame,
    parts: Iterable[tuple[str, NDArray[Any]]],
    *,
    classify: bool,
    n_resamples: int = 1000,
    random_state: int = 0,
) -> pd.DataFrame:
    """Score held-out predictions within parts of the data, with intervals over groups.

    Parameters
    ----------
    predictions : DataFrame
        As `Evaluation.predictions`.
    parts : iterable of (str, ndarray)
        Name of each division (``"halide"``) and the value of each row of the table (by position ``row``).
    classify : bool
    n_resamples : int
        Bootstrap resamples of groups.
    random_state : int

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: one row for each part, value, model and metric. To the scores come ``bias`` (mean of prediction
        minus truth, or of probability minus share) and ``coverage`` of the intervals where there are any. A score
        that a part does not allow (R2 of equal values, one class only) is NaN; parts of fewer than three crystals
        have no scores but are listed.

    Examples
    --------
    >>> held = pd.DataFrame({"model": "model", "repeat": 0, "row": range(6), "group": list("abcabc"),
    ...                      "truth": [1.0, 2, 3, 4, 5, 6], "prediction": [2.0, 3, 4, 4, 5, 6]})
    >>> table = part_scores(held, [("halide", np.array(["Cl"] * 3 + ["I"] * 3))], classify=False)
    >>> table.query("metric == 'bias'")["score"].tolist()
    [1.0, 0.0]
    """
    functions = dict(metrics.CLASSIFICATION if classify else metrics.REGRESSION) | {BIAS: bias}
    rows: list[dict[str, Any]] = []
    for part, values in parts:
        of_row = np.asarray(values)[predictions["row"].to_numpy()]
        keyed = pd.Series(of_row, index=predictions.index).map(_word)
        for (value, model), piece in predictions.groupby([keyed, "model"], sort=True):
            head = {"part": part, "value": value, "model": model}
            head |= {"n_rows": piece["row"].nunique(), "n_groups": piece["group"].nunique()}
            rows += [head | entry for entry in _scores(piece, functions, n_resamples, random_state)]
    return pd.DataFrame(rows, columns=COLUMNS)


def bias(y: NDArray[Any], p: NDArray[Any], w: NDArray[Any]) -> NDArray[np.float64]:
    """Mean of prediction minus truth; shapes as in `perovex.learn.metrics`."""
    return w @ (p - y) / w.sum(axis=1)


def _word(value: Any) -> str:
    """Name of a value in a table: a number without needless digits, infinity as 3D networks have it."""
    if isinstance(value, (float, np.floating)):
        return f"{value:g}"
    return str(value)


def _scores(
    piece: pd.DataFrame, functions: dict[str, Any], n_resamples: int, random_state: int
) -> list[dict[str, Any]]:
    """Every metric of one model in one part: mean over repeats, and interval over resampled groups."""
    nothing = {"score": np.nan, "lower": np.nan, "upper": np.nan}
    if piece["row"].nunique() < _SMALLEST:
        return [{"metric": metric, **nothing} for metric in functions]
    names = pd.unique(piece["group"])
    codes = pd.Index(names).get_indexer(pd.Index(piece["group"]))
    seed = seed_for(random_state, "groups within a part")
    counts = np.vstack([np.ones((1, len(names))), metrics.bootstrap_counts(len(names), n_resamples, seed)])
    repeats = piece["repeat"].to_numpy()
    entries = []
    for metric, function in functions.items():
        drawn = _over_repeats(function, piece["truth"], piece["prediction"], repeats, counts, codes)
        lower, upper = metrics.bootstrap_interval(drawn[1:], len(names))
        entries.append({"metric": metric, "score": float(drawn[0]), "lower": lower, "upper": upper})
    if "lower" in piece and piece["lower"].notna().any():
        inside = (piece["truth"] >= piece["lower"]) & (piece["truth"] <= piece["upper"])
        drawn = _over_repeats(_share, inside, inside, repeats, counts, codes)
        lower, upper = metrics.bootstrap_interval(drawn[1:], len(names))
        entries.append({"metric": COVERED, "score": float(drawn[0]), "lower": lower, "upper": upper})
    return entries


def _over_repeats(
    function: Any, truth: pd.Series, guess: pd.Series, repeats: NDArray[Any], counts: NDArray[Any], codes: NDArray[Any]
) -> NDArray[np.float64]:
    y, p = truth.to_numpy(float), guess.to_numpy(float)
    each = []
    for repeat in np.unique(repeats):
        own = repeats == repeat
        with np.errstate(all="ignore"):
            each.append(metrics.resampled(function, y[own], p[own], counts, codes[own]))
    return np.asarray(np.mean(each, axis=0))


def _share(y: NDArray[Any], _p: NDArray[Any], w: NDArray[Any]) -> NDArray[np.float64]:
    return w @ y / w.sum(axis=1)
