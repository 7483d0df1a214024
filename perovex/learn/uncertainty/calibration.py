"""Probabilities that mean what they say: sigmoid, isotonic and Venn-Abers calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.base import BaseEstimator
from sklearn.isotonic import IsotonicRegression

from perovex.errors import ModelInputError, ModelTableError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Method = Literal["auto", "none", "sigmoid", "isotonic", "venn-abers"]
METHODS = ("auto", "none", "sigmoid", "isotonic", "venn-abers")
_CLIP = 1e-6


def choose_calibration(n_rows: int, n_minority: int) -> str:
    """Choose a calibration method by the amount of data.

    Two parameters (sigmoid) are all that tens of rows can fit; Venn-Abers is a step function that hedges
    where it has seen little; above a thousand rows plain isotonic regression is as good and faster.

    Parameters
    ----------
    n_rows, n_minority : int
        Rows, and rows of the rarer class.

    Returns
    -------
    {"none", "sigmoid", "venn-abers", "isotonic"}

    Examples
    --------
    >>> [choose_calibration(n, n // 2) for n in (15, 40, 300, 5000)]
    ['none', 'sigmoid', 'venn-abers', 'isotonic']
    """
    if n_minority < 10:
        return "none"
    if n_rows < 100 or n_minority < 30:
        return "sigmoid"
    return "venn-abers" if n_rows <= 1000 else "isotonic"


class ProbabilityCalibrator(BaseEstimator):
    """Map raw probabilities to calibrated ones, fitted on held-out predictions.

    Parameters
    ----------
    method : {"sigmoid", "isotonic", "venn-abers"}
        Platt scaling of the log-odds with Platt's smoothed targets; isotonic regression; or inductive
        Venn-Abers prediction, whose interval [p0, p1] is merged to p1 / (1 - p0 + p1).

    Attributes
    ----------
    parameters_ : ndarray
        Slope and intercept (sigmoid only).
    scores_, labels_, weights_ : ndarray
        Calibration sample (isotonic and Venn-Abers), sorted by score.

    References
    ----------
    Platt, Advances in Large Margin Classifiers (1999) 61. Vovk, Petej, Fedorova, Large-scale probabilistic
    predictors with and without guarantees of validity, NeurIPS 28 (2015), arXiv:1511.00213.

    Examples
    --------
    >>> raw, truth = [0.1, 0.2, 0.3, 0.7, 0.8, 0.9], [0, 0, 1, 0, 1, 1]
    >>> ProbabilityCalibrator("isotonic").fit(raw, truth).predict([0.15, 0.5]).round(2).tolist()
    [0.0, 0.5]
    """

    def __init__(self, method: str = "sigmoid") -> None:
        self.method = method

    def fit(self, probability: ArrayLike, label: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """Fit on held-out probabilities and the labels (0/1) that came true, shape (n_rows,) each."""
        if self.method not in METHODS[2:]:
            raise ModelInputError(f"unknown calibration {self.method!r}", remedy=f"one of {', '.join(METHODS)}")
        p, y = np.asarray(probability, dtype=float), np.asarray(label, dtype=float)
        w = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        if self.method == "sigmoid":
            self.parameters_ = _platt(logit(np.clip(p, _CLIP, 1 - _CLIP)), y, w)
        else:
            order = np.argsort(p, kind="stable")
            # a new row has weight 1 beside them: weights are brought to that mean
            self.scores_, self.labels_, self.weights_ = p[order], y[order], w[order] / w.mean()
        return self

    def predict(self, probability: ArrayLike) -> NDArray[np.float64]:
        """Return calibrated probabilities."""
        p = np.asarray(probability, dtype=float)
        if self.method == "sigmoid":
            slope, intercept = self.parameters_
            return np.asarray(expit(slope * logit(np.clip(p, _CLIP, 1 - _CLIP)) + intercept))
        if self.method == "isotonic":
            return np.asarray(_isotonic(self.scores_, self.labels_, self.weights_, p))
        p0, p1 = self.predict_multiprobability(p)
        return p1 / (1 - p0 + p1)

    def predict_multiprobability(self, probability: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the Venn-Abers pair (p0, p1); its width tells how little the calibration sample knows."""
        p = np.asarray(probability, dtype=float)
        # all scores between the same two neighbours of the calibration sample share one pair
        known = np.unique(self.scores_)
        left, right = np.searchsorted(known, p, side="left"), np.searchsorted(known, p, side="right")
        _, first, inverse = np.unique(left + right, return_index=True, return_inverse=True)
        pair = np.empty((2, len(first)))
        for j, score in enumerate(p[first]):
            for label in (0, 1):
                scores = np.append(self.scores_, score)
                labels, weights = np.append(self.labels_, label), np.append(self.weights_, 1.0)
                pair[label, j] = _isotonic(scores, labels, weights, np.array([score]))[0]
        return pair[0, inverse], pair[1, inverse]


def _isotonic(
    scores: NDArray[Any], labels: NDArray[Any], weights: NDArray[Any], at: NDArray[Any]
) -> NDArray[np.float64]:
    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(scores, labels, weights)
    return np.asarray(model.predict(at), dtype=float)


def _platt(score: NDArray[Any], y: NDArray[Any], weights: NDArray[Any]) -> NDArray[np.float64]:
    """Slope and intercept of the logistic curve from scores to probabilities, fitted by weighted likelihood."""
    # what is aimed at is a little inside 0 and 1, as one more row of each class would have it
    positive, negative = weights @ y, weights @ (1 - y)
    aim = np.where(y > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(parameters: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        """Negative log-likelihood and its gradient."""
        logit = parameters[0] * score + parameters[1]
        value = float(weights @ (np.logaddexp(0, logit) - aim * logit))
        residual = weights * (expit(logit) - aim)
        return value, np.array([residual @ score, residual.sum()])

    start = np.array([1.0, 0.0])
    # A negative slope would reverse the ranking on the strength of a small sample: not allowed.
    minimum = minimize(loss, start, jac=True, bounds=[(0.0, None), (None, None)], method="L-BFGS-B")
    return np.asarray(minimum.x, dtype=float)


def _wilson(share: pd.Series, n: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the ends of the 95 % Wilson interval of shares of `n` rows each."""
    z = 1.959964
    shrink = 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / shrink
    half_width = z / shrink * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return centre - half_width, centre + half_width


def reliability_table(label: ArrayLike, probability: ArrayLike, *, n_bins: int = 10) -> pd.DataFrame:
    """Compare predicted probabilities with what came true, in bins of equal size.

    Parameters
    ----------
    label : array_like of bool, shape (n_rows,)
        Truth.
    probability : array_like, shape (n_rows,)
        Predicted probability of True.
    n_bins : int, default 10
        At most this many bins, and at least five rows in each.

    Returns
    -------
    pandas.DataFrame
        Columns ``predicted``, ``observed``, ``lower``, ``upper`` (95 % Wilson interval of the observed share)
        and ``count``.

    Examples
    --------
    >>> table = reliability_table([0] * 5 + [1] * 5, [0.1] * 5 + [0.9] * 5)
    >>> table["observed"].tolist(), round(expected_calibration_error(table), 3)
    ([0.0, 1.0], 0.1)
    """
    y, p = np.asarray(label, dtype=float), np.asarray(probability, dtype=float)
    if len(y) != len(p) or not len(y):
        raise ModelTableError(f"{len(y)} labels for {len(p)} probabilities")
    bins = int(np.clip(len(y) // 5, 1, n_bins))
    edges = np.quantile(p, np.linspace(0, 1, bins + 1)[1:-1])
    place = np.searchsorted(edges, p, side="right")
    frame = pd.DataFrame({"bin": place, "predicted": p, "observed": y})
    table = frame.groupby("bin").agg(
        predicted=("predicted", "mean"), observed=("observed", "mean"), count=("observed", "size")
    )
    table["lower"], table["upper"] = _wilson(table["observed"], table["count"])
    return table.reset_index(drop=True)[["predicted", "observed", "lower", "upper", "count"]]


def expected_calibration_error(table: pd.DataFrame) -> float:
    """Return the mean distance between predicted probability and observed share, weighted by rows.

    Parameters
    ----------
    table : DataFrame
        From `reliability_table`.
    """
    return float(np.average((table["predicted"] - table["observed"]).abs(), weights=table["count"]))
