"""Exact interventional Shapley values of boosted trees, leaf by leaf.

A leaf plays a game of its own: a coalition reaches it where its members, taken from the explained row, and all others,
taken from a background row, lie on the leaf's side of every cut. With P the descriptors on the path for which only the
explained row does, and N those for which only the background row does, the leaf is reached by the coalitions that hold
all of P and none of N, and its value v is shared as

    v (|P| - 1)! |N|! / (|P| + |N|)!  to each of P,    - v |P|! (|N| - 1)! / (|P| + |N|)!  to each of N.

What a row does on a path of depth d is one of 2^d patterns, so that background rows are counted by their pattern, and
the cost does not grow with their number.

References
----------
Lundberg et al., From local explanations to global understanding with explainable AI for trees,
Nat. Mach. Intell. 2, 56 (2020), 10.1038/s42256-019-0138-9, for the shares.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DEEPEST = 6  # descriptors on a path: tables of 4^depth patterns
_CELLS = 4_000_000  # comparisons at once


@dataclass(frozen=True, eq=False)
class Leaves:
    """Leaves of trees whose values add up, and what a row must be to reach them.

    Attributes
    ----------
    values : ndarray, shape (leaves,)
        What each adds to the output.
    columns : ndarray of int, shape (leaves, depth)
        Columns on the path to each, every one once; -1 where there are fewer.
    lower, upper : ndarray, shape (leaves, depth)
        A row must lie at or above the first and below the second.
    missing : ndarray of bool, shape (leaves, depth)
        Whether a missing value leads to the leaf.
    """

    values: Array
    columns: NDArray[np.int64]
    lower: Array
    upper: Array
    missing: NDArray[np.bool_]

    @property
    def depth(self) -> int:
        """Most descriptors on a path."""
        return int(self.columns.shape[1])

    def patterns(self, table: Array) -> NDArray[np.int64]:
        """Return which conditions of each path rows meet, one bit a condition, shape (rows, leaves)."""
        pattern = np.zeros((len(table), len(self.values)), dtype=np.int64)
        for k in range(self.depth):
            column = self.columns[:, k]
            x = table[:, column]
            met = (x >= self.lower[:, k]) & (x < self.upper[:, k])
            met |= np.isnan(x) & self.missing[:, k]
            pattern |= (met | (column < 0)).astype(np.int64) << k
        return pattern


def read_leaves(booster: Any) -> Leaves | None:
    """Read the leaves of an xgboost booster; None where it is no sum of trees of one output, or trees are deep.

    Parameters
    ----------
    booster : xgboost.Booster

    Examples
    --------
    >>> import xgboost
    >>> X = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 2.0], [1.0, 2.0]])
    >>> options = {"max_depth": 1, "reg_lambda": 0, "learning_rate": 1, "base_score": 0}
    >>> stump = xgboost.train(options, xgboost.DMatrix(X, X[:, 0]), 1)
    >>> leaves = read_leaves(stump)
    >>> abs(leaves.values).tolist(), leaves.columns.tolist()
    ([0.0, 1.0], [[0], [0]])
    """
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    sizes = [int(learner["learner_model_param"][name]) for name in ("num_class", "num_target")]
    if learner["gradient_booster"]["name"] != "gbtree" or max(sizes) > 1:
        return None
    trees = learner["gradient_booster"]["model"]["trees"]
    if any(any(tree.get("split_type", ())) for tree in trees):  # categories
        return None
    return _climb(trees)


def leaf_values(leaves: Leaves, table: Array, background: Array) -> Array:
    """Shapley values of a sum of trees, averaged over background rows.

    Parameters
    ----------
    leaves : Leaves
        From `read_leaves`.
    table : ndarray, shape (rows, columns)
        Rows to explain, in the precision of the trees.
    background : ndarray, shape (background rows, columns)
        What absent descriptors are taken from.

    Returns
    -------
    ndarray, shape (rows, columns)

    Examples
    --------
    >>> one, two = np.array([6.0]), np.array([[0, 1]])
    >>> both = Leaves(one, two, np.zeros((1, 2)), np.full((1, 2), 9.0), np.zeros((1, 2), dtype=bool))
    >>> leaf_values(both, np.array([[1.0, 1.0]]), np.array([[-1.0, -1.0]])).tolist()
    [[3.0, 3.0]]
    """
    n_leaves, depth = leaves.columns.shape
    n_patterns = 1 << depth
    number = np.arange(n_leaves)
    counted = number * n_patterns + leaves.patterns(background)
    counts = np.bincount(counted.ravel(), minlength=n_leaves * n_patterns).reshape(n_leaves, n_patterns)
    shares = np.tensordot(counts / len(background), _shares(depth), axes=(1, 1)) * leaves.values[:, None, None]
    held = np.flatnonzero(leaves.columns.ravel() >= 0)
    place = (held, leaves.columns.ravel()[held])
    gather = csr_array((np.ones(len(held)), place), shape=(n_leaves * depth, table.shape[1])).T.tocsr()
    values = np.empty(table.shape)
    size = max(1, _CELLS // max(1, n_leaves * depth))
    for first in range(0, len(table), size):
        block = slice(first, first + size)
        by_leaf = shares[number, leaves.patterns(table[block])]
        values[block] = (gather @ by_leaf.reshape(len(by_leaf), -1).T).T
    return values


@lru_cache(maxsize=DEEPEST + 1)
def _shares(depth: int) -> Array:
    """Share of each condition by the patterns of the explained and of the background row, for a leaf of value one."""
    bits = np.arange(1 << depth)[:, None] >> np.arange(depth) & 1
    explained, background = bits[:, None, :].astype(bool), bits[None, :, :].astype(bool)
    ours, theirs = explained & ~background, background & ~explained
    n_ours, n_theirs = ours.sum(axis=2), theirs.sum(axis=2)
    factorials = np.array([factorial(k) for k in range(depth + 1)], dtype=float)
    below = factorials[np.maximum(np.arange(depth + 1) - 1, 0)]
    total = factorials[n_ours + n_theirs]
    gain = below[n_ours] * factorials[n_theirs] / total
    loss = factorials[n_ours] * below[n_theirs] / total
    reached = (explained | background).all(axis=2)[:, :, None]
    return np.where(reached, ours * gain[:, :, None] - theirs * loss[:, :, None], 0.0)


def _climb(trees: list[dict[str, Any]]) -> Leaves | None:
    """Walk from the leaves of all trees to their roots at once."""
    sizes = np.array([len(tree["left_children"]) for tree in trees])
    start = np.repeat(np.cumsum(sizes) - sizes, sizes)

    def joined(name: str, kind: Any) -> NDArray[Any]:
        return np.fromiter(chain.from_iterable(tree[name] for tree in trees), dtype=kind, count=len(start))

    left, parent = joined("left_children", np.int64), joined("parents", np.int64)
    top = parent >= len(start)  # a root's is the largest integer
    left, parent = left + start, np.where(top, 0, parent + start)
    cut = joined("split_conditions", np.float32).astype(float)
    column, default = joined("split_indices", np.int64), joined("default_left", bool)
    node = np.flatnonzero(joined("left_children", np.int64) < 0)
    values = cut[node]
    steps: list[tuple[NDArray[np.int64], Array, Array, NDArray[np.bool_]]] = []
    while not top[node].all():
        if len(steps) == DEEPEST:
            return None
        above, ended = parent[node], top[node]
        on_left = left[above] == node
        lower = np.where(on_left | ended, -np.inf, cut[above])
        upper = np.where(on_left & ~ended, cut[above], np.inf)
        steps.append((np.where(ended, -1, column[above]), lower, upper, default[above] == on_left))
        node = np.where(ended, node, above)
    if not steps:  # nothing but roots
        return Leaves(values, *(np.empty((len(values), 0), dtype=kind) for kind in (int, float, float, bool)))
    columns, lowers, uppers, missing = (np.column_stack(part) for part in zip(*steps, strict=True))
    _merge(columns, lowers, uppers, missing)
    return Leaves(values, columns, lowers, uppers, missing)


def _merge(columns: NDArray[np.int64], lower: Array, upper: Array, missing: NDArray[np.bool_]) -> None:
    """Make one condition, in place, of several on the same column of a path."""
    for later in range(1, columns.shape[1]):
        for earlier in range(later):
            same = (columns[:, later] == columns[:, earlier]) & (columns[:, later] >= 0)
            lower[same, earlier] = np.maximum(lower[same, earlier], lower[same, later])
            upper[same, earlier] = np.minimum(upper[same, earlier], upper[same, later])
            missing[same, earlier] &= missing[same, later]
            columns[same, later] = -1
