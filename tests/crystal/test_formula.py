"""Formulas as a chemist writes them."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from perovex.crystal import perceive
from perovex.crystal.examples import cubic
from perovex.crystal.formula import formula_with_cations, joined, molecule_formula


@pytest.mark.parametrize(
    ("composition", "spacers", "cages", "formula"),
    [
        ("PbC8H24Br4N2", "CCCC[NH3+]", "", "(C4H9NH3)2PbBr4"),
        ("H24PbC8(Br2N)2", "CCCC[NH3+]", "", "(C4H9NH3)2PbBr4"),
        ("Pb2C9H30I7N3", "CCCC[NH3+]", "C[NH3+]", "(C4H9NH3)2(CH3NH3)Pb2I7"),
        ("PbC4H14I4N2", "[NH3+]CCCC[NH3+]", "", "(NH3C4H8NH3)PbI4"),
        ("PbC8H24Br2I2N2", "CCCC[NH3+]", "", "(C4H9NH3)2PbBr2I2"),
        ("AgBiC16H48Br8N4", "CCCC[NH3+]", "", "(C4H9NH3)4AgBiBr8"),
        ("CsC8H24Pb2Br7N2", "CCCC[NH3+]", "[Cs+]", "(C4H9NH3)2CsPb2Br7"),
        ("PbCH6I3N", "", "C[NH3+]", "(CH3NH3)PbI3"),
        ("PbCH5I3N2", "", "NC=[NH2+]", "(CH5N2)PbI3"),
        ("CsPbI3", "", "[Cs+]", "CsPbI3"),
        ("PbC16H24Br4N2", "C[C@H]([NH3+])c1ccccc1.C[C@@H]([NH3+])c1ccccc1", "", "(C8H9NH3)2PbBr4"),
        ("PbC16H22Cl2I4N2", "[NH3+]CCc1ccccc1Cl", "", "(C8H8ClNH3)2PbI4"),
        ("PbC8H26Br4N2O", "CCCC[NH3+]", "", "(C4H9NH3)2PbBr4(H2O)"),
        ("PbH4I3N", "", "[NH4+]", "(NH4)PbI3"),
    ],
)
def test_cations_are_told_apart(composition, spacers, cages, formula):
    assert formula_with_cations(composition, spacers, cages) == formula


@pytest.mark.parametrize("spacers", ["CCCCC[NH3+]", "", "no SMILES", "CCCC[NH3+].C[NH3+]"])
def test_a_formula_that_the_cations_do_not_add_up_to_stays(spacers):
    assert formula_with_cations("PbC8H24Br4N2", spacers, "") == "PbC8H24Br4N2"


def test_a_charge_on_other_groups_is_written_in_the_order_of_hill():
    bonds = [(0, 1), (0, 2), *((1, k) for k in (3, 4)), *((2, k) for k in (5, 6)), (0, 7)]
    assert molecule_formula(["C", "N", "N", *"HHHHH"], bonds, 1) == "CH5N2"


def test_elements_need_no_brackets_and_molecules_do():
    assert joined([{"CO": 1}, {"Co": 2}, {"I": 4}]) == "(CO)Co2I4"


def test_a_double_perovskite_and_a_mixed_halide():
    double = cubic("Ag", "Br", "Cs")
    double.make_supercell([[1, 1, 0], [1, 0, 1], [0, 1, 1]])
    silver = [k for k, site in enumerate(double) if site.specie.symbol == "Ag"]
    double.replace(silver[0], "Bi")
    assert perceive(double).formula == "Cs2AgBiBr6"
    mixed = Structure(Lattice.cubic(6.0), ["Cs", "Pb", "I", "I", "Br"], [[0.5] * 3, [0] * 3, *np.eye(3) / 2])
    assert perceive(mixed).formula == "CsPbBrI2"
