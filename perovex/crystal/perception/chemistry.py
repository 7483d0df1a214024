"""Molecules by rdkit: canonical atom order, SMILES, stereo; one template per molecular graph, cached."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from rdkit import Chem, RDLogger
from rdkit.Geometry import Point3D

from perovex.crystal.perception.valence import Valences, assign_valences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ORDERS = {1: Chem.BondType.SINGLE, 2: Chem.BondType.DOUBLE, 3: Chem.BondType.TRIPLE}
#: Charge of an atom that stands alone.
LONE_CHARGES = {
    "H": 1, "Li": 1, "Na": 1, "K": 1, "Rb": 1, "Cs": 1, "Fr": 1, "Tl": 1, "Ag": 1, "Cu": 1, "F": -1, "Cl": -1,
    "Br": -1, "I": -1, "Mg": 2, "Ca": 2, "Sr": 2, "Ba": 2,
}  # fmt: skip
#: Heavy atoms that never stand alone in a crystal: alone they lack their hydrogens.
BARE = {"N": ("[NH4+]", 1), "O": ("O", 0), "C": ("C", 0), "S": ("S", 0), "P": ("[PH4+]", 1)}


@dataclass(frozen=True, eq=False)
class Template:
    """Everything that follows from a molecular graph, for atoms in canonical order.

    Attributes
    ----------
    mol : rdkit.Chem.Mol
        With explicit hydrogens, bond orders and charges.
    smiles : str
        Canonical, without stereo.
    charge : int
        Total formal charge.
    ammonium : tuple of int
        Charged nitrogens; all nitrogens of an amidinium or guanidinium.
    complete : bool
        False where hydrogens are missing.
    stereo : bool
        Whether the graph has stereo centres or stereo bonds that coordinates may settle.
    """

    mol: Any
    smiles: str
    charge: int
    ammonium: tuple[int, ...]
    complete: bool
    stereo: bool


@lru_cache(maxsize=20_000)
def canonical_order(symbols: tuple[str, ...], bonds: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """Order the atoms of a graph so that the same molecule comes out the same, however its atoms were listed.

    Parameters
    ----------
    symbols : tuple of str
        Elements.
    bonds : tuple of pairs of int
        Bonded pairs.

    Returns
    -------
    tuple of int
        Positions of the atoms in canonical order.
    """
    mol = _skeleton(symbols, bonds, (1,) * len(bonds), (0,) * len(symbols))
    mol.UpdatePropertyCache(strict=False)
    Chem.FastFindRings(mol)
    return tuple(int(i) for i in np.argsort(list(Chem.CanonicalRankAtoms(mol, breakTies=True))))


def _skeleton(
    symbols: Sequence[str], bonds: Sequence[tuple[int, int]], orders: Sequence[int], charges: Sequence[int]
) -> Any:
    mol = Chem.RWMol()
    for symbol, charge in zip(symbols, charges, strict=True):
        atom = Chem.Atom(symbol)
        atom.SetNoImplicit(True)
        atom.SetFormalCharge(charge)
        mol.AddAtom(atom)
    for (a, b), order in zip(bonds, orders, strict=True):
        mol.AddBond(int(a), int(b), _ORDERS[order])
    return mol.GetMol()


@lru_cache(maxsize=20_000)
def template(
    symbols: tuple[str, ...], bonds: tuple[tuple[int, int], ...], long_bonds: tuple[float, ...]
) -> Template:
    """Give a molecule its chemistry.

    Parameters
    ----------
    symbols : tuple of str
        Elements in canonical order.
    bonds : tuple of pairs of int
        Bonded pairs, sorted.
    long_bonds : tuple of float
        Bond lengths, Å, rounded; used only to notice missing hydrogens. Empty: not used.

    Returns
    -------
    Template
    """
    if len(symbols) == 1:
        return _lone(symbols[0])
    pairs = np.array(bonds, dtype=np.int64).reshape(-1, 2)
    found = assign_valences(symbols, pairs, np.array(long_bonds) if long_bonds else None)
    complete = found.sound and ("H" in symbols or "C" not in symbols)
    if not complete and long_bonds:
        return _with_hydrogens_implied(symbols, pairs, np.array(long_bonds))
    return _template(symbols, bonds, found, complete=complete)


def _lone(symbol: str) -> Template:
    if symbol in BARE:
        smiles, charge = BARE[symbol]
        nitrogen = (0,) if symbol == "N" else ()
        return Template(Chem.MolFromSmiles(smiles), smiles, charge, nitrogen, complete=False, stereo=False)
    charge = LONE_CHARGES.get(symbol, 0)
    mol = _skeleton([symbol], [], [], [charge])
    mol.UpdatePropertyCache(strict=False)
    return Template(mol, Chem.MolToSmiles(mol), charge, (), complete=True, stereo=False)


def _template(
    symbols: tuple[str, ...], bonds: Sequence[tuple[int, int]], found: Valences, *, complete: bool
) -> Template:
    mol = _skeleton(symbols, bonds, found.orders, found.charges)
    with _quiet():
        broken = Chem.SanitizeMol(mol, catchErrors=True)
    if broken:
        mol.UpdatePropertyCache(strict=False)
    return Template(
        mol=mol,
        smiles=_smiles(mol),
        charge=sum(found.charges),
        ammonium=_ammonium(mol),
        complete=complete and not broken,
        stereo=not broken and len(list(Chem.FindPotentialStereo(mol))) > 0,
    )


def _with_hydrogens_implied(
    symbols: tuple[str, ...], bonds: NDArray[np.int64], lengths: NDArray[np.float64]
) -> Template:
    """Read a molecule without (all) its hydrogens: bond orders by length, terminal amines protonated."""
    mol = Chem.RWMol()
    degree = np.bincount(bonds.ravel(), minlength=len(symbols))
    orders = [_order_by_length(symbols[a], symbols[b], d) for (a, b), d in zip(bonds, lengths, strict=True)]
    for symbol in symbols:
        mol.AddAtom(Chem.Atom(symbol))
    for (a, b), order in zip(bonds, orders, strict=True):
        mol.AddBond(int(a), int(b), _ORDERS[order])
    total = degree.astype(int)
    for (a, b), order in zip(bonds, orders, strict=True):
        total[[a, b]] += order - 1
    charge = 0
    for k, symbol in enumerate(symbols):
        if symbol == "N" and total[k] in (1, 4):
            mol.GetAtomWithIdx(k).SetFormalCharge(1)
            charge += 1
    plain = mol.GetMol()
    with _quiet():
        if Chem.SanitizeMol(plain, catchErrors=True):
            plain.UpdatePropertyCache(strict=False)
    return Template(plain, _smiles(plain), charge, _ammonium(plain), complete=False, stereo=False)


def _order_by_length(a: str, b: str, length: float) -> int:
    double = {("C", "C"): 1.36, ("C", "N"): 1.31, ("C", "O"): 1.28}
    return 2 if length < double.get((min(a, b), max(a, b)), 0.0) else 1


def _ammonium(mol: Any) -> tuple[int, ...]:
    """Charged nitrogens, nitro and other internally balanced ones excepted; amidinium-type ones together."""
    charged = set()
    for atom in mol.GetAtoms():
        if atom.GetSymbol() != "N" or atom.GetFormalCharge() < 1:
            continue
        if any(n.GetFormalCharge() < 0 for n in atom.GetNeighbors()):
            continue
        charged.add(atom.GetIdx())
        for bond in atom.GetBonds():
            carbon = bond.GetOtherAtom(atom)
            if bond.GetBondTypeAsDouble() == 2.0 and carbon.GetSymbol() == "C":
                charged.update(n.GetIdx() for n in carbon.GetNeighbors() if n.GetSymbol() == "N")
    return tuple(sorted(charged))


def stereo_smiles(kind: Template, coordinates: NDArray[np.float64]) -> tuple[str, Any]:
    """SMILES with the stereo that the coordinates show, and a molecule that carries it.

    Parameters
    ----------
    kind : Template
        Of the molecule.
    coordinates : ndarray, shape (m, 3)
        Unwrapped coordinates in canonical order, Å.
    """
    mol = Chem.Mol(kind.mol)
    conformer = Chem.Conformer(len(coordinates))
    conformer.Set3D(True)
    for k, (x, y, z) in enumerate(coordinates.tolist()):
        conformer.SetAtomPosition(k, Point3D(x, y, z))
    mol.AddConformer(conformer, assignId=True)
    with _quiet():
        Chem.AssignStereochemistryFrom3D(mol)
    return _smiles(mol), mol


def _smiles(mol: Any) -> str:
    with _quiet():
        try:
            bare = Chem.RemoveHs(mol)
        except (ValueError, RuntimeError):
            bare = Chem.RemoveHs(mol, sanitize=False)
        return str(Chem.MolToSmiles(bare))


class _quiet:  # noqa: N801  reads as a statement
    """Keep rdkit from writing to stderr about molecules that we judge ourselves."""

    def __enter__(self) -> None:
        RDLogger.DisableLog("rdApp.*")

    def __exit__(self, *_: object) -> None:
        RDLogger.EnableLog("rdApp.*")
