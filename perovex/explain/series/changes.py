"""Whether changes of descriptors within matched series explain the change of a modulus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from perovex.explain.statistics import bootstrap_groups, max_t_p, sign_patterns
from perovex.learn.metrics import bootstrap_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_MIN_CLUSTERS = 4
_MIN_PAIRS = 5
_OFTEN = 0.3  # share of pairs in which a descriptor must change for its change to be asked about
_DUST = 1e-9  # change relative to the size of the values: what rounding leaves
_PENALTIES = np.append(np.logspace(0, 6, 13), np.inf)  # infinity: the mean change of the step is the best guess
_LEVEL = 0.9


def changing(pairs: pd.DataFrame, sizes: pd.Series, columns: list[str]) -> list[str]:
    """Columns that change, by more than rounding leaves, in at least three of ten pairs.

    Parameters
    ----------
    pairs : DataFrame
        Changes.
    sizes : Series
        Largest absolute value of each column.
    columns : list of str
        Columns to look at.

    Examples
    --------
    >>> pairs = pd.DataFrame({"angle": [1.0, -2.0, 0.5], "mass": [4.6e-15, 0.0, -4.6e-15]})
    >>> changing(pairs, pd.Series({"angle": 160.0, "mass": 126.9}), ["angle", "mass"])
    ['angle']
    """
    out = []
    for column in columns:
        change = pairs[column].to_numpy(dtype=float)
        moved = np.abs(change) > _DUST * max(float(sizes[column]), 1e-300)
        if np.isfinite(change).any() and (moved & np.isfinite(change)).mean() >= _OFTEN:
            out.append(column)
    return out


def changes_explained(
    pairs: pd.DataFrame,
    cluster: str,
    target: str,
    descriptors: list[str],
    n_permutations: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Correlate changes one descriptor at a time; significance by flipping the signs of whole clusters.

    Changes are ranked and centred within each step, so that what a step does to everything alike counts for nothing.
    What each cluster adds to the covariance has either sign with equal probability where descriptor and target are
    unrelated; all descriptors share the flips, and each is compared with the largest statistic of every flip.

    Parameters
    ----------
    pairs : DataFrame
        Changes of all columns, with ``from`` and ``to``.
    cluster, target : str
        Columns of the cluster and of the target.
    descriptors : list of str
        Columns to correlate with the target.
    n_permutations : int
        Flips where they cannot be enumerated.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    DataFrame
        See `MatchedSeries.explained_by`.
    """
    codes = pd.factorize(pairs[cluster])[0].astype(np.int64)
    n_clusters = int(codes.max()) + 1 if len(codes) else 0
    signs, _ = sign_patterns(n_clusters, rng, n_permutations)
    draws = [bootstrap_groups(codes, rng)[0] for _ in range(500)] if n_clusters >= _MIN_CLUSTERS else []
    step = pairs.groupby(["from", "to"]).ngroup().to_numpy()
    rows: dict[str, dict[str, Any]] = {}
    statistics = []
    for name in descriptors:
        known = (pairs[name].notna() & pairs[target].notna()).to_numpy()
        if known.sum() < _MIN_PAIRS:
            continue
        a, b = (_centred_ranks(pairs[column].to_numpy(dtype=float), step, known) for column in (target, name))
        of_cluster = np.bincount(codes, weights=a * b, minlength=n_clusters)
        scale = float(np.sqrt((of_cluster**2).sum()))
        if not scale > 0:
            continue
        statistics.append(np.abs(signs @ of_cluster) / scale)
        resampled = np.array([_correlation(a[d], b[d]) for d in draws])
        lower, upper = bootstrap_interval(resampled, n_clusters, _LEVEL) if draws else (np.nan, np.nan)
        plain = pd.Series(pairs.loc[known, name]).corr(pairs.loc[known, target], method="spearman")
        rows[name] = {
            "spearman": float(plain),
            "within_step": _correlation(a, b),
            "lower": lower,
            "upper": upper,
            "n_pairs": int(known.sum()),
            "n_clusters": len(np.unique(codes[known])),
        }
    columns = ["spearman", "within_step", "lower", "upper", "n_pairs", "n_clusters", "p", "p_family"]
    if not rows:
        return pd.DataFrame(columns=columns, index=pd.Index([], name="descriptor"))
    stacked = np.array(statistics).T
    table = pd.DataFrame.from_dict(rows, orient="index")
    table["p"] = (stacked >= stacked[0] - 1e-12).mean(axis=0)
    table["p_family"] = max_t_p(stacked)
    table.index.name = "descriptor"
    return table[columns].sort_values("p", kind="stable")


def _centred_ranks(values: Array, step: NDArray[Any], known: NDArray[np.bool_]) -> Array:
    """Ranks of changes less their mean within the step, ranked again; zero where unknown."""
    out = np.zeros(len(values))
    centred = pd.Series(values[known])
    centred = centred - centred.groupby(step[known]).transform("mean")
    ranks = rankdata(np.round(centred, 12))
    out[known] = ranks - ranks.mean()
    return out


def _correlation(a: Array, b: Array) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum() / scale) if scale > 0 else 0.0


def changes_together(
    pairs: pd.DataFrame, cluster: str, target: str, descriptors: list[str], rng: np.random.Generator
) -> dict[str, float]:
    """Predict the target's change from all descriptors' changes, each cluster by a model that has not seen it.

    A ridge regression on changes from which the mean change of the step (over the other clusters) was taken, so
    that what a step does to everything alike earns nothing. The penalty, infinite included, is chosen on clusters of
    the training part; predictions stay within the changes that were seen.

    Parameters
    ----------
    pairs : DataFrame
        Changes of all columns, with ``from`` and ``to``.
    cluster, target : str
        Columns of the cluster and of the target.
    descriptors : list of str
        Columns to predict from; those that miss a value are left out.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict
        See `MatchedSeries.together`.
    """
    known = pairs[pairs[target].notna()].reset_index(drop=True)
    if known.empty:
        return {}
    used = [name for name in descriptors if known[name].notna().all() and known[name].nunique() > 1]
    codes = pd.factorize(known[cluster])[0].astype(np.int64)
    n_clusters = len(np.unique(codes))
    if not used or n_clusters < _MIN_CLUSTERS:
        return {}
    step = known.groupby(["from", "to"]).ngroup().to_numpy()
    values = known[[target, *used]].to_numpy(dtype=float)
    truth, predicted = np.zeros(len(known)), np.zeros(len(known))
    for left_out in range(n_clusters):
        test = np.flatnonzero(codes == left_out)
        train = np.flatnonzero(codes != left_out)
        # what a step does on average is learnt from the other clusters, too
        centred = values - _step_means(values, step, train)
        model = _choose_ridge(centred[train], codes[train])
        truth[test] = centred[test, 0]
        predicted[test] = model.predict(centred[test, 1:])
    missed, total = (truth - predicted) ** 2, truth**2
    if not total.sum() > 0:
        return {}
    drawn = [bootstrap_groups(codes, rng)[0] for _ in range(1000)]
    resampled = np.array([1 - missed[r].sum() / max(total[r].sum(), 1e-300) for r in drawn])
    lower, upper = bootstrap_interval(resampled, n_clusters, _LEVEL)
    return {
        "r2": float(1 - missed.sum() / total.sum()),
        "r2_lower": lower,
        "r2_upper": upper,
        "n_pairs": len(known),
        "n_clusters": n_clusters,
        "n_descriptors": len(used),
    }


def _step_means(values: Array, step: NDArray[Any], train: NDArray[np.int64]) -> Array:
    """Mean change of each row's step over the training rows; over all of them for a step they lack."""
    overall = values[train].mean(axis=0)
    means = {s: values[train][step[train] == s].mean(axis=0) for s in np.unique(step[train])}
    return np.array([means.get(s, overall) for s in step])


@dataclass(frozen=True, eq=False)
class _Ridge:
    """Ridge regression through the origin on scaled columns, with predictions cut to a range."""

    scale: Array
    coefficients: Array
    lowest: float
    highest: float

    def predict(self, changes: Array) -> Array:
        return np.clip((changes / self.scale) @ self.coefficients, self.lowest, self.highest)


def _fit_ridges(changes: Array, penalties: Array) -> list[_Ridge]:
    """Fit one regression per penalty; first column the target."""
    y, x = changes[:, 0], changes[:, 1:]
    spread = np.sqrt((x**2).mean(axis=0))
    scale = np.where(spread > 0, spread, 1.0)
    left, singular, right = np.linalg.svd(x / scale, full_matrices=False)
    projected = left.T @ y
    lowest, highest = min(float(y.min()), 0.0), max(float(y.max()), 0.0)
    out = []
    for penalty in penalties:
        shrunk = np.zeros(len(singular)) if np.isinf(penalty) else singular / (singular**2 + penalty)
        out.append(_Ridge(scale, right.T @ (shrunk * projected), lowest, highest))
    return out


def _choose_ridge(changes: Array, codes: NDArray[np.int64]) -> _Ridge:
    """Choose the penalty by leaving out one cluster at a time, and fit on all of them."""
    missed = np.zeros(len(_PENALTIES))
    for left_out in np.unique(codes):
        inside, outside = codes != left_out, codes == left_out
        for k, model in enumerate(_fit_ridges(changes[inside], _PENALTIES)):
            missed[k] += ((changes[outside, 0] - model.predict(changes[outside, 1:])) ** 2).sum()
    return _fit_ridges(changes, _PENALTIES[[int(np.argmin(missed))]])[0]
