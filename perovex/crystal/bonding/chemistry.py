"""Molecules by rdkit: canonical atom order, SMILES, stereo; one template per molecular graph, cached."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from rdkit import Chem
from rdkit.Geometry import Point3D
from rdkit.rdBase import BlockLogs

from perovex.crystal.bonding.implied import imply_hydrogens
from perovex.crystal.bonding.valence import Valences, assign_charged, assign_valences

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
    centres : ndarray of int, shape (c, 4)
        Neighbours (four of them, or three and the atom itself) of each possible stereo centre.
    axes : ndarray of int, shape (a, 4)
        Torsion (atom, bond, bond, atom) of each possible stereo bond.
    limits : ndarray, shape (l,)
        Å; a carbon-carbon bond longer than this cannot be the multiple bond that the graph makes it.
    """

    mol: Any
    smiles: str
    charge: int
    ammonium: tuple[int, ...]
    complete: bool
    centres: NDArray[np.int64]
    axes: NDArray[np.int64]
    limits: NDArray[np.float64]

    @property
    def stereo(self) -> bool:
        """Whether the graph has stereo centres or stereo bonds that coordinates may settle."""
        return len(self.centres) + len(self.axes) > 0


@lru_cache(maxsize=20_000)
def canonical_order(symbols: tuple[str, ...], bonds: bytes) -> NDArray[np.int64]:
    """Order the atoms of a graph so that the same molecule comes out the same, however its atoms were listed.

    Parameters
    ----------
    symbols : tuple of str
        Elements.
    bonds : bytes
        Bonded pairs, an int64 array of shape (l, 2) as bytes.

    Returns
    -------
    ndarray of int, shape (m,)
        Positions of the atoms in canonical order.
    """
    pairs = _unpacked(bonds)
    mol = _skeleton(symbols, pairs, (1,) * len(pairs), (0,) * len(symbols))
    mol.UpdatePropertyCache(strict=False)
    Chem.FastFindRings(mol)
    return np.argsort(list(Chem.CanonicalRankAtoms(mol, breakTies=True)))


def _unpacked(bonds: bytes) -> NDArray[np.int64]:
    return np.frombuffer(bonds, dtype=np.int64).reshape(-1, 2)


def _skeleton(symbols: Sequence[str], bonds: NDArray[np.int64], orders: Sequence[int], charges: Sequence[int]) -> Any:
    mol = Chem.RWMol()
    for symbol, charge in zip(symbols, charges, strict=True):
        atom = Chem.Atom(symbol)
        atom.SetNoImplicit(True)  # noqa: FBT003  positional in rdkit
        atom.SetFormalCharge(charge)
        mol.AddAtom(atom)
    for (a, b), order in zip(bonds.tolist(), orders, strict=True):
        mol.AddBond(a, b, _ORDERS[order])
    return mol.GetMol()


@lru_cache(maxsize=20_000)
def template(symbols: tuple[str, ...], bonds: bytes, lengths: bytes = b"") -> Template:
    """Give a molecule its chemistry.

    Parameters
    ----------
    symbols : tuple of str
        Elements in canonical order.
    bonds : bytes
        Bonded pairs, sorted, an int64 array of shape (l, 2) as bytes.
    lengths : bytes, optional
        Bond lengths, Å, a float array of shape (l,) as bytes; needed only where hydrogens may be missing.

    Returns
    -------
    Template
    """
    if len(symbols) == 1:
        return _lone(symbols[0])
    pairs = _unpacked(bonds)
    measured = np.frombuffer(lengths) if lengths else None
    valences = assign_valences(symbols, pairs, measured)
    complete = valences.sound and ("H" in symbols or "C" not in symbols)
    if not complete and measured is not None:
        implied = implied_template(symbols, bonds, lengths)
        assert implied is not None  # no protons are asked for
        return implied
    return _template(symbols, pairs, valences, complete=complete)


@lru_cache(maxsize=2_000)
def charged_template(symbols: tuple[str, ...], bonds: bytes, charge: int) -> Template | None:
    """Give a molecule the chemistry of a given charge; None where no sound one has it.

    Parameters
    ----------
    symbols, bonds
        As for `template`.
    charge : int
        Total charge.
    """
    pairs = _unpacked(bonds)
    valences = assign_charged(symbols, pairs, charge)
    if valences is None or not valences.sound:
        return None
    state = _template(symbols, pairs, valences, complete=True)
    positive = (a for a in state.mol.GetAtoms() if a.GetSymbol() == "C" and a.GetFormalCharge())
    return state if state.complete and all(_stable_carbocation(atom) for atom in positive) else None


def _stable_carbocation(atom: Any) -> bool:
    """Whether a charged carbon is one that crystals hold: in an aromatic ring, or between three of them."""
    around = list(atom.GetNeighbors())
    return bool(atom.GetFormalCharge() == 1 and (atom.GetIsAromatic() or all(n.GetIsAromatic() for n in around)))


def _lone(symbol: str) -> Template:
    if symbol in BARE:
        smiles, charge = BARE[symbol]
        nitrogen = (0,) if symbol == "N" else ()
        return _plain_template(Chem.MolFromSmiles(smiles), smiles, charge, nitrogen, complete=False)
    charge = LONE_CHARGES.get(symbol, 0)
    mol = _skeleton([symbol], np.zeros((0, 2), dtype=np.int64), [], [charge])
    mol.UpdatePropertyCache(strict=False)
    return _plain_template(mol, Chem.MolToSmiles(mol), charge, (), complete=True)


def _plain_template(mol: Any, smiles: str, charge: int, ammonium: tuple[int, ...], *, complete: bool) -> Template:
    none = np.zeros((0, 4), dtype=np.int64)
    limits = np.full(mol.GetNumBonds(), np.inf)
    return Template(mol, smiles, charge, ammonium, complete, none, none, limits)


def _template(symbols: tuple[str, ...], bonds: NDArray[np.int64], valences: Valences, *, complete: bool) -> Template:
    mol = _skeleton(symbols, bonds, valences.orders, valences.charges)
    with BlockLogs():
        broken = Chem.SanitizeMol(mol, catchErrors=True)
    if broken:
        mol.UpdatePropertyCache(strict=False)
    centres, axes = ([], []) if broken else _stereo_elements(mol)
    return Template(
        mol=mol,
        smiles=_smiles(mol),
        charge=sum(valences.charges),
        ammonium=_ammonium(mol),
        complete=complete and not broken,
        centres=np.array(centres, dtype=np.int64).reshape(-1, 4),
        axes=np.array(axes, dtype=np.int64).reshape(-1, 4),
        limits=np.array([_longest(bond) for bond in mol.GetBonds()]),
    )


def _stereo_elements(mol: Any) -> tuple[list[list[int]], list[list[int]]]:
    """Atoms whose arrangement in space tells the stereo of a centre or of a double bond."""
    centres, axes = [], []
    for element in Chem.FindPotentialStereo(mol):
        if element.type == Chem.StereoType.Atom_Tetrahedral:
            atom = mol.GetAtomWithIdx(element.centeredOn)
            around = sorted(n.GetIdx() for n in atom.GetNeighbors())
            centres.append([*around, element.centeredOn][:4])
        elif element.type == Chem.StereoType.Bond_Double:
            bond = mol.GetBondWithIdx(element.centeredOn)
            a, b = bond.GetBeginAtom(), bond.GetEndAtom()
            left = min(n.GetIdx() for n in a.GetNeighbors() if n.GetIdx() != b.GetIdx())
            right = min(n.GetIdx() for n in b.GetNeighbors() if n.GetIdx() != a.GetIdx())
            axes.append([left, a.GetIdx(), b.GetIdx(), right])
    return centres, axes


def _longest(bond: Any) -> float:
    if {bond.GetBeginAtom().GetSymbol(), bond.GetEndAtom().GetSymbol()} != {"C"} or bond.GetIsAromatic():
        return np.inf
    return {1.0: np.inf, 2.0: 1.46, 3.0: 1.32}.get(bond.GetBondTypeAsDouble(), np.inf)


@lru_cache(maxsize=2_000)
def implied_template(symbols: tuple[str, ...], bonds: bytes, lengths: bytes, protons: int = 0) -> Template | None:
    """Give a molecule without (all) its hydrogens its chemistry.

    Parameters
    ----------
    symbols, bonds, lengths
        As for `template`.
    protons : int
        How many basic nitrogens beyond terminal amines are protonated; None is returned where there are fewer.
    """
    implied = imply_hydrogens(symbols, _unpacked(bonds), np.frombuffer(lengths), protons)
    if implied is None:
        return None
    mol, charge = implied
    return _plain_template(mol, _smiles(mol), charge, _ammonium(mol), complete=False)


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
    handed = coordinates[kind.centres]
    volume = np.linalg.det(handed[:, 1:] - handed[:, :1]) if len(handed) else np.zeros(0)
    ends = coordinates[kind.axes]
    side = [_same_side(*row) for row in ends]
    key = (id(kind), (volume > 0).tobytes(), tuple(side))
    if key not in _STEREO:
        if len(_STEREO) > 20_000:
            _STEREO.clear()
        _STEREO[key] = (kind, *_with_stereo(kind, coordinates))
    _, smiles, mol = _STEREO[key]
    return smiles, mol


#: Template (kept alive, its id is the key), SMILES and molecule per handedness of all centres and bonds.
_STEREO: dict[tuple[Any, ...], tuple[Template, str, Any]] = {}


def _same_side(
    left: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64], right: NDArray[np.float64]
) -> bool:
    return bool(np.cross(left - a, b - a) @ np.cross(right - b, a - b) < 0)


def _with_stereo(kind: Template, coordinates: NDArray[np.float64]) -> tuple[str, Any]:
    mol = Chem.Mol(kind.mol)
    conformer = Chem.Conformer(len(coordinates))
    conformer.Set3D(True)  # noqa: FBT003  positional in rdkit
    for k, (x, y, z) in enumerate(coordinates.tolist()):
        conformer.SetAtomPosition(k, Point3D(x, y, z))
    mol.AddConformer(conformer, assignId=True)
    with BlockLogs():
        Chem.AssignStereochemistryFrom3D(mol)
    mol.RemoveAllConformers()
    return _smiles(mol), mol


def _smiles(mol: Any) -> str:
    with BlockLogs():
        try:
            bare = Chem.RemoveHs(mol)
        except (ValueError, RuntimeError):
            bare = Chem.RemoveHs(mol, sanitize=False)
        return str(Chem.MolToSmiles(bare))
