"""SMILES into graphs."""

import numpy as np
import pytest
from rdkit import Chem

from perovex.descriptors.smiles import canonical_smiles, may_have_double_bonds, molecule_graph, parse_smiles
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


@pytest.mark.parametrize("smiles", ["C1C[NH+]2CCN1CC2", "C[C@H]([NH3+])c1ccccc1", "[NH3+]C/C=C/C[NH3+]", "OCC[NH3+]"])
def test_a_molecule_put_in_canonical_order_is_the_one_that_its_smiles_gives(smiles):
    written = Chem.MolToSmiles(Chem.MolFromSmiles(smiles), rootedAtAtom=2)
    name = canonical_smiles(Chem.MolFromSmiles(written), written)
    assert written != name
    kept, read = parse_smiles(name), Chem.MolFromSmiles(name)
    assert Chem.MolToSmiles(kept) == name
    assert Chem.GetAdjacencyMatrix(kept).tolist() == Chem.GetAdjacencyMatrix(read).tolist()
    assert kept.GetRingInfo().NumRings() == read.GetRingInfo().NumRings()


@pytest.mark.parametrize(
    ("smiles", "may"), [("C[NH3+]", False), ("c1ccccc1", False), ("CC=C", True), ("c1=cc=cc=cc=c1", True)]
)
def test_double_bonds_are_never_overlooked(smiles, may):
    assert may_have_double_bonds(smiles) is may


def test_rings_written_as_aromatic_that_are_none_have_double_bonds():
    assert may_have_double_bonds("c1ccccccc1")
