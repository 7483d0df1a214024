"""Models fitted on halves of the groups and explained on the other half: how far attributions depend on the sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perovex._progress import progress_bar
from perovex._seeds import seed_for, stream
from perovex.explain.attribution.attribute import attribute
from perovex.explain.tables import Problem, half_samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.explain.attribution.explanation import Explanation

MAX_ROWS = 24  # explained in each draw: the spread between draws is that of models, not of the rows explained


@dataclass(frozen=True, eq=False)
class Draw:
    """One resample: a model fitted on half of the groups, explained on rows of the other half.

    Attributes
    ----------
    rows : ndarray of int, shape (explained,)
        Rows of groups that the model has not seen.
    values : ndarray, shape (explained, descriptors)
        Their SHAP values.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.float64]


def draw_models(explanation: Explanation, *, n_resamples: int = 100, progress: bool = False) -> tuple[Draw, ...]:
    """Fit on halves of the groups with new seeds, explain the other half.

    Each draw varies everything an importance depends on: the groups the model has seen, its seed, and the rows it is
    explained on. Half samples drawn without repetition vary as full samples would.

    Parameters
    ----------
    explanation : Explanation
        What to resample; estimator, space and perturbation are taken from it.
    n_resamples : int
        Number of draws.
    progress : bool
        Show a bar on stderr.

    Returns
    -------
    tuple of Draw
        What `rank`, `effects` and claims rest on; compute it once and pass it on.

    Raises
    ------
    ModelInputError
        If groups are too few to be halved.
    """
    problem = explanation.problem
    rng = stream(explanation.random_state, "halves of the groups")
    parts = half_samples(problem, n_resamples, rng)
    plan = enumerate(progress_bar(parts, desc="resample groups", shown=progress, leave=False))
    return tuple(_draw(explanation, problem, train, held, rng, number) for number, (train, held) in plan)


def _draw(
    explanation: Explanation,
    problem: Problem,
    train: NDArray[np.int64],
    held: NDArray[np.int64],
    rng: np.random.Generator,
    number: int,
) -> Draw:
    rows = some_rows(held, rng)
    model = problem.fit(train, seed=seed_for(explanation.random_state, "model of a draw", number))
    return Draw(rows, explain_rows(explanation, model, problem, train, rows))


def some_rows(rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return at most `MAX_ROWS` rows, in order."""
    return rows if len(rows) <= MAX_ROWS else np.sort(rng.choice(rows, size=MAX_ROWS, replace=False))


def explain_rows(
    explanation: Explanation, model: Any, problem: Problem, train: NDArray[np.int64], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return SHAP values of rows by a model, in the space and by the perturbation of an explanation."""
    attribution = attribute(
        model,
        problem.X.iloc[rows],
        background=problem.X.iloc[train],
        space=explanation.space,
        perturbation=explanation.perturbation,
        rough=True,
        random_state=explanation.random_state,
    )
    return attribution.values
