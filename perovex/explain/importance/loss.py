"""Importance by what the held-out error loses: permutation, and refitting without.

These two answer what SHAP does not: whether the model's accuracy, and not only its output, rests on a
descriptor. Permutation breaks a descriptor among rows the model has not seen; dropping refits, so that
correlated descriptors may step in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._progress import progress_bar
from perovex._seeds import stream
from perovex.explain.importance.shuffled import shuffled_predictions
from perovex.explain.statistics import group_mean_interval
from perovex.explain.tables import Problem, fold_seed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from perovex.explain.attribution.explanation import Explanation, FittedFold

_CLIP = 1e-6


def row_loss(problem: Problem, rows: NDArray[np.int64], prediction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Loss per row: absolute error (unit of the target), or negative log-likelihood (nats)."""
    y = problem.y.to_numpy(dtype=float)[rows]
    if not problem.classifier:
        return np.abs(y - prediction)
    p = np.clip(prediction, _CLIP, 1 - _CLIP)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def permutation_importance(
    explanation: Explanation,
    *,
    sets: Mapping[str, Sequence[str]] | None = None,
    n_permutations: int = 5,
    strata: NDArray[np.int64] | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Increase of the held-out loss when descriptors are shuffled among held-out rows.

    Parameters
    ----------
    explanation : Explanation
        Holds the fitted models and their held-out rows.
    sets : mapping of str to sequence of str, optional
        Descriptors to shuffle together; by default each alone.
    n_permutations : int
        Shuffles per model.
    strata : ndarray of int, shape (rows,), optional
        Shuffle within strata only (conditional importance: what a descriptor adds where the strata are
        equal). Strata with one held-out row leave it unchanged.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    DataFrame
        Index: sets. ``permutation`` is the mean loss increase (GPa or the unit of the target; nats for
        classifiers), ``permutation_sd`` its standard deviation over models and shuffles.
    """
    problem = explanation.problem
    chosen = dict(sets) if sets is not None else {str(c): [str(c)] for c in problem.X.columns}
    rng = stream(explanation.random_state, "permutation importance")
    increases = [
        _permute_fold(problem, fold, chosen, n_permutations, strata, rng)
        for fold in progress_bar(explanation.folds, desc="permute", shown=progress, leave=False)
    ]
    weights = np.array([len(fold.test) for fold in explanation.folds], dtype=float)
    stacked = np.stack(increases)  # folds, sets, permutations
    mean = np.average(stacked.mean(axis=2), axis=0, weights=weights)
    spread = stacked.std(axis=(0, 2))
    return pd.DataFrame({"permutation": mean, "permutation_sd": spread}, index=pd.Index(chosen, name="descriptor"))


def _permute_fold(
    problem: Problem,
    fold: FittedFold,
    sets: Mapping[str, Sequence[str]],
    n_permutations: int,
    strata: NDArray[np.int64] | None,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Loss increase of one model, shape (sets, permutations)."""
    rows = fold.test
    table = problem.X.iloc[rows]
    base = row_loss(problem, rows, problem.predict(fold.model, rows)).mean()
    orders = [_order(len(rows), None if strata is None else strata[rows], rng) for _ in range(n_permutations)]
    columns = [table.columns.get_indexer(pd.Index(list(members))) for members in sets.values()]
    predicted = shuffled_predictions(fold.model, table, columns, orders, classifier=problem.classifier)
    losses = np.array([row_loss(problem, rows, p).mean() for p in predicted.reshape(-1, len(rows))])
    return losses.reshape(len(columns), n_permutations) - base


def _order(n: int, strata: NDArray[np.int64] | None, rng: np.random.Generator) -> NDArray[np.int64]:
    if strata is None:
        return rng.permutation(n)
    order = np.arange(n)
    for stratum in np.unique(strata):
        inside = np.flatnonzero(strata == stratum)
        order[inside] = rng.permutation(inside)
    return order


def drop_importance(
    explanation: Explanation,
    sets: Mapping[str, Sequence[str]],
    *,
    n_resamples: int = 500,
    level: float = 0.9,
    progress: bool = False,
) -> pd.DataFrame:
    """Increase of the held-out loss when models are fitted without some descriptors.

    Parameters
    ----------
    explanation : Explanation
        Gives estimator, table and the folds of its first repeat.
    sets : mapping of str to sequence of str
        Descriptors to leave out together.
    n_resamples, level
        Draws of groups and level of the interval.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    DataFrame
        Index: sets. ``drop`` is the mean loss increase, with ``drop_lower`` and ``drop_upper`` over groups.
        Negative: the model does better without.
    """
    problem = explanation.problem
    rng = stream(explanation.random_state, "drop importance")
    folds = [fold for fold in explanation.folds if fold.repeat == 0]
    full = np.zeros(len(problem.X))
    for fold in folds:
        full[fold.test] = row_loss(problem, fold.test, problem.predict(fold.model, fold.test))
    rows: dict[str, Any] = {}
    for name, members in progress_bar(sets.items(), desc="drop", shown=progress, leave=False):
        kept = problem.X.drop(columns=[m for m in members if m in problem.X.columns])
        if not kept.shape[1]:
            continue
        reduced = problem.with_table(kept)
        loss = np.zeros(len(kept))
        for number, fold in enumerate(folds):
            model = reduced.fit(fold.train, seed=fold_seed(explanation.random_state, 0, number))
            loss[fold.test] = row_loss(reduced, fold.test, reduced.predict(model, fold.test))
        mean, lower, upper = group_mean_interval(
            (loss - full)[None, :], problem.groups, n_resamples=n_resamples, level=level, rng=rng
        )
        rows[str(name)] = {"drop": mean, "drop_lower": lower, "drop_upper": upper}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["drop", "drop_lower", "drop_upper"])
