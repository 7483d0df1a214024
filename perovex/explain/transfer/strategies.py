"""Predictions for target crystals by models that have seen different things.

Every strategy predicts each target crystal once, from training rows that never hold that crystal. In the
variant ``"same spacers"`` the crystal's spacer may have been seen (in the source, or in other target
crystals); in ``"spacer held out"`` no crystal of its group was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.model_selection import GroupKFold, KFold

from perovex.explain.importance.loss import row_loss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from perovex.explain.tables import Problem

SAME, HELD_OUT = "same spacers", "spacer held out"
ALL = "all"
"""The family of all descriptors."""
VARIANTS = (SAME, HELD_OUT)
MEANS = ("source mean", "target mean")
"""Baselines that know no descriptors; the better of them is what a transferred model has to beat."""
_MIN_TRAIN = 4


@dataclass(frozen=True, eq=False)
class Domains:
    """A problem with a source and a target domain.

    Attributes
    ----------
    problem : Problem
        All rows.
    source, target : ndarray of int
        Row positions of each domain.
    n_splits, seed : int
        Folds over target crystals, and seed.
    given : ndarray, shape (rows,), or None
        What is held equal when ranks are scored a second time, such as the halide.
    given_name : str
        Its name.
    """

    problem: Problem
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    n_splits: int
    seed: int
    given: NDArray[Any] | None = None
    given_name: str = ""

    def folds(self, variant: str) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
        """Yield source rows allowed, target rows allowed and target rows to predict."""
        groups = self.problem.groups
        codes = groups[self.target]
        if variant == SAME:
            k = min(self.n_splits, len(self.target))
            splits = KFold(k, shuffle=True, random_state=self.seed).split(self.target)
        else:
            k = min(self.n_splits, len(np.unique(codes)))
            splits = GroupKFold(k, shuffle=True, random_state=self.seed).split(self.target, groups=codes)
        for train, test in splits:
            held = self.target[test]
            source = self.source
            if variant == HELD_OUT:
                source = source[~np.isin(groups[source], groups[held])]
            yield source, self.target[train], held

    def predict(
        self,
        variant: str,
        training: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]],
        *,
        columns: list[str] | None = None,
        weight: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Predict every target row by models fitted on what `training` selects; NaN where none can be.

        Parameters
        ----------
        variant : str
            One of `VARIANTS`.
        training : callable
            Source rows and target rows allowed -> rows to fit on.
        columns : list of str, optional
            Descriptors to use.
        weight : ndarray, shape (rows,), optional
            Weight per row of the problem.
        """
        problem = self.restricted(columns)
        out = np.full(len(problem.X), np.nan)
        fitted: dict[bytes, Any] = {}  # source only with same spacers trains on the same rows in every fold
        for source, others, held in self.folds(variant):
            rows = training(source, others)
            if not self.trainable(rows):
                continue
            key = rows.tobytes()
            if key not in fitted:
                fitted[key] = problem.fit(rows, seed=self.seed, weight=None if weight is None else weight[rows])
            out[held] = problem.predict(fitted[key], held)
        return out[self.target]

    def restricted(self, columns: list[str] | None) -> Problem:
        """Return the problem with some of its descriptors."""
        return self.problem if columns is None else self.problem.with_table(self.problem.X[columns])

    def trainable(self, rows: NDArray[np.int64]) -> bool:
        """Whether a model can be fitted on rows at all."""
        if len(rows) < _MIN_TRAIN:
            return False
        return not self.problem.classifier or self.problem.y.iloc[rows].nunique() == 2

    def means(self, variant: str) -> dict[str, NDArray[np.float64]]:
        """Mean baselines on the target rows, and the nearest source crystal."""
        y = self.problem.y.to_numpy(dtype=float)
        scaled = _standardised(self.problem.X)
        out = {name: np.full(len(y), np.nan) for name in (*MEANS, "nearest source crystal")}
        for source, others, held in self.folds(variant):
            if len(source):
                out["source mean"][held] = y[source].mean()
                distance = ((scaled[held][:, None, :] - scaled[source][None, :, :]) ** 2).sum(axis=2)
                out["nearest source crystal"][held] = y[source][distance.argmin(axis=1)]
            if len(others):
                out["target mean"][held] = y[others].mean()
        return {name: values[self.target] for name, values in out.items()}

    def loss(self, prediction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Loss per target row; see `row_loss`."""
        return row_loss(self.problem, self.target, prediction)


def _standardised(X: pd.DataFrame) -> NDArray[np.float64]:
    filled = X.fillna(X.median()).fillna(0.0).to_numpy()
    spread = filled.std(axis=0)
    scaled: NDArray[np.float64] = (filled - filled.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return scaled


def source_only(source: NDArray[np.int64], _others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Train on the source."""
    return source


def target_only(_source: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Train on the other target crystals."""
    return others


def pooled(source: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Train on both."""
    return np.concatenate([source, others])


MODELS = {"source only": source_only, "target only": target_only, "pooled": pooled}
