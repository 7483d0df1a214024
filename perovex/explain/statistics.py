"""Tests that need no distribution: sign flips of whole clusters, and Holm's correction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_EXACT_CLUSTERS = 12  # up to here all sign patterns are enumerated


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
    n = len(sums)
    observed = abs(sums.sum()) - 1e-12 * max(1.0, float(np.abs(sums).sum()))
    if n <= _EXACT_CLUSTERS:
        bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        return float((np.abs((2 * bits - 1) @ sums) >= observed).mean())
    signs = rng.choice([-1.0, 1.0], size=(n_permutations, n))
    return float((1 + (np.abs(signs @ sums) >= observed).sum()) / (1 + n_permutations))


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
