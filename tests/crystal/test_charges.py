"""Conjugated cations: of several sound states the one that balances the crystal and fits its bonds."""

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from rdkit import Chem
from rdkit.Chem import AllChem

from perovex.crystal import perceive


def geometry(smiles):
    """Elements and coordinates (Å) of a molecule, its long axis along z, its plane across the sheets."""
    mol = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMolecule(mol, randomSeed=7)
    AllChem.MMFFOptimizeMolecule(mol)
    points = mol.GetConformer().GetPositions()
    points = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(points)
    return [a.GetSymbol() for a in mol.GetAtoms()], points @ axes[[1, 2, 0]].T


def sheets(smiles, charge, bond=3.0, extra=()):
    """One sheet of lead bromide and what balances it: one dication per metal, or two cations on top of each other."""
    symbols, points = geometry(smiles)
    height = np.ptp(points[:, 2])
    floors = [0.0] if charge == 2 else [0.0, height + 2.5]
    period = 2 * bond + 4.0 + (height if charge == 2 else 2 * height + 2.5)
    names, rows = [], []
    for x, y in np.ndindex(2, 2):
        corner = 2 * bond * np.array([x, y, 0.0])
        names += ["Pb", "Br", "Br", "Br", "Br"]
        rows += [*(corner + bond * np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, -1]]))]
        for floor in floors:
            names += symbols
            rows += [*(points + corner + [bond, bond, bond + 2.0 + height / 2 + floor])]
    lattice = Lattice(np.diag([4 * bond, 4 * bond, period]))
    return Structure(lattice, names, np.array(rows), coords_are_cartesian=True)


CATIONS = {
    "bipyridinium": ("c1cc(-c2cc[nH+]cc2)cc[nH+]1", 2),
    "methyl viologen": ("C[n+]1ccc(-c2cc[n+](C)cc2)cc1", 2),
    "pyrazinium": ("c1c[nH+]cc[nH+]1", 2),
    "N,N'-dimethylpyrazinium": ("C[n+]1cc[n+](C)cc1", 2),
    "phenazinium": ("c1ccc2c(c1)[nH+]c1ccccc1[nH+]2", 2),
    "naphthyridinium": ("[nH+]1ccc2c[nH+]ccc2c1", 2),
    "ethynyl-bridged viologen": ("C[n+]1ccc(C#Cc2cc[n+](C)cc2)cc1", 2),
    "benzoquinone diiminium": ("[NH2+]=C1C=CC(=[NH2+])C=C1", 2),
    "phenylenediammonium": ("[NH3+]c1ccc([NH3+])cc1", 2),
    "tropylium": ("[cH+]1cccccc1", 1),
    "pyridinium": ("c1cc[nH+]cc1", 1),
    "aminopyridinium": ("Nc1cc[nH+]cc1", 1),
    "imidazolium": ("c1c[nH]c[nH+]1", 1),
    "pyrylium": ("c1cc[o+]cc1", 1),
    "formamidinium": ("NC=[NH2+]", 1),
}


@pytest.mark.parametrize("name", sorted(CATIONS))
def test_conjugated_cations_keep_their_charge(name):
    smiles, charge = CATIONS[name]
    crystal = perceive(sheets(smiles, charge))
    assert {(m.smiles, m.charge, m.role) for m in crystal.molecules} == {(Chem.CanonSmiles(smiles), charge, "spacer")}
    assert crystal.phase == ("DJ" if charge == 2 else "RP")
    assert not [w for w in crystal.warnings if "charge" in w or "guest" in w or "hydrogen" in w]


def test_a_neutral_quinoid_stays_neutral_where_others_balance_the_crystal():
    structure = sheets("[NH3+]CC[NH3+]", 2)
    symbols, points = geometry("C1=CC(=C2C=CNC=C2)C=CN1")
    lattice = Lattice(np.diag([12.0, 12.0, structure.lattice.c + 14.0]))
    shifted = [s.coords for s in structure]
    names = [s.specie.symbol for s in structure]
    guest = points + np.array([3.0, 3.0, structure.lattice.c + 3.0])
    crystal = perceive(Structure(lattice, names + symbols, [*shifted, *guest], coords_are_cartesian=True))
    guests = [m for m in crystal.molecules if m.role == "guest"]
    assert [m.charge for m in guests] == [0]
    assert guests[0].smiles == Chem.CanonSmiles("C1=CC(=C2C=CNC=C2)C=CN1")


def test_bond_lengths_veto_a_charge_that_would_balance():
    """p-Phenylenediamine with single C-N bonds lost hydrogens; it is no quinone diiminium."""
    structure = sheets("Nc1ccc(N)cc1", 2)
    crystal = perceive(structure)
    assert {m.smiles for m in crystal.molecules} == {"Nc1ccc(N)cc1"}
    assert any("charges do not balance" in w for w in crystal.warnings)


def test_a_tropylium_ring_is_a_cation_even_in_a_crystal_that_does_not_balance():
    structure = sheets("[cH+]1cccccc1", 1)
    structure.remove_sites([i for i, s in enumerate(structure) if s.specie.symbol == "Pb"][:0])
    halves = Structure.from_sites(
        [s for s in structure if s.specie.symbol in {"Pb", "Br"} or s.z < structure.lattice.c / 2]
    )
    crystal = perceive(halves)
    assert {m.charge for m in crystal.molecules} == {1}
    assert any("charges do not balance" in w for w in crystal.warnings)
