"""What a reader asks beside scores and ranks: would more spacers help, and which descriptors act together."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from perovex.errors import PerovexError
from perovex.explain import interactions
from perovex.learn import YoungModulusRegressor, learning_curve

if TYPE_CHECKING:
    from perovex.learn import LearningCurve
    from perovex.study.options import StudyOptions
    from perovex.study.tables import StudyTables
    from perovex.study.tasks import Task

PAIRS: Final = 10
_SHARES: Final = (0.2, 0.4, 0.7, 1.0)


@dataclass(frozen=True)
class Further:
    """Learning curve of the linear model and the strongest interactions of the boosted trees.

    Attributes
    ----------
    curve : LearningCurve or None
        Held-out R2 of the linear model against the number of training groups; None where groups are too few.
    pairs : DataFrame
        ``first``, ``second`` (descriptors) and ``share``: mean absolute SHAP interaction of the pair over the mean
        absolute SHAP values of all descriptors, of trees fitted to all crystals; strongest first.
    """

    curve: LearningCurve | None
    pairs: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe dictionary."""
        return {
            "learning_curve": None if self.curve is None else self.curve.to_dict(),
            "interactions": self.pairs.to_dict(orient="records"),
        }


def look_further(task: Task, tables: StudyTables, options: StudyOptions) -> Further:
    """Measure the learning curve and the interactions of a regression.

    Parameters
    ----------
    task : Task
        A regression.
    tables : StudyTables
        Rows with a known value.
    options : StudyOptions
    """
    y = tables.values[task.target].astype(float)
    linear = YoungModulusRegressor("ridge", target=task.target, log_target=task.quantity.log)
    curve = None
    with suppress(PerovexError):  # the linear model is about as good as the average and costs a hundredth of it
        curve = learning_curve(
            linear, tables.X, y, tables.groups, metric="R2", fractions=_SHARES, n_repeats=options.n_repeats,
            random_state=options.seed,
        )  # fmt: skip
    trees = YoungModulusRegressor(
        "xgboost", target=task.target, log_target=task.quantity.log, random_state=options.seed
    ).fit(tables.X, y, tables.groups)
    return Further(curve, strongest_pairs(interactions(trees, tables.X), list(tables.X.columns)))


def strongest_pairs(values: np.ndarray, names: list[str], n: int = PAIRS) -> pd.DataFrame:
    """Return the pairs of descriptors with the largest mean absolute interaction.

    Parameters
    ----------
    values : ndarray, shape (rows, descriptors, descriptors)
        Symmetric SHAP interaction values.
    names : list of str
        Of the descriptors.
    n : int
        Pairs.

    Examples
    --------
    >>> values = np.array([[[2.0, 0.5], [0.5, 1.5]]])
    >>> strongest_pairs(values, ["a", "b"]).round(3).to_dict("records")
    [{'first': 'a', 'second': 'b', 'share': 0.222}]
    """
    first, second = np.triu_indices(len(names), k=1)
    strength = 2 * np.abs(values).mean(axis=0)[first, second]  # both sides of the pair
    total = np.abs(values.sum(axis=2)).mean(axis=0).sum()
    share = strength / total if total > 0 else np.zeros_like(strength)
    order = np.argsort(-share, kind="stable")[:n]
    table = pd.DataFrame({"first": np.array(names, dtype=object)[first[order]]})
    table["second"] = np.array(names, dtype=object)[second[order]]
    return table.assign(share=share[order])
