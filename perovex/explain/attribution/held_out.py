"""Explain an estimator fold by fold on rows it has not seen, and pool them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from perovex.explain.attribution.explanation import Explanation, FittedFold
from perovex.explain.attribution.shap_values import Perturbation, Space, attribute, interactions
from perovex.explain.tables import Problem, check_problem, grouped_folds

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def explain(  # noqa: PLR0913 -- the keyword arguments are the public contract
    estimator: Any,
    X: pd.DataFrame,
    y: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    n_splits: int = 5,
    n_repeats: int = 2,
    random_state: int = 0,
    space: Space = "raw",
    perturbation: Perturbation = "tree_path_dependent",
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
        scikit-learn estimator with a tree model inside (xgboost, gradient boosting, forests, pipelines of
        them).
    X : DataFrame, shape (rows, descriptors)
        Descriptors; missing values allowed where the estimator allows them.
    y : array-like, shape (rows,)
        Target, or two classes (the positive one last in sorted order).
    groups : array-like, shape (rows,), optional
        Group of each row, for example the spacer.
    n_splits : int
        Folds; fewer where there are fewer groups.
    n_repeats : int
        Repeats with other folds and seeds.
    random_state : int
        Seed.
    space : {"raw", "probability"}
        For classifiers: log-odds, or the probability of the positive class (interventional).
    perturbation : {"tree_path_dependent", "interventional"}
        Along the paths of the trees (an absent descriptor is averaged over the training rows that reach each
        node), or over the training rows as background as if descriptors were independent;
        `perovex.explain.compare_perturbations` says what differs.
    interactions : bool
        Also compute interaction values (path-dependent).
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    Explanation
        Values, importance, and the way to rankings and effects.

    Raises
    ------
    ModelInputError
        If the table, target or groups cannot be used.
    ExplanationError
        If the estimator holds no tree model or the values do not add up.

    References
    ----------
    Lundberg et al., Nat. Mach. Intell. 2, 56 (2020), 10.1038/s42256-019-0138-9.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame(rng.normal(size=(30, 3)), columns=["angle", "stei", "noise"])
    >>> y = 3 * X["angle"] + X["stei"]
    >>> forest = RandomForestRegressor(20)
    >>> found = explain(forest, X, y, groups=np.arange(30) // 3, n_repeats=1, progress=False)
    >>> list(found.importance().index)
    ['angle', 'stei', 'noise']
    """
    problem = check_problem(estimator, X, y, groups)
    plan = [
        (repeat, train, test)
        for repeat in range(n_repeats)
        for train, test in grouped_folds(problem, n_splits=n_splits, random_state=random_state + repeat)
    ]
    return _run(problem, plan, n_repeats, random_state, space, perturbation, interactions, progress)


def _run(
    problem: Problem,
    plan: list[tuple[int, NDArray[np.int64], NDArray[np.int64]]],
    n_repeats: int,
    random_state: int,
    space: Space,
    perturbation: Perturbation,
    with_interactions: bool,
    progress: bool,
) -> Explanation:
    rows, columns = problem.X.shape
    repeats = np.zeros((n_repeats, rows, columns))
    base, predictions = np.zeros((n_repeats, rows)), np.zeros((n_repeats, rows))
    strength = np.zeros((columns, columns)) if with_interactions else None
    folds, train_importance, worst, unit = [], [], 0.0, ""
    options: dict[str, Any] = {"space": space, "perturbation": perturbation}
    for number, (repeat, train, test) in enumerate(tqdm(plan, desc="explain", disable=not progress, leave=False)):
        model = problem.fit(train, seed=random_state + number)
        background = problem.X.iloc[train]
        both = np.concatenate([test, train])
        found = attribute(model, problem.X.iloc[both], background=background, **options)
        repeats[repeat, test] = found.values[: len(test)]
        base[repeat, test] = found.base[: len(test)]
        predictions[repeat, test] = problem.predict(model, test)
        train_importance.append(np.abs(found.values[len(test) :]).mean(axis=0))
        worst, unit = max(worst, found.additivity_error), found.unit
        if strength is not None:
            pairs = interactions(model, problem.X.iloc[test])
            strength += np.abs(pairs).sum(axis=0) / (rows * n_repeats)
        folds.append(FittedFold(model, train, test, repeat))
    names = problem.X.columns
    return Explanation(
        problem,
        tuple(folds),
        repeats,
        base,
        predictions,
        np.array(train_importance),
        worst,
        unit,
        space,
        perturbation,
        None if strength is None else pd.DataFrame(strength, index=names, columns=names),
        random_state,
    )
