"""Kernel parameters of the Gaussian processes, found with all distances computed once.

scikit-learn evaluates its kernels anew at every step of the search, distances and a cube of gradients included, which
is most of the time on tables of a few hundred rows. Here the distances are kept; what is fitted afterwards is
scikit-learn's own process with the kernel that was found, so that predicting, saving and loading need nothing of this.

References
----------
Rasmussen, Williams, Gaussian Processes for Machine Learning, MIT Press (2006), algorithms 2.1, 3.1 and 5.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.lapack import dpotri
from scipy.optimize import minimize
from scipy.spatial.distance import pdist, squareform
from scipy.special import expit
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_VARIANCE = {True: (1e-2, 1e3), False: (1e-3, 1e3)}
_LENGTH, _NOISE = (1e-1, 1e3), (1e-5, 1e1)
_RATIO = (1e-5, 1e4)  # of noise to variance
_USUAL_RATIO = 0.13  # where searches on the released data end
_JITTER = 1e-10  # what scikit-learn adds to the diagonal
_NEWTON_STEPS = 100
_TOLERANCE = 1e-5  # of the likelihood, relative: below what a prediction notices


def default_kernel(*, classify: bool) -> Any:
    """Return the kernel that `tune_kernel` knows: a constant times an RBF, for regressions plus white noise."""
    smooth = ConstantKernel(1.0, _VARIANCE[classify]) * RBF(5.0, _LENGTH)
    return smooth if classify else smooth + WhiteKernel(0.1, _NOISE)


def tune_kernel(process: Any, table: Array, y: NDArray[Any]) -> None:
    """Give a process the most likely kernel, and switch its own search off.

    A process with another kernel than `default_kernel` is left as it is.

    Parameters
    ----------
    process : GaussianProcessRegressor or GaussianProcessClassifier
        Unfitted.
    table : ndarray, shape (n_rows, n_columns)
        Imputed and standardised columns.
    y : ndarray, shape (n_rows,)
        Values, or two classes.
    """
    classify = isinstance(process, GaussianProcessClassifier)
    if process.kernel != default_kernel(classify=classify) or process.optimizer is None or len(np.unique(y)) < 2:
        return
    squares = pdist(table, "sqeuclidean")
    kernel = most_likely_kernel(squareform(squares), y, classify=classify)
    process.set_params(kernel=kernel, optimizer=None)


def most_likely_kernel(squares: Array, y: NDArray[Any], *, classify: bool) -> Any:
    """Return the kernel with the largest marginal likelihood, found from one start.

    Parameters
    ----------
    squares : ndarray, shape (n_rows, n_rows)
        Squared distances.
    y : ndarray, shape (n_rows,)
        Values, or two classes.
    classify : bool

    Examples
    --------
    >>> x = np.linspace(0, 10, 30)
    >>> kernel = most_likely_kernel((x[:, None] - x) ** 2, np.sin(x), classify=False)
    >>> bool(1 < kernel.k1.k2.length_scale < 4)
    True
    """
    apart = squares[squares > 0]
    length = float(np.clip(np.sqrt(np.median(apart)) if len(apart) else 1.0, *_LENGTH))
    if classify:
        objective: Any = _ClassLikelihood(squares, y)
        start, bounds = [1.0, length], [_VARIANCE[True], _LENGTH]
    else:
        objective = _ValueLikelihood(squares, y)
        start, bounds = [length, _USUAL_RATIO], [_LENGTH, _RATIO]
    minimum = minimize(
        objective, np.log(start), jac=True, bounds=np.log(bounds), method="L-BFGS-B", options={"ftol": _TOLERANCE}
    )
    if classify:
        variance, length = np.exp(minimum.x)
        return ConstantKernel(variance, _VARIANCE[True]) * RBF(length, _LENGTH)
    length, ratio = np.exp(minimum.x)
    variance = objective.variance_at(minimum.x)
    noise = float(np.clip(ratio * variance, *_NOISE))
    return ConstantKernel(variance, _VARIANCE[False]) * RBF(length, _LENGTH) + WhiteKernel(noise, _NOISE)


class _ValueLikelihood:
    """Negative log marginal likelihood of values and its gradient (algorithm 2.1, equation 5.9).

    Only the length and the ratio of noise to variance are searched for. With C the correlation of the values, noise
    included, the covariance is v C, and the likelihood is largest at v = y^T C^-1 y / n: half of the evaluations are
    saved that a search for all three takes.
    """

    def __init__(self, squares: Array, y: NDArray[Any]) -> None:
        values = np.asarray(y, dtype=float)
        spread = values.std()
        self.squares = squares
        self.y = (values - values.mean()) / (spread if spread > 0 else 1.0)  # as normalize_y does

    def __call__(self, logs: Array) -> tuple[float, Array]:
        length, ratio = np.exp(logs)
        scaled = self.squares / length**2
        smooth = np.exp(-0.5 * scaled)
        try:
            lower, weights = self._solve(smooth, ratio)
        except np.linalg.LinAlgError:
            return np.inf, np.zeros(2)
        variance = self._variance(weights)
        likelihood = -0.5 * self.y @ weights / variance - np.log(np.diag(lower)).sum()
        likelihood -= 0.5 * len(self.y) * np.log(2 * np.pi * variance)
        # half the trace of (a a^T / v - C^-1) dC for each logarithm of a parameter, v staying what it is, where the
        # likelihood does not change with it; of C^-1 only the lower half is filled, which counts twice, but for its
        # diagonal
        half, _ = dpotri(lower, lower=True)
        smooth *= scaled  # zero on the diagonal
        by_length = weights @ smooth @ weights / variance - 2 * np.vdot(half, smooth)
        by_ratio = ratio * (weights @ weights / variance - np.diag(half).sum())
        gradient = 0.5 * np.array([by_length, by_ratio])
        return -float(likelihood), -gradient

    def variance_at(self, logs: Array) -> float:
        """Most likely variance of the smooth part for logarithms of length and ratio."""
        length, ratio = np.exp(logs)
        _, weights = self._solve(np.exp(-0.5 * self.squares / length**2), ratio)
        return self._variance(weights)

    def _solve(self, smooth: Array, ratio: float) -> tuple[Array, Array]:
        """Cholesky factor of C, and C^-1 y."""
        correlation = smooth.copy()
        correlation[np.diag_indices_from(correlation)] += ratio + _JITTER
        lower = cholesky(correlation, lower=True, overwrite_a=True, check_finite=False)
        return lower, cho_solve((lower, True), self.y, check_finite=False)

    def _variance(self, weights: Array) -> float:
        return float(np.clip(self.y @ weights / len(self.y), *_VARIANCE[False]))


class _ClassLikelihood:
    """Negative Laplace approximation of the log marginal likelihood of two classes (algorithms 3.1 and 5.1)."""

    def __init__(self, squares: Array, y: NDArray[Any]) -> None:
        self.squares = squares
        self.y = (np.asarray(y) == np.unique(y)[-1]).astype(float)
        self.mode = np.zeros(len(self.y))  # where the last evaluation ended: a good start for the next

    def __call__(self, logs: Array) -> tuple[float, Array]:
        variance, length = np.exp(logs)
        scaled = self.squares / length**2
        covariance = variance * np.exp(-0.5 * scaled)
        likelihood, weights, root, lower = self._find_mode(covariance)
        p = expit(self.mode)
        # explicit part of the gradient: how the likelihood changes with the kernel while the mode stays
        half = solve_triangular(lower, np.diag(root), lower=True)
        curvature = half.T @ half
        through = solve_triangular(lower, root[:, None] * covariance, lower=True)
        # implicit part: how the mode moves
        third = p * (1 - p) * (1 - 2 * p)
        sensitivity = -0.5 * (np.diag(covariance) - (through**2).sum(axis=0)) * third
        gradient = np.empty(2)
        for j, change in enumerate((covariance, covariance * scaled)):
            explicit = 0.5 * weights @ change @ weights - 0.5 * (curvature * change).sum()
            moved = change @ (self.y - p)
            moved -= covariance @ (curvature @ moved)
            gradient[j] = explicit + sensitivity @ moved
        return -float(likelihood), -gradient

    def _find_mode(self, covariance: Array) -> tuple[float, Array, Array, Array]:
        """Newton's method for the mode of the latent function (algorithm 3.1)."""
        sign, best = 2 * self.y - 1, -np.inf
        for _ in range(_NEWTON_STEPS):
            p = expit(self.mode)
            root = np.sqrt(p * (1 - p))
            system = np.eye(len(p)) + root[:, None] * covariance * root
            lower = cholesky(system, lower=True)
            aim = root**2 * self.mode + (self.y - p)
            weights = aim - root * cho_solve((lower, True), root * (covariance @ aim))
            self.mode = covariance @ weights
            likelihood = -0.5 * weights @ self.mode - np.logaddexp(0, -sign * self.mode).sum()
            likelihood -= np.log(np.diag(lower)).sum()
            if abs(likelihood - best) < 1e-10:
                break
            best = likelihood
        return float(likelihood), weights, root, lower
