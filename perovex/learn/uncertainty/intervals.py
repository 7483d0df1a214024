"""Prediction intervals that hold for new groups (spacers), not only for new rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import beta, norm
from scipy.stats import t as student
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.model_selection import GroupKFold
from sklearn.utils.validation import check_is_fitted

from perovex.errors import ModelInputError, ModelTableError, TooFewGroupsError
from perovex.learn.held_out import fit_groups
from perovex.learn.tables import as_groups, as_weights, maybe_rows, need_groups, rows_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class ConformalRegressor(MetaEstimatorMixin, RegressorMixin, BaseEstimator):
    """Cross-conformal (CV+) intervals whose folds and weights follow groups.

    With folds that never split a group and every group weighing the same, the intervals hold for a row of a
    new group drawn like the training groups; with one row per group and as many folds as rows they are the
    jackknife+ of Barber and others, whose coverage is at least ``1 - 2 (1 - coverage)`` for any distribution
    and close to `coverage` in practice.

    Parameters
    ----------
    estimator : regressor
        Cloned and fitted on all rows and once per fold.
    n_splits : int, default 10
        Folds, at most one per group.
    score : {"auto", "absolute", "log"}, default "auto"
        Residuals of y or of log y (intervals then widen with the prediction); ``"auto"`` takes ``"log"``
        where the estimator has ``log_target=True``.
    random_state : int, default 0
        Seed of the assignment of groups to folds.

    Attributes
    ----------
    estimator_ : regressor
        Fitted on all rows.
    fold_models_ : list of regressor
        Fitted without one fold each.
    max_coverage_ : float
        K / (K + 1) for K groups: more cannot be promised with finite intervals.

    References
    ----------
    Barber, Candes, Ramdas, Tibshirani, Ann. Statist. 49, 486 (2021), 10.1214/20-AOS1965. Lee, Barber,
    Willett, Distribution-free inference with hierarchical data (2023), arXiv:2306.06342.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> X = np.arange(20.0)[:, None]
    >>> y = X[:, 0] + np.tile([-1.0, 1.0], 10)
    >>> model = ConformalRegressor(LinearRegression(), n_splits=20).fit(X, y)
    >>> model.predict_interval(X[:1], coverage=0.9).round(1).values.tolist()
    [[-1.6, 1.1]]
    """

    def __init__(
        self, estimator: Any, *, n_splits: int = 10, score: str = "auto", random_state: int | None = 0
    ) -> None:
        self.estimator = estimator
        self.n_splits = n_splits
        self.score = score
        self.random_state = random_state

    def fit(self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None) -> ConformalRegressor:
        """Fit the estimator and the fold models.

        Parameters
        ----------
        X : DataFrame or array_like, shape (n_rows, n_columns)
        y : array_like, shape (n_rows,)
        groups : array_like, shape (n_rows,), optional
            Every row its own group where missing.
        sample_weight : array_like, shape (n_rows,), optional
            Passed to the estimator; in the intervals rows share the weight of their group in this proportion.

        Raises
        ------
        ModelInputError
            Fewer than two groups, or a log score on values that are not positive.
        """
        self.fit_folds(X, y, groups, sample_weight)
        weights = as_weights(sample_weight, X)
        self.estimator_ = fit_groups(clone(self.estimator), X, np.asarray(y, dtype=float).ravel(), groups, weights)
        return self

    def fit_folds(self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None) -> ConformalRegressor:
        """Fit what intervals need, without the estimator on all rows: enough for `predict_interval`."""
        modulus = np.asarray(y, dtype=float).ravel()
        labels = as_groups(groups, len(modulus))
        need_groups(labels, 2, "a conformal interval")
        self.log_score_ = self._wants_log()
        if self.log_score_ and np.any(modulus <= 0):
            raise ModelTableError("log residuals need positive values", remedy='use score="absolute"')
        group, _ = pd.factorize(labels, sort=True)
        self.n_groups_ = int(group.max()) + 1
        self.max_coverage_ = self.n_groups_ / (self.n_groups_ + 1)
        # each group weighs 1 / (K + 1), shared by its rows; the group that is predicted has the rest, at infinity
        weights = as_weights(sample_weight, modulus)
        share = np.ones(len(modulus)) if weights is None else weights
        share_of_group = np.bincount(group, share)
        self.weights_ = share / ((self.n_groups_ + 1) * share_of_group[group])
        # residuals of rows that the model has not seen, nor any other of their group
        splitter = GroupKFold(min(self.n_splits, self.n_groups_), shuffle=True, random_state=self.random_state)
        self.fold_ = np.empty(len(modulus), dtype=np.int64)
        self.residuals_ = np.empty(len(modulus))
        self.fold_models_ = []
        for fold, (train, test) in enumerate(splitter.split(modulus, groups=group)):
            model = fit_groups(
                clone(self.estimator), rows_of(X, train), modulus[train], labels.iloc[train], maybe_rows(weights, train)
            )
            held_out = self._predict(model, rows_of(X, test))
            self.fold_[test] = fold
            self.residuals_[test] = np.abs(self._scale(modulus[test]) - held_out)
            self.fold_models_.append(model)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict with the estimator fitted on all rows."""
        check_is_fitted(self, "estimator_")
        return np.asarray(self.estimator_.predict(X), dtype=float)

    def predict_interval(self, X: Any, coverage: float = 0.9) -> pd.DataFrame:
        """Return ``lower`` and ``upper`` for each row, index of `X`.

        Raises
        ------
        ModelInputError
            `coverage` outside (0, 1).
        TooFewGroupsError
            `coverage` above `max_coverage_`.
        """
        check_is_fitted(self)
        if not 0 < coverage < 1:
            raise ModelInputError(f"coverage {coverage} is not between 0 and 1")
        if coverage > self.max_coverage_ + 1e-12:
            raise TooFewGroupsError(
                f"{self.n_groups_} groups cannot support a coverage of {coverage:g}: at most {self.max_coverage_:.3f}",
                remedy="ask for less, or train on more groups (spacers)",
            )
        centre = np.column_stack([self._predict(model, X) for model in self.fold_models_])
        # the lower bound is the upper one of the mirrored problem
        lower = -self._upper(-centre, coverage)
        upper = self._upper(centre, coverage)
        if self.log_score_:
            lower, upper = np.exp(lower), np.exp(upper)
        index = X.index if isinstance(X, pd.DataFrame) else None
        return pd.DataFrame({"lower": lower, "upper": upper}, index=index)

    def probability_above(self, prediction: ArrayLike, threshold: float) -> NDArray[np.float64]:
        """Return the probability that the truth behind each prediction lies above a threshold.

        The distribution is that of the prediction plus or minus the held-out residuals, smoothed by a Gaussian
        (Silverman's width), so that probabilities rank where a step function would not.

        Parameters
        ----------
        prediction : array_like, shape (n_rows,)
        threshold : float

        Raises
        ------
        ModelInputError
            The threshold is not positive though residuals are logarithms.

        Examples
        --------
        >>> from sklearn.linear_model import LinearRegression
        >>> X = np.arange(20.0)[:, None]
        >>> model = ConformalRegressor(LinearRegression(), n_splits=20).fit(X, X[:, 0] + np.tile([-1.0, 1.0], 10))
        >>> model.probability_above([0.0, 10.0, 20.0], 10.0).round(2).tolist()
        [0.0, 0.5, 1.0]
        """
        check_is_fitted(self)
        if self.log_score_ and threshold <= 0:
            raise ModelInputError(f"threshold {threshold:g} is not positive", remedy="moduli are")
        predicted = self._scale(np.asarray(prediction, dtype=float).ravel())
        excess = predicted - float(self._scale(np.asarray(threshold, dtype=float)))
        weights = self.weights_ / self.weights_.sum()
        # Silverman's width of the mirrored residuals, whose mean is zero
        spread = float(np.sqrt(weights @ self.residuals_**2))
        width = max(1.06 * spread * len(self.residuals_) ** -0.2, 1e-12)
        # half of the distribution lies the residuals below the prediction, half of it above
        below = norm.cdf((excess[:, None] - self.residuals_) / width) @ weights
        above = norm.cdf((excess[:, None] + self.residuals_) / width) @ weights
        return np.asarray(0.5 * (below + above))

    def _upper(self, centre: NDArray[np.float64], coverage: float) -> NDArray[np.float64]:
        """Upper bounds from the predictions of each fold model and the residuals of its fold."""
        parts = []
        for fold in range(len(self.fold_models_)):
            rows = np.flatnonzero(self.fold_ == fold)
            parts.append((self.residuals_[rows], self.weights_[rows]))
        return shifted_upper_quantile(centre, parts, coverage)

    def _wants_log(self) -> bool:
        if self.score not in ("auto", "absolute", "log"):
            raise ModelInputError(f"unknown score {self.score!r}", remedy='"auto", "absolute" or "log"')
        if self.score == "auto":
            return bool(getattr(self.estimator, "log_target", False))
        return self.score == "log"

    def _scale(self, value: NDArray[Any]) -> NDArray[np.float64]:
        """Values as residuals see them."""
        return np.log(value) if self.log_score_ else value

    def _predict(self, model: Any, X: Any) -> NDArray[np.float64]:
        return self._scale(np.asarray(model.predict(X), dtype=float))


def shifted_upper_quantile(
    centre: NDArray[np.float64], parts: list[tuple[NDArray[Any], NDArray[Any]]], level: float
) -> NDArray[np.float64]:
    """Smallest of all ``centre + residual`` at which the cumulative weight reaches `level`, row by row.

    Each part is sorted once and the level found by bisection, so that time and memory grow with rows plus
    residuals instead of their product.

    Parameters
    ----------
    centre : ndarray, shape (n_rows, n_parts)
        What each row adds to the residuals of each part.
    parts : list of (residuals, weights)
        One pair of arrays of equal length for each part. Weights may sum to less than 1; the rest stands at
        infinity.
    level : float

    Returns
    -------
    ndarray, shape (n_rows,)
        Infinite where the level is never reached.

    Examples
    --------
    >>> shifted_upper_quantile(np.array([[0.0], [10.0]]), [(np.array([3.0, 1.0, 2.0]), np.full(3, 0.25))], 0.5).tolist()
    [2.0, 12.0]
    """
    level = level - 1e-10
    # each part once in ascending order; weight_up_to[i] is that of its i smallest residuals
    sorted_parts: list[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]] = []
    for part, (residuals, weights) in enumerate(parts):
        order = np.argsort(residuals, kind="stable")
        weight_up_to = np.concatenate([[0.0], np.cumsum(weights[order])])
        sorted_parts.append((centre[:, part], residuals[order], weight_up_to))
    if sum(weight_up_to[-1] for _, _, weight_up_to in sorted_parts) < level:
        return np.full(len(centre), np.inf)
    # begin strictly below every value, and far enough above that rounding does not hide the largest
    below = np.min([residuals[0] + shift for shift, residuals, _ in sorted_parts], axis=0)
    above = np.max([residuals[-1] + shift for shift, residuals, _ in sorted_parts], axis=0)
    below = below - 1e-9 * (1 + np.abs(below))
    above = above + 1e-9 * (1 + np.abs(above))
    # halve until the two are neighbouring numbers: the level is reached at `above`, and not at `below`
    for _ in range(100):
        middle = 0.5 * (below + above)
        if np.all((middle <= below) | (middle >= above)):
            break
        weight = sum(
            weight_up_to[np.searchsorted(residuals, middle - shift, side="right")]
            for shift, residuals, weight_up_to in sorted_parts
        )
        reached = weight >= level
        below, above = np.where(reached, below, middle), np.where(reached, middle, above)
    # the value lies at `above` but for rounding; return it itself, which is the first of all parts after `below`
    following = []
    for shift, residuals, _ in sorted_parts:
        place = np.searchsorted(residuals, below - shift, side="right")
        following_or_last = residuals[np.minimum(place, len(residuals) - 1)]
        following.append(np.where(place < len(residuals), following_or_last + shift, np.inf))
    return np.min(following, axis=0)


def coverage_table(
    y: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    by: pd.DataFrame | None = None,
    nominal: float | None = None,
    groups: ArrayLike | None = None,
    rows: ArrayLike | None = None,
) -> pd.DataFrame:
    """Count how often intervals held, overall and in parts of the data.

    Parameters
    ----------
    y, lower, upper : array_like, shape (n_rows,)
        Truth and bounds, GPa. Rows without bounds (NaN) are left out: no interval was given that could fail.
    by : DataFrame, optional
        Columns to split by (n, halide, stacking, ...), one row per interval.
    nominal : float, optional
        Coverage that was asked for; repeated in the table.
    groups : array_like, shape (n_rows,), optional
        Spacer of each row: rows of one spacer are not independent. Every row its own group where missing.
    rows : array_like, shape (n_rows,), optional
        Which crystal a row is of, where crystals were held out more than once; each counts once.

    Returns
    -------
    pandas.DataFrame
        Columns ``part``, ``value``, ``count`` (of crystals with an interval), ``coverage``, ``lower``, ``upper`` (95 %
        Clopper-Pearson interval for as many independent rows as the spread between groups is worth),
        ``median_width`` and ``nominal``.

    References
    ----------
    Korn, Graubard, Survey Methodology 24, 193 (1998), for the effective number of rows.

    Examples
    --------
    >>> coverage_table([1, 2, 3, 9], [0, 1, 2, 3], [2, 3, 4, 5])["coverage"].tolist()
    [0.75]
    >>> spacers = ["BA", "BA", "PEA", "PEA"]  # both rows of one spacer fail together: two answers, not four
    >>> coverage_table([1, 1, 9, 9], [0] * 4, [2] * 4, groups=spacers)[["lower", "upper"]].round(2).values.tolist()
    [[0.0, 1.0]]
    """
    truth, bottom, top = (np.asarray(column, dtype=float).ravel() for column in (y, lower, upper))
    if not len(truth) == len(bottom) == len(top):
        raise ModelTableError("truth and bounds differ in length")
    frame = pd.DataFrame({"hit": (truth >= bottom) & (truth <= top), "width": top - bottom})
    frame["row"] = np.arange(len(frame)) if rows is None else np.asarray(rows)
    frame["group"] = frame["row"] if groups is None else np.asarray(groups).astype(str)
    bounded = ~(np.isnan(bottom) | np.isnan(top))
    entries = [_count(frame[bounded], "all", "all")]
    columns = [] if by is None else list(by.items())
    for column, classes in columns:
        for value, part in frame[bounded].groupby(classes.to_numpy()[bounded], dropna=False):
            entries.append(_count(part, str(column), value))
    table = pd.DataFrame(entries)
    table["nominal"] = nominal
    return table


def _count(part: pd.DataFrame, name: str, value: Any) -> dict[str, Any]:
    """Count the hits of a part of the rows; of none nothing is known."""
    share, lower, upper = float("nan"), 0.0, 1.0
    if len(part):
        share = float(part["hit"].mean())
        lower, upper = _share_interval(part, share)
    return {
        "part": name,
        "value": value,
        "count": part["row"].nunique(),
        "coverage": share,
        "lower": lower,
        "upper": upper,
        "median_width": float(part["width"].median()),
    }


def _share_interval(part: pd.DataFrame, share: float) -> tuple[float, float]:
    """Clopper-Pearson interval of a share of rows that come in groups."""
    of_groups = part.groupby("group")["hit"].agg(["sum", "size"])
    n_rows, n_groups = part["row"].nunique(), len(of_groups)
    n = float(n_groups)  # all hits or none: no spread to learn from, so that groups count
    if 0 < share < 1 and n_groups > 1 and n_groups < len(part):
        # as many independent rows as would spread like the groups do, degrees of freedom of Student's t allowed for
        excess_hits = of_groups["sum"] - share * of_groups["size"]
        variance = n_groups / (n_groups - 1) * float((excess_hits**2).sum()) / len(part) ** 2
        narrower = (student.ppf(0.975, n_rows - 1) / student.ppf(0.975, n_groups - 1)) ** 2
        n = float(n_rows)
        if variance > 0:
            n = min(n, narrower * share * (1 - share) / variance)
    # Clopper-Pearson of `hits` among `n`, either of which need not be whole
    hits = share * n
    lower = float(beta.ppf(0.025, hits, n - hits + 1)) if share > 0 else 0.0
    upper = float(beta.ppf(0.975, hits + 1, n - hits)) if share < 1 else 1.0
    return lower, upper
