"""A small model on purpose: a handful of descriptors, one formula that can be argued with.

Descriptors enter one at a time, each time the one that lowers the error on held-out groups most. How many is decided by
repeating that choice in folds and scoring it on groups that took no part in it: the error that a choice was made by
always falls. All of this happens inside `fit`, so that validation holds it out, too.

References
----------
Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., Springer (2009), 3.3.2 and 7.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.model_selection import GroupKFold
from sklearn.utils.validation import check_is_fitted

from perovex._seeds import seed_for
from perovex.errors import ModelInputError
from perovex.learn.estimators.regressor import YoungModulusRegressor
from perovex.learn.tables import as_groups, check_columns, read_fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_FOLDS = 5


class ForwardSelection(SelectorMixin, BaseEstimator):
    """Choose a handful of descriptors for a linear model, by the error on held-out groups.

    Parameters
    ----------
    max_descriptors : int, default 8
        Most descriptors that are tried.
    n_repeats : int, default 4
        Divisions of the groups into folds whose errors are averaged; half as many decide on the number.
    penalty : float, default 1.0
        Ridge penalty on standardised columns; it keeps alike columns from cancelling each other.
    random_state : int, default 0
        Seed of the folds.

    Attributes
    ----------
    path_ : list of str
        Descriptors in the order in which they entered, those beyond the chosen number included.
    errors_ : ndarray, shape (descriptors tried + 1,)
        Mean square error with none, one, two ... descriptors on groups that took no part in choosing them, relative to
        that with none.
    n_chosen_ : int
        The fewest whose error is within one standard error of the least.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(90, 20)), columns=[f"d{i}" for i in range(20)])
    >>> chosen = ForwardSelection().fit(X, 2 * X["d3"] - X["d7"] + 0.3 * rng.normal(size=90))
    >>> chosen.path_[:2], chosen.n_chosen_
    (['d3', 'd7'], 2)
    """

    def __init__(
        self, *, max_descriptors: int = 8, n_repeats: int = 4, penalty: float = 1.0, random_state: int | None = 0
    ) -> None:
        self.max_descriptors = max_descriptors
        self.n_repeats = n_repeats
        self.penalty = penalty
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags

    def fit(self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None) -> ForwardSelection:
        """Choose on a training table.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_descriptors)
        y : array_like, shape (n_rows,)
            Values, in the scale in which they are to be linear (`YoungModulusRegressor` passes log E).
        groups : array_like, optional
            What folds keep together.
        sample_weight : None
            Weights are not taken.

        Raises
        ------
        ModelInputError
            Weights, no descriptor that varies, or fewer than two groups.
        """
        if sample_weight is not None and len(np.unique(sample_weight)) > 1:
            raise ModelInputError("the small model takes no sample_weight", remedy="fit without weights")
        values, target = read_fit(self, X, y, y_numeric=True)
        names = getattr(self, "feature_names_in_", [f"x{i}" for i in range(values.shape[1])])
        labels = as_groups(groups, len(values)).to_numpy()
        varies = np.flatnonzero(np.nanmax(values, axis=0) > np.nanmin(values, axis=0))
        if not len(varies) or len(np.unique(labels)) < 2:
            raise ModelInputError("a small model needs a descriptor that varies and two groups")
        table, most = values[:, varies], min(self.max_descriptors, len(varies))
        errors = []
        for train, test in self._splits(labels, "number", max(1, self.n_repeats // 2)):
            inner = self._splits(labels[train], "choice in folds", 1) if len(np.unique(labels[train])) > 1 else []
            if inner:
                path = _enter(self._folds(table[train], target[train], inner), most)
                errors.append(_Fold(table, target, train, test, self.penalty).along(path))
        path = _enter(self._folds(table, target, self._splits(labels, "choice", self.n_repeats)), most)
        scored = np.array(errors).T if errors else np.ones((most + 1, 1))
        self.errors_ = scored.mean(axis=1) / max(scored[0].mean(), 1e-300)
        self.n_chosen_ = _one_standard_error(scored)
        chosen = varies[path]
        self.path_ = [str(names[j]) for j in chosen]
        self.support_ = np.zeros(values.shape[1], dtype=bool)
        self.support_[chosen[: self.n_chosen_]] = True
        return self

    def _folds(self, X: Array, y: Array, splits: list[tuple[NDArray[Any], NDArray[Any]]]) -> list[_Fold]:
        return [_Fold(X, y, *split, self.penalty) for split in splits]

    def _splits(self, groups: NDArray[Any], name: str, n_repeats: int) -> list[tuple[NDArray[Any], NDArray[Any]]]:
        """Divisions of the groups into folds, one after another."""
        k = min(_FOLDS, len(np.unique(groups)))
        seeds = [seed_for(self.random_state or 0, name, repeat) for repeat in range(n_repeats)]
        splitters = [GroupKFold(k, shuffle=True, random_state=seed) for seed in seeds]
        return [split for splitter in splitters for split in splitter.split(groups, groups=groups)]

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        return np.asarray(self.support_)

    def transform(self, X: Any) -> Any:
        """Return the chosen columns."""
        check_is_fitted(self)
        check_columns(X, getattr(self, "feature_names_in_", None))
        return super().transform(X)


class _Fold:
    """One division into training and held-out rows, with the cross products that ridge regressions need."""

    def __init__(self, X: Array, y: Array, train: NDArray[Any], test: NDArray[Any], penalty: float) -> None:
        median = np.nan_to_num(np.nanmedian(X[train], axis=0))
        filled = np.where(np.isnan(X), median, X)
        mean, spread = filled[train].mean(axis=0), filled[train].std(axis=0)
        scaled = (filled - mean) / np.where(spread > 0, spread, 1.0)
        centred = y - y[train].mean()
        self.gram = scaled[train].T @ scaled[train] + penalty * np.eye(X.shape[1])
        self.moments = scaled[train].T @ centred[train]
        self.test, self.truth = scaled[test], centred[test]

    def errors(self, sets: NDArray[np.int64]) -> Array:
        """Mean square error on the held-out rows for many sets of columns, shape (sets, columns in a set)."""
        if not sets.shape[1]:
            return np.full(len(sets), (self.truth**2).mean())
        gram = self.gram[sets[:, :, None], sets[:, None, :]]
        coefficients = np.linalg.solve(gram, self.moments[sets][..., None])[..., 0]
        predicted = np.einsum("rsk,sk->sr", self.test[:, sets], coefficients)
        return np.asarray(((self.truth - predicted) ** 2).mean(axis=1))

    def along(self, path: list[int]) -> Array:
        """Mean square error with none, the first, the first two ... columns of a path."""
        starts = [np.array([path[:k]], dtype=np.int64) for k in range(len(path) + 1)]
        return np.array([self.errors(columns)[0] for columns in starts])


def _enter(folds: list[_Fold], most: int) -> list[int]:
    """Columns in the order in which they lower the mean error of the folds most."""
    width = len(folds[0].moments)
    path: list[int] = []
    for _ in range(most):
        left = np.setdiff1d(np.arange(width), path)
        sets = np.column_stack([np.tile(path, (len(left), 1)).astype(np.int64), left])
        errors = np.mean([fold.errors(sets) for fold in folds], axis=0)
        path.append(int(left[np.argmin(errors)]))
    return path


def _one_standard_error(errors: Array) -> int:
    """Fewest columns, at least one, whose error is within one standard error of the least."""
    mean = errors.mean(axis=1)
    best = int(np.argmin(mean))
    # of the difference to the best, fold by fold: how hard a fold is has no part in it
    difference = errors - errors[best]
    if errors.shape[1] < 2:
        return 1
    error = difference.std(axis=1, ddof=1) / np.sqrt(min(_FOLDS, errors.shape[1]))
    return max(1, int(np.flatnonzero(difference.mean(axis=1) <= error)[0]))


def small_model(target: str = "E_in_plane", *, max_descriptors: int = 8, **options: Any) -> YoungModulusRegressor:
    """Return the untrained small model of a modulus: a ridge regression of log E on a handful of descriptors.

    Parameters
    ----------
    target : str
        Name of the modulus.
    max_descriptors : int
        Most descriptors that may be chosen.
    **options
        Further parameters of `YoungModulusRegressor`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(80, 9)), columns=list("abcdefghi"))
    >>> model = small_model().fit(X, np.exp(2 + 0.5 * X["a"] - 0.2 * X["d"] + 0.02 * rng.normal(size=80)))
    >>> print(formula_text(model, digits=1))
    ln(E_in_plane / GPa) = 2 + 0.5 a - 0.2 d
    """
    selector = ForwardSelection(max_descriptors=max_descriptors, random_state=options.get("random_state", 0))
    return YoungModulusRegressor("ridge", target=target, selector=selector, **options)


def formula(model: YoungModulusRegressor) -> pd.DataFrame:
    """Return the formula of a fitted linear model in the units of its descriptors.

    Parameters
    ----------
    model : YoungModulusRegressor
        Fitted with ``algorithm="ridge"``, such as `small_model`.

    Returns
    -------
    pandas.DataFrame
        Index: descriptors, largest effect first, then ``"constant"``. ``coefficient`` (change of the output per unit),
        ``effect`` (change of the output per standard deviation of the training rows), ``mean``, ``sd`` of those rows.

    Raises
    ------
    ModelInputError
        The model is not linear.
    """
    check_is_fitted(model)
    steps = getattr(model.model_, "steps", [])
    if len(steps) < 2 or not hasattr(steps[-1][1], "coef_"):
        raise ModelInputError("only linear models have a formula", remedy="fit small_model()")
    scaler, linear = steps[-2][1], steps[-1][1]
    effect = np.ravel(linear.coef_)
    table = pd.DataFrame(
        {"coefficient": effect / scaler.scale_, "effect": effect, "mean": scaler.mean_, "sd": scaler.scale_},
        index=pd.Index(model.selected_features_, name="descriptor"),
    )
    table = table.loc[table["effect"].abs().sort_values(ascending=False, kind="stable").index]
    constant = float(np.ravel(linear.intercept_)[0] - (effect / scaler.scale_) @ scaler.mean_)
    table.loc["constant"] = {"coefficient": constant, "effect": np.nan, "mean": np.nan, "sd": np.nan}
    return table


def formula_text(model: YoungModulusRegressor, *, digits: int = 3) -> str:
    """Return the formula of a fitted linear model as one line; see `formula`.

    Parameters
    ----------
    model : YoungModulusRegressor
        Fitted with ``algorithm="ridge"``.
    digits : int
        Significant digits of the coefficients.
    """
    table = formula(model)["coefficient"]
    left = f"ln({model.target} / GPa)" if model.log_target else f"{model.target} / GPa"
    terms = [f"{table['constant']:.{digits}g}"]
    for name, value in table.drop("constant").items():
        terms.append(f"{'-' if value < 0 else '+'} {abs(value):.{digits}g} {name}")
    return f"{left} = {' '.join(terms)}"
