"""Is it the angle, the halide, the spacer or n? Variance components of a mixed model.

Factors are fixed effects; the groups (spacers) are a random effect, because a factor with as many levels as half the
rows would explain any target. Components are estimated by restricted maximum likelihood (REML).

References
----------
Patterson, Thompson, Biometrika 58, 545 (1971), 10.1093/biomet/58.3.545, for REML; Snijders, Bosker, Sociol. Methods
Res. 22, 342 (1994), 10.1177/0049124194022003004, for the explained share in mixed models; Grömping, Am. Stat. 61, 139
(2007), 10.1198/000313007X188252, for the average over orders; Efron, Stein, Ann. Stat. 9, 586 (1981),
10.1214/aos/1176345462, for the jackknife.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import t as student

from perovex.errors import ModelInputError
from perovex.learn.tables import as_groups

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

_MAX_FACTORS = 8
_RATIOS = np.concatenate([[0.0], np.geomspace(1e-3, 1e3, 61)])  # of the variance between groups to that within
_MIN_REPEATED = 3  # groups with several rows from which within and between can be told apart


def variance_decomposition(
    y: ArrayLike,
    factors: pd.DataFrame,
    *,
    groups: ArrayLike | None = None,
    group_name: str = "spacer",
    intervals: bool = True,
    level: float = 0.9,
) -> pd.DataFrame:
    """Share the variance of a target among factors, groups and the rest.

    Each factor gets what it takes from the variance between and within groups, averaged over all orders in which
    factors can enter (Shapley value); groups get the variance between them that no factor explains. The shares of
    factors, groups and ``residual`` add up to one.

    Parameters
    ----------
    y : array-like, shape (rows,)
        Target.
    factors : DataFrame, shape (rows, factors)
        Numeric columns enter linearly; others by level. At most eight, with few levels each.
    groups : array-like, shape (rows,), optional
        Groups of the random effect, also what the jackknife leaves out; rows by default, without a random effect.
    group_name : str
        Name of the groups in the result.
    intervals : bool
        Whether to compute intervals by the jackknife over groups.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    DataFrame
        Index: factors and groups, largest share first, then ``residual``. ``share`` with ``lower`` and ``upper`` (share
        plus and minus Student's t times the jackknife's standard error, cut to 0 and 1: the interval holds its own
        estimate), ``alone`` (share by itself), ``unique`` (loss when it is left out), ``df``. ``alone`` far above
        ``unique``: confounded with others. Where fewer than three groups have several rows, groups cannot be told from
        the rest and are not listed.

    Raises
    ------
    ModelInputError
        If there are too many factors, or fewer rows than parameters.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> factors = pd.DataFrame({"halide": ["I", "Br"] * 10, "n": np.repeat([1.0, 2.0], 10)})
    >>> y = np.where(factors["halide"] == "I", 1.0, -1.0)
    >>> variance_decomposition(y, factors)["share"].round(1).abs().tolist()
    [1.0, 0.0, 0.0]
    """
    values = np.asarray(y, dtype=float)
    if len(values) != len(factors):
        raise ModelInputError("target and factors differ in length")
    if factors.shape[1] > _MAX_FACTORS:
        raise ModelInputError(f"{factors.shape[1]} factors", remedy=f"choose at most {_MAX_FACTORS}")
    known = np.isfinite(values) & factors.notna().all(axis=1).to_numpy()
    names = as_groups(groups, len(factors))
    table, codes = factors[known], pd.factorize(names[known])[0]
    blocks = [_design(table[column]) for column in table.columns]
    if known.sum() <= 1 + sum(block.shape[1] for block in blocks):
        raise ModelInputError(
            f"{int(known.sum())} complete rows do not suffice for these factors", remedy="drop those with many levels"
        )
    random = bool((np.bincount(codes) > 1).sum() >= _MIN_REPEATED)
    moments = _moments(values[known], blocks, codes)
    full = _shares(moments, random=random)
    out = pd.DataFrame(full, columns=["share", "alone", "unique"], index=[*map(str, factors.columns), group_name])
    out["df"] = [*(block.shape[1] for block in blocks), len(moments.sizes) - 1]
    if intervals:
        error = _jackknife(moments, random=random)
        reach = student.ppf(0.5 + level / 2, len(moments.sizes) - 1) * error
        out["lower"], out["upper"] = np.clip(out["share"] - reach, 0, 1), np.clip(out["share"] + reach, 0, 1)
        # the average over orders can lie a little below zero; its interval then starts there
        out["lower"], out["upper"] = np.minimum(out["lower"], out["share"]), np.maximum(out["upper"], out["share"])
    if not random:
        out = out.drop(index=group_name)
    out.index.name = "factor"
    out = out.sort_values("share", ascending=False, kind="stable")
    out.loc["residual", "share"] = 1 - out["share"].sum()
    return out


@dataclass(frozen=True, eq=False)
class _Moments:
    """Cross products of intercept, factors and target, whole and by group: all that the likelihood needs.

    Attributes
    ----------
    total : ndarray, shape (columns, columns)
        Of intercept, factors and, last, the target.
    sums : ndarray, shape (groups, columns)
        Sums of the same columns within groups.
    of_group : ndarray, shape (groups, columns, columns)
        Cross products within groups.
    sizes : ndarray, shape (groups,)
        Rows of each group.
    places : list of ndarray
        Columns of each factor.
    """

    total: Array
    sums: Array
    of_group: Array
    sizes: Array
    places: list[NDArray[np.int64]]

    def without(self, group: int) -> _Moments:
        """Return the moments without one group."""
        kept = np.arange(len(self.sizes)) != group
        total = self.total - self.of_group[group]
        return _Moments(total, self.sums[kept], self.of_group, self.sizes[kept], self.places)


def _design(column: pd.Series) -> Array:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        centred = column.to_numpy(dtype=float) - column.mean()
        spread = centred.std()
        return centred[:, None] / spread if spread > 0 else np.empty((len(column), 0))
    dummies = pd.get_dummies(column.astype(str), drop_first=True).to_numpy(dtype=float)
    return np.asarray(dummies - dummies.mean(axis=0))


def _moments(y: Array, blocks: list[Array], codes: NDArray[np.int64]) -> _Moments:
    spread = y.std()
    target = (y - y.mean()) / (spread if spread > 0 else 1.0)
    columns = np.column_stack([np.ones(len(y)), *blocks, target])
    rows_of_group = [columns[codes == g] for g in range(int(codes.max()) + 1)]
    starts = np.cumsum([1, *(block.shape[1] for block in blocks)])
    places = [np.arange(start, start + block.shape[1]) for start, block in zip(starts[:-1], blocks, strict=True)]
    return _Moments(
        columns.T @ columns,
        np.array([part.sum(axis=0) for part in rows_of_group]),
        np.array([part.T @ part for part in rows_of_group]),
        np.array([len(part) for part in rows_of_group], dtype=float),
        places,
    )


def _reml(moments: _Moments, chosen: list[int], *, random: bool) -> tuple[float, float]:
    """Variances between and within groups for some of the factors, by REML over a grid of their ratio."""
    # moments of the constant, the chosen factors and, last, the target
    places = np.concatenate([[0], *(moments.places[i] for i in chosen)]).astype(int)
    used = np.append(places, len(moments.total) - 1)
    total, sums, sizes = moments.total[np.ix_(used, used)], moments.sums[:, used], moments.sizes
    ratios = _RATIOS if random else _RATIOS[:1]
    # V = I + ratio * (ones within groups), so that V^-1 = I - ratio / (1 + ratio * size) * ones within groups
    shrink = ratios[:, None] / (1 + ratios[:, None] * sizes)
    products = (sums[:, :, None] * sums[:, None, :]).reshape(len(sizes), -1)
    cross = total - (shrink @ products).reshape(len(ratios), len(used), len(used))
    design, with_target, squares = cross[:, :-1, :-1], cross[:, :-1, -1], cross[:, -1, -1]
    # columns of the design that follow from others are no part of it
    eigenvalues, directions = np.linalg.eigh(design)
    independent = eigenvalues > 1e-10 * eigenvalues.max(axis=1, keepdims=True)
    divisors = np.where(independent, eigenvalues, 1.0)
    # sum of squares that generalised least squares leaves
    along = np.matmul(with_target[:, None, :], directions)[:, 0]
    residual = np.maximum(squares - (independent * along**2 / divisors).sum(axis=1), 1e-12)
    log_design = np.log(divisors).sum(axis=1)
    rank = independent.sum(axis=1)
    # the ratio of the largest restricted likelihood, the variance within groups profiled out
    freedom = sizes.sum() - rank
    log_v = np.log1p(ratios[:, None] * sizes).sum(axis=1)
    best = int(np.argmin(freedom * np.log(residual / freedom) + log_v + log_design))
    within = float(residual[best] / freedom[best])
    return float(ratios[best] * within), within


def _shares(moments: _Moments, *, random: bool) -> Array:
    """Share, share alone and unique share of every factor and, last, of the groups; shape (factors + 1, 3)."""
    n_factors = len(moments.places)
    # variances between and within groups that are left with every subset of the factors
    left: dict[tuple[int, ...], tuple[float, float]] = {}
    for subset in _subsets(range(n_factors)):
        left[subset] = _reml(moments, list(subset), random=random)
    nothing, everything = (), tuple(range(n_factors))
    whole = sum(left[nothing])
    worth = {subset: 1 - sum(variances) / whole for subset, variances in left.items()}
    out = np.zeros((n_factors + 1, 3))
    for factor in range(n_factors):
        others = tuple(other for other in range(n_factors) if other != factor)
        # what the factor adds to each subset of the others, each size of subset counting as much
        for subset in _subsets(others):
            joined = tuple(sorted((*subset, factor)))
            n_alike = n_factors * comb(n_factors - 1, len(subset))
            out[factor, 0] += (worth[joined] - worth[subset]) / n_alike
        out[factor, 1:] = worth[(factor,)], worth[everything] - worth[others]
    between_alone, between_beside_all = left[nothing][0] / whole, left[everything][0] / whole
    out[-1] = between_beside_all, between_alone, between_beside_all
    return out


def _subsets(members: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """All subsets, the small ones first."""
    for size in range(len(members) + 1):
        yield from combinations(members, size)


def _jackknife(moments: _Moments, *, random: bool) -> Array:
    """Return the standard error of every share, leaving out one group at a time."""
    n_groups = len(moments.sizes)
    shares = np.array([_shares(moments.without(group), random=random)[:, 0] for group in range(n_groups)])
    deviations = shares - shares.mean(axis=0)
    # samples that differ by one group are much alike: their squares are summed, not averaged
    variance = (n_groups - 1) / n_groups * (deviations**2).sum(axis=0)
    return np.asarray(np.sqrt(variance))
