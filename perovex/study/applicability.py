"""Do warnings of the applicability domain mark larger errors, and what ranks errors? Measured on held-out crystals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from perovex._words import group_words
from perovex.learn import ApplicabilityDomain, domain_errors, error_ranking, model_scatter
from perovex.learn.splits import folds_for

if TYPE_CHECKING:
    from perovex.learn import Evaluation
    from perovex.study.tables import StudyTables

FOREIGN = "3D networks"
NOVELTY = "novelty (score of the domain)"
_RATIO = {"ratio": "", "lower": "_lower", "upper": "_upper"}
COLUMNS = [
    "crystals",
    "domain",
    "n_rows",
    "n_groups",
    "share",
    "mean_absolute_error",
    "median_absolute_error",
    *(f"ratio{end}" for end in _RATIO.values()),
]


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
        Unfitted regressor of the property.
    tables : StudyTables
    target : str
        Modulus.
    evaluation : Evaluation, optional
        Of the same regressor, with a domain.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: ``crystals`` (kind), ``domain`` (``"inside"`` or ``"outside"``), ``n_rows``, ``n_groups``
        (spacers; a network counts for itself), ``share`` (of the kind), ``mean_absolute_error`` and
        ``median_absolute_error`` in GPa, and outside, ``ratio`` to the mean error inside with the 95 % interval
        ``ratio_lower`` to ``ratio_upper`` over groups. Parts without rows are left out.

    Raises
    ------
    ModelInputError
        If the layered crystals have fewer than two spacers.
    """
    parts = []
    if evaluation is not None:
        held = evaluation.out_of_fold()
        flags = held.rename(columns={"domain_score": "score"})
        parts.append(_errors(held_out_kind(tables), held["truth"] - held["prediction"], flags, held["group"]))
    names = tables.context.index.intersection(tables.descriptors.index)
    if len(names):
        foreign = tables.descriptors.loc[names, tables.X.columns].replace([np.inf, -np.inf], np.nan)
        flags = ApplicabilityDomain().fit(tables.X, groups=tables.groups).check(foreign)
        model = clone(estimator).fit(tables.X, tables.values[target])
        error = tables.context.loc[names, target].astype(float) - model.predict(foreign)
        parts.append(_errors(FOREIGN, error, flags, names.to_series()))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def held_out_kind(tables: StudyTables) -> str:
    """Return what crystals are called that were held out with their group."""
    layered = "layered, " if "n_layers" in tables.meta else ""
    return f"{layered}{group_words(tables.group_name)[0]} held out"


def what_ranks_errors(
    estimator: Any, tables: StudyTables, target: str, *, n_splits: int = 5, random_state: int | None = 0
) -> pd.DataFrame:
    """Ask whether novelty, the spread of the members or the Gaussian process's deviation go with larger errors.

    Parameters
    ----------
    estimator : object
        Unfitted regressor of the property.
    tables : StudyTables
    target : str
        Property.
    n_splits, random_state
        Folds that keep a spacer together, and their seed.

    Returns
    -------
    pandas.DataFrame
        As `perovex.learn.error_ranking` gives it.
    """
    truth = tables.values[target].astype(float)
    parts = []
    folds = folds_for("group", tables.X, truth, tables.groups, n_splits=n_splits, random_state=random_state)
    for train, test in folds:
        known, asked = tables.X.iloc[train], tables.X.iloc[test]
        spacers = tables.groups.iloc[train]
        model = clone(estimator).fit(known, truth.iloc[train], groups=spacers)
        novelty = ApplicabilityDomain().fit(known, groups=spacers).check(asked)["score"].rename(NOVELTY)
        error = (truth.iloc[test] - model.predict(asked)).abs().rename("error")
        parts.append(pd.concat([error, novelty.set_axis(asked.index), model_scatter(model, asked)], axis=1))
    held = pd.concat(parts).loc[tables.X.index]
    return error_ranking(held["error"], held.drop(columns="error"), tables.groups, random_state=random_state)


def _errors(kind: str, error: pd.Series, flags: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    # held out more than once: inside where most of the folds said so
    errors = domain_errors(error.abs(), flags["in_domain"] >= 0.5, flags["score"], groups)
    ratio = {f"ratio{end}": [np.nan, getattr(errors, key)] for key, end in _RATIO.items()}
    by_domain = errors.table
    table = pd.DataFrame(
        {
            "crystals": kind,
            "domain": by_domain.index,
            "n_rows": by_domain["rows"].to_numpy(),
            "n_groups": by_domain["groups"].to_numpy(),
            "share": (by_domain["rows"] / by_domain["rows"].sum()).to_numpy(),
            "mean_absolute_error": by_domain["mean_error"].to_numpy(),
            "median_absolute_error": by_domain["median_error"].to_numpy(),
            **ratio,
        }
    )
    return table[table["n_rows"] > 0]
