"""Cuts and surfaces of every property."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from perovex.elasticity import ElasticTensor
from perovex.errors import ElasticityError
from perovex.figures import interactive_surface, plot_cut, plot_property_surface
from perovex.figures.tensor_cuts import PROPERTIES

C = np.diag([40.0, 40.0, 40.0, 8.0, 8.0, 8.0])
C[:3, :3] += 10 * (1 - np.eye(3))
CUBIC = ElasticTensor(C)


@pytest.mark.parametrize("prop", PROPERTIES)
def test_cut_shows_the_values(prop):
    ax = plot_cut(CUBIC, prop, density=3.0)
    drawn = [line for line in ax.lines if line.get_linestyle() == "-"]
    assert len(drawn) == len(PROPERTIES[prop].lines)
    expected = {
        "youngs_modulus": 36.0,
        "linear_compressibility": 1e3 / 60,
        "shear_modulus": 8.0,
        "poissons_ratio": 0.2,
        "velocity": np.sqrt(8 / 3),
        "slowness": np.sqrt(3 / 8),
        "group_velocity": np.sqrt(8 / 3),
    }
    start = [line.get_ydata()[0] for line in drawn]
    assert any(value == pytest.approx(expected[prop]) for value in start)


def test_negative_values_are_dashed():
    # auxetic: cristobalite
    matrix = np.diag([59.4, 59.4, 42.4, 67.2, 67.2, 25.7])
    matrix[0, 1] = matrix[1, 0] = 3.8
    matrix[:2, 2] = matrix[2, :2] = -4.4
    ax = plot_cut(ElasticTensor(matrix), "poissons_ratio", [0, 1, 0])
    assert any(line.get_linestyle() == "--" for line in ax.lines)


def test_surface_reaches_the_extremes():
    ax = plot_property_surface(CUBIC, "shear_modulus", points=24, line=0)
    assert ax.get_xlim()[1] <= CUBIC.extremes("shear_modulus").max.value
    assert "smallest shear modulus" in ax.get_title()
    flat = Figure().add_subplot(projection="3d")
    assert plot_property_surface(CUBIC, ax=flat, points=12) is flat


def test_interactive_surface_tells_values():
    pytest.importorskip("plotly")
    made = interactive_surface(CUBIC, "velocity", density=3.0, points=12)
    assert len(made.data) == 3
    assert np.max(made.data[2].surfacecolor) <= np.sqrt(40 / 3.0) + 1e-9  # along a cubic axis


@pytest.mark.parametrize("draw", [plot_cut, plot_property_surface, interactive_surface])
def test_what_cannot_be_drawn_is_refused(draw):
    with pytest.raises(ElasticityError, match="called"):
        draw(CUBIC, "hardness")
    with pytest.raises(ElasticityError, match="density"):
        draw(CUBIC, "velocity")
    with pytest.raises(ElasticityError, match="unstable"):
        draw(ElasticTensor(np.diag([1.0, 1, 1, 1, 1, -1])))


def test_axes_of_the_wrong_kind_are_refused():
    with pytest.raises(ElasticityError, match="polar"):
        plot_cut(CUBIC, ax=Figure().add_subplot())
    with pytest.raises(ElasticityError, match="three-dimensional"):
        plot_property_surface(CUBIC, ax=Figure().add_subplot())
