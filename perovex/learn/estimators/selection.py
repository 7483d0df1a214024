"""Fewer descriptors: groups of correlated ones, then those that inform, and how stable the choice is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import binom
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted

from perovex._seeds import stream
from perovex.errors import ModelInputError
from perovex.learn import metrics
from perovex.learn.estimators.algorithms import make_algorithm
from perovex.learn.metrics import bootstrap_weights
from perovex.learn.tables import as_groups, as_table, as_weights, check_columns, read_fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

METHODS = ("mrmr", "shadow", "correlation")


class DescriptorSelector(SelectorMixin, BaseEstimator):
    """Select descriptors; meant to be fitted inside folds.

    Parameters
    ----------
    method : {"mrmr", "shadow", "correlation"}, default "mrmr"
        All three first drop columns that are constant or undefined throughout and keep one column of every
        group of correlated ones (the one closest in rank to the target). ``"correlation"`` stops there.
        ``"mrmr"`` then takes up to `n_select` columns, each with the largest ratio of relevance to mean
        redundancy with those taken before. ``"shadow"`` keeps columns whose mean absolute SHAP value beats
        the best shuffled copy more often than chance allows over resamples (Boruta's test).
    n_select : int, default 15
        Columns that ``"mrmr"`` takes, and the least that ``"shadow"`` keeps is 1.
    max_correlation : float, default 0.9
        Columns with a larger absolute rank correlation (complete linkage) form one group.
    n_resamples : int, default 20
        Resamples of groups for ``"shadow"`` and, where `stability`, for the frequencies.
    stability : bool, default False
        Repeat the selection on resamples of groups and report frequencies in `stability_`.
    random_state : int, default 0

    Attributes
    ----------
    support_ : ndarray of bool
    relevance_ : Series
        Absolute rank correlation with the target.
    correlation_groups_ : Series of int
        Group of each column; -1 where dropped as constant or undefined.
    stability_ : Series
        Share of resamples in which each column was selected (NaN-free, only where asked for).

    References
    ----------
    Ding, Peng, J. Bioinform. Comput. Biol. 3, 185 (2005), 10.1142/S0219720005001004. Kursa, Rudnicki, J.
    Stat. Softw. 36(11) (2010), 10.18637/jss.v036.i11.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(80, 6)), columns=list("abcdef"))
    >>> X["b"] = X["a"] + 0.3 * X["b"]
    >>> y = 10 + 2 * X["a"] + X["c"]
    >>> selector = DescriptorSelector(n_select=2).fit(X, y)
    >>> selector.get_feature_names_out().tolist()
    ['a', 'c']
    """

    def __init__(
        self,
        method: str = "mrmr",
        *,
        n_select: int = 15,
        max_correlation: float = 0.9,
        n_resamples: int = 20,
        stability: bool = False,
        random_state: int | None = 0,
    ) -> None:
        self.method = method
        self.n_select = n_select
        self.max_correlation = max_correlation
        self.n_resamples = n_resamples
        self.stability = stability
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags

    def fit(self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None) -> DescriptorSelector:
        """Select on a training table.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_descriptors)
        y : array_like, shape (n_rows,)
            Moduli or labels.
        groups : array_like, optional
            Resampling unit.
        sample_weight : array_like, shape (n_rows,), optional
            How much each row counts in rank correlations and SHAP values.

        Raises
        ------
        ModelInputError
            Unknown method, or no descriptor varies.
        """
        if self.method not in METHODS:
            raise ModelInputError(f"unknown selection {self.method!r}", remedy=f"one of {', '.join(METHODS)}")
        values, target = read_fit(self, X, y)
        table = as_table(X)
        labels = as_groups(groups, len(table)).to_numpy()
        _, code = np.unique(target, return_inverse=True)
        truth = np.asarray(target, dtype=float) if target.dtype.kind in "fiu" else code.astype(float)
        names = list(table.columns)
        weights = as_weights(sample_weight, values)
        w = np.ones(len(truth)) if weights is None else weights
        support, relevance, clusters = self._select(values, truth, labels, w)
        self.support_ = support
        self.relevance_ = pd.Series(relevance, index=names)
        self.correlation_groups_ = pd.Series(clusters, index=names)
        if self.stability:
            self.stability_ = self._frequencies(values, truth, labels, w, names)
        return self

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        return np.asarray(self.support_)

    def transform(self, X: Any) -> Any:
        """Return the selected columns."""
        check_is_fitted(self)
        check_columns(X, getattr(self, "feature_names_in_", None))
        return super().transform(X)

    def _frequencies(
        self, X: NDArray[Any], y: NDArray[Any], groups: NDArray[Any], w: NDArray[Any], names: list[str]
    ) -> pd.Series:
        """Share of group resamples in which each column is selected."""
        weights = bootstrap_weights(groups, self.n_resamples, self.random_state).astype(int)
        counts, used = np.zeros(X.shape[1]), 0
        for row in weights:
            take = np.repeat(np.arange(len(y)), row)
            if len(np.unique(y[take])) < 2:
                continue
            counts += self._select(X[take], y[take], groups[take], w[take])[0]
            used += 1
        return pd.Series(counts / max(used, 1), index=names)

    def _select(
        self, X: NDArray[Any], y: NDArray[Any], groups: NDArray[Any], w: NDArray[Any]
    ) -> tuple[NDArray[np.bool_], NDArray[Any], NDArray[Any]]:
        varies = np.array([len(np.unique(column[~np.isnan(column)])) > 1 for column in X.T])
        if not varies.any():
            raise ModelInputError("no descriptor varies in the training rows")
        ranks = weighted_ranks(np.column_stack([X, y]), w)
        correlation = np.abs(_correlation(ranks, w))
        correlation, relevance = correlation[:-1, :-1], np.where(varies, correlation[-1, :-1], 0.0)
        clusters = np.full(X.shape[1], -1)
        clusters[varies] = _cluster(correlation[np.ix_(varies, varies)], self.max_correlation)
        chosen = _representatives(clusters, relevance)
        if self.method == "mrmr":
            chosen = _mrmr(chosen, relevance, correlation, self.n_select)
        elif self.method == "shadow":
            chosen = self._shadow(X, y, groups, w, chosen, relevance)
        support = np.zeros(X.shape[1], dtype=bool)
        support[chosen] = True
        return support, relevance, clusters

    def _shadow(
        self,
        X: NDArray[Any],
        y: NDArray[Any],
        groups: NDArray[Any],
        w: NDArray[Any],
        chosen: list[int],
        relevance: NDArray[Any],
    ) -> list[int]:
        """Boruta's test: hits against the best shuffled copy, one-sided binomial at 5 % with Bonferroni."""
        rng = stream(self.random_state or 0, "shadows of a selection")  # not the draws of the groups
        classify = len(np.unique(y)) == 2
        weights = bootstrap_weights(groups, self.n_resamples, self.random_state).astype(int)
        hits, used = np.zeros(len(chosen)), 0
        for row in weights:
            take = np.repeat(np.arange(len(y)), row)
            if len(np.unique(y[take])) < 2:
                continue
            real = X[take][:, chosen]
            shadows = rng.permuted(real, axis=0)
            both = np.hstack([real, shadows])
            importance = _shap_importance(both, y[take], w[take], classify, self.random_state)
            hits += importance[: len(chosen)] > importance[len(chosen) :].max()
            used += 1
        p_value = binom.sf(hits - 1, max(used, 1), 0.5) * len(chosen)
        kept = [column for column, p in zip(chosen, p_value, strict=True) if p < 0.05]
        return kept or [max(chosen, key=lambda j: relevance[j])]


def _shap_importance(
    X: NDArray[Any], y: NDArray[Any], w: NDArray[Any], classify: bool, seed: int | None
) -> NDArray[np.float64]:
    """Mean absolute SHAP value per column, by xgboost's own exact tree attributions."""
    import xgboost

    names = [f"f{i}" for i in range(X.shape[1])]
    overrides = {"n_estimators": 100, "learning_rate": 0.1}
    model = make_algorithm("xgboost", classify=classify, columns=names, random_state=seed, overrides=overrides)
    label = (y == y.max()).astype(int) if classify else y
    booster = model.fit(X, label, sample_weight=w).get_booster()
    contributions = booster.predict(xgboost.DMatrix(X), pred_contribs=True)
    return np.asarray(np.average(np.abs(contributions[:, :-1]), axis=0, weights=w), dtype=float)


def weighted_ranks(X: NDArray[Any], w: NDArray[Any]) -> NDArray[np.float64]:
    """Mid-ranks per column, a row counting `w` times; undefined values at the mean rank: they neither help nor hurt.

    Examples
    --------
    >>> weighted_ranks(np.array([[3.0], [1.0], [np.nan], [3.0]]), np.ones(4)).T.tolist()
    [[2.0, 0.5, 1.5, 2.0]]
    """
    ranks = np.empty(X.shape)
    for j, column in enumerate(X.T):
        known = ~np.isnan(column)
        ranks[known, j] = metrics.mid_ranks(column[known], w[None, known])[0] if known.any() else 0.0
        ranks[~known, j] = 0.5 * w[known].sum()
    return ranks


def _correlation(ranks: NDArray[Any], w: NDArray[Any]) -> NDArray[np.float64]:
    centred = np.sqrt(w)[:, None] * (ranks - np.average(ranks, axis=0, weights=w))
    norm = np.linalg.norm(centred, axis=0)
    unit = centred / np.where(norm > 0, norm, 1.0)
    return np.clip(unit.T @ unit, -1.0, 1.0)


def _cluster(correlation: NDArray[Any], limit: float) -> NDArray[np.int64]:
    if len(correlation) == 1:
        return np.zeros(1, dtype=np.int64)
    distance = 1 - correlation
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(np.maximum(distance, 0), checks=False), method="complete")
    return np.asarray(fcluster(tree, t=1 - limit + 1e-12, criterion="distance") - 1, dtype=np.int64)


def _representatives(clusters: NDArray[np.int64], relevance: NDArray[Any]) -> list[int]:
    chosen = []
    for cluster in np.unique(clusters[clusters >= 0]):
        members = np.flatnonzero(clusters == cluster)
        chosen.append(int(members[np.argmax(relevance[members])]))
    return sorted(chosen)


def _mrmr(candidates: list[int], relevance: NDArray[Any], correlation: NDArray[Any], n_select: int) -> list[int]:
    """Greedy quotient form; redundancy is bounded below, so that being unrelated is not enough to win."""
    left: list[int] = list(candidates)
    taken: list[int] = []
    while left and len(taken) < n_select:
        redundancy = correlation[left][:, taken].mean(axis=1) if taken else np.ones(len(left))
        best = int(np.argmax(relevance[left] / np.maximum(redundancy, 0.1)))
        taken.append(left.pop(best))
    return taken
