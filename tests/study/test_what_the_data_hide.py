"""What the data hide: crystals left out by their own modulus, and sources that confound."""

from __future__ import annotations

import numpy as np
import pytest

from perovex import describe
from perovex.datasets import load_elastic
from perovex.elasticity.labels.causes import SOFT_MODE_DOMINATED
from perovex.learn import YoungModulusRegressor
from perovex.study import questions
from perovex.study.tables import build_tables
from perovex.study.truncation import rejected_by_target


@pytest.fixture(scope="module")
def frozen():
    return load_elastic(moduli="soft_frozen")


def test_rejected_crystals_are_scored_by_their_frozen_label(frozen):
    tables = build_tables(frozen, progress=False)
    model = YoungModulusRegressor("ridge", target="E_vrh")
    held = tables.values["E_vrh"].rename("truth").to_frame().assign(prediction=lambda t: t["truth"].mean())
    found = rejected_by_target(model, tables, frozen, "E_vrh", held)
    rejected = frozen.rejected
    assert set(found.index) == set(rejected.index[rejected["reason"] == SOFT_MODE_DOMINATED])
    assert len(found) == 4
    np.testing.assert_allclose(found["label"], rejected.loc[found.index, "E_vrh_soft_frozen"])
    assert found["R2_without"].iloc[0] == pytest.approx(0, abs=1e-9)  # the mean of what is scored
    assert (found["prediction"] / found["label"]).between(0.5, 2).all()


def test_the_spacer_of_a_rejected_crystal_takes_no_part(frozen):
    tables = build_tables(frozen, progress=False)
    found = rejected_by_target(YoungModulusRegressor("ridge", target="E_vrh"), tables, frozen, "E_vrh")
    smiles = frozen.rejected.loc["s06_PbCl_n2", "spacer_smiles"]
    own = (tables.meta["spacer_smiles"] == smiles).to_numpy()
    assert own.any()
    row = describe(frozen.structure(str(frozen.rejected.loc["s06_PbCl_n2", "label_id"]))).to_frame().T
    X = row.reindex(columns=tables.X.columns).astype(float)
    without, whole = (
        YoungModulusRegressor("ridge", target="E_vrh")
        .fit(tables.X[kept], tables.values.loc[kept, "E_vrh"])
        .predict(X)[0]
        for kept in (~own, own | True)
    )
    assert found.loc["s06_PbCl_n2", "prediction"] == pytest.approx(without, rel=1e-6)
    assert abs(whole / without - 1) > 1e-5


def test_the_source_of_crystals_stands_among_what_may_confound(frozen):
    tables = build_tables(frozen, progress=False)
    tied = questions.confounding(tables)
    assert {"halide", "n_layers", "source", "spacer", "stei_max"} <= set(tied.columns)
    assert tied.loc["stei_max", "source"] > 0.6  # a label of the source more than anything else
    assert tied.loc["stei_max", "source"] > tied.loc["stei_max", "halide"]
    shares = questions.variance(tables, "E_vrh")
    assert {"source", "halide", "n", "spacer", "residual"} <= set(shares.index)
    known = shares.dropna(subset=["lower"])
    assert ((known["lower"] <= known["share"] + 1e-9) & (known["share"] <= known["upper"] + 1e-9)).all()
