"""Fixtures that several packages share: the bundled data, a table with a planted truth, a cubic tensor."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pandas as pd
import pytest
from xgboost import XGBClassifier, XGBRegressor


@pytest.fixture(scope="session")
def elastic_data():
    from perovex.datasets import load_elastic

    return load_elastic()


@pytest.fixture(scope="session")
def two_crystals(elastic_data, tmp_path_factory):
    """Files of a single-layer and a multilayer crystal of the data."""
    folder = tmp_path_factory.mktemp("crystals")
    table = elastic_data.table
    files = []
    for n in (1, 2):
        name = table.index[table["n_layers"] == n][0]
        path = folder / f"n{n}.cif"
        elastic_data.structures[name].to(filename=str(path), fmt="cif")
        files.append(path)
    return files


# Looked through for doctests after tests/cli, it would be taken for the conftest.py of that folder.
collect_ignore = ["conftest.py"]

FAST = {"n_estimators": 60, "max_depth": 2, "learning_rate": 0.15, "subsample": 0.8, "n_jobs": 1}


class Planted:
    """Angle and STEI make crystals stiff, everything else is noise; series of n = 1, 2, 3 per spacer."""

    def __init__(self, n_groups=20, per_group=6, n_noise=6, seed=0, shuffled=False):
        rng = np.random.default_rng(seed)
        n = n_groups * per_group
        self.groups = np.repeat(np.arange(n_groups), per_group)
        table = {f"noise_{i}": rng.normal(size=n) for i in range(n_noise)}
        table["bridge_angle_mean"] = 155 + 8 * rng.normal(size=n)
        stei = rng.normal(size=n_groups)[self.groups]
        table["stei_max"] = 3 + stei
        table["stei_head"] = 2 + 2 * stei
        table["bond_angle_variance_mean"] = rng.gamma(2, 3, size=n)
        self.X = pd.DataFrame(table, index=[f"c{i}" for i in range(n)])
        y = 12 + 0.35 * (self.X["bridge_angle_mean"] - 155) + 2.5 * stei + 0.3 * rng.normal(size=n)
        if shuffled:
            y = pd.Series(rng.permutation(y.to_numpy()), index=self.X.index)
        self.y = y
        self.stiff = (y > y.median()).astype(int)
        self.meta = pd.DataFrame(
            {
                "n_layers": np.tile([1, 2, 3], n // 3).astype(float),
                "halide": np.tile(np.repeat(["I", "Br"], 3), n_groups),
                "spacer_smiles": [f"C{g}" for g in self.groups],
                "source": [("factorial", "hypothetical")[g % 2] for g in self.groups],
            },
            index=self.X.index,
        )


@pytest.fixture(scope="session")
def planted():
    return Planted()


@pytest.fixture(scope="session")
def shuffled():
    return Planted(shuffled=True, seed=5)


@pytest.fixture(scope="session")
def regressor():
    return XGBRegressor(**FAST)


@pytest.fixture(scope="session")
def classifier():
    return XGBClassifier(**FAST)


@pytest.fixture
def cubic():
    C = np.zeros((6, 6))
    C[:3, :3] = 10.0
    C[range(3), range(3)] = 40.0
    C[range(3, 6), range(3, 6)] = 8.0
    return C
