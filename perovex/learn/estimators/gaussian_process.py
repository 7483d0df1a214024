"""Kernel parameters of the Gaussian processes, found with all distances computed once, and their kernel.

scikit-learn evaluates its kernels anew at every step of the search, distances and a cube of gradients included, which
is most of the time on tables of a few hundred rows. Here the distances are kept; what is fitted afterwards is
scikit-learn's own process with the kernel that was found.

References
----------
Rasmussen, Williams, Gaussian Processes for Machine Learning, MIT Press (2006), algorithms 2.1, 3.1 and 5.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.metrics.pairwise import euclidean_distances

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_VARIANCE = {True: (1e-2, 1e3), False: (1e-3, 1e3)}
_LENGTH, _NOISE = (1e-1, 1e3), (1e-5, 1e1)
_RATIO = (1e-5, 1e4)  # of noise to variance
_USUAL_RATIO = 0.13  # where searches on the released data end
_NOISY_RATIO = 30.0  # where they start when the usual ratio does worse than noise alone
_NOISY_EVALUATIONS = 20  # then it is flat: one of 12 shuffled samples gained 0.8 over noise, others < 0.5
_JITTER = 1e-10  # what scikit-learn adds to the diagonal
_NEWTON_STEPS = 100
_TOLERANCE = 1e-5  # of the likelihood, relative: below what a prediction notices


class QuickRBF(RBF):
    """The RBF kernel of scikit-learn with distances by a matrix product, two to three times as quick for 100 columns.

    They miss by some 1e-13 of the squared lengths of the rows, which imputed and standardised columns hold small.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(5, 3))
    >>> bool(np.allclose(QuickRBF(2.0)(x), RBF(2.0)(x), rtol=1e-12))
    True
    """

    def __call__(self, X: Any, Y: Any = None, eval_gradient: bool = False) -> Any:
        """Return the covariance of rows, and on demand its gradient."""
        if eval_gradient:
            return super().__call__(X, Y, eval_gradient)
        scaled = np.asarray(X) / self.length_scale
        others = None if Y is None else np.asarray(Y) / self.length_scale
        squares = euclidean_distances(scaled, others, squared=True)
        squares *= -0.5
        return np.exp(squares, out=squares)


def default_kernel(*, classify: bool) -> Any:
    """Return the kernel that `tune_kernel` knows: a constant times an RBF, for regressions plus white noise."""
    smooth = ConstantKernel(1.0, _VARIANCE[classify]) * QuickRBF(5.0, _LENGTH)
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
    kernel = most_likely_kernel(euclidean_distances(table, squared=True), y, classify=classify)
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
        found = _search(_ClassLikelihood(squares, y), [1.0, length], [_VARIANCE[True], _LENGTH])
        variance, length = np.exp(found)
        return ConstantKernel(variance, _VARIANCE[True]) * QuickRBF(length, _LENGTH)
    objective = _ValueLikelihood(squares, y)
    start, bounds = [length, _USUAL_RATIO], [_LENGTH, _RATIO]
    if objective(np.log(start))[0] > objective.of_noise:
        # nothing to learn, as with shuffled values: from the usual start the search would creep to the upper bound
        found = _search(objective, [length, _NOISY_RATIO], bounds, maxfun=_NOISY_EVALUATIONS)
    else:
        found = _search(objective, start, bounds)
    length, ratio = np.exp(found)
    variance = objective.variance_at(found)
    noise = float(np.clip(ratio * variance, *_NOISE))
    return ConstantKernel(variance, _VARIANCE[False]) * QuickRBF(length, _LENGTH) + WhiteKernel(noise, _NOISE)


def _search(objective: Any, start: list[float], bounds: list[tuple[float, float]], **limits: int) -> Array:
    """Return the logarithms of the parameters where the objective is smallest."""
    minimum = minimize(
        objective,
        np.log(start),
        jac=True,
        bounds=np.log(bounds),
        method="L-BFGS-B",
        options={"ftol": _TOLERANCE, **limits},
    )
    return np.asarray(minimum.x, dtype=float)


class _ValueLikelihood:
    """Negative log marginal likelihood of values and its gradient (algorithm 2.1, equation 5.9).

    Only the length and the ratio of noise to variance are searched for. With C the correlation of the values, noise
    included, the covariance is v C, and the likelihood is largest at v = y^T C^-1 y / n: half of the evaluations are
    saved that a search for all three takes.
    """

    def __init__(self, squares: Array, y: NDArray[Any]) -> None:
        values = np.asarray(y, dtype=float)
        spread = values.std()
        self.squares = np.asfortranarray(squares)  # as LAPACK has matrices: what it is given is not copied
        self.y = (values - values.mean()) / (spread if spread > 0 else 1.0)  # as normalize_y does
        self.of_noise = 0.5 * (len(values) * np.log(2 * np.pi) + self.y @ self.y)  # no kernel, noise of variance one
        self._last: tuple[bytes, tuple[float, Array]] | None = None

    def __call__(self, logs: Array) -> tuple[float, Array]:
        """Return value and gradient; those of the last point are kept, for a search asks for its start again."""
        asked = np.asarray(logs).tobytes()
        if self._last is None or self._last[0] != asked:
            self._last = asked, self._evaluate(logs)
        return self._last[1]

    def _evaluate(self, logs: Array) -> tuple[float, Array]:
        length, ratio = np.exp(logs)
        scaled = self.squares / length**2
        smooth = -0.5 * scaled
        np.exp(smooth, out=smooth)
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
        half, _ = dpotri(lower, lower=True, overwrite_c=True)
        smooth *= scaled  # zero on the diagonal
        by_length = weights @ smooth @ weights / variance - 2 * np.vdot(half.T, smooth.T)
        by_ratio = ratio * (weights @ weights / variance - np.diag(half).sum())
        gradient = 0.5 * np.array([by_length, by_ratio])
        return -float(likelihood), -gradient

    def variance_at(self, logs: Array) -> float:
        """Most likely variance of the smooth part for logarithms of length and ratio."""
        length, ratio = np.exp(logs)
        _, weights = self._solve(np.exp(-0.5 * self.squares / length**2), ratio)
        return self._variance(weights)

    def _solve(self, smooth: Array, ratio: float) -> tuple[Array, Array]:
        """Cholesky factor of C, zero above its diagonal, and C^-1 y."""
        correlation = smooth.copy(order="F")
        correlation[np.diag_indices_from(correlation)] += ratio + _JITTER
        lower, failed = dpotrf(correlation, lower=True, overwrite_a=True)
        if failed:
            raise np.linalg.LinAlgError("the correlation is not positive definite")
        weights, _ = dpotrs(lower, self.y, lower=True)
        return lower, weights

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
