"""Fixtures that several rooms share: the bundled data and a small study."""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest


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
