"""Results as plain JSON."""

import json

import numpy as np
import pandas as pd

from perovex._json import json_safe


def test_what_is_no_number_becomes_none_and_numpy_becomes_python():
    value = {"a": np.array([1.0, np.inf]), 2: (np.int64(3), np.bool_(True)), "b": float("nan")}
    assert json_safe(value) == {"a": [1.0, None], "2": [3, True], "b": None}
    assert json.loads(json.dumps(json_safe(value), allow_nan=False))


def test_tables_become_records_and_series_keep_their_names():
    table = pd.DataFrame({"E": [1.0, np.nan]}, index=["x", "y"])
    assert json_safe(table) == [{"E": 1.0}, {"E": None}]
    assert json_safe(table["E"]) == {"x": 1.0, "y": None}
