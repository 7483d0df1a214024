"""SMILES into graphs."""

import numpy as np
import pytest

from perovex.descriptors.smiles import molecule_graph, parse_smiles
from perovex.errors import SmilesError


def test_atoms_bonds_and_hydrogens():
    graph = molecule_graph("CC[NH3+]")
    assert graph.symbols == ("C", "C", "N")
    assert graph.charges == (0, 0, 1)
    assert graph.hydrogens.tolist() == [3, 2, 3]
    assert graph.distances.tolist() == [[0, 1, 2], [1, 0, 1], [2, 1, 0]]


def test_no_path_leads_to_another_molecule():
    assert np.isinf(molecule_graph("C.C").distances[0, 1])


@pytest.mark.parametrize("smiles", ["", "  ", "C(", "c1ccccc", "N(C)(C)(C)C", None])
def test_what_cannot_be_read_is_refused(smiles):
    with pytest.raises(SmilesError):
        parse_smiles(smiles)
