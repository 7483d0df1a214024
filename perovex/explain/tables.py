"""Checked inputs and grouped folds, shared by everything in this package."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier
from sklearn.utils.validation import has_fit_parameter

from perovex._seeds import seed_for
from perovex.errors import ModelInputError, ModelTableError
from perovex.learn.estimators.regressor import YoungModulusRegressor
from perovex.learn.held_out import class_target, learns_modulus
from perovex.learn.splits import folds_for
from perovex.learn.tables import as_groups, as_table, as_target, as_weights

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MIN_ROWS = 6
_TRIES = 100
#: Values of parameters that leave out what costs fits alone.
_PLAIN = {"calibration": "none", "interval_folds": 0}


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
    weights : ndarray, shape (rows,), or None
        Sample weights for fitting.
    """

    estimator: Any
    X: pd.DataFrame
    y: pd.Series
    groups: NDArray[np.int64]
    group_names: list[str]
    classifier: bool
    weights: NDArray[np.float64] | None = None

    @property
    def n_groups(self) -> int:
        """Number of distinct groups."""
        return len(self.group_names)

    def take(self, rows: NDArray[np.int64]) -> Problem:
        """Return the problem restricted to some rows, with groups numbered anew."""
        codes, names = pd.factorize(self.groups[rows])
        return replace(
            self,
            X=self.X.iloc[rows],
            y=self.y.iloc[rows],
            groups=codes.astype(np.int64),
            group_names=[self.group_names[int(i)] for i in names],
            weights=None if self.weights is None else self.weights[rows],
        )

    def with_table(self, X: pd.DataFrame) -> Problem:
        """Return the problem with other descriptors of the same rows."""
        return replace(self, X=X)

    def fit(self, rows: NDArray[np.int64], *, seed: int, weight: NDArray[np.float64] | None = None) -> Any:
        """Fit a clone of the estimator on some rows."""
        model = clone(self.estimator)
        set_seed(model, seed)
        if weight is None and self.weights is not None:
            weight = self.weights[rows]
        options: dict[str, Any] = {} if weight is None else {"sample_weight": weight}
        if has_fit_parameter(model, "groups"):
            options["groups"] = self.groups[rows]
        return model.fit(self.X.iloc[rows], self.y.iloc[rows], **options)

    def predict(self, model: Any, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Prediction of a fitted model: the target, or the probability of the positive class."""
        return predict(model, self.X.iloc[rows], classifier=self.classifier)


def is_classification(estimator: Any) -> bool:
    """Whether an estimator classifies."""
    return bool(is_classifier(estimator)) or hasattr(estimator, "predict_proba")


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


def check_problem(
    estimator: Any, X: pd.DataFrame, y: ArrayLike, groups: ArrayLike | None, sample_weight: ArrayLike | None = None
) -> Problem:
    """Check inputs as `perovex.learn` does and bring them to one form.

    Parameters
    ----------
    estimator : object
        scikit-learn estimator.
    X : DataFrame, shape (rows, descriptors)
        Numeric descriptors, missing values allowed.
    y : array-like, shape (rows,)
        Target, without missing values; two classes for classifiers, the positive one last in sorted order, or moduli
        where the classifier carries a threshold for them. A classifier that learns the modulus is explained by the
        regression that it reads the class off.
    groups : array-like, shape (rows,), optional
        Group of each row; each row is its own group where none are given.
    sample_weight : array-like, shape (rows,), optional
        How much each row counts when models are fitted.

    Returns
    -------
    Problem
        Checked inputs.

    Raises
    ------
    ModelInputError
        If lengths differ, a column is not numeric or holds infinity, y has gaps, or there are too few rows, groups or
        classes.
    """
    if not isinstance(X, pd.DataFrame):
        raise ModelTableError("X is not a DataFrame", remedy="pass descriptors with their keys as column names")
    table = as_table(X)
    if len(table) < MIN_ROWS:
        raise ModelInputError(f"{len(table)} crystals are too few to explain", remedy=f"give at least {MIN_ROWS}")
    target = as_target(y, len(table), table.index)
    codes, names = pd.factorize(as_groups(groups, len(table)))
    if len(names) < 2:
        raise ModelInputError("all crystals belong to one group", remedy="explanations need at least two groups")
    estimator = _bare(estimator)
    classifier = is_classification(estimator)
    if classifier:
        target = class_target(estimator, target)[0].astype(int)
        if target.nunique() != 2:
            raise ModelInputError(
                f"{target.nunique()} class(es) in the target of a classifier", remedy="give exactly two classes"
            )
    else:
        target = target.astype(float)
    weights = as_weights(sample_weight, table)
    return Problem(estimator, table, target, codes.astype(np.int64), [str(name) for name in names], classifier, weights)


def _bare(estimator: Any) -> Any:
    """Leave out what costs fits and does not change what is explained: calibration, intervals, reading off a class."""
    params = estimator.get_params(deep=False)
    if learns_modulus(estimator):
        shared = params.keys() & YoungModulusRegressor().get_params().keys()
        return YoungModulusRegressor(**{name: params[name] for name in shared})
    changed = {name: value for name, value in _PLAIN.items() if name in params and params[name] != value}
    if not changed:
        return estimator
    return clone(estimator).set_params(**changed)


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


def half_samples(
    problem: Problem, n: int, rng: np.random.Generator
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Split the groups in random halves, again and again, and use both halves as training part.

    A statistic varies between halves drawn without repetition as it varies between samples of the full size. Drawing
    with repetition would give rows twice, which a Gaussian process takes for measurements without noise.

    Parameters
    ----------
    problem : Problem
        Checked inputs.
    n : int
        Training parts wanted; two of one split are complementary.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    list of (train, held out)
        Row positions.

    Raises
    ------
    ModelInputError
        If no split leaves two classes, or something to learn from, on both sides.

    References
    ----------
    Shao and Wu, A general theory for jackknife variance estimation, Ann. Stat. 17, 1176 (1989),
    10.1214/aos/1176347263; Shah and Samworth, J. R. Stat. Soc. B 75, 55 (2013), 10.1111/j.1467-9868.2011.01034.x, for
    complementary pairs.
    """
    out: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
    while len(out) < n:
        first, second = _split_in_half(problem, rng)
        out += [(first, second), (second, first)]
    return out[:n]


def _split_in_half(problem: Problem, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    y = problem.y.to_numpy()
    for _ in range(_TRIES):
        chosen = rng.permutation(problem.n_groups)[: problem.n_groups // 2]
        inside = np.isin(problem.groups, chosen)
        halves = np.flatnonzero(inside), np.flatnonzero(~inside)
        enough = all(len(half) >= 2 for half in halves)
        classes = not problem.classifier or all(len(np.unique(y[half])) == 2 for half in halves)
        if enough and classes:
            return halves
    raise ModelInputError(
        "splitting the groups in halves leaves one class or nothing to explain",
        remedy="add groups or move the threshold",
    )


def fold_seed(random_state: int, repeat: int, number: int) -> int:
    """Seed of the model of one fold."""
    return seed_for(random_state, "model of a fold", repeat, number)
