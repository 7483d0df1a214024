"""Parts of verdicts on claims: shares, sides, and several concepts together."""

import numpy as np
import pandas as pd
import pytest

from perovex.explain.claims.finding import joint, members, reaches, side, stays_below, together

UP, DOWN, OPEN = {"lower": 0.1, "upper": 0.5}, {"lower": -0.5, "upper": -0.1}, {"lower": -0.1, "upper": 0.5}


@pytest.mark.parametrize(
    ("intervals", "direction", "verdict"),
    [
        ([UP, OPEN], 1, "supported"),
        ([UP, OPEN], -1, "not supported"),
        ([OPEN, OPEN], 1, "undecided"),
        ([UP, DOWN], 1, "undecided"),
        ([], 1, "undecided"),
    ],
)
def test_sides_of_zero(intervals, direction, verdict):
    assert side(intervals, direction) == verdict


def test_all_concepts_support_a_claim_and_one_refutes_it():
    assert together(["supported", "supported"]) == "supported"
    assert together(["supported", "undecided"]) == "undecided"
    assert together(["supported", "undecided", "not supported"]) == "not supported"


def test_credit_that_cancels_within_a_concept_is_none():
    values = np.array([[1.0, -1.0, 2.0], [-3.0, 3.0, 2.0]])
    assert joint(values, np.array([0, 1])) == 0.0
    assert joint(values, np.array([0, 2])) == (3 + 1) / 2


def test_members_come_in_the_order_of_patterns_once():
    columns = pd.Index(["tilt_a", "angle", "tilt_b"])
    assert members(["angle", "tilt_*", "*"], columns) == ["angle", "tilt_a", "tilt_b"]


@pytest.mark.parametrize("n_draws", [10, 1000])
def test_no_share_is_both_above_and_below_a_limit(n_draws):
    for share in np.linspace(0, 1, 21):
        assert not (reaches(share, 0.5, n_draws) and stays_below(share, 0.4, n_draws))
    assert reaches(0.6, 0.5, 1000)
    assert not reaches(0.6, 0.5, 10)  # within the error of ten draws
