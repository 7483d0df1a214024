"""Matched series, variance shares, confounding and counterfactuals in closed form."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeRegressor

from perovex.errors import ModelInputError
from perovex.explain import confounding_table, counterfactual, matched_series, variance_decomposition
from perovex.explain.correlation import cramers_v
from perovex.explain.statistics import group_mean_interval, holm, max_t_p, sign_flip_p, sign_patterns


@pytest.fixture(scope="module")
def factorial():
    rng = np.random.default_rng(0)
    rows = [(s, h, n) for s in range(8) for h in ("Cl", "Br", "I") for n in (1.0, 2.0, 3.0)]
    table = pd.DataFrame(rows, columns=["spacer_smiles", "halide", "n_layers"])
    table["spacer_smiles"] = "C" + table["spacer_smiles"].astype(str)
    table["angle"] = 150 + rng.normal(size=len(table))
    level = rng.normal(size=8) * 3
    table["E"] = 10 + level[table.index // 9] - 1.5 * (table["n_layers"] - 1) + 0.8 * (table["angle"] - 150)
    return table


def test_pairs_spread_thinly_over_steps_tell_nothing_and_break_nothing():
    table = pd.DataFrame(
        {
            "spacer_smiles": list("aabbccdd"),
            "halide": "I",
            "n_layers": [1, 2, 1, 2, 2, 3, 2, 3],
            "E": [10.0, 12.0, 10.0, 12.5, 12.0, 13.0, 12.5, 13.5],
        }
    )
    found = matched_series(table, "E")
    assert len(found.pairs) == 4
    assert found.summary.empty
    assert found.sentences()[0] == "No step of n has 3 pairs, so that no change of E can be told."
    json.loads(found.to_json())
    assert "No step" in found._repr_html_()


def test_the_effect_of_n_is_recovered_despite_the_spacers(factorial):
    found = matched_series(factorial, "E", descriptors=["angle"])
    assert (found.n_series, found.n_clusters) == (24, 8)
    steps = found.summary.query("column == 'E'")
    assert len(found.pairs) == 48
    assert (steps["lower"] < -1.5).all()
    assert (steps["upper"] > -1.5).all()
    assert (steps["p"] <= 0.02).all()
    assert found.slopes.loc["E", "per n_layers"] == pytest.approx(-1.5, abs=0.3)
    assert found.explained_by.loc["angle", "within_step"] > 0.95
    assert found.explained_by.loc["angle", "p_family"] < 0.01
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.together["r2_lower"] > 0.8
    assert "E changes by -1" in found.sentences()[0]
    assert "angle (+" in found.sentences()[-2]
    assert found.sentences()[-1].startswith("Taken together, changes of 1 descriptors explain")


def test_no_effect_of_n_is_not_found(factorial):
    rng = np.random.default_rng(4)
    found = matched_series(factorial.assign(E=rng.normal(size=len(factorial))), "E", descriptors=["angle"])
    assert found.summary["p_family"].min() > 0.01
    assert found.explained_by["p"].min() > 0.01
    assert found.together["r2_lower"] <= 0
    assert "do not explain" in found._repr_html_()


def test_three_dimensional_crystals_and_missing_series_are_left_out(factorial):
    bulk = factorial.head(1).assign(n_layers=np.inf)
    assert matched_series(pd.concat([factorial, bulk]), "E").n_series == 24
    alone = matched_series(factorial.query("n_layers == 1"), "E")
    assert alone.reason.startswith("0 pairs")
    assert alone.reason in alone._repr_html_()
    with pytest.raises(ModelInputError, match="nothing"):
        matched_series(factorial, "nothing")


def test_sign_flips_are_exact_and_count_clusters():
    rng = np.random.default_rng(0)
    assert sign_flip_p(np.ones(8), np.arange(8), rng) == pytest.approx(2 / 256)
    assert sign_flip_p(np.ones(8), np.repeat([0, 1], 4), rng) == 0.5  # two clusters can never be significant
    assert sign_flip_p(np.ones(20), np.arange(20), rng, n_permutations=999) == pytest.approx(0.001)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_monotone_and_bounded(p):
    corrected = np.array(holm(p))
    assert (corrected >= np.array(p) - 1e-9).all()
    assert (corrected <= 1).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(corrected[order]) >= 0).all()
    assert corrected.min() == pytest.approx(min(1, len(p) * min(p)), abs=1e-9)


def test_balanced_design_gives_the_classical_shares():
    factors = pd.DataFrame([(a, b) for a in "xy" for b in "pqr" for _ in range(40)], columns=["a", "b"])
    rng = np.random.default_rng(0)
    y = 2.0 * (factors["a"] == "x") + rng.normal(size=len(factors))
    found = variance_decomposition(y, factors)
    # Variance 1 of the factor (2 squared times 1/4) beside 1 of the noise; b does nothing.
    assert found.loc["a", "share"] == pytest.approx(0.5, abs=0.07)
    assert found.loc["b", "share"] == pytest.approx(0, abs=0.02)
    assert found["share"].sum() == pytest.approx(1)
    assert found.loc["a", "lower"] < found.loc["a", "share"] < found.loc["a", "upper"]


def test_chance_levels_explain_nothing_on_average():
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(40):
        factors = pd.DataFrame({"angle": rng.normal(size=60)})
        spacer = rng.integers(15, size=60)
        found = variance_decomposition(rng.normal(size=60), factors, groups=spacer, intervals=False)
        shares.append(found.loc[["angle", "spacer"], "share"])
    assert (np.abs(np.mean(shares, axis=0)) < 0.06).all()


def test_the_share_of_groups_is_found_though_most_have_one_row():
    # 93 spacers of which 68 stand alone, as in the data: a factor of 92 levels would explain noise
    rng = np.random.default_rng(0)
    groups = np.concatenate([np.arange(68), 68 + np.repeat(np.arange(25), 5)])
    halide = rng.choice(["Cl", "Br", "I"], size=len(groups))
    found = []
    for _ in range(20):
        y = rng.normal(size=93)[groups] + (halide == "I") + 1.5 * rng.normal(size=len(groups))
        found.append(variance_decomposition(y, pd.DataFrame({"halide": halide}), groups=groups))
    truth = 1 / (1 + 1.5**2 + np.var(halide == "I"))
    spacer = np.array([table.loc["spacer", ["lower", "share", "upper"]] for table in found], dtype=float)
    assert spacer[:, 1].mean() == pytest.approx(truth, abs=0.06)
    assert (spacer[:, 0] <= spacer[:, 1]).all()
    assert (spacer[:, 1] <= spacer[:, 2]).all()
    assert ((spacer[:, 0] <= truth) & (truth <= spacer[:, 2])).sum() >= 16  # of 20, at 90 %


def test_groups_that_stand_alone_are_not_told_from_noise():
    y = np.random.default_rng(0).normal(size=30)
    factors = pd.DataFrame({"halide": ["I", "Br", "Cl"] * 10})
    found = variance_decomposition(y, factors, groups=np.arange(30))
    assert list(found.index) == ["halide", "residual"]


def test_a_clear_change_is_significant_among_many_descriptors_of_few_clusters():
    # seven spacers: Holm over forty descriptors could never fall below 0.6
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"spacer_smiles": np.repeat(list("abcdefg"), 2), "halide": "I", "n_layers": [1, 2] * 7})
    angle = 150 + 5 * (table["n_layers"] - 1) + np.repeat(rng.normal(size=7), 2)
    noise = pd.DataFrame(rng.normal(size=(14, 40)), columns=[f"d{i}" for i in range(40)])
    table = table.assign(angle=angle, E=10 + rng.normal(size=14), **noise)
    found = matched_series(table, "E", descriptors=["angle", *noise])
    row = found.summary.query("column == 'angle'").iloc[0]
    assert row["p"] == row["p_family"] == pytest.approx(2 / 2**7)


def test_what_cannot_change_is_not_asked(factorial):
    dust = 126.9 + 4.6e-15 * np.arange(len(factorial))
    rarely = np.where(np.arange(len(factorial)) == 4, 1.0, 0.0)
    found = matched_series(
        factorial.assign(halide_mass=dust, rarely=rarely), "E", descriptors=["angle", "halide_mass", "rarely"]
    )
    assert list(found.explained_by.index) == ["angle"]
    assert found.summary.query("column != 'E' and column != 'angle'")["p_family"].isna().all()
    assert found.together["n_descriptors"] == 1


def test_columns_that_hardly_vary_do_not_blow_up_the_joint_prediction(factorial):
    rng = np.random.default_rng(1)
    still = {f"s{i}": 1e-6 * rng.normal(size=len(factorial)) for i in range(30)}
    wild = np.where(rng.random(len(factorial)) < 0.2, 50.0, 1e-3 * rng.normal(size=len(factorial)))
    table = factorial.assign(E=rng.normal(size=len(factorial)), wild=wild, **still)
    found = matched_series(table, "E", descriptors=["wild", *still])
    assert found.together["r2"] > -0.3
    assert found.together["r2_lower"] <= 0


@pytest.mark.parametrize("n_groups", [7, 18])
def test_intervals_of_a_mean_cover_with_few_groups(n_groups):
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        _, lower, upper = group_mean_interval(rng.normal(size=(1, n_groups)), np.arange(n_groups), rng=rng)
        held += lower <= 0 <= upper
    assert 0.87 <= held / 400 <= 0.94  # plain percentiles hold 0.82 with seven groups


def test_the_largest_statistic_keeps_the_family_wise_error():
    rng = np.random.default_rng(2)
    signs, exact = sign_patterns(9, rng, 2000)
    assert exact
    smallest = [np.min(max_t_p(np.abs(signs @ rng.normal(size=(9, 40))) / 3)) for _ in range(200)]
    assert np.mean(np.array(smallest) <= 0.05) <= 0.09


def test_confounded_factors_show():
    angle = np.linspace(-1, 1, 60)
    factors = pd.DataFrame({"angle": angle, "twin": angle + 0.01 * np.cos(40 * angle), "other": np.cos(9 * angle)})
    found = variance_decomposition(angle, factors, intervals=False)
    assert found.loc["angle", "share"] == pytest.approx(found.loc["twin", "share"], abs=0.01)
    assert found.loc["angle", "alone"] > 0.99
    assert found.loc["angle", "unique"] < 0.01
    table = confounding_table(pd.DataFrame({"halide": ["I", "Br"] * 30, "copy": ["a", "b"] * 30, "flat": 1.0}))
    assert table.loc["halide", "copy"] == pytest.approx(1)
    assert np.isnan(table.loc["flat", "halide"])


def test_cramers_v_of_independent_categories_is_zero():
    a = pd.Series(["x", "y"] * 50)
    b = pd.Series(["p", "p", "q", "q"] * 25)
    assert cramers_v(a, b) == 0


def test_too_many_parameters_are_refused():
    with pytest.raises(ModelInputError, match="many levels"):
        variance_decomposition(np.arange(5.0), pd.DataFrame({"spacer": list("abcde")}))


def test_counterfactual_moves_correlated_descriptors_together():
    rng = np.random.default_rng(0)
    angle = rng.permutation(np.arange(140.0, 180.0))
    X = pd.DataFrame({"bridge_angle_mean": angle, "tilt_total_mean": (180 - angle) / 2, "other": rng.normal(size=40)})
    y = (angle > 160) * 5.0
    model = DecisionTreeRegressor(max_depth=1).fit(X, y)
    start = X.iloc[int(np.argmin(angle))]
    found = counterfactual(model, start, X, goal=2.5)
    assert found.changes["after"].to_dict() == {"bridge_angle_mean": 161.0, "tilt_total_mean": 9.5}
    assert (found.changes["with"] == "").sum() == 1
    assert set(found.changes["unit"]) == {"deg"}
    assert "to 161 deg" in found.sentence() or "to 9.5 deg" in found.sentence()
    odd = start.copy()
    odd["other"] = 50.0  # nothing real is near, before or after
    assert not counterfactual(model, odd, X, goal=2.5, frozen=["other"]).plausible
    json.loads(found.to_json())


def test_counterfactual_takes_the_smallest_step_and_respects_limits():
    angles = np.arange(140.0, 180.0)
    X = pd.DataFrame({"angle": np.tile(angles, 2), "n": np.repeat([1.0, 2.0], 40)})
    model = DecisionTreeRegressor(max_depth=2).fit(X, (X["angle"] > 160) * 5.0)
    found = counterfactual(model, X.iloc[5], X, goal=2.5, y_background=(X["angle"] > 160) * 5.0)
    assert found.found
    assert found.changes["after"].to_dict() == {"angle": 161.0}
    assert found.neighbours.index[0] == 21  # the crystal of the same n at 161 degrees
    assert (found.neighbours["y"] == 5).all()
    stuck = counterfactual(model, X.iloc[5], X, goal=2.5, bounds={"angle": (140, 158)})
    assert not stuck.found
    frozen = counterfactual(model, X.iloc[5], X, goal=2.5, frozen=["angle"])
    assert not frozen.found
    assert len(frozen.changes) == 0
    down = counterfactual(model, X.iloc[30], X, goal=2.5)
    assert down.changes["after"].to_dict() == {"angle": 160.0}
    with pytest.raises(ModelInputError, match="goal"):
        counterfactual(model, X.iloc[5], X)
