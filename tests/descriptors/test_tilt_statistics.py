"""Tilts of generated networks, gathered: signs of correlations by Glazer's rules, densities that peak at the angle."""

import numpy as np
import pytest
from tilted_networks import network, rotation_vectors

from perovex.crystal import perceive
from perovex.crystal.examples import cubic
from perovex.descriptors.trajectory.tilt_statistics import AXES, EDGES, TiltStatistics

ANGLE = 8.3


def gathered(phases, repeats=(2, 2, 2), frames=1):
    structure = network(rotation_vectors((0.0, 0.0, ANGLE), phases)) * repeats
    crystal = perceive(structure)
    statistics = TiltStatistics(crystal)
    for _ in range(frames):
        rotations = statistics.add(crystal)
    return statistics, rotations


@pytest.fixture(scope="module", params=["++-", "+++"])
def tilted(request):
    return request.param, *gathered(request.param, frames=3)


def test_a_tilt_about_one_axis_is_correlated_by_its_phase(tilted):
    phases, statistics, rotations = tilted
    about = int(np.abs(rotations).mean(axis=0).argmax())
    assert np.abs(rotations[:, about]) == pytest.approx(ANGLE)
    table = statistics.correlation()
    table = table[(table["tilt_about"] == AXES[about]) & (table["shell"] == 1)].set_index("along")["correlation"]
    expected = dict.fromkeys(AXES, -1.0)
    expected[AXES[about]] = 1.0 if phases[2] == "+" else -1.0
    assert table.to_dict() == {axis: pytest.approx(sign) for axis, sign in expected.items()}


def test_second_neighbours_are_turned_alike_and_a_chain_ends_before_it_bites_its_tail(tilted):
    table = tilted[1].correlation()
    shells = table.groupby("along")["shell"].max()
    assert (shells == 3).all()  # four octahedra along each axis
    about = table.loc[table["shell"] == 2, "correlation"]
    assert about.max() == pytest.approx(1.0)


def test_densities_integrate_to_one_and_peak_at_the_angle(tilted):
    _, statistics, rotations = tilted
    density = statistics.density()
    width = EDGES[1] - EDGES[0]
    assert (density.sum() * width).tolist() == pytest.approx([1.0, 1.0, 1.0])
    about = AXES[int(np.abs(rotations).mean(axis=0).argmax())]
    peaks = density.index[density[about] > 0]
    assert len(peaks) == 2
    assert np.abs(peaks.to_numpy()) == pytest.approx(ANGLE, abs=width)


def test_one_octahedron_has_no_neighbours_but_itself():
    crystal = perceive(cubic("Pb", "I", "Cs"))
    statistics = TiltStatistics(crystal)
    statistics.add(crystal)
    assert statistics.correlation().empty
    assert statistics.density().sum().sum() > 0
    assert TiltStatistics(crystal).density().to_numpy().sum() == 0
