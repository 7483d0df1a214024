"""Predictions for crystals that were made in several ways, by models that never saw their spacer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from tqdm import tqdm

from perovex import describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from perovex.learn import ModelBundle


def described(crystals: Mapping[str, pd.Series], models: ModelBundle) -> pd.DataFrame:
    """Return the descriptors that models take, one row a crystal."""
    return pd.DataFrame(crystals).T.astype(float)[models.feature_names]


def layered_crystals(data: Any, models: ModelBundle) -> pd.DataFrame:
    """Describe the layered crystals of a release: what models are trained on."""
    layered = data.table.index[np.isfinite(data.table["n_layers"])]
    rows = tqdm(layered, desc="describe", leave=False)
    return described({name: pd.Series(describe(data.structures[name])) for name in rows}, models)


def predict_without_spacer(
    data: Any,
    X: pd.DataFrame,
    models: ModelBundle,
    target: str,
    ways: Mapping[str, pd.DataFrame],
    groups: Mapping[str, str] | pd.Series,
) -> dict[str, pd.Series]:
    """Predict what was made in each way by a model of a bundle, trained anew without the spacer.

    Parameters
    ----------
    data : ElasticData
    X : DataFrame
        Crystals to train on; rows are named as in the data.
    models : ModelBundle
    target : str
    ways : mapping of str to DataFrame
        Descriptors of what was made, the same rows in each.
    groups : mapping
        Spacer of each row.

    Returns
    -------
    dict of str to Series
        Predictions of each way.
    """
    asked: Iterable[str] = next(iter(ways.values())).index
    of_asked, of_row = pd.Series({name: groups[name] for name in asked}), data.groups.loc[X.index]
    told = {way: pd.Series(np.nan, of_asked.index) for way in ways}
    for group in tqdm(of_asked.unique(), desc=target, leave=False):
        mine, rest = of_asked.index[of_asked == group], X.index[of_row != group]
        model = clone(models.regressors[target]).set_params(interval_folds=0)
        model.fit(X.loc[rest], data.table.loc[rest, target], groups=of_row[rest])
        for way, made in ways.items():
            told[way][mine] = model.predict(made.loc[mine])
    return told
