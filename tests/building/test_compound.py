"""Compounds as people write them."""

import pandas as pd
import pytest

from perovex.building.compound import Compound, compound_key, read_compounds
from perovex.errors import BuildError, PerovexError, SmilesError


def test_compounds_are_read_in_any_case_and_unclear_mixtures_are_refused():
    compound = Compound.read("[NH3+]CCCC", "pb", "BR", "2", "cs", "Staggered")
    assert str(compound) == "CCCC[NH3+] PbBr n=2 Cs staggered"
    with pytest.raises(BuildError, match=r"halide 'I/Br' cannot be read \(write Br, Br0.5I0.5"):
        Compound.read("CC[NH3+]", halide="I/Br")
    with pytest.raises(BuildError, match="of metals not"):
        Compound.read("CC[NH3+]", metal="Pb0.5Sn0.5")
    with pytest.raises(BuildError, match="unknown cage cation 'XX'"):
        Compound.read("CC[NH3+]", cage="XX")
    for n in (0, -1, 1.5, "many", float("nan")):
        with pytest.raises(BuildError, match="whole number of sheets"):
            Compound.read("CC[NH3+]", n=n)
    with pytest.raises(SmilesError):
        Compound.read("nonsense(")
    with pytest.raises(BuildError, match="no column of spacers"):
        read_compounds(pd.DataFrame({"halide": ["I"]}))
    assert isinstance(read_compounds(pd.DataFrame({"spacer": ["C("]}))[0], PerovexError)


def test_a_key_knows_neither_spelling_nor_hand_nor_a_cage_that_is_not_there():
    left, right = "C[C@H]([NH3+])CC", "CC[C@@H](C)[NH3+]"
    assert compound_key(left, "Pb", "I", 1, "C[NH3+]") == compound_key(right, "Pb", "I", 1.0, "")
    assert compound_key(left, "Pb", "I", 2, "C[NH3+]") != compound_key(left, "Pb", "I", 2, "[Cs+]")


def test_empty_cells_of_a_table_mean_the_default():
    table = pd.DataFrame({"SMILES": ["CC[NH3+]"], "Halide": [None], "n": [float("nan")], "note": ["x"]})
    assert read_compounds(table) == [Compound.read("CC[NH3+]")]
