"""Rows that models are asked about: order, unknown columns, infinite values."""

import numpy as np
import pandas as pd
import pytest

from perovex.errors import ModelInputError
from perovex.learn.bundle.asking import asked_rows

X = pd.DataFrame({"b": [1.0, np.inf], "other": ["x", "y"], "a": [-np.inf, 2.0]}, index=["p", "q"])


def test_known_columns_come_in_the_order_of_the_models_and_infinity_is_named_and_undefined():
    table, infinite = asked_rows(X, ["a", "b"])
    expected = pd.DataFrame({"a": [np.nan, 2.0], "b": [1.0, np.nan]}, index=["p", "q"])
    pd.testing.assert_frame_equal(table, expected)
    assert infinite.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("table", "unknown", "words"),
    [
        (X, "error", "other"),
        (X[["a"]], "ignore", "b"),
        (X.assign(a="?"), "ignore", "not numbers"),
        (X.to_numpy(), "ignore", "DataFrame"),
        (X, "warn", "unknown must be"),
    ],
)
def test_what_cannot_be_asked_is_refused(table, unknown, words):
    with pytest.raises(ModelInputError, match=words):
        asked_rows(table, ["a", "b"], unknown)
