"""How far apart two sets of crystals lie, before any modulus is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import wasserstein_distance
from sklearn.model_selection import GroupKFold

from perovex._seeds import stream
from perovex.explain.attribution.skill import auc
from perovex.explain.statistics import bootstrap_groups
from perovex.learn.metrics import bootstrap_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def descriptor_shift(X: pd.DataFrame, source: NDArray[np.bool_], target: NDArray[np.bool_]) -> pd.DataFrame:
    """Wasserstein distance of every descriptor between two domains.

    Parameters
    ----------
    X : DataFrame, shape (rows, descriptors)
        Table.
    source, target : ndarray of bool, shape (rows,)
        The two domains.

    Returns
    -------
    DataFrame
        Index: descriptors, largest shift first. ``wasserstein`` in units of the descriptor's standard
        deviation over both domains, ``mean_difference`` (target minus source, unit of the descriptor),
        ``auc`` (how well the descriptor alone separates the domains: 0.5 not, 0 or 1 fully),
        ``missing_source``, ``missing_target`` (fractions).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> X = pd.DataFrame({"same": [0.0, 1.0, 0.0, 1.0], "shifted": [0.0, 0.0, 1.0, 1.0]})
    >>> first = np.array([True, True, False, False])
    >>> descriptor_shift(X, first, ~first)["wasserstein"].tolist()
    [2.0, 0.0]
    """
    rows: dict[str, Any] = {}
    for name in X.columns:
        a, b = X.loc[source, name].to_numpy(), X.loc[target, name].to_numpy()
        known_a, known_b = a[np.isfinite(a)], b[np.isfinite(b)]
        both = np.concatenate([known_a, known_b])
        row = {"wasserstein": np.nan, "mean_difference": np.nan, "auc": np.nan}
        if len(known_a) and len(known_b):
            spread = both.std()
            row["wasserstein"] = wasserstein_distance(known_a, known_b) / spread if spread > 0 else 0.0
            row["mean_difference"] = known_b.mean() - known_a.mean()
            row["auc"] = auc(np.repeat([0.0, 1.0], [len(known_a), len(known_b)]), both)
        row["missing_source"] = float(np.isnan(a).mean()) if len(a) else np.nan
        row["missing_target"] = float(np.isnan(b).mean()) if len(b) else np.nan
        rows[str(name)] = row
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "descriptor"
    return table.sort_values("wasserstein", ascending=False, kind="stable")


def domain_probability(
    X: pd.DataFrame,
    is_target: NDArray[np.bool_],
    groups: NDArray[np.int64],
    *,
    n_splits: int = 5,
    random_state: int = 0,
) -> NDArray[np.float64]:
    """Out-of-fold probability, by a forest on grouped folds, that a crystal belongs to the target.

    Parameters
    ----------
    X : DataFrame, shape (rows, descriptors)
        Source and target rows together.
    is_target : ndarray of bool, shape (rows,)
        Domain of each row.
    groups : ndarray of int, shape (rows,)
        Groups kept whole in folds.
    n_splits, random_state : int
        Folds and seed.

    Returns
    -------
    ndarray, shape (rows,)
        NaN where a training part held one domain only.
    """
    values = X.fillna(X.median()).fillna(0.0).to_numpy()
    out = np.full(len(X), np.nan)
    k = min(n_splits, len(np.unique(groups)))
    if k < 2:
        return out
    from sklearn.ensemble import RandomForestClassifier  # slow to import, and this is all that needs it

    for train, test in GroupKFold(k, shuffle=True, random_state=random_state).split(values, is_target, groups):
        if len(np.unique(is_target[train])) == 2:
            forest = RandomForestClassifier(100, min_samples_leaf=3, random_state=random_state, n_jobs=1)
            out[test] = forest.fit(values[train], is_target[train]).predict_proba(values[test])[:, 1]
    return out


def two_sample_test(
    X: pd.DataFrame,
    source: NDArray[np.bool_],
    target: NDArray[np.bool_],
    groups: NDArray[np.int64],
    *,
    defining: Sequence[str] = (),
    random_state: int = 0,
    n_resamples: int = 300,
    level: float = 0.9,
) -> dict[str, Any]:
    """Test by classifier whether two domains can be told apart from descriptors.

    Descriptors that follow from what defines the domains, and those that separate them alone, are left out of a second
    test, so that a trivial answer does not hide the interesting one.

    Parameters
    ----------
    X : DataFrame, shape (rows, descriptors)
        Table.
    source, target : ndarray of bool, shape (rows,)
        Domains.
    groups : ndarray of int, shape (rows,)
        Groups kept whole in folds and resampled for the interval.
    defining : sequence of str
        Descriptors that follow from what defines the domains.
    random_state, n_resamples, level
        Seed, draws and level of the interval.

    Returns
    -------
    dict
        ``auc``, ``auc_lower``, ``auc_upper`` with all descriptors and ``auc_without_separators`` (with
        bounds) without those of ``separators``.

    References
    ----------
    Lopez-Paz and Oquab, Revisiting classifier two-sample tests, ICLR 2017, 10.48550/arXiv.1610.06545.
    """
    used = source | target
    table, is_target, codes = X.loc[used], target[used], pd.factorize(groups[used])[0]
    alone = descriptor_shift(X, source, target)["auc"]
    separators = [str(d) for d in alone.index if abs(alone[d] - 0.5) >= 0.5 or d in defining]
    out: dict[str, Any] = {"separators": separators}
    for suffix, columns in (("", table), ("_without_separators", table.drop(columns=separators))):
        if not columns.shape[1]:
            continue
        p = domain_probability(columns, is_target, codes, random_state=random_state)
        known = np.isfinite(p)
        rng = stream(random_state, "two-sample test")
        truth = is_target.astype(float)
        draws = []
        for _ in range(n_resamples):
            rows, _left = bootstrap_groups(codes, rng)
            rows = rows[known[rows]]
            draws.append(auc(truth[rows], p[rows]) if len(rows) else np.nan)
        lower, upper = bootstrap_interval(np.array(draws), int(codes.max()) + 1, level)
        value = auc(truth[known], p[known]) if known.any() else float("nan")
        out |= {f"auc{suffix}": value, f"auc{suffix}_lower": lower, f"auc{suffix}_upper": upper}
    return out
