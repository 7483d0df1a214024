"""What a crystal is called."""

import pytest

from perovex.crystal import perceive
from perovex.crystal.examples import cubic, layered
from perovex.crystal.identity import chemical_formula, identity


def test_a_cubic_perovskite():
    crystal = perceive(cubic())
    facts = identity(crystal)
    assert facts["dimensionality"] == 3
    assert facts["n"] == float("inf")
    assert facts["formula"] == "CsPbI3"
    assert facts["metal"] == "Pb"
    assert facts["halide"] == "I"


@pytest.mark.parametrize("repeat", [1, 2])
def test_the_formula_does_not_depend_on_the_size_of_the_cell(repeat):
    structure = layered()
    structure.make_supercell([repeat, 1, 1])
    assert chemical_formula(perceive(structure)) == chemical_formula(perceive(layered()))
