"""Shapley values of any output by antithetic permutations, with the error that sampling leaves.

References
----------
Mitchell, Cooper, Frank, Holmes, Sampling permutations for Shapley value estimation, JMLR 23 (43), 1 (2022).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_BLOCK_CELLS = 4_000_000  # hybrid rows asked for at once: 32 MB of doubles
_PAIRS = 2  # pairs of an order and its reverse for every background row; two tell how far they differ


def permutation_values(
    output: Callable[[Array], Array], table: Array, background: Array, *, rng: np.random.Generator
) -> tuple[Array, float, float]:
    """Estimate Shapley values by walking from background rows to each row, one descriptor at a time.

    Parameters
    ----------
    output : callable
        Table -> output, shape (rows,).
    table : ndarray, shape (rows, descriptors)
        Rows to explain.
    background : ndarray, shape (background rows, descriptors)
        What absent descriptors are taken from; all of them are used.
    rng : numpy.random.Generator
        Orders.

    Returns
    -------
    values : ndarray, shape (rows, descriptors)
        Contributions; they add up to the output exactly.
    base : float
        Mean output of the background.
    error : float
        Largest standard error over rows and descriptors that is left by the sampled orders.

    Examples
    --------
    >>> import numpy as np
    >>> product = lambda x: x[:, 0] * x[:, 1]
    >>> values, base, error = permutation_values(product, np.array([[2.0, 3.0]]), np.zeros((1, 2)),
    ...                                          rng=np.random.default_rng(0))
    >>> values.tolist(), base, error
    ([[3.0, 3.0]], 0.0, 0.0)
    """
    rows, width = table.shape
    base = float(output(background).mean())
    values, errors = np.zeros((rows, width)), np.zeros((rows, width))
    per_row = len(background) * _PAIRS * 2 * (width + 1) * width
    step = max(1, _BLOCK_CELLS // max(1, per_row))
    for start in range(0, rows, step):
        block = table[start : start + step]
        # (rows, background, pairs, both directions, descriptors)
        orders = rng.permuted(
            np.tile(np.arange(width), (len(block), len(background), _PAIRS, 1)).astype(np.int64), axis=3
        )
        both = np.stack([orders, orders[..., ::-1]], axis=3)
        walked = _walk(output, block, background, both)
        of_pair = walked.mean(axis=3)
        values[start : start + step] = of_pair.mean(axis=(1, 2))
        # what differs between pairs of one background row is chance; what differs between background rows is not
        chance = of_pair.var(axis=2, ddof=1).mean(axis=1) / (_PAIRS * len(background))
        errors[start : start + step] = np.sqrt(chance)
    return values, base, float(errors.max(initial=0.0))


def _walk(output: Callable[[Array], Array], block: Array, background: Array, orders: NDArray[np.int64]) -> Array:
    """Change of the output at each step, by descriptor; shape of `orders`."""
    width = block.shape[1]
    place = np.argsort(orders, axis=-1)  # when each descriptor is exchanged
    present = place[..., None, :] < np.arange(width + 1)[:, None]  # (..., steps, descriptors)
    hybrid = np.where(present, block[:, None, None, None, None, :], background[None, :, None, None, None, :])
    outputs = output(hybrid.reshape(-1, width)).reshape(hybrid.shape[:-1])
    return np.take_along_axis(np.diff(outputs, axis=-1), place, axis=-1)
