import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

from matplotlib import pyplot as plt

from perovex.elasticity import ElasticTensor, youngs_modulus
from perovex.errors import ElasticityError
from perovex.figures.tensor import plot_in_plane, plot_surface


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


def test_circle_is_the_mean_and_zero_degrees_is_the_direction_asked_for(cubic):
    tensor = ElasticTensor(cubic)
    ax = plot_in_plane(tensor, [0, 0, 2], zero=[3, 3, 1])
    (angle, radius), (_, circle) = (line.get_data() for line in ax.lines)
    assert circle == pytest.approx(np.full(len(circle), tensor.in_plane([0, 0, 1])["mean"]))
    assert radius[0] == pytest.approx(youngs_modulus(cubic, [1, 1, 0]))
    assert np.interp(np.pi / 4, angle, radius) == pytest.approx(youngs_modulus(cubic, [0, 1, 0]))
    plt.close(ax.figure)


def test_angles_count_right_handedly_about_the_normal():
    C = np.diag([40.0, 20.0, 30.0, 5.0, 6.0, 7.0])
    C[0, 5] = C[5, 0] = 4.0  # x y is no mirror plane: both senses differ
    ax = plot_in_plane(ElasticTensor(C), [0, 0, 1], zero=[1, 0, 0])
    angle, radius = ax.lines[0].get_data()
    direction = [np.cos(angle[30]), np.sin(angle[30]), 0]
    assert radius[30] == pytest.approx(youngs_modulus(C, direction))
    assert radius[30] != pytest.approx(youngs_modulus(C, direction * np.array([1, -1, 1])), rel=0.05)
    plt.close(ax.figure)


def test_second_curve_does_not_cut_off_the_first(cubic):
    ax = plot_in_plane(ElasticTensor(cubic), [0, 0, 1])
    plot_in_plane(ElasticTensor(cubic / 2), [0, 0, 1], ax)
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylim()[1] > youngs_modulus(cubic, [1, 0, 0])
    plt.close(ax.figure)


def test_normal_is_marked_outside_the_surface(cubic):
    ax = plot_surface(ElasticTensor(cubic), normal=[0, 3, 4], colorbar=False)
    starts = np.array([line.get_data_3d() for line in ax.lines])[:, :, 0]
    expected = youngs_modulus(cubic, [0, 3, 4]) * np.array([0, 0.6, 0.8])
    np.testing.assert_allclose(starts, [expected, -expected], rtol=1e-9)
    plt.close(ax.figure)


def test_zero_along_the_normal_is_refused(cubic):
    with pytest.raises(ElasticityError, match="0 degrees"):
        plot_in_plane(ElasticTensor(cubic), [0, 0, 1], zero=[0, 0, -2])
    plt.close("all")
