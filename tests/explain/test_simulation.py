"""Made targets on real designs: what they promise, and that verdicts on nothing support nothing."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, rankdata

from perovex.errors import ModelInputError
from perovex.explain import load_claims
from perovex.explain.claims.simulation import (
    SCENARIOS,
    UNRELATED,
    Scenario,
    judge_simulated,
    simulate_design,
    simulate_target,
)

FAMILIES = {"octahedral": ["bridge_angle_mean", "bond_angle_variance_mean"]}


def design(planted, n_groups=20, seed=0):
    rng = np.random.default_rng(seed)
    other = np.random.default_rng(9)
    X = planted.X.assign(
        bridge_angle_min=other.normal(150, 5, size=len(planted.X)),
        spacer_length=other.normal(8, 2, size=20)[planted.groups],
        inverse_n_layers=1 / planted.meta["n_layers"],
        charge=other.permutation(np.repeat([1.0, 2.0], 10))[planted.groups],
    )
    return simulate_design(X, planted.meta, pd.Series(planted.groups, index=planted.X.index), n_groups, rng)


@pytest.fixture(scope="module")
def large(planted):
    return design(planted, 300)


def test_fewer_spacers_are_a_subset_and_more_are_mixtures(planted):
    X, meta, groups = design(planted, 7)
    assert (len(np.unique(groups)), len(X), len(meta)) == (7, 42, 42)
    assert set(X["noise_0"]) <= set(planted.X["noise_0"])
    X, meta, groups = design(planted, 30)
    assert len(np.unique(groups)) == 30
    assert X.groupby(groups)["stei_max"].nunique().max() == 1  # a property of the spacer stays one
    assert X[planted.X.columns].min().ge(planted.X.min()).all()
    assert X[planted.X.columns].max().le(planted.X.max()).all()
    assert set(meta["halide"]) == {"I", "Br"}


def scores(values):
    return norm.ppf((rankdata(values) - 0.5) / len(values))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_drivers_carry_the_share_they_are_given(large, scenario):
    table, meta, groups = large
    X, y = simulate_target(scenario, table, meta, groups, np.random.default_rng(1))
    for driver, share in scenario.drivers.items():
        with_target = np.corrcoef(scores(X[driver]), y)[0, 1]
        assert np.sign(share) * with_target**2 == pytest.approx(share, abs=0.1)
    if not scenario.drivers and "source" not in scenario.levels:  # spacers are few, and sources are their own
        assert X[["bridge_angle_mean", "stei_max"]].corrwith(y).abs().max() < 0.15
    if UNRELATED in scenario.drivers:
        assert table.corrwith(X[UNRELATED]).abs().max() < 0.15
    assert not set(scenario.false) & set(scenario.true)


def test_extreme_crystals_do_not_hold_the_variance_of_a_driver():
    # a spacer far from all others would else carry the effect alone, where nothing can be learnt of it
    X = pd.DataFrame({"stei_max": np.r_[np.linspace(1.1, 1.4, 199), 40.0]})
    scenario = Scenario("planted", "", {"stei_max": 0.8})
    _, y = simulate_target(scenario, X, pd.DataFrame(index=X.index), np.arange(200), np.random.default_rng(0))
    assert np.corrcoef(X["stei_max"][:-1], y[:-1])[0, 1] ** 2 > 0.7


def test_the_target_takes_a_given_distribution(planted):
    like = np.linspace(5, 30, 40)
    _, y = simulate_target(SCENARIOS[0], *design(planted), np.random.default_rng(0), like=like)
    assert y.between(5, 30).all()
    assert y.median() == pytest.approx(17.5, abs=0.5)


def test_scenarios_that_do_not_fit_are_refused(planted):
    absent = Scenario("c", "", levels={"absent": 0.5})
    with pytest.raises(ModelInputError, match="lacks absent"):
        simulate_target(absent, *design(planted), np.random.default_rng(0))
    for bad, words in ((Scenario("a", "", {"absent": 0.5}), "lacks absent"), (Scenario("b", "", spacer=2.0), "exceed")):
        with pytest.raises(ModelInputError, match=words):
            simulate_target(bad, *design(planted), np.random.default_rng(0))


def test_false_claims_are_not_supported_and_true_ones_are(planted, regressor):
    claims = load_claims()
    rng = np.random.default_rng(11)
    supported = {"false": 0, "true": 0}
    for scenario in [s for s in SCENARIOS if s.name in {"noise", "spacer", "unrelated", "angle and STEI 80 %"}]:
        found = judge_simulated(
            regressor, scenario, design(planted), claims, rng, families=FAMILIES, n_resamples=12, n_shadow=5
        )
        for verdict in found:
            supported["false"] += verdict.id in scenario.false and verdict.verdict == "supported"
            supported["true"] += verdict.id in scenario.true and verdict.verdict == "supported"
    assert supported["false"] == 0
    assert supported["true"] >= 1
