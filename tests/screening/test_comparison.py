"""What the comparison of rungs adds up: errors with intervals over spacers, and descriptors that both crystals have."""

import numpy as np
import pandas as pd
import pytest

from perovex.screening.comparison import _shared, _summary

GROUPS = pd.Series(np.arange(40) // 4)


def test_means_and_differences_are_those_of_the_errors():
    rng = np.random.default_rng(0)
    errors = {name: rng.uniform(1, 2, 40) for name in ("a", "b", "b, learnt built", "relaxed")}
    told = _summary(errors, GROUPS)
    for name, values in errors.items():
        mean, lower, upper = told[name]
        assert mean == pytest.approx(values.mean())
        assert lower < mean < upper
    assert told["b - a"][0] == pytest.approx((errors["b"] - errors["a"]).mean())
    assert (told["n_rows"], told["n_groups"]) == (40, 10)


@pytest.mark.parametrize(("shift", "best"), [(-0.5, "b"), (0.5, "a"), (0.0, "a")])
def test_building_is_best_only_where_it_is_better_beyond_doubt(shift, best):
    rng = np.random.default_rng(1)
    errors = {name: rng.uniform(1, 2, 40) for name in ("a", "b", "b, learnt built")}
    errors["b"] = errors["a"] + shift + 0.01 * (-1.0) ** GROUPS.to_numpy()  # half of the spacers up, half down
    assert _summary(errors, GROUPS)["best"] == best


def test_a_group_counts_once_however_many_rows_it_has():
    values = np.r_[np.zeros(20), np.ones(20)]
    two = pd.Series(np.r_[np.zeros(20), np.ones(20)])
    assert _summary({"a": values, "b": values, "b, learnt built": values}, two)["a"] == pytest.approx([0.5, 0.0, 1.0])


def test_shared_descriptors_vary_and_are_defined_in_most_crystals_of_both_kinds():
    relaxed = pd.DataFrame(
        {"good": [1.0, 2, 3, 4], "constant": 1.0, "rare": [1.0, np.nan, np.nan, np.nan], "endless": [1.0, 2, 3, np.inf],
         "own": [1.0, 2, 3, 4]}
    )  # fmt: skip
    built = relaxed.drop(columns="own").assign(error="")
    one, other = _shared(relaxed, built)
    assert list(one.columns) == list(other.columns) == ["good"]
