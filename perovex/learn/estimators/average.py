"""The average of unlike models: worth its cost only where it wins out of fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from perovex.learn.estimators.algorithms import fit_algorithm, make_algorithm, prepare

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from perovex.learn.estimators.algorithms import Prepared

_CLIP = 1e-6  # probabilities of 0 and 1 have no log-odds


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
        """Fit every member; those that impute and standardise alike share these steps."""
        prepared: Prepared | None = None
        self.models_ = []
        for name in self.members:
            model = self._member(name)
            prepared = prepared or prepare(model, X)
            self.models_.append(fit_algorithm(name, model, X, y, None, prepared))
        return self

    def _tables(self, X: NDArray[Any]) -> list[tuple[Any, NDArray[Any]]]:
        """Last step of every member with the table it sees; steps that members share are taken once."""
        done: dict[tuple[int, ...], NDArray[Any]] = {(): X}
        asked = []
        for model in self.models_:
            steps = [step for _, step in getattr(model, "steps", [])]
            key: tuple[int, ...] = ()
            for step in steps[:-1]:
                longer = (*key, id(step))
                if longer not in done:
                    done[longer] = step.transform(done[key])
                key = longer
            last = steps[-1] if steps else model
            asked.append((last, done[key]))
        return asked

    def _member(self, name: str) -> Any:
        return make_algorithm(
            name,
            classify=self._classify,
            columns=self.columns,
            random_state=self.random_state,
            n_jobs=self.n_jobs,
            overrides=(self.overrides or {}).get(name),
        )


class AverageRegressor(RegressorMixin, _Average):
    """Mean of the members' predictions; behind ``algorithm="average"``."""

    def predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Average the predictions."""
        return np.mean([np.asarray(last.predict(table), dtype=float) for last, table in self._tables(X)], axis=0)


class AverageClassifier(ClassifierMixin, _Average):
    """Average of the members' log-odds; behind ``algorithm="average"``.

    Parameters
    ----------
    pool : {"probability", "log-odds"}
        What is averaged. Log-odds add up, so that what the average leans on is what its members lean on; a Gaussian
        process takes part with its latent mean. Files of earlier versions hold averages of probabilities.
    """

    _classify = True

    def __init__(
        self,
        members: Sequence[str] = (),
        *,
        columns: Sequence[str] = (),
        random_state: int | None = 0,
        n_jobs: int = 1,
        overrides: Mapping[str, Any] | None = None,
        pool: str = "probability",
    ) -> None:
        super().__init__(members, columns=columns, random_state=random_state, n_jobs=n_jobs, overrides=overrides)
        self.pool = pool

    def fit(self, X: NDArray[Any], y: NDArray[Any]) -> AverageClassifier:
        """Fit every member."""
        self.classes_ = np.unique(y)
        super().fit(X, y)
        return self

    def decision_function(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the mean of the members' log-odds, or the log-odds of the mean probability, by `pool`."""
        if self.pool == "log-odds":
            return np.asarray(np.mean([log_odds(model, X) for model in self.models_], axis=0), dtype=float)
        p = np.clip(self.predict_proba(X)[:, 1], _CLIP, 1 - _CLIP)
        return np.asarray(logit(p), dtype=float)

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return probabilities of the two classes."""
        if self.pool == "log-odds":
            p = expit(self.decision_function(X))
            return np.column_stack([1 - p, p])
        asked = self._tables(X)
        return np.mean([np.asarray(last.predict_proba(table), dtype=float) for last, table in asked], axis=0)

    def predict(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the more probable class."""
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]


def log_odds(model: Any, X: NDArray[Any]) -> NDArray[np.float64]:
    """Return what a fitted two-class member adds up: margin, decision function or latent mean, else log-odds.

    Parameters
    ----------
    model : object
        xgboost classifier, or a scikit-learn classifier or pipeline.
    X : ndarray, shape (n_rows, n_columns)

    Returns
    -------
    ndarray, shape (n_rows,)
    """
    if hasattr(model, "get_booster"):
        return np.asarray(model.predict(X, output_margin=True), dtype=float)
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    table = model[:-1].transform(X) if hasattr(model, "steps") else X
    latent = getattr(last, "base_estimator_", None)
    if latent is not None and hasattr(latent, "pi_"):  # Gaussian process: Laplace approximation of two classes
        return np.asarray(latent.kernel_(table, latent.X_train_) @ (latent.y_train_ - latent.pi_), dtype=float)
    if hasattr(last, "decision_function"):
        return np.asarray(last.decision_function(table), dtype=float)
    p = np.clip(np.asarray(last.predict_proba(table), dtype=float)[:, 1], _CLIP, 1 - _CLIP)
    return np.asarray(logit(p), dtype=float)
