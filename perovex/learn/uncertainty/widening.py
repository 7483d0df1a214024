"""How much wider prediction intervals must be to hold for one kind of crystals, such as those from experiment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex.errors import ModelTableError
from perovex.learn.tables import as_groups

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

#: Fewer groups tell too little of a quantile near 90 %.
LEAST_GROUPS = 20


@dataclass(frozen=True)
class Widening:
    """A factor on the arms of prediction intervals, and what it is based on.

    Attributes
    ----------
    factor : float
        1 where the intervals hold as they are.
    coverage : float
        What the intervals are asked to hold.
    before, after : float
        Share of the crystals, those of one group weighing one together, that lie inside: as the intervals were, and
        with a factor that was determined without the crystal's own group.
    n_rows, n_groups : int
    log : bool
        Whether arms are measured in the logarithm of the target.
    """

    factor: float
    coverage: float
    before: float
    after: float
    n_rows: int
    n_groups: int
    log: bool


def widening(
    truth: ArrayLike,
    prediction: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    groups: ArrayLike,
    coverage: float,
    *,
    log: bool = True,
) -> Widening | None:
    """Return by how much intervals of these held-out crystals have to grow until they hold.

    The arm that points at the truth is the unit; the factor is the conformal quantile of the errors in this unit, every
    group weighing the same, so that a crystal of a new group of this kind lies inside as often as asked.

    Parameters
    ----------
    truth, prediction, lower, upper : array_like, shape (n_rows,)
        Held-out predictions and their intervals.
    groups : array_like, shape (n_rows,)
        Spacers.
    coverage : float
        Between 0 and 1.
    log : bool, default True
        Measure in the logarithm.

    Returns
    -------
    Widening or None
        None with fewer than `LEAST_GROUPS` groups.

    Raises
    ------
    ModelTableError
        An interval that does not hold its own prediction, or logarithms of values that are not positive.

    References
    ----------
    Vovk, Lindsay, Nouretdinov, Gammerman, Mondrian confidence machine (2003): conformal prediction by category.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth, one = rng.normal(size=1000), np.ones(1000)
    >>> found = widening(truth, 0 * one, -one, one, np.arange(1000), 0.9, log=False)
    >>> round(found.factor, 1), round(found.before, 1)
    (1.6, 0.7)
    """
    columns = np.array([truth, prediction, lower, upper], dtype=float)
    if log and np.any(columns <= 0):
        raise ModelTableError("logarithms need positive values", remedy="use log=False")
    codes, names = pd.factorize(as_groups(groups, columns.shape[1]).to_numpy())
    if len(names) < LEAST_GROUPS:
        return None
    errors = _errors_in_arms(*(np.log(columns) if log else columns))
    share = 1.0 / np.bincount(codes)[codes]
    without_own = np.empty(len(errors))
    for group in range(len(names)):
        others = codes != group
        without_own[codes == group] = _quantile(errors[others], share[others], len(names) - 1, coverage)
    inside = np.array([np.sum(share * (errors <= limit)) for limit in (1.0, without_own)]) / len(names)
    factor = max(1.0, _quantile(errors, share, len(names), coverage))
    return Widening(factor, coverage, float(inside[0]), float(inside[1]), len(errors), len(names), log)


def widened(
    prediction: ArrayLike, lower: ArrayLike, upper: ArrayLike, factor: float, *, log: bool = True
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return intervals with both arms longer by a factor.

    Parameters
    ----------
    prediction, lower, upper : array_like, shape (n_rows,)
    factor : float
        1 leaves them.
    log : bool, default True
        Stretch in the logarithm, so that no end becomes negative.

    Examples
    --------
    >>> [ends.tolist() for ends in widened([4.0], [2.0], [8.0], 2.0)]
    [[1.0], [16.0]]
    """
    centre, low, high = (np.asarray(values, dtype=float) for values in (prediction, lower, upper))
    if log:
        return centre * (low / centre) ** factor, centre * (high / centre) ** factor
    return centre - factor * (centre - low), centre + factor * (high - centre)


def _errors_in_arms(truth: NDArray, prediction: NDArray, lower: NDArray, upper: NDArray) -> NDArray[np.float64]:
    """Distance of truth from prediction, in units of the arm of the interval on that side."""
    if np.any(lower >= prediction) or np.any(upper <= prediction):
        raise ModelTableError("an interval does not hold its own prediction")
    arm = np.where(truth > prediction, upper - prediction, prediction - lower)
    return np.asarray(np.abs(truth - prediction) / arm)


def _quantile(errors: NDArray, share: NDArray, n_groups: int, coverage: float) -> float:
    """Smallest error that a row of a new group stays below with this probability; the new group counts as one more."""
    order = np.argsort(errors)
    reached = np.cumsum(share[order]) / (n_groups + 1)
    place = int(np.searchsorted(reached, coverage - 1e-12))
    return float(errors[order][min(place, len(errors) - 1)])
