"""One front door for tables: what is refused names the column, the rows or the group, and how to mend it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from perovex.errors import ModelInputError, ModelTableError
from perovex.learn.tables import (
    as_groups,
    as_table,
    as_target,
    as_weights,
    check_columns,
    heeded,
    need_groups,
    refuse_infinite,
    rows_of,
)

TABLE = pd.DataFrame({"angle": [150.0, 160.0, np.nan], "n": [1, 2, 3]}, index=["a", "b", "c"])


def test_missing_values_stay_and_infinite_ones_are_refused_by_column():
    assert as_table(TABLE).isna().sum().sum() == 1
    wrong = TABLE.assign(n=[1.0, np.inf, -np.inf])
    with pytest.raises(ModelTableError, match="infinite values in n"):
        as_table(wrong)
    with pytest.raises(ModelTableError, match="infinite values in n"):
        refuse_infinite(wrong)


def test_words_and_repeated_names_are_refused_by_column():
    with pytest.raises(ModelTableError, match="not numbers: halide"):
        as_table(TABLE.assign(halide="I"))
    with pytest.raises(ModelTableError, match="repeated columns: n"):
        as_table(pd.concat([TABLE, TABLE[["n"]]], axis=1))
    assert as_table(np.eye(2)).columns.tolist() == ["0", "1"]


def test_a_target_keeps_names_and_is_complete():
    y = pd.Series([1.0, 2.0, 3.0], index=TABLE.index, name="E_vrh")
    assert as_target(y, 3, TABLE.index).name == "E_vrh"
    with pytest.raises(ModelTableError, match="2 target values for 3 rows"):
        as_target(y[:2], 3)
    with pytest.raises(ModelTableError, match="index"):
        as_target(y[::-1], 3, TABLE.index)
    with pytest.raises(ModelTableError, match="1 target values are missing"):
        as_target([1.0, np.nan, 2.0], 3)


def test_groups_are_text_and_each_row_has_one():
    assert as_groups(None, 3).nunique() == 3
    assert as_groups([1, 1, "1"], 3).tolist() == ["1", "1", "1"]
    with pytest.raises(ModelTableError, match="1 rows have no group"):
        as_groups(["x", None, "y"], 3)
    with pytest.raises(ModelTableError, match="2 groups for 3 rows"):
        as_groups(["x", "y"], 3)
    with pytest.raises(ModelInputError, match="needs at least 3 groups, the table has 2"):
        need_groups(as_groups(["x", "y", "x"], 3), 3, "grouped validation")


def test_columns_are_compared_with_those_of_the_model_in_any_order_of_complaint():
    check_columns(TABLE, ["angle", "n"])
    check_columns(TABLE, ["n", "angle"])  # another order is for scikit-learn to judge
    with pytest.raises(ModelTableError, match=r"unseen at fit time: n; .*now missing: tilt"):
        check_columns(TABLE, ["angle", "tilt"])


def test_rows_of_weight_zero_are_left_out_everywhere():
    values, y = TABLE.to_numpy(float), np.array([1.0, 2.0, 3.0])
    X, kept, target, groups, weights = heeded(TABLE, values, y, ["x", "y", "z"], [1.0, 0.0, 2.0])
    assert list(X.index) == ["a", "c"]
    assert target.tolist() == [1.0, 3.0]
    assert list(groups) == ["x", "z"]
    assert weights.tolist() == [1.0, 2.0]
    assert np.array_equal(kept, values[[0, 2]], equal_nan=True)
    assert heeded(TABLE, values, y, None, None)[4] is None
    for wrong in ([1.0, 2.0], [1.0, -1.0, 1.0], [np.nan, 1.0, 1.0], [0.0, 0.0, 1.0]):
        with pytest.raises(ModelTableError, match="weight"):
            as_weights(wrong, values)


def test_rows_are_taken_by_mask_or_position_from_tables_and_arrays():
    assert rows_of(TABLE, np.array([2, 0])).index.tolist() == ["c", "a"]
    assert rows_of([1, 2, 3], np.array([True, False, True])).tolist() == [1, 3]
