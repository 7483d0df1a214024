"""Explain an estimator fold by fold on rows it has not seen, and pool them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._progress import progress_bar
from perovex.errors import ModelInputError
from perovex.explain.attribution.attribute import Perturbation, Space, attribute
from perovex.explain.attribution.explanation import Explanation, FittedFold
from perovex.explain.attribution.trees import interactions
from perovex.explain.tables import Problem, check_problem, fold_seed, grouped_folds
from perovex.learn.splits import repeat_seed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray


_KNOWN_ROWS = 16  # rows of its own that a model is explained on, to tell what it has learnt by heart


def explain(  # noqa: PLR0913 -- the keyword arguments are the public contract
    estimator: Any,
    X: pd.DataFrame,
    y: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    folds: Iterable[FittedFold] | None = None,
    n_splits: int = 5,
    n_repeats: int = 2,
    random_state: int = 0,
    space: Space = "raw",
    perturbation: Perturbation = "interventional",
    interactions: bool = False,
    progress: bool = False,
) -> Explanation:
    """Explain an estimator by SHAP values of rows that its models have not seen.

    In every repeat the rows are split into folds that keep groups whole; a clone is fitted on each training
    part and explained on the part held out, so that each crystal is explained once per repeat by a model that
    knows no crystal of its group. The contributions are checked to add up to the output.

    Parameters
    ----------
    estimator : object
        scikit-learn estimator: exact values for trees, linear models, Gaussian processes with an RBF kernel and
        averages of them, sampled ones for all others (see `perovex.explain.attribute`).
    X : DataFrame, shape (rows, descriptors)
        Descriptors; missing values allowed where the estimator allows them.
    y : array-like, shape (rows,)
        Target, or two classes (the positive one last in sorted order).
    groups : array-like, shape (rows,), optional
        Group of each row, for example the spacer.
    sample_weight : array-like, shape (rows,), optional
        How much each row counts when models are fitted.
    folds : iterable of FittedFold, optional
        Models that were fitted already, for example by a validation, with the rows they were fitted on and the rows
        held out; every repeat must hold out each row once. Nothing is fitted then.
    n_splits : int
        Folds; fewer where there are fewer groups.
    n_repeats : int
        Repeats with other folds and seeds.
    random_state : int
        Seed.
    space : {"raw", "probability"}
        For classifiers: log-odds, or the probability of the positive class.
    perturbation : {"interventional", "tree_path_dependent"}
        Absent descriptors are taken from training rows, as if descriptors were independent, or, for tree models,
        averaged over the training rows that reach each node; `perovex.explain.compare_perturbations` says what differs.
    interactions : bool
        Also compute interaction values (tree models, path-dependent).
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    Explanation
        Values and importance; what `rank`, `effects`, `skill` and others start from.

    Raises
    ------
    ModelInputError
        If the table, target, groups or folds cannot be used.
    ExplanationError
        If the values do not add up.

    References
    ----------
    Lundberg et al., Nat. Mach. Intell. 2, 56 (2020), 10.1038/s42256-019-0138-9.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from perovex.learn import YoungModulusRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(30, 3)), columns=["angle", "stei", "noise"])
    >>> y = np.exp(0.3 * X["angle"] + 0.1 * X["stei"])
    >>> explanation = explain(YoungModulusRegressor("ridge"), X, y, groups=np.arange(30) // 3, n_repeats=1)
    >>> list(explanation.importance().index)
    ['angle', 'stei', 'noise']
    """
    problem = check_problem(estimator, X, y, groups, sample_weight)
    fitted = list(folds) if folds is not None else _plan(problem, n_splits, n_repeats, random_state)
    _check_folds(fitted, len(problem.X))
    return _run(problem, fitted, random_state, space, perturbation, interactions, progress)


def _plan(problem: Problem, n_splits: int, n_repeats: int, random_state: int) -> list[FittedFold]:
    """Folds whose models have still to be fitted."""
    return [
        FittedFold(None, train, test, repeat)
        for repeat in range(n_repeats)
        for train, test in grouped_folds(problem, n_splits=n_splits, random_state=repeat_seed(random_state, repeat))
    ]


def _check_folds(folds: list[FittedFold], n_rows: int) -> None:
    """Refuse folds that explain a row twice, or not at all, or by a model that knows it."""
    for repeat in range(1 + max((fold.repeat for fold in folds), default=-1)):
        held = np.concatenate([fold.test for fold in folds if fold.repeat == repeat] or [np.empty(0, dtype=int)])
        if not np.array_equal(np.sort(held), np.arange(n_rows)):
            raise ModelInputError(f"the folds of repeat {repeat} do not hold out every crystal once")
    if not folds or any(np.intersect1d(fold.train, fold.test).size for fold in folds):
        raise ModelInputError("there are no folds, or one is explained on rows it was fitted on")


def _run(
    problem: Problem,
    plan: list[FittedFold],
    random_state: int,
    space: Space,
    perturbation: Perturbation,
    with_interactions: bool,
    progress: bool,
) -> Explanation:
    rows, columns = problem.X.shape
    n_repeats = 1 + max(fold.repeat for fold in plan)
    repeats = np.zeros((n_repeats, rows, columns))
    members: dict[str, NDArray[np.float64]] = {}
    base, predictions = np.zeros((n_repeats, rows)), np.zeros((n_repeats, rows))
    strength = np.zeros((columns, columns)) if with_interactions else None
    folds, train_importance, worst, sampling, unit = [], [], 0.0, 0.0, ""
    for number, fold in enumerate(progress_bar(plan, desc="explain", shown=progress, leave=False)):
        test, train = fold.test, fold.train
        model = fold.model
        if model is None:
            model = problem.fit(train, seed=fold_seed(random_state, fold.repeat, number))
        known = train[np.linspace(0, len(train) - 1, min(len(train), len(test), _KNOWN_ROWS)).astype(int)]
        attribution = attribute(
            model,
            problem.X.iloc[np.concatenate([test, known])],
            background=problem.X.iloc[train],
            space=space,
            perturbation=perturbation,
            random_state=random_state,
        )
        repeats[fold.repeat, test] = attribution.values[: len(test)]
        for name, values in attribution.members.items():
            members.setdefault(name, np.zeros_like(repeats))[fold.repeat, test] = values[: len(test)]
        base[fold.repeat, test] = attribution.base[: len(test)]
        predictions[fold.repeat, test] = problem.predict(model, test)
        train_importance.append(np.abs(attribution.values[len(test) :]).mean(axis=0))
        worst, unit = max(worst, attribution.additivity_error), attribution.unit
        sampling = max(sampling, attribution.sampling_error)
        if strength is not None:
            strength += _interactions(model, problem, test) / (rows * n_repeats)
        folds.append(FittedFold(model, train, test, fold.repeat))
    names = problem.X.columns
    return Explanation(
        problem=problem,
        folds=tuple(folds),
        repeats=repeats,
        base_repeats=base,
        predictions=predictions,
        train_importance=np.array(train_importance),
        additivity_error=worst,
        sampling_error=sampling,
        unit=unit,
        space=space,
        perturbation=perturbation,
        members=members,
        interaction_strength=None if strength is None else pd.DataFrame(strength, index=names, columns=names),
        random_state=random_state,
    )


def _interactions(model: Any, problem: Problem, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sum over rows of absolute interaction values."""
    total: NDArray[np.float64] = np.abs(interactions(model, problem.X.iloc[rows])).sum(axis=0)
    return total
