"""What a model predicts once some columns of a table are shuffled among its rows: many shuffles at once.

Most of a prediction does not change with a few columns. A linear model changes by what these columns add, and the
squared distances of a kernel by their share, so that neither is asked anew. Trees, and models that are none of these,
are asked for every shuffled copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from sklearn.impute import SimpleImputer
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.preprocessing import StandardScaler

from perovex.errors import ExplanationError
from perovex.explain.attribution.attribute import output_of
from perovex.explain.attribution.kernels import KernelExpansion, kernel_expansion
from perovex.explain.attribution.opened import Opened, open_estimator
from perovex.explain.tables import predict
from perovex.learn.estimators.base import unchecked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Columns = NDArray[np.intp]

_COLUMN_BY_COLUMN = (SimpleImputer, StandardScaler)  # steps that a shuffle of columns can change places with
_BLOCK_CELLS = 4_000_000  # cells of shuffled copies at once: 32 MB of doubles
_AGREEMENT = 1e-5  # relative difference of predictions that is rounding: xgboost adds up in single precision


def shuffled_predictions(
    model: Any, table: pd.DataFrame, sets: Sequence[Columns], orders: Sequence[NDArray[np.int64]], *, classifier: bool
) -> Array:
    """Predict a table anew for every set of columns and every order of rows in which the set is shuffled.

    Parameters
    ----------
    model : object
        Fitted estimator.
    table : DataFrame, shape (rows, descriptors)
    sets : sequence of ndarray of int
        Positions of the columns that are shuffled together.
    orders : sequence of ndarray of int, shape (rows,)
        Which row each row takes these columns from.
    classifier : bool
        Whether the probability of the positive class is asked for instead of a value.

    Returns
    -------
    ndarray, shape (sets, orders, rows)

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> table = pd.DataFrame({"angle": [1.0, 2.0], "stei": [0.0, 5.0]})
    >>> model = LinearRegression().fit(table, [3.0, 4.0])
    >>> alone = [np.array([0]), np.array([1])]
    >>> shuffled_predictions(model, table, alone, [np.array([1, 0])], classifier=False).sum(axis=2).round(6).tolist()
    [[7.0], [7.0]]
    """
    opened = None if classifier else _opened_simply(model, table)
    if opened is not None:
        wanted = [_seen(opened, table, columns) for columns in sets]
        everything = np.arange(len(opened.columns))
        back = np.exp if opened.log_target else np.asarray
        with unchecked():
            outputs = back(_outputs(opened, opened.prepare(table), [*wanted, everything], orders))
        # with all columns shuffled a row is another row: so it shows whether the short cuts hold for this model
        rows = predict(model, table, classifier=False)[np.asarray(orders)]
        if np.allclose(outputs[-1], rows, rtol=_AGREEMENT):
            return np.asarray(outputs[:-1])

    def ask(rows: Array) -> Array:
        return predict(model, pd.DataFrame(rows, columns=table.columns), classifier=classifier)

    return _asked(ask, table.to_numpy(dtype=float), sets, orders)


def _opened_simply(model: Any, table: pd.DataFrame) -> Opened | None:
    """Open a regression whose steps treat every column by itself; None for any other."""
    try:
        opened = open_estimator(model, list(table.columns))
    except ExplanationError:  # steps that mix columns
        return None
    if opened.classifier or opened.kind == "other":
        return None
    return opened if _treats_columns_alone(opened) else None


def _treats_columns_alone(opened: Opened) -> bool:
    return all(isinstance(step, _COLUMN_BY_COLUMN) for step in opened.steps)


def _seen(opened: Opened, table: pd.DataFrame, columns: Columns) -> Columns:
    """Positions of columns among those that the model sees; those it does not see are left out."""
    position = pd.Index(opened.columns).get_indexer(table.columns[columns])
    return np.asarray(position[position >= 0])


def _outputs(opened: Opened, table: Array, sets: Sequence[Columns], orders: Sequence[NDArray[np.int64]]) -> Array:
    """Return the output of an opened model on its own scale, shape (sets, orders, rows)."""
    if opened.kind == "average":
        parts = []
        for model in opened.model.models_:
            member = open_estimator(model, opened.columns)
            if not _treats_columns_alone(member):
                return _asked(lambda rows: output_of(opened, rows), table, sets, orders)
            parts.append(_outputs(member, member.prepare_rows(table), sets, orders))
        return np.asarray(np.mean(parts, axis=0))
    expansion = kernel_expansion(opened.model) if opened.kind == "kernel" else None
    if expansion is not None:
        return _of_kernel(expansion, table, sets, orders)
    if opened.kind == "linear":
        return _of_line(output_of(opened, table), np.ravel(opened.model.coef_), table, sets, orders)
    return _asked(lambda rows: output_of(opened, rows), table, sets, orders)


def _of_line(
    output: Array, slopes: Array, table: Array, sets: Sequence[Columns], orders: Sequence[NDArray[np.int64]]
) -> Array:
    """Take what the columns add to a linear model from the rows in another order."""
    shuffled = np.empty((len(sets), len(orders), len(table)))
    for i, columns in enumerate(sets):
        added = table[:, columns] @ slopes[columns]
        for j, order in enumerate(orders):
            shuffled[i, j] = output - added + added[order]
    return shuffled


def _of_kernel(
    expansion: KernelExpansion, table: Array, sets: Sequence[Columns], orders: Sequence[NDArray[np.int64]]
) -> Array:
    """Take the share of the columns in the squared distances from the rows in another order."""
    scaled = table / expansion.length_scale
    squares = euclidean_distances(scaled, expansion.rows, squared=True)
    shuffled = np.empty((len(sets), len(orders), len(table)))
    for i, columns in enumerate(sets):
        if not len(columns):
            shuffled[i] = expansion.constant + np.exp(-squares / 2) @ expansion.weights
            continue
        share = cdist(scaled[:, columns], expansion.rows[:, columns], "sqeuclidean")
        others = squares - share
        for j, order in enumerate(orders):
            shuffled[i, j] = expansion.constant + np.exp(-(others + share[order]) / 2) @ expansion.weights
    return shuffled


def _asked(ask: Any, table: Array, sets: Sequence[Columns], orders: Sequence[NDArray[np.int64]]) -> Array:
    """Ask the model for every shuffled copy of the table, in blocks."""
    shuffled = np.empty((len(sets), len(orders), len(table)))
    per_block = max(1, _BLOCK_CELLS // max(1, table.size * len(orders)))
    for start in range(0, len(sets), per_block):
        block = sets[start : start + per_block]
        copies = np.tile(table, (len(block), len(orders), 1, 1))
        for copy, columns in zip(copies, block, strict=True):
            for j, order in enumerate(orders):
                copy[j][:, columns] = table[np.ix_(order, columns)]
        answers = ask(copies.reshape(-1, table.shape[1]))
        shuffled[start : start + per_block] = answers.reshape(len(block), len(orders), len(table))
    return shuffled
