"""Out-of-domain warnings mark larger errors, on the bundled labels."""

from __future__ import annotations

import pytest

from perovex.learn import ApplicabilityDomain, YoungModulusRegressor, evaluate
from perovex.study.applicability import FOREIGN, domain_check, held_out_kind
from perovex.study.tables import TARGETS, build_tables

HELD_OUT = "layered, spacer held out"


@pytest.fixture(scope="module")
def tables(elastic_data):
    return build_tables(elastic_data, progress=False)


@pytest.mark.parametrize("target", TARGETS)
def test_networks_of_another_kind_are_outside_and_predicted_worse(tables, target):
    model = YoungModulusRegressor(target=target)
    held_out = evaluate(
        model,
        tables.X,
        tables.values[target],
        tables.groups,
        baselines=False,
        n_repeats=1,
        domain=ApplicabilityDomain(),
    )
    table = domain_check(model, tables, target, held_out).set_index(["crystals", "domain"])
    assert held_out_kind(tables) == HELD_OUT
    assert table.loc[(HELD_OUT, "inside"), "share"] > 0.7  # the warning is not given to everything
    assert table.loc[(FOREIGN, "outside"), "share"] > 0.9
    known, foreign = (table.loc[key, "mean_absolute_error"] for key in ((HELD_OUT, "inside"), (FOREIGN, "outside")))
    assert foreign > 2 * known
    inside, outside = table.loc[(HELD_OUT, "inside")], table.loc[(HELD_OUT, "outside")]
    assert inside["n_rows"] + outside["n_rows"] == len(tables.X)
    assert outside["ratio"] == pytest.approx(outside["mean_absolute_error"] / inside["mean_absolute_error"])
    assert outside["ratio_lower"] < outside["ratio"] < outside["ratio_upper"]


def test_without_networks_and_validation_nothing_is_shown(tables):
    from dataclasses import replace

    bare = replace(tables, context=tables.context.iloc[:0])
    assert domain_check(YoungModulusRegressor(), bare, "E_vrh").empty
