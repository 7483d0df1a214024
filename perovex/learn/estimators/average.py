"""The average of unlike models: worth its cost only where it wins out of fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from perovex.learn.estimators.algorithms import fit_algorithm, make_algorithm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


class _Average(BaseEstimator):
    """Members fitted on the same rows and averaged with equal weights."""

    _classify = False

    def __init__(
        self,
        members: Sequence[str] = (),
        *,
        columns: Sequence[str] = (),
        random_state: int | None = 0,
        n_jobs: int = 1,
        overrides: Mapping[str, Any] | None = None,
    ) -> None:
        self.members = members
        self.columns = columns
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.overrides = overrides

    def fit(self, X: NDArray[Any], y: NDArray[Any]) -> Any:
        """Fit every member."""
        self.models_ = [self._fit_member(name, X, y) for name in self.members]
        return self

    def _fit_member(self, name: str, X: NDArray[Any], y: NDArray[Any]) -> Any:
        model = make_algorithm(
            name,
            classify=self._classify,
            columns=self.columns,
            random_state=self.random_state,
            n_jobs=self.n_jobs,
            overrides=(self.overrides or {}).get(name),
        )
        return fit_algorithm(name, model, X, y, None)


class AverageRegressor(RegressorMixin, _Average):
    """Mean of the members' predictions; behind ``algorithm="average"``."""

    def predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Average the predictions."""
        return np.mean([np.asarray(model.predict(X), dtype=float) for model in self.models_], axis=0)


class AverageClassifier(ClassifierMixin, _Average):
    """Mean of the members' probabilities; behind ``algorithm="average"``."""

    _classify = True

    def fit(self, X: NDArray[Any], y: NDArray[Any]) -> AverageClassifier:
        """Fit every member."""
        self.classes_ = np.unique(y)
        super().fit(X, y)
        return self

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Average the probabilities."""
        return np.mean([np.asarray(model.predict_proba(X), dtype=float) for model in self.models_], axis=0)

    def predict(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the more probable class."""
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]
