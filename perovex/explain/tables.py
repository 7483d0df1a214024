"""Checked inputs and grouped folds, shared by everything in this room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from perovex.errors import ModelInputError
from perovex.explain.attribution.tree_view import is_classification

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MIN_ROWS = 6


@dataclass(frozen=True, eq=False)
class Problem:
    """An estimator and the table, target and groups it is to be explained on.

    Attributes
    ----------
    estimator : object
        Unfitted estimator.
    X : DataFrame, shape (rows, descriptors)
        Descriptors, float.
    y : Series, shape (rows,)
        Target; 0 and 1 for classifiers.
    groups : ndarray of int, shape (rows,)
        Group codes, 0 to number of groups - 1.
    group_names : list of str
        Name of each code.
    classifier : bool
        Whether the estimator classifies.
    """

    estimator: Any
    X: pd.DataFrame
    y: pd.Series
    groups: NDArray[np.int64]
    group_names: list[str]
    classifier: bool

    @property
    def n_groups(self) -> int:
        """Number of distinct groups."""
        return len(self.group_names)

    def take(self, rows: NDArray[np.int64]) -> Problem:
        """Return the problem restricted to some rows, with groups numbered anew."""
        codes, names = pd.factorize(self.groups[rows])
        return Problem(
            self.estimator,
            self.X.iloc[rows],
            self.y.iloc[rows],
            codes.astype(np.int64),
            [self.group_names[int(i)] for i in names],
            self.classifier,
        )

    def fit(self, rows: NDArray[np.int64], *, seed: int, weight: NDArray[np.float64] | None = None) -> Any:
        """Fit a clone of the estimator on some rows (repetitions allowed)."""
        model = clone(self.estimator)
        set_seed(model, seed)
        options: dict[str, Any] = {} if weight is None else {"sample_weight": weight}
        if has_fit_parameter(model, "groups"):
            options["groups"] = self.groups[rows]
        return model.fit(self.X.iloc[rows], self.y.iloc[rows], **options)

    def predict(self, model: Any, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Prediction of a fitted model: the target, or the probability of the positive class."""
        return predict(model, self.X.iloc[rows], classifier=self.classifier)


def predict(model: Any, X: pd.DataFrame, *, classifier: bool) -> NDArray[np.float64]:
    """Predict the target, or the probability of the positive class."""
    if classifier:
        return np.asarray(model.predict_proba(X), dtype=float)[:, 1]
    return np.asarray(model.predict(X), dtype=float)


def set_seed(model: Any, seed: int) -> None:
    """Set every `random_state` of an estimator, nested ones too."""
    seeds = {name: seed for name in model.get_params() if name == "random_state" or name.endswith("__random_state")}
    if seeds:
        model.set_params(**seeds)


def check_problem(estimator: Any, X: pd.DataFrame, y: ArrayLike, groups: ArrayLike | None) -> Problem:
    """Check inputs and bring them to one form.

    Parameters
    ----------
    estimator : object
        scikit-learn estimator.
    X : DataFrame, shape (rows, descriptors)
        Numeric descriptors, missing values allowed.
    y : array-like, shape (rows,)
        Target, without missing values; two classes for classifiers, the positive one last in sorted order.
    groups : array-like, shape (rows,), optional
        Group of each row; each row is its own group where none are given.

    Returns
    -------
    Problem
        Checked inputs.

    Raises
    ------
    ModelInputError
        If lengths differ, a column is not numeric, y has gaps, or there are too few rows, groups or classes.
    """
    if not isinstance(X, pd.DataFrame):
        raise ModelInputError("X is not a DataFrame", remedy="pass descriptors with their keys as column names")
    if len(X) != len(np.asarray(y)) or (groups is not None and len(np.asarray(groups)) != len(X)):
        raise ModelInputError("X, y and groups differ in length", remedy="align them by crystal first")
    if len(X) < MIN_ROWS:
        raise ModelInputError(f"{len(X)} crystals are too few to explain", remedy=f"give at least {MIN_ROWS}")
    if X.columns.has_duplicates:
        repeated = X.columns[X.columns.duplicated()][0]
        raise ModelInputError(f"descriptor {repeated!r} occurs twice", remedy="drop one of the columns")
    try:
        table = X.astype(float)
    except (TypeError, ValueError) as error:
        bad = [str(c) for c in X.columns if not pd.api.types.is_numeric_dtype(X[c])]
        raise ModelInputError(f"columns are not numeric: {', '.join(bad)}", remedy="encode or drop them") from error
    table = table.replace([np.inf, -np.inf], np.nan)
    target = pd.Series(np.asarray(y), index=X.index, name=getattr(y, "name", None))
    if target.isna().any():
        raise ModelInputError(f"{int(target.isna().sum())} targets are missing", remedy="drop those crystals")
    labels = np.arange(len(X)) if groups is None else np.asarray(groups)
    codes, names = pd.factorize(labels, use_na_sentinel=False)
    if len(names) < 2:
        raise ModelInputError("all crystals belong to one group", remedy="explanations need at least two groups")
    classifier = is_classification(estimator)
    estimator = _bare(estimator)
    if classifier:
        target = _labels(estimator, target)
        classes, target_codes = np.unique(target.to_numpy(), return_inverse=True)
        if len(classes) != 2:
            raise ModelInputError(
                f"{len(classes)} class(es) in the target of a classifier", remedy="give exactly two classes"
            )
        target = pd.Series(target_codes.astype(int), index=X.index, name=target.name)
    else:
        target = target.astype(float)
    return Problem(estimator, table, target, codes.astype(np.int64), [str(n) for n in names], classifier)


def _bare(estimator: Any) -> Any:
    """Leave out what costs fits and does not change the trees: calibration and intervals."""
    params = estimator.get_params(deep=False)
    plain = {"calibration": "none", "interval_folds": 0}
    changed = {name: value for name, value in plain.items() if name in params and params[name] != value}
    return clone(estimator).set_params(**changed) if changed else estimator


def _labels(estimator: Any, target: pd.Series) -> pd.Series:
    """Label moduli where the classifier carries a threshold for them; labels stay as they are."""
    threshold = estimator.get_params(deep=False).get("threshold")
    if threshold is None or not pd.api.types.is_float_dtype(target) or target.nunique() <= 2:
        return target
    from perovex.learn.threshold import stiff_labels

    return stiff_labels(target, threshold)


def grouped_folds(
    problem: Problem, *, n_splits: int = 5, random_state: int = 0
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Folds that keep groups whole, as `perovex.learn.evaluate` makes them; both classes in every training part.

    Parameters
    ----------
    problem : Problem
        Checked inputs.
    n_splits : int
        Folds wanted; fewer where there are fewer groups.
    random_state : int
        Seed of the shuffling of groups.

    Returns
    -------
    list of (train, test)
        Row positions.

    Raises
    ------
    ModelInputError
        If a class occurs in one group only, so that it cannot be held out.
    """
    from perovex.learn import folds_for

    names = pd.Series(problem.group_names, dtype=object).iloc[problem.groups].reset_index(drop=True)
    return folds_for(
        "group",
        problem.X,
        problem.y,
        names,
        classify=problem.classifier,
        n_splits=n_splits,
        random_state=random_state,
    )


def bootstrap_groups(
    groups: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw groups with replacement; return the rows drawn (repeated as drawn) and the rows left out."""
    n = int(groups.max()) + 1
    drawn = rng.integers(n, size=n)
    counts = np.bincount(drawn, minlength=n)[groups]
    rows = np.repeat(np.arange(len(groups)), counts)
    return rows.astype(np.int64), np.flatnonzero(counts == 0).astype(np.int64)
