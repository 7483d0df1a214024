"""How much of a label hangs on its soft modes: ratios of its columns, and what its stored modes give."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from perovex.datasets.quality.soft_modes import soft_mode_table
from perovex.elasticity.soft_modes import REGULARISED, regularised_moduli

TENSOR = np.diag([50.0, 50, 20, 10, 10, 10])
STORED = (TENSOR, [[0.02, 0, 0, 0.8, 0, 0, 0]], 900.0, [0, 0, 1])


@pytest.fixture
def data():
    moduli = {name: [10.0, 20.0] for name in REGULARISED}
    frozen = {f"{name}_soft_frozen": [12.5, np.nan] for name in REGULARISED}
    table = pd.DataFrame({**moduli, **frozen, "lowest_eigenvalue": [0.02, 0.3]}, index=["soft", "stiff"])
    release = SimpleNamespace(table=table, modes=lambda name: STORED if name == "soft" else None)
    release.relaxed = lambda: release
    return release


def test_fragility_is_a_ratio_and_missing_where_nothing_was_frozen(data):
    table = soft_mode_table(data)
    assert table["E_vrh_fragility"].tolist() == [pytest.approx(0.8), pytest.approx(np.nan, nan_ok=True)]
    assert table["E_vrh"].tolist() == [10.0, 20.0]
    assert table["lowest_eigenvalue"].tolist() == [0.02, 0.3]


def test_stored_modes_are_stiffened_and_labels_without_them_say_nothing(data):
    table, expected = soft_mode_table(data, kappa0=0.05), regularised_moduli(*STORED, kappa0=0.05)
    for name in REGULARISED:
        assert table.loc["soft", f"{name}_regularised"] == pytest.approx(expected[name])
        assert table.loc["soft", f"{name}_per_ln_kappa0"] == pytest.approx(expected[f"{name}_per_ln_kappa0"])
    assert table.loc["stiff", [f"{name}_regularised" for name in REGULARISED]].isna().all()
