"""Resampling of groups: intervals that count spacers, not crystals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from perovex.errors import ModelInputError
from perovex.explain.attribution.shap_values import attribute
from perovex.explain.tables import Problem, bootstrap_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.explain.attribution.explanation import Explanation


@dataclass(frozen=True, eq=False)
class Draw:
    """One resample: a model fitted on drawn groups, explained on the groups left out.

    Attributes
    ----------
    rows : ndarray of int, shape (held out,)
        Rows of the groups that were not drawn.
    values : ndarray, shape (held out, descriptors)
        Their SHAP values.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.float64]


def refit_bootstrap(explanation: Explanation, *, n_resamples: int = 40, progress: bool = False) -> list[Draw]:
    """Fit on resampled groups with new seeds, explain the groups left out.

    Each draw varies everything an importance depends on: the groups the model has seen, its seed, and the
    rows it is explained on, which belong to no group it has seen.

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
    list of Draw
        Draws, kept by the explanation for the same number and reused.
    """
    cache = explanation._cache  # noqa: SLF001 -- both live in this room
    key = f"bootstrap-{n_resamples}"
    if key not in cache:
        rng = np.random.default_rng(explanation.random_state + 1)
        cache[key] = [
            _draw(explanation, rng, seed)
            for seed in tqdm(range(n_resamples), desc="resample groups", disable=not progress, leave=False)
        ]
    found: list[Draw] = cache[key]
    return found


def _draw(explanation: Explanation, rng: np.random.Generator, seed: int) -> Draw:
    problem = explanation.problem
    rows, out = usable_draw(problem, rng)
    model = problem.fit(rows, seed=explanation.random_state + seed)
    found = attribute(
        model,
        problem.X.iloc[out],
        background=problem.X.iloc[np.unique(rows)],
        space=explanation.space,
        perturbation=explanation.perturbation,
    )
    return Draw(out, found.values)


def usable_draw(problem: Problem, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw groups until both classes are in the training part and something is left out."""
    y = problem.y.to_numpy()
    for _ in range(100):
        rows, out = bootstrap_groups(problem.groups, rng)
        if len(out) < 2 or len(np.unique(rows)) < 4:
            continue
        if problem.classifier and len(np.unique(y[rows])) < 2:
            continue
        return rows, out
    raise ModelInputError(
        "resampling groups leaves one class or nothing to explain", remedy="add groups or move the threshold"
    )


def group_mean_interval(
    values: NDArray[np.float64],
    groups: NDArray[np.int64],
    *,
    n_resamples: int = 200,
    level: float = 0.9,
    random_state: int = 0,
) -> tuple[float, float, float]:
    """Mean of per-row values with an interval over groups and repeats, without refitting.

    Parameters
    ----------
    values : ndarray, shape (repeats, rows)
        Per-row values of each repeat.
    groups : ndarray of int, shape (rows,)
        Group codes.
    n_resamples, level, random_state
        Draws, level and seed.

    Returns
    -------
    mean, lower, upper : float
        In the unit of `values`.
    """
    rng = np.random.default_rng(random_state)
    n = int(groups.max()) + 1
    sums = np.stack([np.bincount(groups, weights=v, minlength=n) for v in values])
    counts = np.bincount(groups, minlength=n)
    draws = rng.integers(n, size=(n_resamples, n))
    repeat = rng.integers(len(values), size=n_resamples)
    means = sums[repeat[:, None], draws].sum(axis=1) / counts[draws].sum(axis=1)
    tail = (1 - level) / 2
    lower, upper = np.quantile(means, [tail, 1 - tail])
    return float(values.mean()), float(lower), float(upper)


def interval(draws: Any, level: float = 0.9) -> tuple[float, float]:
    """Percentile interval of draws, NaN ignored; (nan, nan) where nothing is left."""
    finite = np.asarray(draws, dtype=float)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return float("nan"), float("nan")
    tail = (1 - level) / 2
    lower, upper = np.quantile(finite, [tail, 1 - tail])
    return float(lower), float(upper)
