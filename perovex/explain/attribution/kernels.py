"""Exact Shapley values of models with a Gaussian (RBF) kernel, in polynomial time.

Such a model is a sum over training rows i of a_i times a product over descriptors j of factors, exp(-(x_j - t_ij)^2 /
2 l_j^2). With descriptors absent from a coalition taken from a background row b, each training row plays a game whose
worth is a product: of p_j for present and c_j for absent descriptors. The Shapley value of j in such a game is

    (p_j - c_j) * integral over q from 0 to 1 of the product over k != j of (q p_k + (1 - q) c_k),

because the weight of a coalition of size s among d players, s! (d - 1 - s)! / d!, is the integral of
q^s (1 - q)^(d - 1 - s). The integrand is a polynomial of degree d - 1 in q: Gauss-Legendre quadrature with d / 2 nodes
is exact, and as its factors are close to each other few nodes reach machine precision; the sum of all values must be
the difference of the outputs, which tells whether the nodes were enough. Rows that are not far from the background are
summed by matrix products instead (`kernel_series`).

References
----------
Owen, Multilinear extensions of games, Manage. Sci. 18, 64 (1972), 10.1287/mnsc.18.5.64, for the integral.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Product, Sum, WhiteKernel
from sklearn.metrics.pairwise import euclidean_distances

from perovex.explain.attribution.kernel_series import order_for, series_values
from perovex.learn.estimators.gaussian_process import QuickRBF

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_NODES = (6, 8, 16, 32, 64)
_FEW_NODES = (4, 6, 8, 16)  # where a miss of a thousandth does no harm
_LONGEST = 69.0  # exp(-69) = 1e-30
_TOLERANCE = 1e-8  # of the sum of values, relative to the output
_ROUGH = 1e-3  # the same where only averages over many rows matter, in single precision


@dataclass(frozen=True, eq=False)
class KernelExpansion:
    """Output = constant + sum over training rows of weight times Gaussian kernel.

    Attributes
    ----------
    rows : ndarray, shape (training rows, descriptors)
        Training rows divided by the length scales.
    weights : ndarray, shape (training rows,)
        Weight of each, amplitude included.
    length_scale : ndarray, shape (descriptors,)
        Length scale of each descriptor.
    constant : float
        What is added.
    """

    rows: Array
    weights: Array
    length_scale: Array
    constant: float

    def output(self, table: Array) -> Array:
        """Return the output for rows in the units of the model."""
        distances = euclidean_distances(table / self.length_scale, self.rows, squared=True)
        return np.exp(-distances / 2) @ self.weights + self.constant


def kernel_expansion(model: Any) -> KernelExpansion | None:
    """Read the expansion of a Gaussian process (its mean; for a classifier its latent mean), or None.

    Parameters
    ----------
    model : object
        Fitted `GaussianProcessRegressor` or binary `GaussianProcessClassifier` of scikit-learn.

    Returns
    -------
    KernelExpansion or None
        None where the kernel is no constant times an RBF, with or without noise, or there are several targets.
    """
    latent = getattr(model, "base_estimator_", None)
    if latent is None:
        kernel, rows, weights = model.kernel_, model.X_train_, np.ravel(model.alpha_)
        spread, mean = np.ravel(model._y_train_std), np.ravel(model._y_train_mean)  # noqa: SLF001
        if len(spread) > 1:  # several targets
            return None
        scale, constant = float(spread[0]), float(mean[0])
    elif hasattr(latent, "pi_"):
        kernel, rows = latent.kernel_, latent.X_train_
        weights, scale, constant = latent.y_train_ - latent.pi_, 1.0, 0.0
    else:  # more than two classes
        return None
    parts = _read_kernel(kernel)
    if parts is None:
        return None
    amplitude, length = parts
    length_scale = np.broadcast_to(np.asarray(length, dtype=float), (rows.shape[1],))
    return KernelExpansion(rows / length_scale, weights * amplitude * scale, length_scale, constant)


def _read_kernel(kernel: Any) -> tuple[float, Any] | None:
    """Return amplitude and length scale of constant * RBF + noise in any order; None for anything else."""
    if type(kernel) in (RBF, QuickRBF):  # Matérn kernels are a subclass, too, and none
        return 1.0, kernel.length_scale
    if isinstance(kernel, Sum):
        signal = [part for part in (kernel.k1, kernel.k2) if not isinstance(part, WhiteKernel)]
        return _read_kernel(signal[0]) if len(signal) == 1 else None
    if isinstance(kernel, Product):
        constants = [part for part in (kernel.k1, kernel.k2) if isinstance(part, ConstantKernel)]
        others = [part for part in (kernel.k1, kernel.k2) if not isinstance(part, ConstantKernel)]
        if len(constants) != 1:
            return None
        inner = _read_kernel(others[0])
        return None if inner is None else (constants[0].constant_value * inner[0], inner[1])
    return None


def kernel_values(
    expansion: KernelExpansion, table: Array, background: Array, *, rough: bool = False
) -> tuple[Array, float]:
    """Compute Shapley values of a kernel expansion, averaged over background rows.

    Parameters
    ----------
    expansion : KernelExpansion
        From `kernel_expansion`.
    table : ndarray, shape (rows, descriptors)
        Rows to explain, as the model sees them.
    background : ndarray, shape (background rows, descriptors)
        What absent descriptors are taken from.
    rough : bool
        Single precision and a miss of a thousandth of the output, in a fifth of the time.

    Returns
    -------
    values : ndarray, shape (rows, descriptors)
        Contributions.
    base : float
        Mean output of the background.

    Examples
    --------
    >>> import numpy as np
    >>> one = KernelExpansion(np.zeros((1, 2)), np.ones(1), np.ones(2), 0.0)
    >>> values, base = kernel_values(one, np.array([[0.0, 0.0]]), np.array([[1.0, 1.0]]))
    >>> values.round(4).tolist(), round(float(base), 4)  # two equal players share 1 - exp(-1)
    ([[0.3161, 0.3161]], 0.3679)
    """
    x, b = table / expansion.length_scale, background / expansion.length_scale
    base = float(expansion.output(background).mean())
    wanted = expansion.output(table) - base
    limit = (_ROUGH if rough else _TOLERANCE) * max(1.0, float(np.abs(wanted).max(initial=0.0)))
    precision, plan = (np.float32, _FEW_NODES) if rough else (np.float64, _NODES)
    values = np.full(table.shape, np.nan)
    order = order_for(x, b, expansion.rows, float(np.abs(expansion.weights).sum()), limit)
    for m in np.unique(order[order > 0]):
        near = np.flatnonzero(order == m)
        parts = (part.astype(precision) for part in (x[near], b, expansion.rows, expansion.weights))
        values[near] = series_values(*parts, order=int(m), quadrature=quadrature(plan[1]))
    rows: Any = expansion.rows.astype(precision)
    weights: Any = expansion.weights.astype(precision)
    columns = np.ascontiguousarray(rows.T)
    absent = _factors(b.astype(precision)[:, :, None] - columns)
    for i in np.flatnonzero(~(np.abs(values.sum(axis=1) - wanted) <= limit)):  # far out, or not close enough
        present = _factors(x[i].astype(precision)[:, None] - columns)
        for nodes in plan:
            values[i] = _game(absent, present, weights, nodes)
            if abs(values[i].sum() - wanted[i]) <= limit:
                break
    return values, base


@lru_cache(maxsize=8)
def quadrature(n_nodes: int) -> tuple[Array, Array]:
    """Nodes and weights of Gauss-Legendre quadrature from 0 to 1."""
    points, shares = np.polynomial.legendre.leggauss(n_nodes)
    return (points + 1) / 2, shares / 2


def _factors(difference: NDArray[Any]) -> NDArray[Any]:
    """Factor of each descriptor, kept above zero so that it can be divided out of a product."""
    return np.asarray(np.exp(-np.minimum(difference**2 / 2, _LONGEST)))


def _game(absent: NDArray[Any], present: NDArray[Any], weights: NDArray[Any], n_nodes: int) -> Array:
    """Integrate the game of every background and training row over q; return the mean over background rows.

    One background row at a time, shape (descriptors, training rows): what is multiplied stays in the cache.
    """
    total = np.zeros(len(present))
    factor = np.empty_like(present)
    for missing in absent:
        gain = present - missing
        for q, share in zip(*quadrature(n_nodes), strict=True):
            np.multiply(gain, gain.dtype.type(q), out=factor)
            factor += missing
            product = factor.prod(axis=0) * weights
            np.divide(gain, factor, out=factor)  # the product holds the factor of j, too, so that it is divided out
            total += share * (factor @ product)
    return total / len(absent)
