"""What a crystal is called."""

import pytest

from perovex.crystal import perceive
from perovex.crystal.drawing import rows
from perovex.crystal.examples import cubic, layered
from perovex.crystal.identity import FACTS, identity


def test_a_cubic_perovskite():
    crystal = perceive(cubic())
    facts = identity(crystal)
    assert tuple(facts) == FACTS
    assert facts["dimensionality"] == 3
    assert facts["n"] == float("inf")
    assert facts["formula"] == "CsPbI3"
    assert facts["metal"] == "Pb"
    assert facts["halide"] == "I"


@pytest.mark.parametrize("repeat", [1, 2])
def test_the_formula_does_not_depend_on_the_size_of_the_cell(repeat):
    structure = layered()
    structure.make_supercell([repeat, 1, 1])
    assert perceive(structure).formula == perceive(layered()).formula


def test_every_view_of_a_crystal_tells_its_cations_apart():
    crystal = perceive(layered(n=2, spacer="MA"))
    assert crystal.formula == "(CH3NH3)2CsPb2I7"
    assert repr(crystal).startswith(f"<LayeredPerovskite {crystal.formula}: n=2")
    assert dict(rows(crystal))["formula"] == crystal.formula
    assert crystal.formula in crystal._repr_html_()
    assert identity(crystal)["formula"] == crystal.formula
