"""Rows that models are asked about: the descriptors they know, in order, and which are infinite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex.errors import ModelInputError
from perovex.learn.tables import check_columns, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def asked_rows(
    X: pd.DataFrame, names: Sequence[str], unknown: str = "ignore"
) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """Return the descriptors that models know, infinite values undefined, and the names of these row by row.

    Parameters
    ----------
    X : DataFrame, shape (n_rows, n_columns)
        Descriptors in any order.
    names : sequence of str
        What the models know.
    unknown : {"ignore", "error"}
        What to do with other columns.

    Raises
    ------
    ModelInputError
        No table, values that are no numbers, or a column that is missing or unknown.

    Examples
    --------
    >>> table, infinite = asked_rows(pd.DataFrame({"a": [1, np.inf], "b": [2, 3]}), ["b", "a"])
    >>> table["a"].tolist(), infinite.tolist()
    ([1.0, nan], ['', 'a'])
    """
    if not isinstance(X, pd.DataFrame):
        raise ModelInputError("descriptors come as a DataFrame with descriptor keys as columns")
    if unknown not in ("ignore", "error"):
        raise ModelInputError(f'unknown must be "ignore" or "error", not {unknown!r}')
    table = X.rename(columns=str)
    check_columns(table if unknown == "error" else table[table.columns.intersection(list(names))], names)
    try:
        table = table[list(names)].astype(float)
    except (TypeError, ValueError) as error:
        raise ModelInputError(f"descriptor values that are not numbers: {error}") from error
    infinite = np.isinf(table.to_numpy())
    named = np.array([listed(np.array(names)[row]) if row.any() else "" for row in infinite], dtype=object)
    return table.mask(infinite), named
