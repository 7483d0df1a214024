"""Nitrogens that carry the charge, by hand."""

import pytest

from perovex.descriptors.ammonium import ammonium_atoms


@pytest.mark.parametrize(
    ("smiles", "atoms"),
    [
        ("[NH3+]CCc1ccccc1", (0,)),
        ("NCc1ccc(N)cc1", (0,)),
        ("Nc1ccccc1", (0,)),
        ("c1cc[nH+]cc1", (3,)),
        ("NC(N)=[NH2+]", (0, 2, 3)),
        ("NC(=N)N", (0, 2, 3)),
        ("c1c[nH+]c[nH]1", (2, 4)),
        ("O=[N+]([O-])c1ccc(C[NH3+])cc1", (8,)),
        ("C[N+](C)(C)C", (1,)),
        ("[NH3+]CC(=O)NC", (0,)),
        ("CCO", ()),
    ],
)
def test_ammonium_atoms(smiles, atoms):
    assert ammonium_atoms(smiles) == atoms
