import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from matplotlib import pyplot as plt

from perovex.elasticity import ElasticTensor, youngs_modulus
from perovex.elasticity.plots import plot_in_plane, plot_surface
from perovex.errors import ElasticityError


def test_polar_curve_is_the_modulus(cubic):
    ax = plot_in_plane(ElasticTensor(cubic), [0, 0, 1])
    _, radius = ax.lines[0].get_data()
    assert radius.max() == pytest.approx(youngs_modulus(cubic, [1, 0, 0]))
    assert radius.min() == pytest.approx(youngs_modulus(cubic, [1, 1, 0]))
    plt.close(ax.figure)


def test_surface_is_drawn_on_the_given_axes_with_the_largest_modulus_as_limit(cubic):
    given = plt.figure().add_subplot(projection="3d")
    ax = plot_surface(ElasticTensor(cubic), given)
    assert ax is given
    assert ax.get_xlim()[1] == pytest.approx(float(np.max(youngs_modulus(cubic, np.eye(3)))), rel=1e-2)
    plt.close(ax.figure)


@pytest.mark.parametrize("plot", [lambda t, ax: plot_in_plane(t, [0, 0, 1], ax), plot_surface])
def test_wrong_axes_are_refused(cubic, plot):
    figure, ax = plt.subplots()
    with pytest.raises(ElasticityError):
        plot(ElasticTensor(cubic), ax)
    plt.close(figure)
