"""The whole validation on some twenty real crystals of the bundled data: it works, and refuses in words."""

import pandas as pd
import pytest

import perovex
from perovex.errors import ModelInputError
from perovex.learn import (
    ApplicabilityDomain,
    StiffnessClassifier,
    YoungModulusRegressor,
    evaluate,
    learning_curve,
    noise_floor,
)
from perovex.study.tables import select_columns


@pytest.fixture(scope="module")
def crystals():
    data = perovex.load_elastic()
    small = data.table.query("n_layers == 1 and phase == 'DJ'").sort_values(["n_atoms", "crystal_id"])
    several = small[small.groupby("spacer_smiles")["halide"].transform("nunique") == 3]
    rows = several[several["spacer_smiles"].isin(several["spacer_smiles"].unique()[:7])]
    structures = pd.Series({name: data.structures[name] for name in rows.index}, dtype=object)
    featurizer = perovex.HOIPFeaturizer(progress=False).set_output(transform="pandas")
    table = featurizer.fit_transform(structures).set_index(rows.index)
    # kinds of source are too uneven among so few: each origin counts as one
    meta = rows[["n_layers", "halide", "stacking"]].assign(source=rows["origin"])
    return select_columns(table)[0], rows["E_in_plane"], data.groups.loc[rows.index], meta


@pytest.mark.parametrize(
    "scheme", ["group", "leave-one-halide-out", "leave-one-source-out", "leave-cluster-out", "rows"]
)
def test_every_scheme_gives_every_score_beside_baselines(crystals, scheme):
    X, y, groups, meta = crystals
    settings = {"meta": meta, "scheme": scheme, "n_splits": 3, "n_repeats": 1, "n_resamples": 200}
    model = YoungModulusRegressor("ridge", interval_folds=4)
    result = evaluate(model, X, y, groups, coverage=0.7, domain=ApplicabilityDomain(), label_noise=0.3, **settings)
    assert set(result.scores["metric"]) == {"MAE", "RMSE", "R2", "Spearman"}
    assert set(result.scores["model"]) == {"model", "mean", "nearest neighbour", "linear"}
    assert result.scores.query("metric == 'MAE'")[["value", "lower", "upper"]].notna().all().all()
    assert result.settings["noise_floor"] == noise_floor(y, 0.3)
    assert {"halide", "n_layers", "stacking"} < set(result.coverage_table()["part"])
    assert result.domain_errors().table["rows"].sum() == len(X)
    assert any("groups" in text for text in result.warnings)
    labels = evaluate(StiffnessClassifier("logistic", calibration="auto"), X, y, groups, **settings)
    assert set(labels.scores["metric"]) == {"ROC-AUC", "PR-AUC", "MCC", "balanced accuracy", "Brier"}


def test_what_twenty_crystals_cannot_answer_is_refused(crystals):
    X, y, groups, meta = crystals
    with pytest.raises(ModelInputError, match="only one value"):
        evaluate(YoungModulusRegressor("ridge"), X, y, groups, meta=meta, scheme="leave-one-n-out")
    with pytest.raises(ModelInputError, match="one class only"):
        evaluate(StiffnessClassifier("logistic", threshold=99.0), X, y, groups)
    few = groups.isin(groups.unique()[:3])
    with pytest.raises(ModelInputError, match="needs at least 4 groups"):
        learning_curve(YoungModulusRegressor("ridge"), X[few], y[few], groups[few])
    model = YoungModulusRegressor("ridge", interval_folds=3).fit(X, y, groups)
    with pytest.raises(ModelInputError, match=r"groups cannot support a coverage of 0\.99"):
        model.predict_interval(X, 0.99)
