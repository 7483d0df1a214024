"""How much of every label hangs on its softest modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex.datasets.schema import SOFT_FROZEN
from perovex.elasticity.soft_modes import KAPPA0, REGULARISED, regularised_moduli

if TYPE_CHECKING:
    from perovex.datasets.elastic import ElasticData


def soft_mode_table(data: ElasticData, kappa0: float = KAPPA0) -> pd.DataFrame:
    """Set every modulus beside what becomes of it when soft modes are held, or stiffened by a little.

    Parameters
    ----------
    data : ElasticData
        Any kind of moduli; the labels are what counts.
    kappa0 : float
        Curvature that is added to modes, eV/Å².

    Returns
    -------
    DataFrame
        Index: crystals. For each modulus: its value with all ions relaxed (GPa), ``..._fragility`` (that value over the
        one with modes below the cut held: 1 where nothing hangs on them, missing where that was not computed), and
        where the label stores its modes ``..._regularised`` and ``..._per_ln_kappa0``, GPa. ``lowest_eigenvalue`` in
        eV/Å².

    Examples
    --------
    >>> from perovex.datasets import load_elastic
    >>> table = soft_mode_table(load_elastic())
    >>> bool(0.85 < table["E_vrh_fragility"].median() < 0.95)
    True
    """
    table = data.relaxed().table
    out = table[["lowest_eigenvalue", *REGULARISED]].copy()
    for name, frozen in zip(REGULARISED, SOFT_FROZEN, strict=True):
        out[f"{name}_fragility"] = table[name] / table[frozen]
    rows = {}
    for crystal in table.index:
        stored = data.modes(str(crystal))
        if stored is None:
            continue
        moduli = regularised_moduli(*stored, kappa0=kappa0)
        rows[crystal] = {name if "kappa0" in name else f"{name}_regularised": value for name, value in moduli.items()}
    added = [column for name in REGULARISED for column in (f"{name}_regularised", f"{name}_per_ln_kappa0")]
    return out.join(pd.DataFrame.from_dict(rows, orient="index", columns=added, dtype=np.float64))
