"""Figures of scores draw the numbers of their tables."""

import numpy as np
import pandas as pd
import pytest

from perovex import figures
from perovex.figures.data import plot_series
from perovex.learn import expected_calibration_error, reliability_table
from perovex.learn.validation.scrambling import Scrambling


def test_reliability_shows_its_table():
    rng = np.random.default_rng(0)
    probability = rng.random(200)
    label = rng.random(200) < probability**2  # probabilities too high
    ax = figures.plot_reliability(label, probability, n_bins=4)
    points = ax.containers[0].lines[0]
    table = reliability_table(label, probability, n_bins=4)
    assert np.allclose(points.get_xdata(), table["predicted"])
    assert (points.get_ydata() < points.get_xdata()).all()
    assert ax.get_title() == f"expected calibration error {expected_calibration_error(table):.2f}"


def test_scrambling_marks_the_observed_score():
    scrambling = Scrambling(metric="R2", observed=0.7, null=np.array([0.0, 0.1, np.nan]), p_value=0.25)
    ax = figures.plot_scrambling(scrambling)
    assert ax.lines[0].get_xdata()[0] == pytest.approx(0.7)
    assert sum(patch.get_height() for patch in ax.patches) == 2


def test_axes_bear_the_unit_of_the_target_and_hold_negative_values():
    shifts = pd.Series([-3.0, -1.0, 2.0])
    ax = figures.plot_parity(shifts, shifts + 0.1, pd.Series(["I", "Br", "I"]), unit="meV")
    assert ax.get_xlabel() == "label (meV)"
    assert ax.get_xlim()[0] < -3
    table = pd.DataFrame({"gap": [2.0, 1.9], "n_layers": [1.0, 2.0], "halide": "I", "spacer_smiles": "CC[NH3+]"})
    assert plot_series(table, "gap", unit="eV").get_ylabel() == "gap (eV)"
    assert plot_series(table, "gap", unit="").get_ylabel() == "gap"
