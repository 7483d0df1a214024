"""Isotopes: chemistry and elasticity know none, so deuterium is hydrogen wherever molecules are read."""

from __future__ import annotations

from typing import Any

from rdkit import Chem


def without_isotopes(mol: Any) -> Any:
    """Return a molecule whose isotopes are forgotten and whose hydrogens, deuterium included, are implicit.

    Parameters
    ----------
    mol : rdkit.Chem.Mol
        As read from SMILES.

    Examples
    --------
    >>> Chem.MolToSmiles(without_isotopes(Chem.MolFromSmiles("[2H]C([2H])([2H])[15NH3+]")))
    'C[NH3+]'
    """
    if not any(mol.GetAtomWithIdx(index).GetIsotope() for index in range(mol.GetNumAtoms())):
        return mol
    plain = Chem.Mol(mol)
    for atom in plain.GetAtoms():
        atom.SetIsotope(0)
    return Chem.RemoveHs(plain)
