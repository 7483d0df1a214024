"""What the reader of an evaluation has to be warned of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.learn import metrics
from perovex.learn.validation.words import Caution

if TYPE_CHECKING:
    import pandas as pd

FEW_GROUPS = 10


def limits(labels: pd.Series, groups: Any, scheme: str) -> list[Caution]:
    """Find what the number and choice of groups does not allow to know."""
    cautions = []
    n_groups = labels.nunique()
    if groups is None:
        cautions.append(Caution("no groups"))
    elif n_groups < metrics.MIN_GROUPS:
        cautions.append(Caution("no interval", {"n_groups": n_groups}))
    elif n_groups < FEW_GROUPS:
        cautions.append(Caution("few groups", {"n_groups": n_groups}))
    if scheme == "rows":
        cautions.append(Caution("random rows"))
    return cautions


def shared_groups(plans: list[Any], labels: pd.Series, scheme: str) -> list[Caution]:
    """Count the test rows whose group also stands in training, where the scheme allows it."""
    if scheme in ("group", "rows"):
        return []
    folds = [fold for plan in plans for fold in plan]
    shared = np.concatenate([labels.iloc[test].isin(labels.iloc[train]) for train, test in folds]).mean()
    return [Caution("shared groups", {"share": float(shared)})] if shared else []


def lacking_intervals(predictions: pd.DataFrame) -> list[Caution]:
    """Count the rows for which no interval could be given."""
    lacking = predictions.loc[predictions["model"] == "model", "lower"].isna().mean()
    return [Caution("lacking intervals", {"share": float(lacking)})] if lacking else []
