"""Changes from one crystal to the next of a series."""

import numpy as np
import pandas as pd
import pytest

from perovex.explain.series.changes import changes_explained, changes_together, changing

RNG = np.random.default_rng(0)
N = 24


@pytest.fixture(scope="module")
def pairs():
    drawn = RNG.normal(size=(N, 2))
    table = pd.DataFrame({"spacer": np.arange(N) // 3, "from": "1", "to": "2", "a": drawn[:, 0], "noise": drawn[:, 1]})
    return table.assign(E=2 * table["a"], still=0.0)


def test_what_stays_does_not_change(pairs):
    sizes = pd.Series(1.0, index=["a", "noise", "still"])
    assert changing(pairs, sizes, ["a", "noise", "still"]) == ["a", "noise"]


def test_a_planted_cause_is_told_from_noise(pairs):
    table = changes_explained(pairs, "spacer", "E", ["noise", "a"], 200, np.random.default_rng(1))
    assert table.index[0] == "a"
    assert table.loc["a", "within_step"] == pytest.approx(1.0)
    assert table.loc["a", "p_family"] < 0.05
    assert table.loc["a", "p"] < table.loc["noise", "p"]
    assert abs(table.loc["noise", "within_step"]) < 0.6
    assert changes_explained(pairs[:3], "spacer", "E", ["a"], 10, np.random.default_rng(1)).empty


def test_held_out_spacers_are_predicted_from_a_linear_cause(pairs):
    found = changes_together(pairs, "spacer", "E", ["a"], np.random.default_rng(1))
    assert found["r2"] > 0.9
    assert found["n_clusters"] == N // 3
    assert changes_together(pairs, "spacer", "E", ["noise"], np.random.default_rng(1))["r2"] < 0.3
    assert changes_together(pairs[:6], "spacer", "E", ["a"], np.random.default_rng(1)) == {}
