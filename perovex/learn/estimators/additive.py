"""The explainable boosting machine: trained by the library interpret, kept as cuts and scores.

A fitted machine is an intercept and, for each term, a table of scores over bins of one or two columns. These
numbers are taken over after training, so that predicting, saving and loading need neither interpret nor pickle,
and agree with interpret to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from perovex._extras import install_command
from perovex.errors import ModelInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class _Additive(BaseEstimator):
    """Sum of shape functions; parameters are those of interpret's machines, None for its own default."""

    def __init__(  # noqa: PLR0913 - parameters of the library
        self,
        *,
        interactions: float = 0,
        max_rounds: int = 500,
        learning_rate: float | None = None,
        max_bins: int | None = None,
        max_leaves: int | None = None,
        min_samples_leaf: int = 2,
        smoothing_rounds: int | None = None,
        reg_lambda: float | None = None,
        outer_bags: int = 1,
        monotone_constraints: Sequence[int] | None = None,
        random_state: int | None = 0,
        n_jobs: int = 1,
    ) -> None:
        self.interactions = interactions
        self.max_rounds = max_rounds
        self.learning_rate = learning_rate
        self.max_bins = max_bins
        self.max_leaves = max_leaves
        self.min_samples_leaf = min_samples_leaf
        self.smoothing_rounds = smoothing_rounds
        self.reg_lambda = reg_lambda
        self.outer_bags = outer_bags
        self.monotone_constraints = monotone_constraints
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _train(self, kind: str, X: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None) -> Any:
        """Train interpret's machine and take its numbers over."""
        import warnings

        options = {k: v for k, v in self.get_params(deep=False).items() if v is not None}
        # a random validation part would ignore the groups and spend rows that are few
        options |= {"validation_size": 0, "early_stopping_rounds": 0, "feature_types": ["continuous"] * X.shape[1]}
        machine = getattr(_interpret(), kind)(**options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it warns that its plots do not show missing values
            machine.fit(X, y, sample_weight=weights)
        self.n_features_in_ = X.shape[1]
        self.intercept_ = float(np.ravel(machine.intercept_)[0])
        self.terms_ = [list(map(int, term)) for term in machine.term_features_]
        self.scores_ = [np.asarray(score, dtype=float) for score in machine.term_scores_]
        self.cuts_ = [[_cuts(machine.bins_[column], len(term)) for column in term] for term in self.terms_]
        return self

    def sum_of_scores(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return intercept plus the scores of all terms (GPa, log GPa or log-odds), shape (n_rows,)."""
        check_is_fitted(self)
        total = np.full(len(X), self.intercept_)
        for term, cuts, scores in zip(self.terms_, self.cuts_, self.scores_, strict=True):
            total += scores[tuple(_bin(X[:, j], edges) for j, edges in zip(term, cuts, strict=True))]
        return total

    def shape_function(self, column: int) -> pd.DataFrame:
        """Return the score of one column as a step function.

        Parameters
        ----------
        column : int
            Position among the columns the machine was fitted on.

        Returns
        -------
        pandas.DataFrame
            ``lower``, ``upper`` (values in [low, high)) and ``score``; a first row with NaN limits holds the score
            of missing values.
        """
        check_is_fitted(self)
        if [column] not in self.terms_:
            raise ModelInputError(f"column {column} has no term of its own")
        at = self.terms_.index([column])
        edges = np.concatenate([[-np.inf], self.cuts_[at][0], [np.inf]])
        limits = np.vstack([[np.nan, np.nan], np.column_stack([edges[:-1], edges[1:]])])
        score = self.scores_[at][: len(limits)]
        return pd.DataFrame({"lower": limits[:, 0], "upper": limits[:, 1], "score": score})


class AdditiveRegressor(RegressorMixin, _Additive):
    """Explainable boosting machine for a modulus; behind ``algorithm="ebm"``.

    References
    ----------
    Lou, Caruana, Gehrke, Hooker, KDD 2013, 10.1145/2487575.2487579.
    """

    def fit(self, X: NDArray[Any], y: NDArray[Any], sample_weight: NDArray[Any] | None = None) -> Any:
        """Train on a float array with NaN where undefined."""
        return self._train("ExplainableBoostingRegressor", X, y, sample_weight)

    def predict(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the sum of scores."""
        return self.sum_of_scores(X)


class AdditiveClassifier(ClassifierMixin, _Additive):
    """Explainable boosting machine for two classes; behind ``algorithm="ebm"``."""

    def fit(self, X: NDArray[Any], y: NDArray[Any], sample_weight: NDArray[Any] | None = None) -> Any:
        """Train on a float array with NaN where undefined."""
        self.classes_ = np.unique(y)
        return self._train("ExplainableBoostingClassifier", X, y, sample_weight)

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return probabilities of the two classes."""
        p = expit(self.sum_of_scores(X))
        return np.column_stack([1 - p, p])

    def predict(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the more probable class."""
        return self.classes_[(self.sum_of_scores(X) > 0).astype(int)]


def _bin(values: NDArray[Any], cuts: NDArray[Any]) -> NDArray[np.int64]:
    """Bin of each value: 0 where missing, then 1 below the first cut."""
    place = np.searchsorted(cuts, values, side="right") + 1
    return np.where(np.isnan(values), 0, place)


def _interpret() -> Any:
    try:
        import interpret.glassbox
    except ImportError as error:
        raise ModelInputError(
            "algorithm 'ebm' needs the library interpret-core to train", remedy=install_command("ebm")
        ) from error
    return interpret.glassbox


def _cuts(bins: Any, n_columns: int) -> NDArray[np.float64]:
    """Cuts of a column in a term of so many columns: finer ones for its own term than for interactions."""
    resolution = min(n_columns, len(bins))
    return np.asarray(bins[resolution - 1], dtype=float)
