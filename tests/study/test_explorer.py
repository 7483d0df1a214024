"""What the explorer of the report holds is what the models say."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist

from perovex.crystal.examples import layered
from perovex.learn import small_model
from perovex.study.neighbours import nearest_crystals
from perovex.study.report.explorer import _rounded, _what_if, nearest
from perovex.study.report.explorer_crystals import _drawing, facts_of


def test_the_what_if_panel_has_the_small_model_itself():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(80, 6)), columns=list("abcdef"))
    y = np.exp(2 + 0.5 * X["a"] - 0.2 * X["d"] + 0.05 * rng.normal(size=80))
    model = small_model("E_vrh").fit(X, y)
    page = _what_if(model, X)
    others = pd.DataFrame(rng.normal(size=(5, 6)), columns=X.columns)
    scaled = (others[page["descriptors"]] - page["centre"]) / page["scale"]
    assert np.exp(page["intercept"] + scaled @ page["coefficients"]).to_numpy() == pytest.approx(model.predict(others))
    assert np.diag(page["correlation"]) == pytest.approx(1.0)


def test_the_page_shows_the_neighbours_that_the_study_found():
    rng = np.random.default_rng(1)
    names = pd.Index([f"c{k}" for k in range(12)], name="crystal_id")
    X = pd.DataFrame(rng.normal(size=(12, 3)), columns=list("abc"), index=names)
    tables = SimpleNamespace(X=X, groups=pd.Series(np.arange(12) // 2, index=names), values=X[["a"]])
    found = nearest_crystals(tables)
    shown = nearest(found, names)
    assert [len(near) for near in shown] == [3] * 12
    for number, name in enumerate(names):
        rows = found[found["crystal_id"] == name].sort_values("rank")
        assert [names[k] for k in shown[number]] == rows["neighbour"].tolist()
        assert number not in shown[number]


def test_numbers_are_short_and_gaps_stay_gaps():
    assert _rounded(np.array([[1.23456, np.nan], [0.000123456, np.inf]]), 3) == [[1.23, None], [0.000123, None]]


def test_formulas_of_labelled_crystals_tell_their_cations_apart(elastic_data):
    names = ["BA2PbI4", "S-4-NO2-MBA2PbBr4-H2O"]
    known = elastic_data.table.loc[names, ["halide", "n_layers"]]
    facts = facts_of(SimpleNamespace(tables=SimpleNamespace(meta=known), data=elastic_data))
    assert facts["formula"].tolist() == ["(C4H9NH3)2PbI4", "(C8H8NO2NH3)2PbBr4(H2O)"]


def test_pieces_of_a_crystal_are_drawn_inside_its_cell_and_stay_whole():
    crystal = layered(spacer="MA")
    shifted = crystal.copy()
    molecule = [i for i, site in enumerate(crystal) if site.specie.symbol in "CNH"][:8]
    shifted.translate_sites(molecule, [2, -1, 3], to_unit_cell=False)
    assert np.abs(shifted.frac_coords).max() > 2
    drawn = _drawing(shifted)
    middle = crystal.lattice.get_fractional_coords(np.array(drawn["positions"])[molecule]).mean(axis=0)
    assert ((middle > -0.01) & (middle < 1.01)).all()
    before, after = (pdist(np.array(x)[molecule]) for x in (crystal.cart_coords, drawn["positions"]))
    assert after == pytest.approx(before, abs=0.03)
