import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perovex.errors import ModelInputError
from perovex.learn import resolve_threshold, stiff_labels

moduli = st.lists(st.floats(0.1, 100), min_size=2, max_size=30)


@given(moduli)
def test_at_most_half_are_above_the_median(values):
    assert stiff_labels(values).mean() <= 0.5


@given(moduli, st.floats(0.05, 0.95))
def test_quantile_matches_numpy(values, q):
    assert resolve_threshold(values, f"q{q}") == pytest.approx(np.quantile(values, q))


def test_value_in_gpa_is_taken_and_equal_is_not_stiff():
    labels = stiff_labels(pd.Series([11.9, 12.0, 12.1], index=list("abc")), 12)
    assert labels.to_dict() == {"a": False, "b": False, "c": True}


@pytest.mark.parametrize("bad", ["mean", "q1.5", "0.5", True, float("nan"), None])
def test_nonsense_is_refused(bad):
    with pytest.raises(ModelInputError, match=r"threshold"):
        resolve_threshold([1.0, 2.0], bad)


def test_missing_moduli_are_refused():
    with pytest.raises(ModelInputError, match="1 moduli are missing"):
        stiff_labels([1.0, np.nan])
