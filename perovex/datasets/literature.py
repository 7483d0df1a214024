"""Moduli published by others: measurements and first-principles values, each with its source."""

from __future__ import annotations

import pandas as pd

from perovex._bundled import data_root


def load_literature() -> pd.DataFrame:
    """Load the published moduli that were read at their source.

    Returns
    -------
    DataFrame
        One row per value: compound, n_layers, property, direction, value, unit (GPa), uncertainty, method, doi.

    Examples
    --------
    >>> set(load_literature()["unit"])
    {'GPa'}
    """
    return pd.read_csv(data_root() / "reference" / "moduli_literature.csv")
