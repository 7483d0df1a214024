"""Small crystals on a cheap analytic potential."""

import pytest
from ase.build import bulk
from ase.calculators.emt import EMT

collect_ignore = ["simulated_accelerator.py"]  # a script that needs torch; test_devices.py runs it


@pytest.fixture(scope="session")
def alloy():
    """Twelve disordered atoms without symmetry: every kind of internal relaxation, in milliseconds."""
    atoms = bulk("Cu", "fcc", a=3.75, cubic=False).repeat((3, 2, 2))
    atoms.numbers[[0, 3, 5, 6]] = 79
    return atoms


@pytest.fixture(scope="session")
def alloy_label(alloy):
    from perovex.elasticity import LabelSettings, label
    from perovex.elasticity.relaxation.quasi_newton import RelaxSettings

    return label(alloy, EMT(), LabelSettings(relax=RelaxSettings(fmax=1e-5, smax=1e-5)))
