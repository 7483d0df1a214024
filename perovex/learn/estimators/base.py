"""What the classifier and the regressor share: columns, descriptor selection and the inner algorithm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from perovex._threads import few_threads
from perovex.errors import ModelInputError, ModelTableError
from perovex.learn.estimators.algorithms import fit_algorithm, make_algorithm
from perovex.learn.tables import SINGLE, read_predict

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray


def unchecked() -> AbstractContextManager[Any]:
    """Spare scikit-learn its checks of tables that were checked: it would look through them at every step."""
    spared: AbstractContextManager[Any] = config_context(assume_finite=True)
    return spared


class DescriptorModel(BaseEstimator):
    """Base of the models over descriptor tables; not for direct use."""

    _classify = False

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags

    @property
    def selected_features_(self) -> list[str]:
        """Columns the inner algorithm sees."""
        check_is_fitted(self)
        names = self._column_names()
        return [names[i] for i in self.kept_]

    @property
    def _dtype(self) -> Any:
        return SINGLE if self.algorithm == "xgboost" else np.float64

    def _column_names(self) -> list[str]:
        names = getattr(self, "feature_names_in_", None)
        return [f"x{i}" for i in range(self.n_features_in_)] if names is None else [str(n) for n in names]

    def _check_monotone(self) -> None:
        unknown = sorted(set(self.monotone or {}) - set(self._column_names()))
        if unknown:
            raise ModelInputError(f"monotone constraints on unknown descriptors: {', '.join(unknown)}")
        bad = {k: v for k, v in (self.monotone or {}).items() if v not in (-1, 0, 1)}
        if bad:
            raise ModelInputError(f"monotone constraints must be -1, 0 or 1: {bad}")

    def _fit_inner(
        self, X: NDArray[np.float64], y: NDArray[Any], groups: Any, weights: NDArray[np.float64] | None
    ) -> None:
        """Select columns and fit the algorithm on them."""
        self._check_monotone()
        names = self._column_names()
        self.kept_ = np.flatnonzero(_defined(X))
        if not len(self.kept_):
            raise ModelTableError("every descriptor is undefined in every row")
        if self.selector is not None:
            table = pd.DataFrame(X, columns=names)
            self.selector_ = clone(self.selector).fit(table, y, groups=groups, sample_weight=weights)
            self.kept_ = np.flatnonzero(self.selector_.get_support())
        model = make_algorithm(
            self.algorithm,
            classify=self._classify,
            columns=self.selected_features_,
            monotone=self.monotone,
            random_state=self.random_state,
            n_jobs=self.n_jobs,
            overrides=self.algorithm_params,
        )
        try:
            with few_threads(self.n_jobs), unchecked():
                self.model_ = fit_algorithm(self.algorithm, model, self._take(X), y, weights)
        except ValueError as error:
            raise ModelTableError(f"algorithm {self.algorithm!r} refused the table: {error}") from error

    def _take(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        return X if len(self.kept_) == X.shape[1] else X[:, self.kept_]

    def _read(self, X: Any) -> NDArray[np.float64]:
        check_is_fitted(self)
        return self._take(read_predict(self, X, dtype=self._dtype))


def _defined(X: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Columns with at least one value; only those that start with NaN are looked through."""
    defined = ~np.isnan(X[0])
    for column in np.flatnonzero(~defined):
        defined[column] = not np.isnan(X[:, column]).all()
    return defined
