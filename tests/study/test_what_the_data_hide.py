"""What the data hide: crystals left out by their own modulus, and sources that confound."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from perovex import describe
from perovex.datasets import load_elastic
from perovex.elasticity.labels.causes import SOFT_MODE_DOMINATED
from perovex.learn import YoungModulusRegressor
from perovex.report.document import Section
from perovex.study import questions
from perovex.study.report.data_section import add_data
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
    assert set(found.index) == set(rejected.index[rejected["causes"] == SOFT_MODE_DOMINATED])
    assert len(found) == 6
    np.testing.assert_allclose(found["label"], rejected.loc[found.index, "E_vrh_soft_frozen"])
    assert found["R2_without"].iloc[0] == pytest.approx(0, abs=1e-9)  # the mean of what is scored
    assert (found["prediction"] / found["label"]).between(0.5, 2).all()


def test_the_spacer_of_a_rejected_crystal_takes_no_part(frozen):
    tables = build_tables(frozen, progress=False)
    found = rejected_by_target(YoungModulusRegressor("ridge", target="E_vrh"), tables, frozen, "E_vrh")
    smiles = frozen.rejected.loc["BA2CsPb2Br7", "spacer_smiles"]
    own = (tables.meta["spacer_smiles"] == smiles).to_numpy()
    assert own.any()
    row = describe(frozen.structure(str(frozen.rejected.loc["BA2CsPb2Br7", "label_id"]))).to_frame().T
    X = row.reindex(columns=tables.X.columns).astype(float)
    without, whole = (
        YoungModulusRegressor("ridge", target="E_vrh")
        .fit(tables.X[kept], tables.values.loc[kept, "E_vrh"])
        .predict(X)[0]
        for kept in (~own, own | True)
    )
    assert found.loc["BA2CsPb2Br7", "prediction"] == pytest.approx(without, rel=1e-6)
    assert abs(whole / without - 1) > 1e-3


def test_the_source_of_crystals_stands_among_what_may_confound(frozen):
    tables = build_tables(frozen, progress=False)
    tied = questions.confounding(tables)
    assert {"halide", "n_layers", "source", "spacer", "stei_max"} <= set(tied.columns)
    others = tied.columns.difference(["source", "spacer", "stei_max"])
    assert tied.loc["stei_max", "source"] > tied.loc["stei_max", others].max()  # it tells the source before all others
    before = build_tables(load_elastic(version="0.5", moduli="soft_frozen"), progress=False)
    assert questions.confounding(before).loc["stei_max", "source"] > 0.8
    assert tied.loc["stei_max", "source"] > tied.loc["stei_max", "halide"]
    shares = questions.variance(tables, "E_vrh")
    assert {"source", "halide", "n", "spacer", "residual"} <= set(shares.index)
    known = shares.dropna(subset=["lower"])
    assert ((known["lower"] <= known["share"] + 1e-9) & (known["share"] <= known["upper"] + 1e-9)).all()


def test_the_halide_hides_what_packing_does():
    # within each halide free volume softens; chlorides have most of it and are the stiffest all the same
    names = [f"c{number}" for number in range(6)]
    tables = SimpleNamespace(
        X=pd.DataFrame({questions.PACKING: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]}, index=names),
        values=pd.DataFrame({"E_in_plane": 1.0, "E_vrh": [12.0, 11.0, 10.0, 22.0, 21.0, 20.0]}, index=names),
        meta=pd.DataFrame({"halide": ["I", "I", "I", "Cl", "Cl", "Cl"]}, index=names),
    )
    correlation = questions.packing(tables)
    assert correlation.name == "E_vrh"
    assert list(correlation.index) == [questions.POOLED, "Cl", "I"]
    assert correlation[questions.POOLED] == pytest.approx(19 / 35)  # 1 - 6 * 16 / (6 * 35)
    assert correlation["Cl"] == correlation["I"] == pytest.approx(-1)
    tables.X = tables.X.rename(columns={questions.PACKING: "angle"})
    assert questions.packing(tables) is None


def test_the_report_writes_the_correlation_that_the_study_found(frozen, tmp_path):
    tables = build_tables(frozen, progress=False)
    result = SimpleNamespace(tables=tables, elastic=frozen, remarks=(), packing=questions.packing(tables))
    section = Section("Data")
    add_data(section, result, tmp_path)
    text = "".join(section.blocks)
    assert f"Rank correlation {result.packing[questions.POOLED]:+.2f} over all" in text
    assert f"Br {result.packing['Br']:+.2f}" in text
    result.packing = None
    add_data(without := Section("Data"), result, tmp_path)
    assert "Rank correlation" not in "".join(without.blocks)
