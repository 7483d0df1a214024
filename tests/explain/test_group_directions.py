"""Which way groups of correlated descriptors act: as the sum of their members, and surely or not."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from perovex.explain.directions.groups import group_directions


def directions(bond_effect, factor_effect, noise=0.0, **options):
    """Two members of one group, and a descriptor without effect, on ten groups of four rows."""
    bond = np.tile(np.arange(8.0), 5)
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"bond": bond, "factor": -bond, "free": np.resize([1.0, 3, 2], len(bond))})
    jitter = noise * rng.normal(size=len(bond))
    values = pd.DataFrame({"bond": bond_effect * bond + jitter, "factor": factor_effect * bond, "free": 0.0})
    problem = SimpleNamespace(groups=np.arange(len(bond)) % 10)
    explanation = SimpleNamespace(X=X, values=values, problem=problem, random_state=0)
    members = pd.DataFrame({"members": [("bond", "factor"), ("free",)]}, index=["bond", "free"])
    return group_directions(explanation, SimpleNamespace(groups=members), **options)


def test_a_group_acts_as_the_sum_of_its_members():
    found = directions(0.1, -0.3)  # the members disagree
    assert found["direction"].to_dict() == {"bond": "decreasing", "free": "undecided"}
    assert found.loc["bond", "spearman"] == pytest.approx(-1.0)
    assert directions(0.3, -0.1).loc["bond", "direction"] == "increasing"


def test_a_weak_effect_has_no_direction_and_its_interval_holds_zero():
    found = directions(0.01, 0.0, noise=5.0).loc["bond"]
    assert found["direction"] == "undecided"
    assert found["lower"] < 0 < found["upper"]


def test_a_wider_interval_holds_a_narrower_one_and_only_leaders_are_asked():
    wide, narrow = (directions(0.05, 0.0, noise=0.3, level=level).loc["bond"] for level in (0.99, 0.5))
    assert wide["lower"] <= narrow["lower"] <= narrow["spearman"] <= narrow["upper"] <= wide["upper"]
    assert list(directions(0.1, 0.1, n=1).index) == ["bond"]
