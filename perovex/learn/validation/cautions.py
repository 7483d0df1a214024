"""What the reader of an evaluation has to be warned of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.learn import metrics

if TYPE_CHECKING:
    import pandas as pd

FEW_GROUPS = 10


def limits(labels: pd.Series, groups: Any, scheme: str) -> list[str]:
    """Say what the number and choice of groups does not allow to know."""
    cautions = []
    if groups is None:
        cautions.append("no groups were given: every row counts as independent")
    elif labels.nunique() < metrics.MIN_GROUPS:
        cautions.append(f"only {labels.nunique()} groups: no interval can be given")
    elif labels.nunique() < FEW_GROUPS:
        cautions.append(
            f"only {labels.nunique()} groups: intervals are widened for it, and still hold in less than 95 %"
        )
    if scheme == "rows":
        cautions.append("rows were split at random: the same group stands in training and test")
    return cautions


def shared_groups(plans: list[Any], labels: pd.Series, scheme: str) -> list[str]:
    """Say how many test rows have a group that also stands in training, where the scheme allows it."""
    if scheme in ("group", "rows"):
        return []
    folds = [fold for plan in plans for fold in plan]
    shared = np.concatenate([labels.iloc[test].isin(labels.iloc[train]) for train, test in folds]).mean()
    return [f"groups of {shared:.0%} of the held-out rows also stand in training"] if shared else []


def interval_warning(predictions: pd.DataFrame) -> list[str]:
    """Say for how many rows no interval could be given."""
    lacking = predictions.loc[predictions["model"] == "model", "lower"].isna().mean()
    return [f"no interval at this coverage for {lacking:.0%} of the rows: too few groups"] if lacking else []
