"""A Gaussian process whose intervals are as wide as it is unsure: one model, cheap enough for millions of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from perovex.errors import ModelInputError, TooFewGroupsError
from perovex.learn.estimators.regressor import YoungModulusRegressor
from perovex.learn.tables import as_groups, need_groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


class ProcessRegressor(YoungModulusRegressor):
    """Gaussian process over descriptors, with intervals scaled by its own standard deviation.

    The width of an interval is the standard deviation of the process times a factor, and the factor is what covered
    the errors on groups that were held out (normalised conformal prediction, every group weighing the same). Rows far
    from training get wide intervals, and only one model is asked, not one per fold.

    Parameters
    ----------
    algorithm : {"gaussian_process"}
        Kept for the interface of `YoungModulusRegressor`.
    target, log_target, monotone, selector
        As in `YoungModulusRegressor`.
    interval_folds : int, default 5
        Folds that give the factor; 0 fits no intervals.
    algorithm_params, random_state, n_jobs
        As in `YoungModulusRegressor`.

    Attributes
    ----------
    excess_ : ndarray, shape (n_rows,)
        Held-out errors in standard deviations, ascending.
    weights_ : ndarray, shape (n_rows,)
        Weight of each.
    groups_seen_ : int
        Groups in training.

    References
    ----------
    Papadopoulos, Vovk, Gammerman, J. Artif. Intell. Res. 40, 815 (2011), 10.1613/jair.3198. Dunn, Wasserman, Ramdas,
    J. Am. Stat. Assoc. 118, 2491 (2023), 10.1080/01621459.2022.2060112 (groups).

    Examples
    --------
    >>> x = pd.DataFrame({"stei": np.linspace(1.0, 2.0, 40)})
    >>> model = ProcessRegressor().fit(x, 10 + 4 * x["stei"])
    >>> inside, outside = model.predict_interval(pd.DataFrame({"stei": [1.5, 9.0]}), 0.9).to_dict("records")
    >>> bool(inside["upper"] - inside["lower"] < outside["upper"] - outside["lower"])
    True
    """

    def __init__(  # noqa: PLR0913 - scikit-learn parameters
        self,
        algorithm: str = "gaussian_process",
        *,
        target: str = "E_in_plane",
        log_target: bool = True,
        monotone: Mapping[str, int] | None = None,
        selector: Any = None,
        interval_folds: int = 5,
        algorithm_params: Mapping[str, Any] | None = None,
        random_state: int | None = 0,
        n_jobs: int = 1,
    ) -> None:
        super().__init__(
            algorithm, target=target, log_target=log_target, monotone=monotone, selector=selector,
            interval_folds=interval_folds, algorithm_params=algorithm_params, random_state=random_state, n_jobs=n_jobs,
        )  # fmt: skip

    def fit(self, X: Any, y: Any, groups: Any = None, sample_weight: Any = None) -> ProcessRegressor:
        """Fit on a descriptor table, as `YoungModulusRegressor.fit`; weights are refused.

        Raises
        ------
        ModelInputError
            Another algorithm, or what `YoungModulusRegressor.fit` refuses.
        """
        if self.algorithm != "gaussian_process":
            raise ModelInputError(f"{self.algorithm!r} tells no standard deviation", remedy='use "gaussian_process"')
        super().fit(X, y, groups, sample_weight)
        return self

    def _fit_intervals(self, X: Any, modulus: NDArray[Any], groups: Any, weights: Any) -> None:
        """Find how many standard deviations cover the errors on held-out groups."""
        del weights  # a process takes none
        labels = as_groups(groups, len(modulus))
        need_groups(labels, 2, "an interval")
        codes, _ = pd.factorize(labels, sort=True)
        table = X if isinstance(X, pd.DataFrame) else pd.DataFrame(X)
        folds = GroupKFold(min(self.interval_folds, codes.max() + 1), shuffle=True, random_state=self.random_state)
        excess = np.empty(len(modulus))
        plain = clone(self).set_params(interval_folds=0)
        for train, test in folds.split(modulus, groups=codes):
            model = clone(plain).fit(table.iloc[train], modulus[train], labels.iloc[train])
            centre, deviation = model.centre_and_deviation(table.iloc[test])
            excess[test] = np.abs(self._forward(modulus[test]) - centre) / deviation
        order = np.argsort(excess, kind="stable")
        self.groups_seen_ = int(codes.max()) + 1
        self.excess_ = excess[order]
        self.weights_ = 1 / ((self.groups_seen_ + 1) * np.bincount(codes)[codes[order]])

    @property
    def n_groups_(self) -> int:
        """Groups behind the intervals; missing where none were fitted."""
        return int(self.groups_seen_)

    @property
    def max_coverage_(self) -> float:
        """Most that intervals can promise, K / (K + 1) for K groups; missing where none were fitted."""
        return float(self.n_groups_ / (self.n_groups_ + 1))

    def centre_and_deviation(self, X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return mean and standard deviation of a new label, of its logarithm where `log_target`.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_descriptors)

        Returns
        -------
        centre, deviation : ndarray, shape (n_rows,)
        """
        values = self.model_[:-1].transform(self._read(X))
        centre, deviation = self.model_[-1].predict(values, return_std=True)
        return np.asarray(centre), np.maximum(deviation, 1e-9)

    def predict_interval(self, X: Any, coverage: float = 0.9) -> pd.DataFrame:
        """Predict with an interval.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_descriptors)
        coverage : float, default 0.9
            Aimed share of new spacers' crystals inside the interval.

        Returns
        -------
        pandas.DataFrame
            Columns ``prediction``, ``lower``, ``upper`` in GPa.

        Raises
        ------
        ModelInputError
            The model was fitted without intervals, or `coverage` is not between 0 and 1.
        TooFewGroupsError
            It was fitted on too few groups for this coverage.
        """
        factor = self.factor(coverage)
        centre, deviation = self.centre_and_deviation(X)
        index = X.index if isinstance(X, pd.DataFrame) else None
        columns = {
            "prediction": self._backward(centre),
            "lower": self._backward(centre - factor * deviation),
            "upper": self._backward(centre + factor * deviation),
        }
        return pd.DataFrame(columns, index=index)

    def factor(self, coverage: float) -> float:
        """Return how many standard deviations an interval reaches to either side.

        Parameters
        ----------
        coverage : float

        Raises
        ------
        ModelInputError
            As `predict_interval`.
        """
        if not hasattr(self, "excess_"):
            raise ModelInputError("the model has no intervals", remedy="fit it with interval_folds=5")
        if not 0 < coverage < 1:
            raise ModelInputError(f"coverage {coverage} is not between 0 and 1")
        if coverage > self.max_coverage_ + 1e-12:
            raise TooFewGroupsError(
                f"{self.n_groups_} groups cannot support a coverage of {coverage:g}: at most {self.max_coverage_:.3f}",
                remedy="ask for less, or train on more groups (spacers)",
            )
        reached = int(np.searchsorted(np.cumsum(self.weights_), coverage - 1e-10))
        return float(self.excess_[min(reached, len(self.excess_) - 1)])

    def probability_above(self, X: Any, threshold: float) -> NDArray[np.float64]:
        """Return the probability that the modulus lies above a threshold, by the distribution of the process.

        Parameters
        ----------
        X : DataFrame, shape (n_rows, n_descriptors)
        threshold : float
            GPa.

        Raises
        ------
        ModelInputError
            The threshold is not positive where `log_target`.
        """
        if self.log_target and threshold <= 0:
            raise ModelInputError(f"threshold {threshold:g} is not positive", remedy="moduli are")
        centre, deviation = self.centre_and_deviation(X)
        limit = float(self._forward(np.asarray(threshold, dtype=float)))
        return np.asarray(norm.sf((limit - centre) / deviation))
