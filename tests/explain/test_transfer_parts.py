"""Parts of a transfer test against closed forms, and what is said of its outcome."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from perovex.explain.attribution.draws import MAX_ROWS, some_rows
from perovex.explain.attribution.view import table_html
from perovex.explain.tables import check_problem
from perovex.explain.transfer.adaptation import residual_corrected
from perovex.explain.transfer.result import TransferResult
from perovex.explain.transfer.scores import rank_columns, score_families
from perovex.explain.transfer.strategies import HELD_OUT, Domains
from perovex.explain.transfer.words import everything, order, outcome

SIZES = {"source": "n = 1", "target": "n > 1", "n_source": 12, "n_target": 6}


@pytest.fixture(scope="module")
def domains():
    X = pd.DataFrame({"angle": np.tile(np.arange(6.0), 3), "noise": np.tile([0.0, 1.0], 9)})
    shifted = np.repeat([0.0, 0.0, 4.0], 6)  # the target is stiffer by 4 throughout
    problem = check_problem(LinearRegression(), X, 2 * X["angle"] + shifted, np.tile(np.arange(6), 3))
    return Domains(problem, np.arange(12), np.arange(12, 18), 3, 0, np.tile(list("IB"), 9), "halide")


def test_a_shift_that_all_share_is_corrected_in_full(domains):
    y = domains.problem.y.to_numpy()[domains.target]
    assert residual_corrected(domains, HELD_OUT, y - 4.0) == pytest.approx(y)


def test_ranks_survive_a_shift_of_the_level(domains):
    named = [name for name in rank_columns(domains) if not name.endswith(("_lower", "_upper"))]
    assert named == ["spearman", "spearman given halide"]
    row = score_families(domains, {"octahedral": ["angle"]}).iloc[0]
    assert row["loss"] == pytest.approx(4.0)
    assert row["spearman"] == pytest.approx(1.0)


def made(**row):
    numbers = {"model": "source only", "family": "all", "variant": HELD_OUT, "loss": 2.0}
    numbers |= {"gain": 0.5, "gain_lower": 0.1, "gain_upper": 0.9}
    numbers |= {"spearman": 0.6, "spearman_lower": 0.2, "spearman_upper": 0.8} | row
    pooled = {**numbers, "model": "pooled", "loss": 1.0}
    return TransferResult(possible=True, reason="", table=pd.DataFrame([numbers, pooled]), **SIZES)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({}, "beats"),
        ({"gain_lower": -0.1}, "cannot be told from"),
        ({"gain": -0.5, "gain_lower": -0.9, "gain_upper": -0.1}, "loses to"),
    ],
)
def test_the_outcome_is_that_of_the_interval(row, words):
    assert f"the source model {words} the better mean baseline" in outcome(made(**row))


def test_order_is_told_where_its_interval_leaves_out_chance():
    assert "it orders them (Spearman 0.60" in order(made())
    assert "it does not surely order them" in order(made(spearman_lower=-0.1))
    assert order(made(), "octahedral") == ""


def test_an_impossible_test_says_why():
    result = TransferResult(possible=False, reason="6 target crystals, at least 8 are needed", **SIZES)
    assert outcome(result).endswith("cannot be tested: 6 target crystals, at least 8 are needed.")
    assert everything(result)[0] == result.sentence()


def test_the_gap_is_closed_where_the_curve_gets_there():
    result = made()
    curve = pd.DataFrame({"n_target_crystals": [1, 3, 5], "loss": [1.8, 1.1, 1.0]})
    with_curve = TransferResult(possible=True, reason="", table=result.table, learning_curve=curve, **SIZES)
    assert with_curve.crystals_to_close_gap(fraction=0.9) == 3
    assert with_curve.crystals_to_close_gap(fraction=0.5) == 3
    assert result.crystals_to_close_gap() == SIZES["n_target"]  # without a curve: all of them


def test_at_most_so_many_rows_are_explained_in_order():
    rng = np.random.default_rng(0)
    assert some_rows(np.array([5, 2]), rng).tolist() == [5, 2]
    chosen = some_rows(np.arange(100), rng)
    assert len(chosen) == MAX_ROWS
    assert (np.diff(chosen) > 0).all()


def test_long_tables_say_how_much_is_left_out():
    page = table_html(pd.DataFrame({"a": range(20)}), "a < b", rows=15)
    assert "a &lt; b" in page
    assert "5 more rows" in page
