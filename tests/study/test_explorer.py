"""What the explorer of the report holds is what the models say."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist

from perovex.crystal.examples import layered
from perovex.learn import small_model
from perovex.study.report.explorer import _rounded, _what_if, nearest
from perovex.study.report.explorer_crystals import _drawing


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


def test_nearest_crystals_are_those_of_a_plain_search():
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.normal(size=(12, 3)) * [1, 10, 100], columns=list("abc"))
    X.iloc[3, 1] = np.nan
    scaled = ((X - X.mean()) / X.std(ddof=0)).fillna(0.0).to_numpy()
    distance = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert nearest(X, 3).tolist() == np.argsort(distance, axis=1)[:, :3].tolist()
    assert nearest(X.iloc[:2], 3).shape == (2, 1)


def test_numbers_are_short_and_gaps_stay_gaps():
    assert _rounded(np.array([[1.23456, np.nan], [0.000123456, np.inf]]), 3) == [[1.23, None], [0.000123, None]]


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
