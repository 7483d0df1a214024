"""How strongly columns go together, whatever they hold: numbers or categories.

References
----------
Bergsma, J. Korean Stat. Soc. 42, 323 (2013), 10.1016/j.jkss.2012.10.002, for the corrected Cramér's V.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import rankdata

if TYPE_CHECKING:
    from numpy.typing import NDArray


def spearman_matrix(X: pd.DataFrame) -> pd.DataFrame:
    """Spearman correlation of all columns, pairwise complete; fast where nothing is missing.

    Parameters
    ----------
    X : DataFrame, shape (rows, descriptors)
        Table; missing values allowed.

    Returns
    -------
    DataFrame, shape (descriptors, descriptors)
        NaN for constant columns.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 8, 27], "c": [3.0, 2, 1]})
    >>> spearman_matrix(X).loc["a"].tolist()
    [1.0, 1.0, -1.0]
    """
    if X.isna().to_numpy().any():
        return X.corr(method="spearman", min_periods=3)
    ranks = X.rank().to_numpy()
    centred = ranks - ranks.mean(axis=0)
    norm = np.sqrt((centred**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        matrix = (centred.T @ centred) / np.outer(norm, norm)
    matrix[:, norm == 0] = matrix[norm == 0, :] = np.nan
    return pd.DataFrame(np.clip(matrix, -1, 1).round(12), index=X.columns, columns=X.columns)


def within(values: NDArray[np.float64], strata: NDArray[np.int64]) -> NDArray[np.float64]:
    """Ranks of values, less the mean rank of their stratum; their correlation is a partial rank correlation.

    Examples
    --------
    >>> within(np.array([1.0, 2.0, 30.0, 40.0]), np.array([0, 0, 1, 1])).tolist()
    [-0.5, 0.5, -0.5, 0.5]
    """
    ranks = rankdata(values)
    sizes = np.bincount(strata)
    return np.asarray(ranks - (np.bincount(strata, weights=ranks) / np.maximum(sizes, 1))[strata])


def confounding_table(table: pd.DataFrame) -> pd.DataFrame:
    """Strength of association between every two columns, on one scale from 0 to 1.

    Parameters
    ----------
    table : DataFrame, shape (rows, columns)
        Numeric and categorical columns.

    Returns
    -------
    DataFrame, shape (columns, columns)
        Corrected Cramér's V between categories, correlation ratio eta between a category and a number,
        abs(Spearman) between numbers; NaN where a column is constant.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"halide": ["I", "I", "Br", "Br"] * 5, "angle": [150.0, 150, 160, 160] * 5})
    >>> confounding_table(table).loc["halide", "angle"]
    np.float64(1.0)
    """
    columns = [str(c) for c in table.columns]
    out = pd.DataFrame(np.nan, index=columns, columns=columns)
    for a, b in combinations(range(len(columns)), 2):
        value = _association(table.iloc[:, a], table.iloc[:, b])
        out.iloc[a, b] = out.iloc[b, a] = value
    for i in range(len(columns)):
        out.iloc[i, i] = 1.0 if len(table.iloc[:, i].dropna().unique()) > 1 else np.nan
    return out


def _association(a: pd.Series, b: pd.Series) -> float:
    known = a.notna() & b.notna()
    a, b = a[known], b[known]
    if a.nunique() < 2 or b.nunique() < 2:
        return float("nan")
    numeric = [pd.api.types.is_numeric_dtype(s) and not pd.api.types.is_bool_dtype(s) for s in (a, b)]
    if all(numeric):
        return abs(float(a.corr(b, method="spearman")))
    if not any(numeric):
        return cramers_v(a, b)
    number, category = (a, b) if numeric[0] else (b, a)
    return correlation_ratio(number, category)


def correlation_ratio(number: pd.Series, category: pd.Series) -> float:
    """Correlation ratio eta: root of the share of a number's variance between categories."""
    values = number.to_numpy(dtype=float)
    means = number.groupby(category.astype(str)).transform("mean").to_numpy(dtype=float)
    total = float(((values - values.mean()) ** 2).sum())
    if not total > 0:
        return float("nan")
    between = ((means - values.mean()) ** 2).sum()
    return float(np.sqrt(between / total))


def cramers_v(a: pd.Series, b: pd.Series) -> float:
    """Cramér's V between two categories, corrected for bias in small tables."""
    counts = pd.crosstab(a.astype(str), b.astype(str)).to_numpy(dtype=float)
    n = counts.sum()
    n_rows, n_columns = counts.shape
    # mean square contingency, of counts against those of independent categories
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / n
    phi_squared = float(((counts - expected) ** 2 / expected).sum() / n)
    # less what chance gives, and categories fewer by what chance adds (Bergsma's correction)
    corrected = max(0.0, phi_squared - (n_rows - 1) * (n_columns - 1) / (n - 1))
    corrected_rows = n_rows - (n_rows - 1) ** 2 / (n - 1)
    corrected_columns = n_columns - (n_columns - 1) ** 2 / (n - 1)
    smallest = min(corrected_rows - 1, corrected_columns - 1)
    if not smallest > 0:
        return float("nan")
    return float(min(1.0, np.sqrt(corrected / smallest)))
