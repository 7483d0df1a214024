"""Held-out skill of the models that are explained: without it an explanation explains noise."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata

from perovex.explain._inputs import bootstrap_groups

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from perovex.explain.explanation import Explanation


@dataclass(frozen=True)
class Skill:
    """A score on held-out rows with its interval over groups.

    Attributes
    ----------
    metric : str
        ``"R2 against the training mean"`` or ``"ROC-AUC"``.
    value, lower, upper : float
        Score and interval.
    chance : float
        Score of a model that knows nothing.
    coverage : float
        Coverage of the interval.
    n_rows, n_groups : int
        Sample size.
    """

    metric: str
    value: float
    lower: float
    upper: float
    chance: float
    coverage: float
    n_rows: int
    n_groups: int

    @property
    def above_chance(self) -> bool:
        """Whether the whole interval lies above chance."""
        return bool(self.lower > self.chance)

    def sentence(self) -> str:
        """Return the skill in words."""
        word = "above" if self.above_chance else "not distinguishable from"
        return (
            f"Held-out {self.metric} {self.value:.2f} "
            f"({100 * self.coverage:.0f} % interval {self.lower:.2f} to "
            f"{self.upper:.2f}), {word} chance ({self.chance:g})."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields and whether the skill is above chance."""
        return {**asdict(self), "above_chance": self.above_chance}


def skill(explanation: Explanation, *, n_boot: int = 500, coverage: float = 0.95) -> Skill:
    """Score held-out predictions, with an interval by resampling groups and repeats.

    Parameters
    ----------
    explanation : Explanation
        Explanation with held-out predictions.
    n_boot : int
        Draws of groups.
    coverage : float
        Coverage of the interval.

    Returns
    -------
    Skill
        For regressors one minus the squared error over that of the mean of the training rows (0 is chance);
        for classifiers the area under the ROC curve (0.5 is chance).
    """
    problem = explanation.problem
    y = problem.y.to_numpy(dtype=float)
    predictions = explanation.predictions
    rng = np.random.default_rng(explanation.random_state)
    if problem.classifier:
        name, chance = "ROC-AUC", 0.5
        score: Callable[..., float] = _mean_auc
        reference = predictions
    else:
        name, chance = "R2 against the training mean", 0.0
        score = _r2
        reference = np.zeros_like(predictions)
        for fold in explanation.folds:
            reference[fold.repeat, fold.test] = y[fold.train].mean()
    every = np.arange(len(y))
    value = score(y, predictions, reference, every)
    draws = []
    for _ in range(n_boot):
        rows, _out = bootstrap_groups(problem.groups, rng)
        draws.append(score(y, predictions, reference, rows))
    tail = (1 - coverage) / 2
    lower, upper = np.nanquantile(draws, [tail, 1 - tail])
    return Skill(
        name,
        float(value),
        float(lower),
        float(upper),
        chance,
        coverage,
        explanation.n_rows,
        explanation.n_groups,
    )


def _mean_auc(
    y: NDArray[np.float64],
    predictions: NDArray[np.float64],
    _reference: NDArray[np.float64],
    rows: NDArray[np.int64],
) -> float:
    if len(np.unique(y[rows])) < 2:
        return float("nan")
    return float(np.mean([auc(y[rows], p[rows]) for p in predictions]))


def auc(y: NDArray[np.float64], score: NDArray[np.float64]) -> float:
    """Area under the ROC curve from ranks (Mann-Whitney); NaN where a class is missing."""
    positive = y == 1
    n_positive, n = int(positive.sum()), len(y)
    if n_positive in (0, n):
        return float("nan")
    ranks = rankdata(score)
    excess = ranks[positive].sum() - n_positive * (n_positive + 1) / 2
    return float(excess / (n_positive * (n - n_positive)))


def _r2(
    y: NDArray[np.float64],
    predictions: NDArray[np.float64],
    reference: NDArray[np.float64],
    rows: NDArray[np.int64],
) -> float:
    error = ((y[rows] - predictions[:, rows]) ** 2).mean()
    base = ((y[rows] - reference[:, rows]) ** 2).mean()
    return float(1 - error / base) if base > 0 else float("nan")
