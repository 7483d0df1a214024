"""Molecules without hydrogens: aromatic rings by their bonds, protons by the charge of the crystal."""

import numpy as np
import pytest
from pymatgen.core import Structure
from rdkit import Chem
from test_charges import sheets

from perovex.crystal import perceive


def without_hydrogens(structure):
    return Structure.from_sites([s for s in structure if s.specie.symbol != "H"])


CATIONS = {
    "benzylammonium": ("[NH3+]Cc1ccccc1", 1),
    "cyclohexylammonium": ("[NH3+]C1CCCCC1", 1),
    "thienylmethylammonium": ("[NH3+]Cc1cccs1", 1),
    "naphthylmethylammonium": ("[NH3+]Cc1cccc2ccccc12", 1),
    "allylammonium": ("C=CC[NH3+]", 1),
    "xylylenediammonium": ("[NH3+]Cc1ccc(C[NH3+])cc1", 2),
    "aminomethylpyridinium": ("[NH3+]Cc1cc[nH+]cc1", 2),
    "aminomethylpiperidinium": ("[NH3+]CC1CC[NH2+]CC1", 2),
    "piperazinium": ("C1C[NH2+]CC[NH2+]1", 2),
    "methyl viologen": ("C[n+]1ccc(-c2cc[n+](C)cc2)cc1", 2),
}


@pytest.mark.parametrize("name", sorted(CATIONS))
def test_a_cation_is_recognised_without_its_hydrogens(name):
    smiles, charge = CATIONS[name]
    crystal = perceive(without_hydrogens(sheets(smiles, charge)))
    assert {(m.smiles, m.charge) for m in crystal.molecules} == {(Chem.CanonSmiles(smiles), charge)}
    assert not any(m.hydrogens_complete for m in crystal.molecules)
    assert any("hydrogens are missing" in w for w in crystal.warnings)


def test_a_short_bond_at_the_end_of_a_chain_is_no_double_bond():
    """Disorder refined as one position: 1.31 Å at an angle of 110 degrees."""
    structure = without_hydrogens(sheets("CCCC[NH3+]", 1))
    crystal = perceive(structure)
    for m in crystal.spacers:
        degree = np.bincount(m.bonds.ravel(), minlength=len(m.sites))
        (end,) = [k for k, s in enumerate(m.symbols) if s == "C" and degree[k] == 1]
        (inner,) = [a + b - end for a, b in m.bonds.tolist() if end in (a, b)]
        along = m.coordinates[end] - m.coordinates[inner]
        structure.translate_sites([int(m.sites[end])], along * (1.31 / np.linalg.norm(along) - 1), frac_coords=False)
    assert {m.smiles for m in perceive(structure).spacers} == {"CCCC[NH3+]"}
