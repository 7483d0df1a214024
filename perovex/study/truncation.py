"""Crystals that a release leaves out because of their own modulus: whether scores hold with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from perovex.descriptors import HOIPFeaturizer
from perovex.elasticity.labels.causes import SOFT_MODE_DOMINATED
from perovex.learn import metrics

if TYPE_CHECKING:
    from perovex.datasets import ElasticData
    from perovex.study.tables import StudyTables


def rejected_by_target(
    estimator: Any, tables: StudyTables, data: ElasticData, target: str, held_out: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Predict crystals whose labels were rejected because soft modes dominate them, their spacers left out.

    Leaving them out cuts off the soft end of the data by the very number that is learnt, which flatters scores.

    Parameters
    ----------
    estimator : object
        Unfitted regressor of the target.
    tables : StudyTables
    data : ElasticData
        The release, with its rejected labels.
    target : str
        Modulus.
    held_out : DataFrame, optional
        `Evaluation.out_of_fold` of the accepted crystals, for scores with and without the rejected ones.

    Returns
    -------
    DataFrame
        Index: crystals. ``label`` (GPa, of the kind of moduli that the study learns), ``prediction``; with `held_out`
        ``R2_without`` and ``R2_with``, the same in every row. Empty where there are none.
    """
    rejected = data.rejected
    causes = data.causes[rejected["label_id"]].to_numpy()
    by_soft_modes = np.array([own == (SOFT_MODE_DOMINATED,) for own in causes], dtype=bool)
    rows = rejected[by_soft_modes & np.isfinite(rejected["n_layers"])]
    column = f"{target}_soft_frozen" if data.moduli == "soft_frozen" else target
    rows = rows[rows[column].notna()] if column in rows else rows.iloc[:0]
    if rows.empty:
        return pd.DataFrame(columns=["label", "prediction"])
    crystals = pd.Series({name: data.structure(str(label)) for name, label in rows["label_id"].items()}, dtype=object)
    described = HOIPFeaturizer(on_error="row").set_output(transform="pandas").fit_transform(crystals)
    X = described.reindex(columns=tables.X.columns).replace([np.inf, -np.inf], np.nan).set_axis(rows.index)
    known = tables.known(target)
    predictions = {}
    for name, smiles in rows["spacer_smiles"].items():
        others = (known.meta["spacer_smiles"] != smiles).to_numpy()
        model = clone(estimator).fit(
            known.X[others], known.values.loc[others, target], groups=known.groups[others].reset_index(drop=True)
        )
        predictions[name] = float(model.predict(X.loc[[name]])[0])
    table = pd.DataFrame({"label": rows[column].astype(float), "prediction": pd.Series(predictions)})
    if held_out is not None:
        both = pd.concat([held_out[["truth", "prediction"]], table.rename(columns={"label": "truth"})])
        table["R2_without"], table["R2_with"] = _r2(held_out), _r2(both)
    return table


def _r2(table: pd.DataFrame) -> float:
    truth, prediction = (table[name].to_numpy(dtype=float) for name in ("truth", "prediction"))
    return float(metrics.r2(truth, prediction, np.ones((1, len(truth))))[0])
