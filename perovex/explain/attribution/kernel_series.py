"""Shapley values of Gaussian-kernel games by matrix products, for rows that are not far from the background.

In the words of `kernels`, factor j of a training row t is f_j(q) = exp(-e_j) (1 - q + q exp(s_j)), with e_j the
exponent of the background row b and s_j that of b minus that of the explained row x. Its logarithm is -e_j plus the
cumulant generating function of a coin, a power series in s_j with cumulants k_m(q), and the value of j is

    sum over t of a_t * integral over q of the product of all factors * sum over m of k_m'(q) / m! * s_j^m.

As s_j = (b_j^2 - x_j^2) / 2 + (x_j - b_j) t_j is linear in t_j, sums over descriptors and over training rows of its
powers are matrix products. The series converges for abs(s) < pi; how many terms are needed follows from the largest
s_j of a row.

References
----------
Kendall, Stuart, The Advanced Theory of Statistics, vol. 1 (1977), 3.12 and 5.2, for the cumulants.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb, factorial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.polynomial import Polynomial

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LONGEST = 9  # terms, from which on going through all factors costs no more
_PAIRS = 96  # of an explained and a background row at once


def order_for(x: Array, b: Array, rows: Array, weight: float, limit: float) -> NDArray[np.int64]:
    """Return how many terms each explained row needs, 0 where they would be too many.

    Parameters
    ----------
    x, b, rows : ndarray, shape (..., descriptors)
        Explained, background and training rows, divided by the length scales.
    weight : float
        Sum of the absolute weights of the training rows.
    limit : float
        What may be missing of the sum of all values.

    Examples
    --------
    >>> order_for(np.array([[0.1], [9.0]]), np.zeros((1, 1)), np.zeros((1, 1)), 1.0, 1e-8)
    array([3, 0])
    """
    low, high = rows.min(axis=0), rows.max(axis=0)
    ends = [np.abs((b - x[:, None]) * (b + x[:, None] - 2 * end) / 2) for end in (low, high)]
    largest = np.maximum(*ends).max(axis=1)  # linear in the training row: largest at an end
    order = np.zeros(len(x), dtype=np.int64)
    for m in range(LONGEST, 0, -1):
        left = weight * _steepest(m + 1) * (largest ** (m + 1)).sum(axis=1)
        order[(left <= limit) & (largest.max(axis=1) < 1)] = m
    return order


def series_values(
    x: NDArray[Any],
    b: NDArray[Any],
    rows: NDArray[Any],
    weights: NDArray[Any],
    *,
    order: int,
    quadrature: tuple[Array, Array],
) -> Array:
    """Shapley values, averaged over background rows, by a series of `order` terms.

    Parameters
    ----------
    x, b, rows : ndarray, shape (..., descriptors)
        Explained, background and training rows, divided by the length scales; their precision is that of the sums.
    weights : ndarray, shape (training rows,)
        Weights of the training rows.
    order : int
        Terms.
    quadrature : tuple of ndarray
        Nodes from 0 to 1 and their weights.

    Returns
    -------
    ndarray, shape (explained rows, descriptors)

    Examples
    --------
    >>> line = np.polynomial.legendre.leggauss(6)
    >>> nodes = ((line[0] + 1) / 2, line[1] / 2)
    >>> one = np.zeros((1, 2)), np.full((1, 2), 0.1), np.zeros((1, 2)), np.ones(1)
    >>> series_values(*one, order=4, quadrature=nodes).round(6).tolist()  # two equal players share 1 - exp(-0.01)
    [[0.004975, 0.004975]]
    """
    values = np.empty(x.shape)
    powers = _powers(rows, order)
    size = max(1, _PAIRS // len(b))
    for first in range(0, len(x), size):
        block = x[first : first + size]
        pairs = np.repeat(block, len(b), axis=0), np.tile(b, (len(block), 1))
        parts = _of_pairs(*pairs, powers, weights, order, quadrature)
        values[first : first + size] = parts.reshape(len(block), len(b), -1).mean(axis=1)
    return values


def _of_pairs(
    x: NDArray[Any],
    b: NDArray[Any],
    powers: list[NDArray[Any]],
    weights: NDArray[Any],
    order: int,
    quadrature: tuple[Array, Array],
) -> NDArray[Any]:
    """Values of pairs of an explained and a background row, shape (pairs, descriptors)."""
    n, rows = len(x), powers[1]
    constant, slope = (b**2 - x**2) / 2, x - b
    # s^m is a sum over i of shares[m, i] * t^i; all m that hold t^i go through one product
    constants, slopes = _powers(constant, order), _powers(slope, order)
    shares = {(m, i): comb(m, i) * constants[m - i] * slopes[i] for m in range(1, order + 1) for i in range(m + 1)}
    sums = [shares[m, 0].sum(axis=1, keepdims=True) for m in range(1, order + 1)]
    for i in range(1, order + 1):
        stacked = np.concatenate([shares[m, i] for m in range(i, order + 1)]) @ powers[i].T
        for k, m in enumerate(range(i, order + 1)):
            sums[m - 1] = sums[m - 1] + stacked[k * n : (k + 1) * n]
    exponent = -((b**2).sum(axis=1)[:, None] + (rows**2).sum(axis=1) - 2 * b @ rows.T) / 2
    worth = [np.zeros_like(exponent) for _ in range(order)]
    for q, share in zip(*quadrature, strict=True):
        level, steepness = _coin(order, float(q))
        logarithm = exponent.copy()
        for m in range(order):
            logarithm += exponent.dtype.type(level[m]) * sums[m]
        product = np.exp(logarithm, out=logarithm)
        for m in range(order):
            worth[m] += exponent.dtype.type(share * steepness[m]) * product
    worth = [part * weights for part in worth]
    values = np.zeros_like(x)
    for m in range(1, order + 1):
        values += shares[m, 0] * worth[m - 1].sum(axis=1, keepdims=True)
    for i in range(1, order + 1):
        stacked = np.concatenate(worth[i - 1 :]) @ powers[i]
        for k, m in enumerate(range(i, order + 1)):
            values += shares[m, i] * stacked[k * n : (k + 1) * n]
    return values


def _powers(base: NDArray[Any], highest: int) -> list[NDArray[Any]]:
    """Powers 0, 1, ... of an array by multiplication, which is far quicker than `**`."""
    powers = [np.ones_like(base)]
    for _ in range(highest):
        powers.append(powers[-1] * base)
    return powers


@lru_cache(maxsize=256)
def _coin(order: int, q: float) -> tuple[Array, Array]:
    """Cumulants of a coin that shows heads with probability q, and their slopes in q, over factorials."""
    cumulants = [_cumulant(m) for m in range(1, order + 1)]
    shrink = np.array([1 / factorial(m) for m in range(1, order + 1)])
    return shrink * [k(q) for k in cumulants], shrink * [k.deriv()(q) for k in cumulants]


@lru_cache(maxsize=32)
def _cumulant(m: int) -> Polynomial:
    """Cumulant m of a coin as a polynomial in the probability of heads."""
    if m == 1:
        return Polynomial([0.0, 1.0])
    return Polynomial([0.0, 1.0, -1.0]) * _cumulant(m - 1).deriv()


@lru_cache(maxsize=32)
def _steepest(m: int) -> float:
    """Largest absolute slope of cumulant m over its factorial."""
    q = np.linspace(0, 1, 101)
    return float(np.abs(_cumulant(m).deriv()(q)).max()) / factorial(m)
