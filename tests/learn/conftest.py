"""Synthetic tables with planted truth."""

import numpy as np
import pandas as pd
import pytest


def planted(n_groups=12, per_group=5, n_columns=12, seed=0, noise=0.03):
    """E = exp(2.3 + 0.25 a + 0.15 tanh(2 b) + noise): two descriptors act, the others are noise."""
    rng = np.random.default_rng(seed)
    n = n_groups * per_group
    X = pd.DataFrame(rng.normal(size=(n, n_columns)), columns=["a", "b", *(f"z{i}" for i in range(n_columns - 2))])
    groups = pd.Series([f"spacer {k}" for k in np.arange(n) // per_group], index=X.index)
    log_modulus = 2.3 + 0.25 * X["a"] + 0.15 * np.tanh(2 * X["b"]) + noise * rng.normal(size=n)
    meta = pd.DataFrame(
        {"halide": np.resize(["I", "Br", "Cl"], n), "n_layers": np.resize([1, 2], n), "stacking": "eclipsed"},
        index=X.index,
    )
    return X, np.exp(log_modulus).rename("E_in_plane"), groups, meta


@pytest.fixture(scope="session")
def table():
    return planted()


@pytest.fixture(scope="session")
def larger_table():
    return planted(30, n_columns=4)
