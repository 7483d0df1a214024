"""Formulas as a chemist writes them: cations told apart, then metals, then halides."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache, reduce
from math import gcd
from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Composition
from rdkit import Chem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_AMMONIUM_HYDROGENS = 3
_HALOGENS = ("F", "Cl", "Br", "I")
_TOLERANCE = 1e-6
_WATER = "O"  # as SMILES


def molecule_formula(symbols: Iterable[str], bonds: Iterable[tuple[int, int]], charge: int) -> str:
    """Return the formula of a cation with its ammonium groups written out, such as ``C4H9NH3``.

    Parameters
    ----------
    symbols : iterable of str
        Elements of the atoms, hydrogens included.
    bonds : iterable of pairs of int
        Bonded atoms.
    charge : int
        Of the molecule; where other groups than ammonium carry some of it, the order is that of Hill.

    Examples
    --------
    >>> molecule_formula(["C", "N", *"HHHHHH"], [(0, 1), (0, 2), (0, 3), (0, 4), (1, 5), (1, 6), (1, 7)], 1)
    'CH3NH3'
    """
    elements = tuple(symbols)
    atoms = Counter(elements)
    heads = _ammonium_heads(elements, bonds)
    if heads not in (1, 2) or heads != charge or not atoms["C"]:
        return _in_order(atoms)
    rest = _in_order(atoms - Counter({"N": heads, "H": _AMMONIUM_HYDROGENS * heads}))
    return f"{rest}NH3" if heads == 1 else f"NH3{rest}NH3"


def joined(parts: Iterable[Mapping[str, int]]) -> str:
    """Join what a crystal consists of to one formula, in the smallest whole numbers.

    Parameters
    ----------
    parts : iterable of mapping of str to int
        How often each molecule or element occurs; in the order in which they are written.

    Examples
    --------
    >>> joined([{"C4H9NH3": 8}, {"Pb": 4}, {"I": 16}])
    '(C4H9NH3)2PbI4'
    """
    written = list(parts)
    unit = reduce(gcd, (count for part in written for count in part.values()), 0) or 1
    return "".join(_counted(part, unit) for part in written)


def formula_with_cations(composition: str, *cations: str) -> str:
    """Tell the cations apart in a formula that only counts atoms.

    Parameters
    ----------
    composition : str
        Such as ``PbC8H24I4N2``.
    *cations : str
        SMILES of the cations, several joined by dots: those between the slabs, those in the cages; water goes without
        saying.

    Returns
    -------
    str
        Such as ``(C4H9NH3)2PbI4``; `composition` as it is where these cations do not add up to it.

    Examples
    --------
    >>> formula_with_cations("PbC8H24I4N2", "CCCC[NH3+]", "")
    '(C4H9NH3)2PbI4'
    >>> formula_with_cations("PbCH6I3N", "", "C[NH3+]")
    '(CH3NH3)PbI3'
    """
    amounts = Composition(composition).get_el_amt_dict()
    total = Counter({symbol: round(amount) for symbol, amount in amounts.items()})
    kinds = [{formula: atoms for formula, atoms in map(_read, smiles.split(".")) if atoms} for smiles in cations]
    for guests in ({}, dict([_read(_WATER)])):
        atoms_of = {formula: atoms for kind in (*kinds, guests) for formula, atoms in kind.items()}
        count = _counts(total, atoms_of)
        if count is not None:
            molecules = [{name: count[name] for name in kind} for kind in kinds]
            frame = _left(total, atoms_of, count)
            metals = {symbol: n for symbol, n in frame.items() if symbol not in _HALOGENS}
            halides = {symbol: n for symbol, n in frame.items() if symbol in _HALOGENS}
            return joined([*molecules, metals, halides, {name: count[name] for name in guests}])
    return composition


def _left(total: Counter[str], atoms_of: Mapping[str, Counter[str]], count: Mapping[str, int]) -> dict[str, int]:
    """Return the atoms of the framework: all but those of the molecules."""
    left = Counter(total)
    for name, number in count.items():
        left.subtract({symbol: number * n for symbol, n in atoms_of[name].items()})
    return {symbol: n for symbol, n in left.items() if n}


def _counts(composition: Counter[str], atoms_of: Mapping[str, Counter[str]]) -> dict[str, int] | None:
    """Return how many of each molecule make up the composition; None where no whole numbers do."""
    names = list(atoms_of)
    of_molecules = {symbol for atoms in atoms_of.values() for symbol in atoms} | {"C", "N", "H"}
    rows = sorted(of_molecules - set(_HALOGENS))
    if not names:
        return None if any(composition[symbol] for symbol in ("C", "N", "H")) else {}
    matrix = np.array([[atoms_of[name][symbol] for name in names] for symbol in rows], dtype=float)
    wanted = np.array([composition[symbol] for symbol in rows], dtype=float)
    numbers = np.linalg.lstsq(matrix, wanted, rcond=None)[0]
    whole = np.rint(numbers)
    exact = np.abs(numbers - whole).max() < _TOLERANCE and np.array_equal(matrix @ whole, wanted)
    if not exact or whole.min() < 1:
        return None
    return {name: int(number) for name, number in zip(names, whole, strict=True)}


@lru_cache(maxsize=4096)
def _read(smiles: str) -> tuple[str, Counter[str]]:
    """Return formula and atoms of a molecule; no atoms where it cannot be read."""
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return "", Counter()
    full = Chem.AddHs(mol)
    symbols = [atom.GetSymbol() for atom in full.GetAtoms()]
    bonds = [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in full.GetBonds()]
    return molecule_formula(symbols, bonds, Chem.GetFormalCharge(full)), Counter(symbols)


def _ammonium_heads(symbols: tuple[str, ...], bonds: Iterable[tuple[int, int]]) -> int:
    """Count nitrogens with three hydrogens."""
    hydrogens: Counter[int] = Counter()
    for first, second in bonds:
        for heavy, light in ((first, second), (second, first)):
            if symbols[heavy] == "N" and symbols[light] == "H":
                hydrogens[heavy] += 1
    return sum(count == _AMMONIUM_HYDROGENS for count in hydrogens.values())


def _in_order(atoms: Mapping[str, int]) -> str:
    """Write carbon, hydrogen, then the others by the alphabet; without carbon, nitrogen leads, as in NH4."""
    first = [symbol for symbol in ("C", "H") if atoms.get("C") and atoms.get(symbol)]
    if not first and atoms.get("N"):
        first = ["N"]
    order = first + sorted(symbol for symbol in atoms if symbol not in first and atoms[symbol])
    return "".join(f"{symbol}{atoms[symbol] if atoms[symbol] > 1 else ''}" for symbol in order)


def _counted(part: Mapping[str, int], unit: int) -> str:
    """Write what one part of the crystal holds per formula unit."""
    text = ""
    for name in sorted(part):
        number = part[name] // unit
        element = name.isalpha() and name.capitalize() == name
        text += name if element else f"({name})"
        text += str(number) if number > 1 else ""
    return text
