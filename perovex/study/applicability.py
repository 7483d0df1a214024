"""Do the warnings of the applicability domain mark larger errors? Measured on crystals that no model has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from perovex.learn import Evaluation
    from perovex.study.tables import StudyTables

HELD_OUT = "layered, spacer held out"
FOREIGN = "3D networks"


def domain_check(
    estimator: Any, tables: StudyTables, target: str, evaluation: Evaluation | None = None
) -> pd.DataFrame:
    """Set errors inside the domain beside those outside, for known and for foreign kinds of crystals.

    Layered crystals are taken as `evaluate` held them out. Three-dimensional networks never train a model, so that
    they are asked of one that was fitted on all layered crystals: a model of layered crystals should not be trusted
    with them, and the domain should say so.

    Parameters
    ----------
    estimator : object
        Unfitted regressor of the modulus.
    tables : StudyTables
    target : str
        Modulus.
    evaluation : Evaluation, optional
        Of the same regressor, with a domain.

    Returns
    -------
    pandas.DataFrame
        Columns ``crystals`` (kind), ``domain`` (``"inside"`` or ``"outside"``), ``n_rows``, ``share`` (of the kind),
        ``mean_absolute_error`` and ``median_absolute_error`` in GPa; parts without rows are left out.

    Raises
    ------
    ModelInputError
        If the layered crystals have fewer than two spacers.
    """
    from sklearn.base import clone

    from perovex.learn import ApplicabilityDomain

    parts = []
    if evaluation is not None:
        held = evaluation.out_of_fold()
        # held out more than once: inside where most of the folds said so
        parts.append(_errors(HELD_OUT, held["truth"] - held["prediction"], held["in_domain"] >= 0.5))
    names = tables.context.index.intersection(tables.descriptors.index)
    if len(names):
        foreign = tables.descriptors.loc[names, tables.X.columns].replace([np.inf, -np.inf], np.nan)
        flags = ApplicabilityDomain().fit(tables.X, groups=tables.groups).check(foreign)
        model = clone(estimator).fit(tables.X, tables.moduli[target])
        error = tables.context.loc[names, target].astype(float) - model.predict(foreign)
        parts.append(_errors(FOREIGN, error, flags["in_domain"]))
    columns = ["crystals", "domain", "n_rows", "share", "mean_absolute_error", "median_absolute_error"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _errors(kind: str, error: pd.Series, inside: pd.Series) -> pd.DataFrame:
    size = error.abs()
    rows = [
        {
            "crystals": kind,
            "domain": word,
            "n_rows": len(part),
            "share": len(part) / len(size),
            "mean_absolute_error": float(part.mean()),
            "median_absolute_error": float(part.median()),
        }
        for word, part in (("inside", size[inside.to_numpy()]), ("outside", size[~inside.to_numpy()]))
        if len(part)
    ]
    return pd.DataFrame(rows)
