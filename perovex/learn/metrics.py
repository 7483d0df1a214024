"""Scores, for one sample or for thousands of weighted resamples at once.

Every function takes truth, prediction and weights of shape (B, n) and returns B values: integer weights count
how often a row was drawn in a bootstrap, and ones give the plain score. A score that is undefined (one class
only, constant values) is NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student

from perovex.errors import ModelTableError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]


def _divide(a: Any, b: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(b > 0, a / np.where(b > 0, b, 1.0), np.nan)


def mae(y: Array, p: Array, w: Array) -> Array:
    """Mean absolute error."""
    return w @ np.abs(y - p) / w.sum(axis=1)


def rmse(y: Array, p: Array, w: Array) -> Array:
    """Root mean square error."""
    return np.sqrt(w @ (y - p) ** 2 / w.sum(axis=1))


def r2(y: Array, p: Array, w: Array) -> Array:
    """Coefficient of determination, against the mean of the same sample."""
    total = w.sum(axis=1)
    centre = y.mean()  # shifting keeps digits when the spread is small
    mean = w @ (y - centre) / total
    spread = w @ (y - centre) ** 2 - total * mean**2
    spread = np.where(spread > 1e-12 * np.maximum(w @ y**2, 1e-300), spread, 0.0)
    return 1 - _divide(w @ (y - p) ** 2, spread)


def spearman(y: Array, p: Array, w: Array) -> Array:
    """Rank correlation with mid-ranks for ties."""
    ranks_y, ranks_p = mid_ranks(y, w), mid_ranks(p, w)
    total = w.sum(axis=1, keepdims=True)
    from_mean_y = ranks_y - (w * ranks_y).sum(axis=1, keepdims=True) / total
    from_mean_p = ranks_p - (w * ranks_p).sum(axis=1, keepdims=True) / total
    return _correlation(from_mean_y, from_mean_p, w, smallest=1e-9)


def pearson(y: Array, p: Array, w: Array) -> Array:
    """Linear correlation."""
    total = w.sum(axis=1, keepdims=True)
    from_mean_y = y - (w @ y)[:, None] / total
    from_mean_p = p - (w @ p)[:, None] / total
    return _correlation(from_mean_y, from_mean_p, w, smallest=1e-18)


def _correlation(a: Array, b: Array, w: Array, *, smallest: float) -> Array:
    """Weighted correlation of deviations from the mean; undefined where the product of the spreads is below a limit."""
    spreads = (w * a * a).sum(axis=1) * (w * b * b).sum(axis=1)
    spreads = np.where(spreads > smallest, spreads, 0.0)
    return _divide((w * a * b).sum(axis=1), np.sqrt(spreads))


def _ties(score: Array) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Order by score, first position of each distinct score in it, and the distinct score of each row."""
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    place = np.empty(len(score), dtype=np.int64)
    place[order] = np.cumsum(np.r_[False, ordered[1:] != ordered[:-1]])
    return order, first, place


def mid_ranks(value: Array, w: Array) -> Array:
    """Return ranks counted by weight, ties at the middle, from 0; shape of `w`."""
    order, first, place = _ties(value)
    mass = np.add.reduceat(w[:, order], first, axis=1)
    middle = np.cumsum(mass, axis=1) - 0.5 * mass
    return middle[:, place]


def roc_auc(y: Array, p: Array, w: Array) -> Array:
    """Probability that a stiff crystal is ranked above a soft one."""
    order, first, _ = _ties(p)
    positive = np.add.reduceat((w * y)[:, order], first, axis=1)
    negative = np.add.reduceat((w * (1 - y))[:, order], first, axis=1)
    below = np.cumsum(negative, axis=1) - 0.5 * negative
    return _divide((positive * below).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1))


def pr_auc(y: Array, p: Array, w: Array) -> Array:
    """Average precision: area under the precision-recall steps."""
    order, first, _ = _ties(-p)
    hits = np.add.reduceat((w * y)[:, order], first, axis=1)
    taken = np.cumsum(np.add.reduceat(w[:, order], first, axis=1), axis=1)
    precision = np.nan_to_num(_divide(np.cumsum(hits, axis=1), taken))
    return _divide((hits * precision).sum(axis=1), hits.sum(axis=1))


def _confusion(y: Array, p: Array, w: Array) -> tuple[Array, Array, Array, Array]:
    called = p > 0.5
    return w @ (y * called), w @ ((1 - y) * called), w @ (y * ~called), w @ ((1 - y) * ~called)


def mcc(y: Array, p: Array, w: Array) -> Array:
    """Matthews correlation at a probability of one half; 0 where every row is called alike."""
    tp, fp, fn, tn = _confusion(y, p, w)
    norm = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    score = np.nan_to_num(_divide(tp * tn - fp * fn, norm))
    return np.where((tp + fn > 0) & (tn + fp > 0), score, np.nan)


def balanced_accuracy(y: Array, p: Array, w: Array) -> Array:
    """Mean of the recalls of the two classes at a probability of one half."""
    tp, fp, fn, tn = _confusion(y, p, w)
    return 0.5 * (_divide(tp, tp + fn) + _divide(tn, tn + fp))


def brier(y: Array, p: Array, w: Array) -> Array:
    """Mean square error of the probability."""
    return w @ (y - p) ** 2 / w.sum(axis=1)


REGRESSION: dict[str, Any] = {"MAE": mae, "RMSE": rmse, "R2": r2, "Spearman": spearman}
CLASSIFICATION: dict[str, Any] = {
    "ROC-AUC": roc_auc,
    "PR-AUC": pr_auc,
    "MCC": mcc,
    "balanced accuracy": balanced_accuracy,
    "Brier": brier,
}
MIN_GROUPS = 4  # fewer say nothing about how groups differ
LOWER_IS_BETTER = frozenset({"MAE", "RMSE", "Brier"})


def score(y: ArrayLike, prediction: ArrayLike, *, classify: bool = False) -> pd.Series:
    """Return all scores of one set of predictions.

    Parameters
    ----------
    y : array_like, shape (n_rows,)
        Truth: GPa, or booleans.
    prediction : array_like, shape (n_rows,)
        GPa, or probabilities of True.
    classify : bool, default False
        Scores of a classifier instead of a regressor.

    Returns
    -------
    pandas.Series

    Examples
    --------
    >>> score([1, 2, 3], [1, 2, 4]).round(3).to_dict()
    {'MAE': 0.333, 'RMSE': 0.577, 'R2': 0.5, 'Spearman': 1.0}
    """
    truth, guess = np.asarray(y, dtype=float).ravel(), np.asarray(prediction, dtype=float).ravel()
    if len(truth) != len(guess) or not len(truth):
        raise ModelTableError(f"{len(truth)} values for {len(guess)} predictions")
    table = CLASSIFICATION if classify else REGRESSION
    ones = np.ones((1, len(truth)))
    return pd.Series({name: float(metric(truth, guess, ones)[0]) for name, metric in table.items()})


def bootstrap_counts(n_groups: int, n_resamples: int, random_state: int | None = 0) -> Array:
    """Draw groups with replacement; how often each then counts, shape (n_resamples, n_groups)."""
    drawn = np.random.default_rng(random_state).integers(n_groups, size=(n_resamples, n_groups))
    counts = np.zeros((n_resamples, n_groups))
    np.add.at(counts, (np.arange(n_resamples)[:, None], drawn), 1)
    return counts


def bootstrap_weights(groups: ArrayLike, n_resamples: int, random_state: int | None = 0) -> Array:
    """Draw groups with replacement; how often each row then counts, shape (n_resamples, n_rows).

    Examples
    --------
    >>> w = bootstrap_weights(["a", "a", "b"], 4)
    >>> bool((w[:, 0] == w[:, 1]).all()), w.shape
    (True, (4, 3))
    """
    codes, names = pd.factorize(np.asarray(groups, dtype=object))
    return np.asarray(bootstrap_counts(len(names), n_resamples, random_state)[:, codes], dtype=float)


def resampled(
    metric: Any, y: Array, p: Array, counts: Array, codes: NDArray[np.int64], *, chunk: int = 5_000_000
) -> Array:
    """Apply a metric to many resamples of groups in pieces that fit in memory.

    Parameters
    ----------
    metric : callable
        One of this module.
    y, p : ndarray, shape (n_rows,)
    counts : ndarray, shape (n_resamples, n_groups)
        As `bootstrap_counts` returns.
    codes : ndarray of int, shape (n_rows,)
        Group of each row.

    Returns
    -------
    ndarray, shape (n_resamples,)
    """
    step = max(1, chunk // max(1, len(y)))
    parts = [metric(y, p, counts[i : i + step][:, codes]) for i in range(0, len(counts), step)]
    return np.concatenate(parts)


def expanded_level(n_groups: int, level: float = 0.95) -> float:
    """Return the tail share at which a bootstrap over few groups has to be cut.

    Percentile intervals are too narrow with few groups G: they use the normal law where Student's with G - 1
    degrees of freedom belongs, and a variance over G where G - 1 belongs. Cutting further out mends both and
    keeps the interval inside the range of the score.

    References
    ----------
    Hesterberg, Am. Stat. 69, 371 (2015), 10.1080/00031305.2015.1089789.

    Examples
    --------
    >>> [round(expanded_level(n), 4) for n in (9, 16, 1000)]
    [0.0072, 0.0139, 0.0248]
    """
    tail = 0.5 * (1 - level)
    return float(norm.cdf(np.sqrt(n_groups / (n_groups - 1)) * student.ppf(tail, n_groups - 1)))


def bootstrap_interval(values: Array, n_groups: int, level: float = 0.95) -> tuple[float, float]:
    """Return the expanded percentile interval of a score over resamples of groups.

    NaN where there are fewer than `MIN_GROUPS` groups, or where the score is undefined in most resamples.

    Parameters
    ----------
    values : ndarray, shape (n_resamples,)
    n_groups : int
        Groups that were resampled.
    level : float, default 0.95
    """
    valid = values[np.isfinite(values)]
    if n_groups < MIN_GROUPS or len(valid) < max(10, len(values) // 2):
        return float("nan"), float("nan")
    tail = expanded_level(n_groups, level)
    lower, upper = np.quantile(valid, [tail, 1 - tail])
    return float(lower), float(upper)
