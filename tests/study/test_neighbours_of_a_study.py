"""Nearest crystals of each crystal."""

import numpy as np
import pandas as pd

from perovex.study.neighbours import nearest_crystals


class Tables:
    """The part of a study's tables that is asked."""

    X = pd.DataFrame({"a": [0.0, 1.0, 10.0, 11.0, 50.0], "b": [0.0, 0.0, 0.0, 0.0, 1.0]}, index=list("vwxyz"))
    groups = pd.Series(["s", "t", "u", "u", "s"], index=X.index)
    values = pd.DataFrame({"E": np.arange(5.0)}, index=X.index)


def test_neighbours_come_by_distance_with_their_values_and_never_oneself():
    table = nearest_crystals(Tables())
    assert (table["crystal_id"] != table["neighbour"]).all()
    first = table[table["rank"] == 1].set_index("crystal_id")
    assert first["neighbour"].to_dict() | {"z": "y"} == {"v": "w", "w": "v", "x": "y", "y": "x", "z": "y"}
    assert first.loc["x", "same_group"]
    assert not first.loc["v", "same_group"]
    assert first.loc["v", "E"] == 1.0
    assert all(part["distance"].is_monotonic_increasing for _, part in table.groupby("crystal_id"))
