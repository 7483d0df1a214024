"""Held-out explanations, rankings and effects on a planted truth and on noise."""

import json

import numpy as np
import pandas as pd
import pytest

from perovex.errors import ModelInputError
from perovex.explain import (
    accumulated_local_effects,
    compare_perturbations,
    correlation_groups,
    descriptors_of_factors,
    effects,
    explain,
    factor_importance,
    permutation_importance,
    rank,
    skill,
    stability_index,
)
from perovex.explain.directions.effects import shape_of
from perovex.explain.importance.noise_floor import shuffle_like
from perovex.explain.names import Names


@pytest.fixture(scope="module")
def explained(planted, regressor):
    return explain(regressor, planted.X, planted.y, planted.groups, n_repeats=2, interactions=True)


@pytest.fixture(scope="module")
def ranked(explained):
    return rank(explained, n_resamples=16, top_k=2, n_shadow=6)


def test_each_row_is_explained_by_models_that_do_not_know_its_group(explained, planted):
    for fold in explained.folds:
        assert not set(planted.groups[fold.train]) & set(planted.groups[fold.test])
    for repeat in range(2):
        held = np.concatenate([f.test for f in explained.folds if f.repeat == repeat])
        assert sorted(held) == list(range(len(planted.X)))


def test_values_add_up_to_held_out_predictions(explained):
    total = explained.base_values + explained.values.sum(axis=1)
    assert total.to_numpy() == pytest.approx(explained.prediction.to_numpy(), abs=1e-3)


def test_planted_descriptors_lead(explained, ranked):
    stei = explained.grouped_importance({"stei": ["stei_max", "stei_head"], "noise": ["noise_0"]})
    assert stei.index[0] == "stei"
    assert ranked.groups.index[:2].tolist() == ["stei_max", "bridge_angle_mean"] or set(ranked.groups.index[:2]) == {
        "stei_max",
        "bridge_angle_mean",
    }
    assert (ranked.groups["p_top_k"].iloc[:2] > 0.9).all()
    assert ranked.table.loc["bridge_angle_mean", "p_above_noise"] == 1
    assert ranked.table.filter(like="noise_", axis=0)["p_above_noise"].max() <= 0.4
    assert ranked.table.loc["bridge_angle_mean", "drop_lower"] > 0


def test_dropping_one_of_two_twins_costs_nothing_but_the_group_does(ranked):
    group = ranked.groups.loc["stei_max"]
    assert group["members"] == ("stei_max", "stei_head")
    assert group["drop_lower"] > 0
    alone = ranked.table.loc[["stei_max", "stei_head"], "drop"].dropna()
    assert len(alone)
    assert (alone < 0.2 * group["drop"]).all()


def test_skill_separates_truth_from_noise(explained, shuffled, regressor, classifier):
    assert skill(explained).above_chance
    for model, y in ((regressor, shuffled.y), (classifier, shuffled.stiff)):
        found = explain(model, shuffled.X, y, shuffled.groups, n_repeats=1)
        assert not skill(found).above_chance


def test_explaining_is_deterministic(planted, classifier):
    first, second = (
        explain(classifier, planted.X, planted.stiff, planted.groups, n_repeats=1, random_state=5) for _ in range(2)
    )
    assert np.array_equal(first.repeats, second.repeats)


def test_json_and_frames(explained, ranked):
    text = json.loads(explained.to_json())
    assert text["n_rows"] == 120
    assert ranked.to_dict()["descriptors"]["bridge_angle_mean"]["p_top_k"] == pytest.approx(1)
    assert {p["first"] for p in text["interactions"]} <= set(explained.X.columns)
    long = explained.to_frame()
    assert len(long) == explained.X.size
    row = long.query("crystal_id == 'c7' and descriptor == 'stei_max'").iloc[0]
    assert row["value"] == explained.X.loc["c7", "stei_max"]
    assert row["shap"] == explained.values.loc["c7", "stei_max"]
    assert "crystals" in explained._repr_html_()


def test_effects_recover_the_planted_slopes(explained, ranked):
    found = effects(explained, ranking=ranked, names=Names({"bridge_angle_mean": "deg"}), target="E_in_plane")
    row = found.table.loc["bridge_angle_mean"]
    assert row["direction"] == "increasing"
    assert row["slope"] == pytest.approx(0.35, abs=0.12)
    assert row["slope_lower"] < row["slope"] < row["slope_upper"] * 1.3
    assert "deg more goes with +" in found.sentences["bridge_angle_mean"]
    noise = found.table.filter(like="noise_", axis=0)
    assert noise["slope"].abs().max() < 0.5
    json.dumps(found.to_dict(), allow_nan=False)


def test_accumulated_effects_follow_the_truth(explained):
    curve = accumulated_local_effects(explained, "bridge_angle_mean")
    slope = np.polyfit(curve["value"], curve["effect"], 1)[0]
    assert slope == pytest.approx(0.35, abs=0.1)
    assert curve["n"].sum() == 120


def test_conditional_permutation_of_what_the_strata_hold_is_zero(explained):
    strata = pd.factorize(explained.X["stei_max"])[0]
    found = permutation_importance(explained, sets={"stei": ["stei_max", "stei_head"]}, strata=strata)
    assert found.loc["stei", "permutation"] == 0
    free = permutation_importance(explained, sets={"stei": ["stei_max", "stei_head"]})
    assert free.loc["stei", "permutation"] > 0.5


def test_the_other_perturbation_is_said_with_what_differs(explained):
    found = compare_perturbations(explained)
    assert found.table[["path_dependent", "interventional"]].sum().tolist() == pytest.approx([1, 1])
    expected = explained.importance()["share"]
    assert found.table["interventional"].to_dict() == pytest.approx(expected.to_dict())
    assert found.rank_agreement > 0.5
    assert "interventional" in found.sentence()
    json.loads(found.to_json())


def test_importance_of_a_stand_in_vanishes_where_its_factor_is_equal(planted, regressor):
    factor = planted.meta["halide"]
    X = planted.X.assign(radius=np.where(factor == "I", 2.2, 1.96))
    y = planted.y + 8 * (factor == "I")
    found = explain(regressor, X, y, planted.groups, n_repeats=1)
    sets = {"halide": ["radius"], "angle": ["bridge_angle_mean"], "absent": ["nothing"]}
    table = factor_importance(found, sets, given=planted.meta[["halide"]])
    assert list(table.index) == ["halide", "angle"]
    assert table.loc["halide", "permutation"] > 1
    assert table.loc["halide", "given halide"] == 0
    assert table.loc["angle", "given halide"] > 0.5
    assert table.loc["angle", "shuffled halide"] == 1
    with pytest.raises(ModelInputError, match="no descriptor"):
        factor_importance(found, {"absent": ["nothing"]})
    with pytest.raises(ModelInputError, match="other rows"):
        factor_importance(found, sets, given=planted.meta[["halide"]].iloc[::-1])


def test_descriptors_go_to_the_factor_they_carry(planted):
    factors = planted.meta[["halide", "n_layers"]].assign(spacer=planted.groups)
    X = planted.X.assign(radius=np.where(factors["halide"] == "I", 2.2, 1.96), thickness=6 * factors["n_layers"])
    found = descriptors_of_factors(X, factors)
    assert found["halide"] == ["radius"]
    assert found["n_layers"] == ["thickness"]
    assert found["spacer"] == ["stei_max", "stei_head"]
    assert "bridge_angle_mean" in found["other"]


def test_one_crystal_adds_up(explained):
    row = explained.row("c5")
    total = row["shap"].sum() + explained.base_values["c5"]
    assert total == pytest.approx(explained.prediction["c5"], abs=1e-3)
    assert row["shap"].abs().is_monotonic_decreasing
    with pytest.raises(ModelInputError, match="not explained"):
        explained.row("absent")


def test_stability_index_closed_forms():
    same = np.tile([True, True, False, False], (6, 1))
    assert stability_index(same) == 1
    rng = np.random.default_rng(0)
    random = np.array([rng.permutation([True] * 3 + [False] * 17) for _ in range(400)])
    assert abs(stability_index(random)) < 0.02
    assert np.isnan(stability_index(np.ones((4, 3), dtype=bool)))


def test_shape_of_ignores_missing_values_and_refuses_constants():
    value = np.array([1.0, 2, 3, 4, 5, np.nan])
    shape = shape_of(value, np.array([2.0, 4, 6, 8, 10, -99]))
    assert shape["slope"] == pytest.approx(2)
    assert shape["spearman"] == pytest.approx(1)
    assert np.isnan(shape_of(np.ones(6), np.arange(6.0))["spearman"])


def test_shadows_keep_what_they_must(planted):
    rng = np.random.default_rng(0)
    clusters = correlation_groups(planted.X)
    shadow = shuffle_like(planted.X, planted.groups, rng, clusters)
    assert shadow["stei_max"].groupby(planted.groups).nunique().max() == 1
    assert shadow["stei_max"].corr(shadow["stei_head"]) == pytest.approx(1)
    assert sorted(shadow["noise_0"]) == sorted(planted.X["noise_0"])
    assert not shadow["noise_0"].equals(planted.X["noise_0"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: (p.X.head(4), p.y.head(4), p.groups[:4]), "too few"),
        (lambda p: (p.X, p.y, np.zeros(len(p.X))), "one group"),
        (lambda p: (p.X, p.y.where(p.y > 12), p.groups), "missing"),
        (lambda p: (p.X.assign(text="x"), p.y, p.groups), "text"),
        (lambda p: (p.X.assign(n=np.inf), p.y, p.groups), "infinite values in n"),
        (lambda p: (p.X, p.y, pd.Series(p.groups).replace(3, None)), "no group"),
        (lambda p: (p.X, p.y.head(10), p.groups), "10 target values for 120 rows"),
    ],
)
def test_unusable_input_is_refused(planted, regressor, change, words):
    with pytest.raises(ModelInputError, match=words):
        explain(regressor, *change(planted))


def test_one_class_is_refused(planted, classifier):
    with pytest.raises(ModelInputError, match="class"):
        explain(classifier, planted.X, np.ones(len(planted.X)), planted.groups)


def test_models_of_the_learn_package(planted):
    learn = pytest.importorskip("perovex.learn")
    params = {"n_estimators": 40}
    moduli = planted.y.clip(lower=1.0)
    model = learn.YoungModulusRegressor(algorithm_params=params, interval_folds=3)
    found = explain(model, planted.X, moduli, planted.groups, n_repeats=1)
    assert found.unit == "ln(target)"
    assert set(found.importance().index[:3]) >= {"bridge_angle_mean"}
    labels = learn.StiffnessClassifier(algorithm_params=params, calibration="auto")
    found = explain(labels, planted.X, moduli, planted.groups, n_repeats=1)
    assert found.problem.y.sum() == 60


def test_a_group_never_shows_the_loss_of_its_leading_member_alone(planted, regressor, monkeypatch):
    from perovex.explain.importance import ranking

    monkeypatch.setattr(ranking, "_to_drop", lambda *_: ["stei_max", "stei_head"])
    found = explain(regressor, planted.X, planted.y, planted.groups, n_repeats=1)
    ranked = ranking.rank(found, n_resamples=4, n_shadow=1, n_permutations=0)
    group = ranked.table.loc["stei_max", "correlation_group"]
    assert len(ranked.groups.loc[group, "members"]) > 1
    assert ranked.table.loc[["stei_max", "stei_head"], "drop"].notna().all()
    assert np.isnan(ranked.groups.loc[group, "drop"])
