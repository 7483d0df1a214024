"""Signs pooled and with rivals held equal, on targets whose makers are known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from perovex.errors import ModelInputError
from perovex.explain import associations, judge, load_claims, turned_over
from perovex.explain.claims.evidence import Evidence


@pytest.fixture(scope="module")
def paradox():
    """STEI stiffens through packing; a source of soft crystals has much of it."""
    rng = np.random.default_rng(0)
    groups = np.concatenate([np.repeat(np.arange(20), 6), np.arange(20, 80)])
    designed = groups < 20
    stei = np.where(designed, 1.2, 2.2) + 0.3 * rng.normal(size=80)[groups]
    packing = 0.3 - 0.15 * (stei - stei.mean()) - 0.25 * ~designed + 0.02 * rng.normal(size=180)
    halide = np.where(designed, np.tile(["Cl", "Br", "I"], 60), "I")
    strata = pd.DataFrame({"halide": halide, "n": np.where(designed, np.tile([1, 1, 1, 2, 2, 2], 30), 1)})
    strata["source"] = np.where(designed, "factorial", "hypothetical")
    y = pd.Series(10 - 30 * (packing + 0.25 * ~designed) - 12 * ~designed + 0.3 * rng.normal(size=180))
    X = pd.DataFrame({"stei_max": stei, "packing": packing, "bridge_angle_min": rng.normal(size=180)})
    return y, X, strata, groups


def views(table, descriptor):
    return table[table["descriptor"] == descriptor].set_index("view")


def test_a_sign_that_pooling_turns_over_is_shown_with_what_carries_it(paradox):
    y, X, strata, groups = paradox
    table = associations(y, X, strata, groups, mediators=["packing"])
    stei = views(table, "stei_max")
    assert stei.loc["pooled", "sign"] == "-"
    assert stei.loc["given halide, n and source", "sign"] == "+"
    assert stei.loc["source = factorial", "sign"] == "+"
    assert stei.loc["between groups", "sign"] == "+"
    assert stei.loc["between groups", "n_groups"] == 20
    direct = stei.loc["given halide, n, source and packing"]
    assert abs(direct["estimate"]) < 0.6 * stei.loc["given halide, n and source", "estimate"]
    assert turned_over(table) == ["stei_max"]
    noise = views(table, "bridge_angle_min")
    assert noise.loc["given halide, n and source", "sign"] == "?"


def test_the_pooled_value_is_spearman_and_intervals_hold_it(paradox):
    y, X, strata, groups = paradox
    table = associations(y, X, strata, groups)
    for name in X:
        assert views(table, name).loc["pooled", "estimate"] == pytest.approx(spearmanr(X[name], y)[0])
    assert (table["lower"] <= table["estimate"]).all()
    assert (table["estimate"] <= table["upper"]).all()


def test_a_partial_correlation_is_that_of_residuals(paradox):
    y, X, strata, groups = paradox
    table = associations(y, X[["stei_max"]], strata[["source"]], groups)
    ranks = pd.DataFrame({"x": X["stei_max"].rank(), "y": y.rank()})
    residuals = ranks - ranks.groupby(strata["source"]).transform("mean")
    assert views(table, "stei_max").loc["given source", "estimate"] == pytest.approx(residuals.corr().iloc[0, 1])


def test_small_parts_are_left_out_and_bad_input_is_refused(paradox):
    y, X, strata, groups = paradox
    few = strata.assign(source=np.where(np.arange(180) < 5, "rare", "usual"))
    assert "source = rare" not in set(associations(y, X, few, groups)["view"])
    with pytest.raises(ModelInputError, match="absent"):
        associations(y, X, strata, groups, mediators=["absent"])
    with pytest.raises(ModelInputError, match="differ in rows"):
        associations(y.head(9), X, strata, groups)


def test_the_claim_beyond_rivals_is_judged_with_them_held_equal(paradox):
    y, X, strata, groups = paradox
    X = X.assign(bridge_angle_min=-X["packing"])
    table = associations(y, X, strata, groups)
    claims = {c.id: c for c in load_claims().claims}
    evidence = Evidence("E", 180, 80, None, associations=table)
    found = {v.id: v for v in judge(load_claims(), evidence)}["beyond-halide-n-and-source"]
    assert found.verdict == "supported"
    assert "given halide, n and source" in found.reason
    assert claims["beyond-halide-n-and-source"].criterion_text.startswith("The 95 % interval")
    turned = Evidence("E", 180, 80, None, associations=associations(-y, X, strata, groups))
    assert {v.id: v.verdict for v in judge(load_claims(), turned)}["beyond-halide-n-and-source"] == "not supported"
