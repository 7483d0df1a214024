"""What a result depends on."""

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge

from perovex.learn.provenance import described, environment, provenance, table_checksum

TABLE = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", "y"]}, index=["p", "q"])


def test_a_checksum_changes_with_values_names_and_rows_and_with_nothing_else():
    same = table_checksum(TABLE)
    assert same == table_checksum(TABLE.copy()) == table_checksum(TABLE.astype({"a": "Float64"}).astype({"a": float}))
    others = [
        TABLE.rename(columns={"a": "c"}),
        TABLE.iloc[::-1],
        TABLE.assign(a=[1.0, 0.0]),
        TABLE.assign(b=["x", "z"]),
        TABLE.rename(index={"p": "r"}),
    ]
    assert len({same, *map(table_checksum, others)}) == 1 + len(others)
    assert table_checksum(TABLE, None) != same


def test_an_estimator_is_written_with_all_its_parameters():
    assert "fit_intercept=True" in described(Ridge())
    assert "\n" not in described(Ridge())


def test_provenance_holds_settings_and_versions():
    facts = provenance(Ridge(), TABLE, scheme="group")
    assert facts["scheme"] == "group"
    assert facts["environment"] == environment()
    assert facts["environment"] is not environment()  # a caller may add to its own
