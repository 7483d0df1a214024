"""Held-out skill of the models that are explained: without it an explanation explains noise."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from perovex.explain.attribution.explanation import Explanation


@dataclass(frozen=True)
class Skill:
    """A score on held-out rows with its interval over groups.

    Attributes
    ----------
    metric : str
        ``"R2 against the training mean"`` or ``"ROC-AUC"``.
    value, lower, upper : float
        Score and interval; the interval is NaN with fewer than four groups.
    chance : float
        Score of a model that knows nothing.
    level : float
        Coverage of the interval.
    n_rows, n_groups : int
        Sample size.
    """

    metric: str
    value: float
    lower: float
    upper: float
    chance: float
    level: float
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
            f"({100 * self.level:.0f} % interval {self.lower:.2f} to "
            f"{self.upper:.2f}), {word} chance ({self.chance:g})."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields and whether the skill is above chance."""
        return {**asdict(self), "above_chance": self.above_chance}


def skill(explanation: Explanation, *, n_resamples: int = 1000, level: float = 0.95) -> Skill:
    """Score held-out predictions, as `perovex.learn.evaluate` does: mean over repeats, interval over groups.

    An explanation and an evaluation of the same estimator, table and seeds hold the same predictions, and for a
    classifier the same score with the same interval.

    Parameters
    ----------
    explanation : Explanation
        Explanation with held-out predictions.
    n_resamples : int
        Draws of groups.
    level : float
        Coverage of the interval.

    Returns
    -------
    Skill
        For regressors one minus the squared error over that of the mean of the training rows (0 is chance);
        for classifiers the area under the ROC curve (0.5 is chance).
    """
    from perovex.learn import metrics

    problem, predictions = explanation.problem, explanation.predictions
    y = problem.y.to_numpy(dtype=float)
    name, chance = ("ROC-AUC", 0.5) if problem.classifier else ("R2 against the training mean", 0.0)
    reference = np.zeros_like(predictions)
    for fold in explanation.folds:
        reference[fold.repeat, fold.test] = y[fold.train].mean()
    drawn_groups = metrics.bootstrap_counts(problem.n_groups, n_resamples, explanation.random_state)
    counts = np.vstack([np.ones((1, problem.n_groups)), drawn_groups])  # the first is the sample itself
    scores = [metrics.roc_auc if problem.classifier else _r2_against(mean) for mean in reference]
    by_repeat = [
        metrics.resampled(score, y, p, counts, problem.groups) for score, p in zip(scores, predictions, strict=True)
    ]
    drawn = np.mean(by_repeat, axis=0)
    lower, upper = metrics.bootstrap_interval(drawn[1:], problem.n_groups, level)
    value = float(drawn[0])
    return Skill(name, value, lower, upper, chance, level, explanation.n_rows, explanation.n_groups)


def _r2_against(mean: NDArray[np.float64]) -> Callable[..., NDArray[np.float64]]:
    """Return one minus the squared error over that of `mean`, for many weightings of the rows."""

    def score(y: NDArray[np.float64], p: NDArray[np.float64], w: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(1 - w @ (y - p) ** 2 / (w @ (y - mean) ** 2))

    return score


def auc(y: NDArray[np.float64], score: NDArray[np.float64]) -> float:
    """Area under the ROC curve; NaN where a class is missing."""
    from perovex.learn import metrics

    return float(metrics.roc_auc(np.asarray(y, float), np.asarray(score, float), np.ones((1, len(y))))[0])
