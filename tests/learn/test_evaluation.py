"""Scores against planted truth: signal found, noise not, leakage not rewarded."""

import json

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config

from perovex.errors import ModelInputError
from perovex.learn import (
    ApplicabilityDomain,
    StiffnessClassifier,
    TunedModel,
    YoungModulusRegressor,
    ablation,
    evaluate,
    folds_for,
    learning_curve,
    noise_floor,
    shuffle_target,
    y_scrambling,
)

RIDGE = YoungModulusRegressor("ridge")


def test_planted_signal_is_found_and_beats_every_baseline(table):
    X, y, groups, meta = table
    result = evaluate(YoungModulusRegressor(), X, y, groups, meta=meta, n_repeats=2)
    assert result.score("R2") > 0.6
    gaps = result.differences.query("metric == 'MAE' and baseline in ('mean', 'nearest neighbour')")
    assert (gaps["upper"] < 0).all()
    frame = result.to_frame()
    assert (frame["MAE"]["lower"] < frame["MAE"]["value"]).all()
    assert (frame["MAE"]["value"] < frame["MAE"]["upper"]).all()


def test_every_row_is_held_out_once_per_repeat_and_groups_stay_whole(table):
    X, y, groups, meta = table
    result = evaluate(RIDGE, X, y, groups, meta=meta, n_repeats=2, baselines=False)
    assert (result.predictions.groupby(["repeat", "row"]).size() == 1).all()
    assert (result.predictions.groupby(["repeat", "group"])["fold"].nunique() == 1).all()
    assert result.out_of_fold().index.equals(X.index)


def test_perfect_predictions_give_perfect_scores(table):
    X, _, groups, _ = table
    result = evaluate(YoungModulusRegressor("ridge", log_target=False), X, 50 + 3 * X["a"], groups, n_repeats=1)
    assert result.score("R2") > 0.999
    assert result.score("Spearman") > 0.99


def test_shuffled_targets_score_at_chance(table):
    X, y, groups, _ = table
    rng = np.random.default_rng(0)
    mixed = pd.Series(rng.permutation(y), index=y.index)
    result = evaluate(StiffnessClassifier(), X, mixed, groups, n_repeats=2)
    row = result.scores.query("model == 'model' and metric == 'ROC-AUC'").iloc[0]
    assert row["lower"] < 0.5 < row["upper"]


def test_memorising_the_group_does_not_raise_the_grouped_score():
    """Modulus is a property of the spacer; a column numbers the spacers: only row-wise folds reward it."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(15), 6)
    X = pd.DataFrame({"number": groups.astype(float), "noise": rng.normal(size=90)})
    y = pd.Series(10 + 3 * rng.normal(size=15)[groups] + 0.2 * rng.normal(size=90))
    model = YoungModulusRegressor(log_target=False, algorithm_params={"max_bin": 256})  # fine enough to memorise
    leaky = evaluate(model, X, y, groups, scheme="rows", baselines=False, n_repeats=1)
    honest = evaluate(model, X, y, groups, baselines=False, n_repeats=2)
    assert leaky.score("R2") > 0.8
    assert honest.score("R2") < 0.2
    assert any("random" in text for text in leaky.warnings)


def test_y_scrambling_tells_signal_from_noise(table):
    X, y, groups, _ = table
    real = y_scrambling(RIDGE, X, y, groups, n_permutations=19, n_splits=3)
    noise = y_scrambling(RIDGE, X.drop(columns=["a", "b"]), y, groups, n_permutations=19, n_splits=3)
    assert real.p_value == pytest.approx(1 / 20)
    assert noise.p_value > 0.1
    assert np.nanmax(real.null) < real.observed


def test_y_scrambling_stops_where_chance_is_plain_and_workers_change_nothing(table):
    X, y, groups, _ = table
    noise = X.drop(columns=["a", "b"])
    settings = {"n_permutations": 60, "stop_after": 5, "n_splits": 3}
    one = y_scrambling(RIDGE, noise, y, groups, **settings)
    assert one.settings["stopped"]
    assert one.p_value == 5 / len(one.null)
    assert one.null[-1] >= one.observed  # it stopped at the fifth that was as good
    assert np.sum(one.null >= one.observed) == 5
    with parallel_config(backend="threading"):
        two = y_scrambling(RIDGE, noise, y, groups, n_jobs=2, **settings)
    assert np.array_equal(one.null, two.null)
    whole = y_scrambling(RIDGE, noise, y, groups, **{**settings, "stop_after": None, "n_permutations": 20})
    assert len(whole.null) == 20
    assert not whole.settings["stopped"]


def test_every_result_names_data_environment_and_all_parameters(table):
    X, y, groups, _ = table
    model = YoungModulusRegressor("ridge")
    results = {
        "evaluate": evaluate(model, X, y, groups, n_repeats=1).settings,
        "scrambling": y_scrambling(model, X, y, groups, n_permutations=2).to_dict()["settings"],
        "curve": learning_curve(model, X, y, groups, n_repeats=1).to_dict()["settings"],
        "ablation": ablation(model, X, y, groups, families={"one": ["a"]}, n_repeats=1).settings,
    }
    checksums = {settings["data_checksum"] for settings in results.values()}
    assert len(checksums) == 1
    for name, settings in results.items():
        assert settings["environment"]["scikit-learn"], name
        assert "log_target=True" in settings["estimator"], name


def test_shuffling_keeps_what_a_group_has_in_common():
    rng = np.random.default_rng(0)
    groups = pd.Series(np.repeat(np.arange(20), 5))
    y = pd.Series(rng.normal(size=20)[groups] + 0.1 * rng.normal(size=100))
    mixed = shuffle_target(y, groups, rng)
    assert sorted(mixed) == sorted(y)
    assert mixed.groupby(groups).std().mean() < 0.2  # rows drawn at random would give about 1
    assert abs(np.corrcoef(mixed, y)[0, 1]) < 0.5


def test_equal_seeds_give_equal_results(table):
    X, y, groups, _ = table
    model = YoungModulusRegressor(algorithm_params={"n_estimators": 20})
    a, b, c = (evaluate(model, X, y, groups, n_repeats=1, random_state=s).predictions for s in (1, 1, 2))
    pd.testing.assert_frame_equal(a, b, check_exact=True)
    assert not np.array_equal(a["prediction"], c["prediction"])


def test_result_is_json_and_html(table):
    X, y, groups, meta = table
    result = evaluate(StiffnessClassifier(), X, y, groups, meta=meta, n_repeats=1)
    text = json.dumps(result.to_dict(), allow_nan=False)
    assert "checksum" in text
    assert result.settings["threshold"] == pytest.approx(y.median())
    html = result._repr_html_()
    assert "nearest neighbour" in html
    assert repr(result).startswith("classification of E_in_plane: 60 crystals, 12 groups, scheme group\n")
    assert len(repr(result).splitlines()) == 6  # a header, the metrics, the model and three baselines
    assert f"{y.median():.4g} GPa" in html


def test_intervals_and_domain_are_recorded_and_split(table):
    X, y, groups, meta = table
    model = YoungModulusRegressor("ridge", interval_folds=8)
    result = evaluate(
        model,
        X,
        y,
        groups,
        meta=meta,
        coverage=0.8,
        domain=ApplicabilityDomain(),
        n_repeats=1,
        baselines=False,
    )
    coverage = result.coverage_table()
    assert set(coverage["part"]) == {"all", "n_layers", "halide", "stacking"}
    assert coverage.query("part == 'halide'")["count"].sum() == 60
    assert 0.7 < coverage["coverage"].iloc[0] <= 1
    assert set(result.by("in_domain")["value"]) <= {True, False}
    assert result.domain_errors().table["rows"].sum() == 60
    assert result.by("halide")["rows"].sum() == 60


@pytest.mark.parametrize(
    ("scheme", "held", "folds"),
    [("leave-one-halide-out", "halide", 3), ("leave-one-n-out", "n_layers", 2)],
)
def test_leave_one_out_schemes_hold_out_whole_values(table, scheme, held, folds):
    X, y, groups, meta = table
    plan = folds_for(scheme, X, y, groups, meta=meta)
    assert len(plan) == folds
    for train, test in plan:
        assert not set(meta[held].iloc[train]) & set(meta[held].iloc[test])


def test_spacers_on_both_sides_are_said(table):
    X, y, groups, meta = table
    result = evaluate(RIDGE, X, y, groups, meta=meta, scheme="leave-one-halide-out", baselines=False)
    assert "groups of 100% of the held-out rows also stand in training" in result.warnings
    assert result.settings["n_repeats"] == 1


def test_clusters_are_held_out_whole():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(np.repeat(np.eye(3) * 20, 8, axis=0) + rng.normal(size=(24, 3)))
    y = pd.Series(np.arange(24.0))
    plan = folds_for("leave-cluster-out", X, y, pd.Series(range(24)).astype(str), n_splits=3)
    assert sorted(tuple(test // 8) for _, test in plan) == [(0,) * 8, (1,) * 8, (2,) * 8]


def test_only_too_few_groups_leave_a_fold_without_intervals(table):
    X, y, _, _ = table
    model = YoungModulusRegressor("ridge", interval_folds=2)
    groups = np.arange(60) % 6
    few = evaluate(model, X, y, groups, coverage=0.9, n_repeats=1, baselines=False)
    assert few.predictions["lower"].isna().all()  # five groups in training support 5/6
    assert few.predictions["prediction"].notna().all()
    with pytest.raises(ModelInputError, match=r"coverage 1\.5 is not between 0 and 1"):
        evaluate(model, X, y, groups, coverage=1.5, n_repeats=1, baselines=False)
    with pytest.raises(ModelInputError, match="no intervals"):
        evaluate(YoungModulusRegressor("ridge"), X, y, groups, coverage=0.8, n_repeats=1, baselines=False)


@pytest.mark.parametrize(
    ("rows", "groups", "model", "scheme", "message"),
    [
        (4, [0, 0, 1, 1], RIDGE, "group", "4 rows are too few"),
        (10, [0] * 10, RIDGE, "group", "one group"),
        (12, list(range(12)), StiffnessClassifier(threshold=500.0), "group", "one class only"),
        (12, [0] * 11 + [1], StiffnessClassifier(threshold="q0.95"), "group", "single group"),
        (12, list(range(12)), RIDGE, "leave-one-metal-out", "no column 'metal'"),
        (12, list(range(12)), RIDGE, "leave-one-stacking-out", "only one value"),
        (12, list(range(12)), RIDGE, "random", "unknown scheme"),
    ],
)
def test_what_cannot_be_estimated_is_refused(table, rows, groups, model, scheme, message):
    X, y, _, meta = table
    order = y.iloc[:rows].sort_values().index  # the stiffest row alone in the last group
    with pytest.raises(ModelInputError, match=message):
        evaluate(model, X.loc[order], y.loc[order], groups, meta=meta.loc[order], scheme=scheme)


def test_fifteen_rows_work_and_few_groups_are_said(table):
    X, y, groups, _ = table
    take = np.arange(15)
    for model in (YoungModulusRegressor(), StiffnessClassifier(calibration="auto")):
        result = evaluate(model, X.iloc[take], y.iloc[take], groups.iloc[take], n_repeats=1)
        assert any("3 groups" in text for text in result.warnings)


def test_noise_floor_is_what_a_perfect_model_reaches():
    rng = np.random.default_rng(0)
    truth = 10 + 2 * rng.normal(size=50_000)
    seen = truth + 0.7 * rng.normal(size=50_000)
    floor = noise_floor(seen, 0.7)
    assert floor["MAE"] == pytest.approx(np.abs(seen - truth).mean(), rel=0.02)
    assert floor["R2"] == pytest.approx(1 - np.mean((seen - truth) ** 2) / seen.var(), abs=0.01)


def test_ablation_blames_the_family_that_acts(table):
    X, y, groups, _ = table
    families = {"acting": ["a", "b"], "idle": ["z0", "z1", "z2"], "absent": ["q"]}
    result = ablation(RIDGE, X, y, groups, families=families, n_repeats=1)
    r2 = result.table.query("metric == 'R2'").set_index(["family", "kind"])
    assert set(r2.index.get_level_values("family")) == {"all", "acting", "idle"}
    assert r2.loc[("acting", "without"), "difference_lower"] > 0.3
    assert abs(r2.loc[("idle", "without"), "difference"]) < 0.1
    assert r2.loc[("acting", "only"), "value"] > 0.6 > r2.loc[("idle", "only"), "value"]


def test_learning_curve_recovers_a_planted_power_law(table):
    X, y, groups, _ = table
    curve = learning_curve(RIDGE, X, y, groups, n_repeats=2)
    assert curve.table["value"].is_monotonic_decreasing or curve.table["value"].iloc[-1] < curve.table["value"].iloc[0]
    m = np.array([4, 8, 16, 32, 64])
    runs = pd.DataFrame({"repeat": np.repeat([0, 1], 5), "n_groups": np.tile(m, 2), "n_rows": np.tile(3 * m, 2)})
    runs["value"] = 0.5 + 4.0 * runs["n_groups"] ** -0.7
    curve.runs, curve.table = runs, pd.DataFrame({"n_groups": m})
    assert curve.fit_power_law() == pytest.approx((0.5, 4.0, 0.7), rel=0.02)
    answer = curve.needed(0.6)
    assert answer["groups"] == pytest.approx((4.0 / 0.1) ** (1 / 0.7), rel=0.1)
    assert answer["crystals"] == pytest.approx(3 * answer["groups"])
    assert curve.needed(0.4)["groups"] == np.inf


def test_learning_curve_that_does_not_fall_is_not_extrapolated(table):
    X, _, groups, _ = table
    noise = pd.Series(np.random.default_rng(0).random(60) + 5)
    curve = learning_curve(RIDGE, X, noise, groups, n_repeats=1)
    curve.runs["value"] = 1.0 + 0.01 * curve.runs["n_groups"]
    with pytest.raises(ModelInputError, match="does not fall"):
        curve.needed(0.1)


def test_nested_search_is_seeded_resumable_and_honest(table, tmp_path):
    pytest.importorskip("optuna")
    X, y, groups, _ = table
    settings = {"n_trials": 3, "n_splits": 3, "storage": f"sqlite:///{tmp_path}/search.db"}
    model = TunedModel(YoungModulusRegressor(), **settings).fit(X, y, groups)
    assert len(model.trials_) == 3
    assert model.trials_[0]["max_depth"] == 3  # the defaults come first
    more = TunedModel(YoungModulusRegressor(), **{**settings, "n_trials": 4}).fit(X, y, groups)
    assert more.trials_[:3] == model.trials_
    whole = TunedModel(YoungModulusRegressor(), **{**settings, "n_trials": 4, "storage": None}).fit(X, y, groups)
    assert whole.trials_ == more.trials_  # an interruption changes nothing
    assert whole.budget_ == {"n_trials": 4, "n_splits": 3, "fits": 12}
    assert min(t["loss"] for t in more.trials_) <= model.trials_[0]["loss"]
    result = evaluate(TunedModel(StiffnessClassifier(), n_trials=2, n_splits=2), X, y, groups, n_splits=3, n_repeats=1)
    assert result.task == "classification"
    assert result.score("ROC-AUC") > 0.7
