"""Is it the angle, the halide, the spacer or n? Variance decomposition and confounding.

References
----------
Lindeman, Merenda, Gold, Introduction to Bivariate and Multivariate Analysis (1980), and Grömping, Am. Stat.
61, 139 (2007), 10.1198/000313007X188252, for the average over orders; Bergsma, J. Korean Stat. Soc. 42, 323
(2013), 10.1016/j.jkss.2012.10.002, for the corrected Cramér's V.
"""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex.errors import ModelInputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MAX_FACTORS = 10


def variance_decomposition(
    y: ArrayLike,
    factors: pd.DataFrame,
    *,
    groups: ArrayLike | None = None,
    n_resamples: int = 200,
    level: float = 0.9,
    random_state: int = 0,
) -> pd.DataFrame:
    """Share the variance of a target among factors.

    Each factor gets its gain in adjusted R2 averaged over all orders in which factors can enter a linear
    model (Shapley value), so that the shares add up to the adjusted R2 of all. Adjusting matters: a spacer
    with twenty levels would explain much of any target by chance.

    Parameters
    ----------
    y : array-like, shape (rows,)
        Target.
    factors : DataFrame, shape (rows, factors)
        Numeric columns enter linearly; others by level. At most ten.
    groups : array-like, shape (rows,), optional
        Groups resampled for the interval; rows by default.
    n_resamples, level, random_state
        Draws, level and seed of the interval.

    Returns
    -------
    DataFrame
        Index: factors, largest share first, then ``residual``. ``share`` with ``lower`` and ``upper``,
        ``alone`` (adjusted R2 of the factor by itself), ``unique`` (loss when it is left out), ``df``.
        ``alone`` far above ``unique``: the factor is confounded with others.

    Raises
    ------
    ModelInputError
        If there are too many factors, or fewer rows than parameters.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> factors = pd.DataFrame({"halide": ["I", "Br"] * 10, "n": np.repeat([1.0, 2.0], 10)})
    >>> y = np.where(factors["halide"] == "I", 1.0, -1.0)
    >>> variance_decomposition(y, factors, n_resamples=0)["share"].round(1).tolist()
    [1.0, -0.0, 0.0]
    """
    values = np.asarray(y, dtype=float)
    if len(values) != len(factors):
        raise ModelInputError("target and factors differ in length")
    if factors.shape[1] > _MAX_FACTORS:
        raise ModelInputError(f"{factors.shape[1]} factors", remedy=f"choose at most {_MAX_FACTORS}")
    known = np.isfinite(values) & factors.notna().all(axis=1).to_numpy()
    table, values = factors[known].reset_index(drop=True), values[known]
    blocks = [_design(table[c]) for c in table.columns]
    parameters = 1 + sum(b.shape[1] for b in blocks)
    if len(values) <= parameters:
        raise ModelInputError(
            f"{len(values)} complete rows for {parameters} parameters", remedy="drop factors with many levels"
        )
    shares, alone, unique = _shapley(values, blocks)
    out = pd.DataFrame({"share": shares, "alone": alone, "unique": unique, "df": [b.shape[1] for b in blocks]})
    out.index = pd.Index([str(c) for c in factors.columns], name="factor")
    if n_resamples:
        codes = np.arange(len(values)) if groups is None else pd.factorize(np.asarray(groups)[known])[0]
        out["lower"], out["upper"] = _interval(values, blocks, codes, n_resamples, level, random_state)
    out = out.sort_values("share", ascending=False, kind="stable")
    out.loc["residual", "share"] = 1 - out["share"].sum()
    return out


def _design(column: pd.Series) -> NDArray[np.float64]:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        centred = column.to_numpy(dtype=float) - column.mean()
        return centred[:, None] if np.ptp(centred) > 0 else np.empty((len(column), 0))
    return pd.get_dummies(column.astype(str), drop_first=True).to_numpy(dtype=float)


def _adjusted_r2(y: NDArray[np.float64], blocks: list[NDArray[np.float64]]) -> float:
    n = len(y)
    total = float(((y - y.mean()) ** 2).sum())
    if not blocks or total <= 0:
        return 0.0
    design = np.column_stack([np.ones(n), *blocks])
    fitted, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    residual = float(((y - design @ fitted) ** 2).sum())
    if n <= rank:
        return float("nan")
    return 1 - (residual / (n - rank)) / (total / (n - 1))


def _shapley(
    y: NDArray[np.float64], blocks: list[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], list[float], list[float]]:
    k = len(blocks)
    worth = {
        subset: _adjusted_r2(y, [blocks[i] for i in subset])
        for size in range(k + 1)
        for subset in combinations(range(k), size)
    }
    shares = np.zeros(k)
    for i in range(k):
        others = [j for j in range(k) if j != i]
        for size in range(k):
            weight = 1 / (k * comb(k - 1, size))
            for subset in combinations(others, size):
                joined = tuple(sorted((*subset, i)))
                shares[i] += weight * (worth[joined] - worth[subset])
    everything = tuple(range(k))
    unique = [worth[everything] - worth[tuple(j for j in everything if j != i)] for i in everything]
    return shares, [worth[(i,)] for i in everything], unique


def _interval(
    y: NDArray[np.float64],
    blocks: list[NDArray[np.float64]],
    codes: NDArray[np.int64],
    n_resamples: int,
    level: float,
    random_state: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from perovex.explain.statistics import bootstrap_groups

    rng = np.random.default_rng(random_state)
    draws = []
    for _ in range(n_resamples):
        rows, _out = bootstrap_groups(codes.astype(np.int64), rng)
        draws.append(_shapley(y[rows], [b[rows] for b in blocks])[0])
    tail = (1 - level) / 2
    lower, upper = np.nanquantile(draws, [tail, 1 - tail], axis=0)
    return lower, upper
