"""What counts as stiff."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.errors import ModelInputError, ModelTableError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Threshold = float | str
"""``"median"``, a quantile such as ``"q0.6"``, or a modulus in GPa."""


def resolve_threshold(modulus: ArrayLike, threshold: Threshold = "median") -> float:
    """Turn a threshold as the user writes it into a modulus.

    Parameters
    ----------
    modulus : array_like, shape (n_rows,)
        Young's moduli in GPa; NaN values are left out.
    threshold : {"median", "q<p>"} or float
        ``"median"``; a quantile of the moduli such as ``"q0.6"``; or a value in GPa.

    Returns
    -------
    float
        Threshold in GPa.

    Raises
    ------
    ModelInputError
        The threshold cannot be understood, or there is no modulus to take a quantile of.

    Examples
    --------
    >>> resolve_threshold([8.0, 10.0, 15.0])
    10.0
    >>> resolve_threshold([8.0, 10.0, 15.0], "q0.75")
    12.5
    >>> resolve_threshold([8.0, 10.0, 15.0], 11)
    11.0
    """
    quantile = _quantile(threshold)
    if quantile is None:
        return float(threshold)
    values = np.asarray(modulus, dtype=float).ravel()
    values = values[np.isfinite(values)]
    if not len(values):
        raise ModelInputError("no modulus to take the threshold from", remedy="give the threshold in GPa")
    return float(np.quantile(values, quantile))


def _quantile(threshold: Any) -> float | None:
    """Quantile that `threshold` stands for, or None where it is a modulus."""
    remedy = 'use "median", a quantile such as "q0.6", or a modulus in GPa'
    if isinstance(threshold, str):
        text = threshold.strip().lower()
        if text == "median":
            return 0.5
        try:
            number = float(text.removeprefix("q"))
        except ValueError as error:
            raise ModelInputError(f"threshold {threshold!r} cannot be understood", remedy=remedy) from error
        if text.startswith("q"):
            if not 0 < number < 1:
                raise ModelInputError(f"threshold {threshold!r}: a quantile lies between 0 and 1", remedy=remedy)
            return number
        raise ModelInputError(f"threshold {threshold!r} cannot be understood", remedy=remedy)
    if (
        isinstance(threshold, bool)
        or not isinstance(threshold, (int, float, np.number))
        or not math.isfinite(threshold)
    ):
        raise ModelInputError(f"threshold {threshold!r} cannot be understood", remedy=remedy)
    return None


def stiff_labels(modulus: ArrayLike, threshold: Threshold = "median") -> pd.Series:
    """Label crystals as stiff: modulus strictly above the threshold.

    Parameters
    ----------
    modulus : array_like, shape (n_rows,)
        Young's moduli in GPa.
    threshold : {"median", "q<p>"} or float
        See `resolve_threshold`.

    Returns
    -------
    pandas.Series of bool
        Index of `modulus` where it is a Series.

    Raises
    ------
    ModelInputError
        A modulus is missing or the threshold cannot be understood.

    Examples
    --------
    >>> stiff_labels([8.0, 10.0, 15.0]).tolist()
    [False, False, True]
    """
    series = modulus if isinstance(modulus, pd.Series) else pd.Series(np.asarray(modulus))
    values = series.astype(float)
    if values.isna().any():
        raise ModelTableError(
            f"{int(values.isna().sum())} moduli are missing", remedy="drop these rows before labelling"
        )
    return (values > resolve_threshold(values, threshold)).rename("stiff")
