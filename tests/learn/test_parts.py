"""Scores by part of the data and for parts left out: planted truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from perovex.errors import ModelInputError
from perovex.learn import StiffnessClassifier, YoungModulusRegressor, evaluate, y_scrambling
from perovex.learn.splits import clusters_of_groups, folds_for

RIDGE = YoungModulusRegressor("ridge", log_target=False)


@pytest.fixture(scope="module")
def planted():
    """Forty spacers in two sources; the second source reads 3 GPa higher than descriptors say."""
    rng = np.random.default_rng(0)
    groups = pd.Series(np.repeat([f"spacer {k:02d}" for k in range(40)], 4))
    X = pd.DataFrame(rng.normal(size=(160, 3)), columns=["a", "b", "c"])
    source = pd.Series(np.where(np.arange(160) < 80, "experiment", "built"))
    y = pd.Series(20 + 2 * X["a"] + 3.0 * (source == "experiment") + 0.3 * rng.normal(size=160))
    meta = pd.DataFrame({"source": source, "halide": np.tile(["Cl", "I"], 80), "everything": "one"})
    return X, y, groups, meta


def test_bias_of_a_source_is_found_and_of_a_halide_is_not(planted):
    X, y, groups, meta = planted
    result = evaluate(RIDGE, X, y, groups, meta=meta, n_repeats=1)
    bias = result.by_part().query("metric == 'bias'").set_index(["part", "value"])
    assert set(bias.index) == {("source", "experiment"), ("source", "built"), ("halide", "Cl"), ("halide", "I")}
    assert bias.loc[("source", "experiment"), "score"] == pytest.approx(-1.5, abs=0.3)
    assert bias.loc[("source", "experiment"), "upper"] < 0 < bias.loc[("source", "built"), "lower"]
    assert bias.loc[("halide", "Cl"), "lower"] < 0 < bias.loc[("halide", "Cl"), "upper"]
    assert bias["n_rows"].tolist() == [80] * 4


def test_parts_of_parts_are_the_scores_of_their_rows(planted):
    X, y, groups, meta = planted
    result = evaluate(RIDGE, X, y, groups, meta=meta, n_repeats=1)
    held = result.out_of_fold()[(meta["halide"] == "Cl").to_numpy()]
    table = result.by_part("halide").query("value == 'Cl'").set_index("metric")["score"]
    assert table["MAE"] == pytest.approx((held["truth"] - held["prediction"]).abs().mean())
    with pytest.raises(ModelInputError, match="no column 'colour'"):
        result.by_part("colour")


def test_what_is_left_out_is_scored_beside_the_mean(planted):
    X, y, groups, meta = planted
    schemes = ["leave-one-source-out", "leave-like-groups-out", "leave-one-colour-out"]
    result = evaluate(RIDGE, X, y, groups, meta=meta, n_repeats=1, left_out=schemes)
    table = result.left_out.query("metric == 'bias' and model == 'model'").set_index(["part", "value"])["score"]
    # a model that never saw experiments misses all of the 3 GPa, in folds of spacers it learnt half of them
    assert table["leave-one-source-out", "experiment"] == pytest.approx(-3, abs=0.3)
    assert table["leave-one-source-out", "built"] == pytest.approx(3, abs=0.3)
    assert {"model", "mean"} == set(result.left_out["model"])
    assert any("leave-one-colour-out" in warning for warning in result.warnings)
    assert result.to_dict()["left_out"][0]["n_rows"] == 160


def test_intervals_miss_a_source_that_is_left_out(planted):
    X, y, groups, meta = planted
    model = YoungModulusRegressor("ridge", log_target=False, interval_folds=4)
    schemes = ["leave-one-source-out"]
    result = evaluate(model, X, y, groups, meta=meta, n_repeats=1, coverage=0.8, left_out=schemes)
    covered = result.left_out.query("metric == 'coverage'")
    assert set(covered["model"]) == {"model"}
    # 3 GPa away, with intervals of a few tenths: none of them reaches
    assert covered["score"].max() < 0.05
    inside = result.predictions.query("model == 'model'").eval("lower <= truth <= upper").mean()
    assert inside > 0.6


def test_like_groups_are_left_out_together():
    rng = np.random.default_rng(1)
    groups = pd.Series(np.repeat(list("abcdef"), 5))
    centre = groups.map(dict(zip("abcdef", [0, 0, 9, 9, 18, 18], strict=True)))
    X = pd.DataFrame({"x": centre + rng.normal(size=30)})
    assert clusters_of_groups(X, groups, 3).groupby(groups).first().tolist() == [
        *["like a"] * 2,
        *["like c"] * 2,
        *["like e"] * 2,
    ]
    folds = folds_for("leave-like-groups-out", X, X["x"], groups, n_splits=3)
    assert sorted(tuple(sorted(set(groups.iloc[test]))) for _, test in folds) == [("a", "b"), ("c", "d"), ("e", "f")]


@pytest.fixture(scope="module")
def moduli():
    rng = np.random.default_rng(2)
    X = pd.DataFrame(rng.normal(size=(120, 4)), columns=list("abcd"))
    y = pd.Series(np.exp(2.5 + 0.3 * X["a"] + 0.15 * rng.normal(size=120)))
    return X, y, pd.Series(np.arange(120) // 3)


def test_class_and_modulus_agree_and_every_crystal_has_a_probability_of_its_own(moduli):
    X, y, groups = moduli
    regressor = YoungModulusRegressor(interval_folds=5).fit(X, y, groups)
    limit = float(y.median())
    p, modulus = regressor.probability_above(X, limit), regressor.predict(X)
    assert ((p > 0.5) == (modulus > limit)).all()
    order = np.argsort(modulus)
    assert (np.diff(p[order]) >= 0).all()
    assert len(np.unique(p)) == len(np.unique(modulus))
    assert 0 < p.min() < 0.1
    assert 0.9 < p.max() < 1


def test_a_classifier_that_learns_the_modulus_is_calibrated_and_scored_on_labels(moduli):
    X, y, groups = moduli
    model = StiffnessClassifier("ridge", learns="modulus", threshold="q0.6")
    result = evaluate(model, X, y, groups, n_repeats=1)
    held = result.out_of_fold()
    assert set(held["truth"]) == {0.0, 1.0}
    assert held["truth"].mean() == pytest.approx(0.4, abs=0.01)
    # log-normal truth: the ideal probability is known
    latent = (2.5 + 0.3 * X["a"] - np.log(np.quantile(y, 0.6))) / 0.15
    from scipy.stats import norm

    assert np.abs(held["prediction"].to_numpy() - norm.cdf(latent)).mean() < 0.05
    with pytest.raises(ModelInputError, match="needs moduli"):
        evaluate(model, X, y > y.median(), groups)
    with pytest.raises(ModelInputError, match="unknown learns"):
        StiffnessClassifier(learns="colours").fit(X, y)


def test_probabilities_survive_saving(moduli, tmp_path):
    from perovex.learn import load_model, save_model

    X, y, groups = moduli
    model = StiffnessClassifier(learns="modulus").fit(X, y, groups)
    again, _ = load_model(save_model(model, tmp_path / "model"))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_negative_values_have_probabilities_too(moduli):
    X, y, groups = moduli
    shifted = y - y.mean()
    model = StiffnessClassifier("ridge", learns="modulus", log_target=False).fit(X, shifted, groups)
    assert ((model.predict_proba(X)[:, 1] > 0.5) == (model.regressor_.predict(X) > shifted.median())).all()


def test_one_set_of_shuffles_serves_regression_and_class(moduli):
    X, y, groups = moduli
    both = y_scrambling(YoungModulusRegressor("ridge"), X, y, groups, n_permutations=19, threshold=float(y.median()))
    alone = y_scrambling(YoungModulusRegressor("ridge"), X, y, groups, n_permutations=19)
    assert both.p_value == alone.p_value == 0.05
    np.testing.assert_array_equal(both.null, alone.null)
    assert both.of_class.metric == "ROC-AUC"
    assert both.of_class.observed > 0.9 > both.of_class.null.max()
    assert np.median(both.of_class.null) == pytest.approx(0.5, abs=0.15)
