"""Rows that models are asked about, and what they answer: classes, values with intervals, whether to believe them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.errors import ModelInputError
from perovex.learn.bundle.words import domain_reason
from perovex.learn.tables import check_columns, listed
from perovex.learn.uncertainty.scatter import process_deviation
from perovex.learn.uncertainty.widening import widened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from perovex.learn.bundle.words import NewKind
    from perovex.learn.estimators.classifier import StiffnessClassifier
    from perovex.learn.estimators.regressor import YoungModulusRegressor
    from perovex.learn.uncertainty.domain import ApplicabilityDomain


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
    columns = np.array(names)
    infinite_by_name = np.full(len(table), "", dtype=object)
    for row in np.flatnonzero(infinite.any(axis=1)):
        infinite_by_name[row] = listed(columns[infinite[row]])
    return table.mask(infinite), infinite_by_name


def class_columns(
    classifier: StiffnessClassifier, table: pd.DataFrame, classes: tuple[str, str], threshold: float
) -> dict[str, Any]:
    """Return the probability of the upper class, the likelier class, and the threshold between them.

    Parameters
    ----------
    classifier : StiffnessClassifier
    table : DataFrame
        From `asked_rows`.
    classes : (str, str)
        What crystals below and above the threshold are called.
    threshold : float
        In the unit of the target.
    """
    low, high = classes
    p = classifier.predict_proba(table)[:, 1]
    return {f"probability_{high}": p, "class": np.where(p > 0.5, high, low), "threshold": threshold}


def value_columns(
    regressors: Mapping[str, YoungModulusRegressor],
    table: pd.DataFrame,
    coverage: float | None,
    widening: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the value of every target, the ends of its interval, and the standard deviation of a Gaussian process.

    Parameters
    ----------
    regressors : dict of str to YoungModulusRegressor
        By target.
    table : DataFrame
        From `asked_rows`.
    coverage : float or None
        Of the intervals; None where the models have none.
    widening : mapping
        By target how much longer the arms of intervals are made (``factor``), on which scale (``log``).
    """
    columns: dict[str, Any] = {}
    for name, model in regressors.items():
        columns[name] = model.predict(table)
        if coverage is not None:
            interval = model.predict_interval(table, coverage)
            ends: tuple[Any, Any] = interval["lower"], interval["upper"]
            if name in widening:
                ends = widened(columns[name], *ends, widening[name]["factor"], log=widening[name]["log"])
            columns[f"{name}_lower"], columns[f"{name}_upper"] = ends
        deviation = process_deviation(model, table)
        if deviation is not None:
            columns[f"{name}_std"] = deviation
    return columns


def domain_columns(
    domain: ApplicabilityDomain,
    table: pd.DataFrame,
    infinite: NDArray[np.object_],
    new_kinds: Sequence[Sequence[NewKind]],
    coverage: float | None,
) -> dict[str, Any]:
    """Return whether rows lie where coverage is claimed, and why not.

    Parameters
    ----------
    domain : ApplicabilityDomain
    table, infinite : DataFrame and ndarray
        From `asked_rows`.
    new_kinds : sequence of sequence of NewKind
        By row what no training crystal had.
    coverage : float or None
        Claimed inside; NaN stands outside.
    """
    flags = domain.check(table)
    inside = flags["in_domain"].to_numpy() & (infinite == "") & np.array([not kinds for kinds in new_kinds], dtype=bool)
    reasons = list(map(domain_reason, new_kinds, infinite, flags["reason"]))
    claimed = np.where(inside, np.nan if coverage is None else coverage, np.nan)
    return {"coverage": claimed, "in_domain": inside, "domain_reason": reasons}
