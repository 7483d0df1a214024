"""Isotopes do not make another molecule."""

from rdkit import Chem

from perovex.crystal.isotopes import without_isotopes


def test_deuterated_and_labelled_molecules_are_plain_ones():
    plain = Chem.MolToSmiles(Chem.MolFromSmiles("C[NH3+]"))
    for smiles in ("[2H]C([2H])([2H])[N+]([2H])([2H])[2H]", "[13CH3][NH3+]", "C[NH3+]"):
        assert Chem.MolToSmiles(without_isotopes(Chem.MolFromSmiles(smiles))) == plain
