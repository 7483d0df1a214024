"""Resampling by groups, and tests that need no distribution: intervals count spacers, not crystals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from perovex._seeds import stream
from perovex.learn.metrics import bootstrap_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Size of a rank correlation below which nothing has a direction of its own.
SURE: Final = 0.3

_EXACT_CLUSTERS = 12  # up to here all sign patterns are enumerated


def bootstrap_groups(
    groups: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw groups with replacement; return the rows drawn (repeated as drawn) and the rows left out."""
    n = int(groups.max()) + 1
    drawn = rng.integers(n, size=n)
    counts = np.bincount(drawn, minlength=n)[groups]
    rows = np.repeat(np.arange(len(groups)), counts)
    return rows.astype(np.int64), np.flatnonzero(counts == 0).astype(np.int64)


def group_mean_interval(
    values: NDArray[np.float64],
    groups: NDArray[np.int64],
    *,
    n_resamples: int = 1000,
    level: float = 0.9,
    rng: np.random.Generator | None = None,
) -> tuple[float, float, float]:
    """Mean of per-row values with an interval over groups and repeats, without refitting.

    Parameters
    ----------
    values : ndarray, shape (repeats, rows)
        Per-row values of each repeat.
    groups : ndarray of int, shape (rows,)
        Group codes.
    n_resamples, level
        Draws, and confidence level.
    rng : numpy.random.Generator, optional
        Source of randomness; always the same numbers by default.

    Returns
    -------
    mean, lower, upper : float
        In the unit of `values`. Percentiles expanded for few groups (`perovex.learn.metrics.bootstrap_interval`); NaN
        below four groups.

    Examples
    --------
    >>> import numpy as np
    >>> group_mean_interval(np.ones((1, 8)), np.arange(8))
    (1.0, 1.0, 1.0)
    """
    rng = stream(0, "mean over groups") if rng is None else rng
    n = int(groups.max()) + 1
    sums = np.stack([np.bincount(groups, weights=v, minlength=n) for v in values])
    counts = np.bincount(groups, minlength=n)
    draws = rng.integers(n, size=(n_resamples, n))
    repeat = rng.integers(len(values), size=n_resamples)
    means = sums[repeat[:, None], draws].sum(axis=1) / counts[draws].sum(axis=1)
    lower, upper = bootstrap_interval(means, n, level)
    return float(values.mean()), lower, upper


def interval(draws: Any, level: float = 0.9) -> tuple[float, float]:
    """Percentile interval of draws, NaN ignored; (nan, nan) where nothing is left."""
    finite = np.asarray(draws, dtype=float)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return float("nan"), float("nan")
    tail = (1 - level) / 2
    lower, upper = np.quantile(finite, [tail, 1 - tail])
    return float(lower), float(upper)


def share_error(share: float, n_draws: int) -> float:
    """Return the Monte-Carlo standard error of a share of draws; a draw more on either side, so that it is never 0.

    References
    ----------
    Agresti, Coull, Am. Stat. 52, 119 (1998), 10.1080/00031305.1998.10480550.

    Examples
    --------
    >>> round(share_error(0.5, 100), 3), round(share_error(0.0, 100), 3)
    (0.049, 0.013)
    """
    adjusted = (share * n_draws + 2) / (n_draws + 4)
    return float(np.sqrt(adjusted * (1 - adjusted) / (n_draws + 4)))


def sign_patterns(n: int, rng: np.random.Generator, n_permutations: int) -> tuple[NDArray[np.float64], bool]:
    """Signs to flip clusters by: all patterns where they can be enumerated, else the given one and random ones.

    Returns
    -------
    signs : ndarray of -1 and 1, shape (patterns, n)
        The first is all ones.
    exact : bool
        Whether all patterns are there.
    """
    if n <= _EXACT_CLUSTERS:
        bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return (1 - 2 * bits).astype(float), True
    signs = rng.choice([-1.0, 1.0], size=(n_permutations, n))
    return np.vstack([np.ones((1, n)), signs]), False


def sign_flip_p(
    change: NDArray[np.float64],
    clusters: NDArray[np.int64],
    rng: np.random.Generator,
    *,
    n_permutations: int = 2000,
) -> float:
    """Two-sided p of a mean difference of zero, by flipping the signs of whole clusters.

    Parameters
    ----------
    change : ndarray, shape (pairs,)
        Differences.
    clusters : ndarray of int, shape (pairs,)
        Cluster of each difference.
    rng : numpy.random.Generator
        Source of randomness where there are too many patterns to enumerate.
    n_permutations : int
        Patterns drawn then.

    Returns
    -------
    float
        Exact for up to 12 clusters; the smallest possible value is then 2 / 2**clusters.

    Examples
    --------
    >>> import numpy as np
    >>> sign_flip_p(np.ones(4), np.arange(4), np.random.default_rng(0))
    0.125
    """
    sums = np.bincount(clusters, weights=change)
    signs, _ = sign_patterns(len(sums), rng, n_permutations)
    observed = abs(sums.sum()) - 1e-12 * max(1.0, float(np.abs(sums).sum()))
    return float((np.abs(signs @ sums) >= observed).mean())


def max_t_p(statistics: NDArray[np.float64]) -> NDArray[np.float64]:
    """P-values of many tests at once, each against the largest statistic of every permutation.

    Holding the family-wise error by the largest statistic keeps the correlation of the tests, where Holm's correction
    multiplies p by their number: with few clusters no corrected p could then be small.

    Parameters
    ----------
    statistics : ndarray, shape (permutations, tests)
        Absolute studentised statistics; the first row is the sample itself. NaN where a test is undefined.

    Returns
    -------
    ndarray, shape (tests,)
        Corrected p-values; NaN for undefined tests.

    References
    ----------
    Westfall and Young, Resampling-based multiple testing (Wiley, 1993).

    Examples
    --------
    >>> import numpy as np
    >>> max_t_p(np.array([[3.0, 1.0], [1.0, 0.5], [0.2, 2.0], [1.0, 1.5]])).tolist()
    [0.25, 1.0]
    """
    observed = statistics[0]
    defined = np.isfinite(observed)
    out = np.full(len(observed), np.nan)
    if defined.any():
        largest = np.nanmax(statistics[:, defined], axis=1)
        out[defined] = (largest[:, None] >= observed[defined] - 1e-12).mean(axis=0)
    return out


def holm(p: Sequence[float]) -> list[float]:
    """Holm's correction for several tests; NaN stays NaN and does not count.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=float)
    out = np.full(len(values), np.nan)
    known = np.flatnonzero(np.isfinite(values))
    order = known[np.argsort(values[known], kind="stable")]
    largest = 0.0
    for position, index in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - position) * float(values[index])))
        out[index] = largest
    return [float(round(v, 12)) for v in out]
