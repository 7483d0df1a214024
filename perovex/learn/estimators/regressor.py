"""Regression of a Young's modulus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import RegressorMixin, clone

from perovex._threads import few_threads
from perovex.errors import ModelInputError, ModelTableError
from perovex.learn.estimators.base import DescriptorModel, unchecked
from perovex.learn.tables import heeded, read_fit
from perovex.learn.uncertainty.intervals import ConformalRegressor

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray


class YoungModulusRegressor(RegressorMixin, DescriptorModel):
    """Predict a Young's modulus in GPa from descriptors.

    Parameters
    ----------
    algorithm : str, default "xgboost"
        ``"xgboost"``, ``"random_forest"``, ``"hist_gradient_boosting"``, ``"ebm"`` (training needs the extra ``ebm``),
        ``"gaussian_process"``, ``"ridge"`` or ``"nearest_neighbour"``. All take missing values: tree boosting
        natively, the others by the training median.
    target : str, default "E_in_plane"
        Name of the modulus, stored with the model; it does not change the fit.
    log_target : bool, default True
        Fit log E, so that errors count relative to E. The prediction is then the exponential of a mean of
        logarithms: a typical value (median) rather than an arithmetic mean.
    monotone : dict of str to {-1, 0, 1}, optional
        Directions that the prediction must keep, by descriptor (xgboost, histogram boosting, ebm).
    selector : DescriptorSelector, optional
        Fitted inside `fit`, on the training rows only.
    interval_folds : int, default 0
        With 2 or more, also fit group-wise cross-conformal intervals with that many folds; see
        `predict_interval`.
    algorithm_params : dict, optional
        Parameters of the algorithm that replace the small-data defaults.
    random_state : int, default 0
        Seed; equal seeds give bit-identical models on one machine.
    n_jobs : int, default 1
        Threads of the algorithm.

    Attributes
    ----------
    model_ : object
        The fitted xgboost model or scikit-learn pipeline, on `selected_features_` and log E where
        `log_target`.
    selected_features_ : list of str
        Columns that `model_` sees.
    feature_names_in_ : ndarray of str
        Columns of the training table.
    conformal_ : ConformalRegressor
        Fold models behind the intervals, only with `interval_folds`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> x = pd.DataFrame({"bridge_angle": np.linspace(140, 180, 40)})
    >>> modulus = 10 + 0.2 * (x["bridge_angle"] - 160)
    >>> model = YoungModulusRegressor().fit(x, modulus)
    >>> bool(abs(model.predict(x) - modulus).max() < 0.5)
    True
    """

    def __init__(  # noqa: PLR0913 - scikit-learn parameters
        self,
        algorithm: str = "xgboost",
        *,
        target: str = "E_in_plane",
        log_target: bool = True,
        monotone: Mapping[str, int] | None = None,
        selector: Any = None,
        interval_folds: int = 0,
        algorithm_params: Mapping[str, Any] | None = None,
        random_state: int | None = 0,
        n_jobs: int = 1,
    ) -> None:
        self.algorithm = algorithm
        self.target = target
        self.log_target = log_target
        self.monotone = monotone
        self.selector = selector
        self.interval_folds = interval_folds
        self.algorithm_params = algorithm_params
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None) -> YoungModulusRegressor:
        """Fit on a descriptor table.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_descriptors)
            NaN where a descriptor is undefined.
        y : array_like, shape (n_rows,)
            Young's moduli, GPa; positive where `log_target`.
        groups : array_like, shape (n_rows,), optional
            Spacer of each row; used by the selector and the intervals, whose folds never split a group.
        sample_weight : array_like, shape (n_rows,), optional
            How much each row counts; a row of weight zero is left out. The selector and the interval models
            are weighted alike.

        Raises
        ------
        ModelInputError
            A table or target that cannot be fitted, or an algorithm that takes no weights; the message names
            what and why.
        """
        if y is None:
            raise ModelTableError("requires y to be passed, but the target y is None")
        values, modulus = read_fit(self, X, y, y_numeric=True, dtype=self._dtype)
        if self.log_target and np.any(modulus <= 0):
            raise ModelTableError(
                f"{int(np.sum(modulus <= 0))} moduli are not positive",
                remedy="a stable crystal has E > 0; drop these rows or use log_target=False",
            )
        X, values, modulus, groups, weights = heeded(X, values, modulus, groups, sample_weight)
        self._fit_inner(values, self._forward(modulus), groups, weights)
        if self.interval_folds:
            if self.interval_folds < 2:
                raise ModelInputError("interval_folds must be 0 or at least 2")
            self._fit_intervals(X, modulus, groups, weights)
        return self

    def _fit_intervals(self, X: Any, modulus: NDArray[Any], groups: Any, weights: NDArray[Any] | None) -> None:
        """Fit what intervals need, on rows of positive weight."""
        self.conformal_ = ConformalRegressor(
            clone(self).set_params(interval_folds=0),
            n_splits=self.interval_folds,
            random_state=self.random_state,
        ).fit_folds(X, modulus, groups, weights)

    @property
    def n_groups_(self) -> int:
        """Groups behind the intervals; missing where none were fitted."""
        return int(self.conformal_.n_groups_)

    @property
    def max_coverage_(self) -> float:
        """Most that intervals can promise; missing where none were fitted."""
        return float(self.conformal_.max_coverage_)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Predict the modulus, GPa, shape (n_rows,)."""
        return self._backward(np.asarray(self.model_output(X), dtype=float))

    def model_output(self, X: Any) -> NDArray[Any]:
        """Output of `model_`: log E where `log_target`, else E in GPa."""
        values = self._read(X)
        with few_threads(self.n_jobs), unchecked():
            return np.asarray(self.model_.predict(values))

    def predict_interval(self, X: Any, coverage: float = 0.9) -> pd.DataFrame:
        """Predict with an interval.

        Parameters
        ----------
        X : DataFrame
            Descriptor table.
        coverage : float, default 0.9
            Aimed share of new spacers' crystals inside the interval.

        Returns
        -------
        pandas.DataFrame
            Columns ``prediction``, ``lower``, ``upper`` in GPa.

        Raises
        ------
        ModelInputError
            The model was fitted without `interval_folds`, or `coverage` is not between 0 and 1.
        TooFewGroupsError
            It was fitted on too few groups for this coverage.
        """
        if not self.interval_folds or not hasattr(self, "conformal_"):
            raise ModelInputError("the model has no intervals", remedy="fit it with interval_folds=10")
        interval = self.conformal_.predict_interval(X, coverage)
        interval["prediction"] = self.predict(X)
        return interval

    def probability_above(self, X: Any, threshold: float) -> NDArray[np.float64]:
        """Return the probability that the modulus lies above a threshold, shape (n_rows,).

        Prediction and probability come from one predictive distribution, that of the prediction plus or minus the
        errors on held-out groups: the probability is above one half exactly where the prediction is above the
        threshold, and rises with the prediction.

        Parameters
        ----------
        X : DataFrame
            Descriptor table.
        threshold : float
            GPa.

        Raises
        ------
        ModelInputError
            The model was fitted without `interval_folds`, or the threshold is not positive where `log_target`.

        Examples
        --------
        >>> import pandas as pd
        >>> x = pd.DataFrame({"bridge_angle": np.linspace(140, 180, 40)})
        >>> modulus = 10 + 0.2 * (x["bridge_angle"] - 160) + np.tile([-1.0, 1.0], 20)
        >>> model = YoungModulusRegressor("ridge", interval_folds=5).fit(x, modulus)
        >>> low, middle, high = model.probability_above(x.iloc[[0, 20, 39]], 10.0)
        >>> bool(low < 0.05 < 0.4 < middle < 0.7 < high)
        True
        """
        if not self.interval_folds or not hasattr(self, "conformal_"):
            raise ModelInputError("the model has no intervals", remedy="fit it with interval_folds=10")
        return self.conformal_.probability_above(self.predict(X), threshold)

    def _forward(self, modulus: NDArray[Any]) -> NDArray[np.float64]:
        return np.log(modulus) if self.log_target else np.asarray(modulus, dtype=float)

    def _backward(self, value: NDArray[Any]) -> NDArray[np.float64]:
        return np.exp(value) if self.log_target else value
