"""Several builds of a compound give one row: moduli by their logarithms, failures beside successes left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from perovex.descriptors.batch import Described, describe_item
from perovex.errors import BuildError
from perovex.prediction import load_models
from perovex.prediction.averaging import predict_averaged

FAILED = Described(error=BuildError("no room"))


@pytest.fixture(scope="module")
def bundle():
    return load_models()


@pytest.fixture(scope="module")
def builds(elastic_data):
    crystal = elastic_data.structures["BA2PbI4"].copy()
    stretched = crystal.copy()
    stretched.apply_strain([0, 0, 0.05])
    return [describe_item(crystal), describe_item(stretched)]


def predicted(bundle, *rows):
    return predict_averaged(rows, pd.Index([f"compound {number}" for number in range(len(rows))]), bundle)


def test_moduli_are_averaged_by_their_logarithms(bundle, builds):
    table = predicted(bundle, builds, builds[:1], builds[1:])
    for target in bundle.regressors:
        for column in (target, f"{target}_lower", f"{target}_upper"):
            mean, first, second = table[column].astype(float)
            assert mean == pytest.approx(np.sqrt(first * second), rel=1e-12)
        _, first, second = table[target].astype(float)
        assert table[f"{target}_min_of_builds"].iloc[0] == min(first, second)
        assert table[f"{target}_max_of_builds"].iloc[0] == max(first, second)
    mean, first, second = table["probability_stiff"].astype(float)
    assert mean == pytest.approx((first + second) / 2, rel=1e-12)
    assert list(table["builds"]) == [2, 1, 1]


def test_a_build_that_failed_counts_only_where_all_did(bundle, builds):
    table = predicted(bundle, [FAILED, *builds], [FAILED, FAILED])
    assert list(table["builds"]) == [2, 0]
    assert list(table["error"].str.contains("no room")) == [False, True]
    assert table["warnings"].iloc[0][-1].startswith("mean of 2 builds (1 more could not be built)")
    assert table["warnings"].iloc[1] == []
    assert np.isnan(float(table["E_in_plane"].iloc[1]))


def test_the_class_is_that_of_the_mean_probability(bundle, builds):
    table = predicted(bundle, builds)
    row = table.iloc[0]
    assert row["class"] == ("stiff" if row["probability_stiff"] > 0.5 else "soft")


def test_what_all_builds_say_is_said_once(bundle, builds):
    warnings = predicted(bundle, builds)["warnings"].iloc[0]
    assert len(warnings) == len(set(warnings))
    assert any(note.startswith("in the training data as BA2PbI4") for note in warnings)
