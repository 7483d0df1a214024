"""Shapes of a small model: the line is the formula, and points scatter about it by the error of the model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from perovex import figures
from perovex.learn import YoungModulusRegressor, formula


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(80, 2)), columns=["free_volume_fraction", "stei_max"])
    y = pd.Series(np.exp(2 - 0.3 * X["free_volume_fraction"] + 0.1 * X["stei_max"] + 0.05 * rng.normal(size=80)))
    return YoungModulusRegressor("ridge", target="E_vrh").fit(X, y), X, y


def test_line_is_the_formula_and_points_are_partial_residuals(fitted):
    model, X, y = fitted
    ax = figures.plot_shape(model, "free_volume_fraction", X, y)
    line = ax.lines[-1].get_xydata()
    slope = np.polyfit(line[:, 0], np.log1p(line[:, 1] / 100), 1)[0]
    assert slope == pytest.approx(formula(model).loc["free_volume_fraction", "coefficient"], rel=1e-6)
    points = ax.collections[-1].get_offsets()
    # a regression through partial residuals has the slope of the term, but for what ridge takes off
    assert np.polyfit(points[:, 0], np.log1p(points[:, 1] / 100), 1)[0] == pytest.approx(-0.3, abs=0.03)
    assert ax.get_ylabel() == "change of E_vrh (%)"


def test_a_descriptor_that_the_model_does_not_use_is_refused(fitted):
    model, X, y = fitted
    with pytest.raises(KeyError):
        figures.plot_shape(model, "absent", X, y)
