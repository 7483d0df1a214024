"""Isotopes: chemistry and elasticity know none, so deuterium is hydrogen wherever molecules are read."""

from __future__ import annotations

import re
from typing import Any, Final

from rdkit import Chem

_WRITTEN: Final = re.compile(r"\[\d")


def without_isotopes(mol: Any, smiles: str | None = None) -> Any:
    """Return a molecule whose isotopes are forgotten and whose hydrogens, deuterium included, are implicit.

    Parameters
    ----------
    mol : rdkit.Chem.Mol
        As read from SMILES.
    smiles : str, optional
        What it was read from: where that names no isotope, atoms need not be looked at.

    Examples
    --------
    >>> Chem.MolToSmiles(without_isotopes(Chem.MolFromSmiles("[2H]C([2H])([2H])[15NH3+]")))
    'C[NH3+]'
    """
    if smiles is not None and not _WRITTEN.search(smiles):
        return mol
    if not any(mol.GetAtomWithIdx(index).GetIsotope() for index in range(mol.GetNumAtoms())):
        return mol
    plain = Chem.Mol(mol)
    for atom in plain.GetAtoms():
        atom.SetIsotope(0)
    return Chem.RemoveHs(plain)
