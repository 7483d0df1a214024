"""Held-out skill of the models that are explained: without it an explanation explains noise."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.explain.attribution.words import skill_in_words
from perovex.learn import metrics

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.explain.attribution.explanation import Explanation


@dataclass(frozen=True)
class Skill:
    """A score on held-out rows with its interval over groups.

    Attributes
    ----------
    metric : str
        ``"R2"`` or ``"ROC-AUC"``.
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
        return skill_in_words(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields and whether the skill is above chance."""
        return {**asdict(self), "above_chance": self.above_chance}


def skill(explanation: Explanation, *, n_resamples: int = 1000, level: float = 0.95) -> Skill:
    """Score held-out predictions, as `perovex.learn.evaluate` does: mean over repeats, interval over groups.

    An explanation and an evaluation of the same models hold the same predictions, and the same score.

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
        For regressors R2, one minus the squared error over the variance of the target (a model that knows nothing
        comes out at 0 or below); for classifiers the area under the ROC curve (0.5 is chance).
    """
    problem, predictions = explanation.problem, explanation.predictions
    y = problem.y.to_numpy(dtype=float)
    name, chance, score = ("ROC-AUC", 0.5, metrics.roc_auc) if problem.classifier else ("R2", 0.0, metrics.r2)
    drawn_groups = metrics.bootstrap_counts(problem.n_groups, n_resamples, explanation.random_state)
    counts = np.vstack([np.ones((1, problem.n_groups)), drawn_groups])  # the first is the sample itself
    by_repeat = [metrics.resampled(score, y, p, counts, problem.groups) for p in predictions]
    drawn = np.mean(by_repeat, axis=0)
    lower, upper = metrics.bootstrap_interval(drawn[1:], problem.n_groups, level)
    value = float(drawn[0])
    return Skill(name, value, lower, upper, chance, level, explanation.n_rows, explanation.n_groups)


def auc(y: NDArray[np.float64], score: NDArray[np.float64]) -> float:
    """Area under the ROC curve; NaN where a class is missing."""
    return float(metrics.roc_auc(np.asarray(y, float), np.asarray(score, float), np.ones((1, len(y))))[0])
