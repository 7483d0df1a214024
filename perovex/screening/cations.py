"""What people write as a spacer, understood: cations, amines, salts; and what is no spacer, refused with a reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize
from rdkit.rdBase import BlockLogs

from perovex.building.cation import ammonium_form
from perovex.crystal.isotopes import without_isotopes
from perovex.descriptors.smiles import MoleculeGraph, canonical_smiles, molecule_graph
from perovex.errors import SmilesError
from perovex.screening.words import Change, change_in_words

#: Anions and acids that spacers are sold with; they are taken off.
COUNTER_IONS: Final = frozenset(
    Chem.CanonSmiles(smiles)
    for smiles in (
        "[F-]", "[Cl-]", "[Br-]", "[I-]", "F", "Cl", "Br", "I", "[O-]Cl(=O)(=O)=O", "F[B-](F)(F)F",
        "F[P-](F)(F)(F)(F)F", "O=[N+]([O-])[O-]", "CC(=O)[O-]", "O=C([O-])C(F)(F)F", "O=S(=O)([O-])O",
        "O=S(=O)([O-])[O-]", "O=C[O-]", "[S-]C#N", "O",
    )
)  # fmt: skip
#: Elements that organic spacers are made of.
ELEMENTS: Final = frozenset({"H", "C", "N", "O", "F", "Cl", "Br", "I", "S", "P", "Si", "Se", "B"})
#: Atoms other than hydrogen of the largest spacer that is taken: far beyond any known one.
LARGEST: Final = 60
_CHARGES = (1, 2)
# Nitrogens that share a proton or a double bond with their surroundings: only then are there other tautomers.
_MOBILE = Chem.MolFromSmarts("[$([#7]~[#6]~[#7,#8,#16]),$([nX3]),$([#8]=[#6]-[#6]~[#7]),$([#7]=[#6])]")
# Multiple bonds and aromatic atoms in a SMILES.
_UNSATURATED = re.compile(r"[=#:]|[bcnops]|\[(?:se|as|te|si)")
_enumerators: list[Any] = []
_unchargers: list[Any] = []


@dataclass(frozen=True)
class Cation:
    """A spacer cation as it is screened.

    Attributes
    ----------
    smiles : str
        Canonical SMILES of the cation, as written but for salts and neutral amines.
    key : str
        The same for enantiomers, isotopologues and tautomers: what makes two entries one compound.
    changes : tuple of Change
        What was changed on the way.
    """

    smiles: str
    key: str
    changes: tuple[Change, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was changed on the way, in words."""
        return tuple(map(change_in_words, self.changes))


def read_cation(text: str) -> Cation:
    """Understand a spacer.

    Parameters
    ----------
    text : str
        SMILES of a mono- or dication; also of a salt, whose anion is taken off, and of a neutral amine, which is
        protonated. Either is said in the notes.

    Returns
    -------
    Cation

    Raises
    ------
    SmilesError
        It cannot be read, or is no cation that could balance a slab; the message says why and what to write instead.

    Examples
    --------
    >>> read_cation("[NH3+]CCCC")
    Cation(smiles='CCCC[NH3+]', key='CCCC[NH3+]', changes=())
    >>> read_cation("CCCCN").notes
    ('neutral amine: its ammonium CCCC[NH3+] is meant',)
    >>> read_cation("CCCC[NH3+].[I-]").notes
    ('salt: [I-] was taken off',)
    >>> read_cation("C[C@H]([NH3+])c1ccccc1").key == read_cation("C[C@@H]([NH3+])c1ccccc1").key
    True
    """
    mol = _parse(text)
    changes: list[Change] = []
    mol = _without_counter_ions(mol, text, changes)
    charge = Chem.GetFormalCharge(mol)
    if charge == 0:
        mol = _protonated(mol, text, changes)
        charge = Chem.GetFormalCharge(mol)
    smiles = canonical_smiles(mol, text)
    _require_spacer(molecule_graph(smiles), charge, text)
    flat = smiles if not any(mark in smiles for mark in "@/\\") else None
    return Cation(smiles, compound_name(mol, flat), tuple(changes))


def compound_name(mol: Any, flat: str | None = None) -> str:
    """Return what enantiomers and tautomers of a cation have in common.

    Parameters
    ----------
    mol : rdkit.Chem.Mol
    flat : str, optional
        Its canonical SMILES without stereochemistry, if that is known already.

    Returns
    -------
    str
        SMILES without stereochemistry; where protons can move or charge is shared, that of the most stable tautomer of
        the neutral base by RDKit's scores, and the charge.

    Examples
    --------
    >>> forms = ("Cc1c[nH]c[nH+]1", "Cc1c[nH+]c[nH]1")
    >>> len({compound_name(Chem.MolFromSmiles(smiles)) for smiles in forms})
    1
    """
    plain = flat if flat is not None else str(Chem.MolToSmiles(mol, isomericSmiles=False))
    if not mol.HasSubstructMatch(_MOBILE):
        return plain
    base = neutral_base(Chem.MolFromSmiles(plain))
    if not _UNSATURATED.search(plain):  # no double bond, no other place for a proton
        return f"{Chem.MolToSmiles(base, isomericSmiles=False)} {Chem.GetFormalCharge(mol)}+"
    if not _enumerators:  # made once a process: it compiles its rules
        options: Any = rdMolStandardize.CleanupParameters()
        options.maxTautomers = 64
        _enumerators.append(rdMolStandardize.TautomerEnumerator(options))
    with BlockLogs():
        tautomer = _enumerators[0].Canonicalize(base)
    return f"{Chem.MolToSmiles(tautomer, isomericSmiles=False)} {Chem.GetFormalCharge(mol)}+"


def neutral_base(mol: Any) -> Any:
    """Return the amine behind a cation; quaternary ammonium keeps its charge.

    Parameters
    ----------
    mol : rdkit.Chem.Mol

    Examples
    --------
    >>> Chem.MolToSmiles(neutral_base(Chem.MolFromSmiles("CCCC[NH3+]")))
    'CCCCN'
    """
    if not _unchargers:
        _unchargers.append(rdMolStandardize.Uncharger())
    with BlockLogs():
        return _unchargers[0].uncharge(mol)


def _parse(text: str) -> Any:
    if not isinstance(text, str) or not text.strip():
        raise SmilesError("the SMILES is empty", remedy="give a cation such as CCCC[NH3+]")
    with BlockLogs():
        mol = Chem.MolFromSmiles(text.strip())
    if mol is None or mol.GetNumAtoms() == 0:
        raise SmilesError("not a readable SMILES", source=text, remedy="check brackets, rings and valences")
    return without_isotopes(mol, text)


def _without_counter_ions(mol: Any, text: str, changes: list[Change]) -> Any:
    """Take anions, acids and water off a salt; one organic cation has to be left, or copies of one."""
    if "." not in text:
        return mol
    parts = Chem.GetMolFrags(mol, asMols=True)
    if len(parts) == 1:
        return mol
    kept, removed = {}, []
    for part in parts:
        smiles = str(Chem.MolToSmiles(part))
        if smiles in COUNTER_IONS:
            removed.append(smiles)
        else:
            kept[smiles] = part
    if len(kept) != 1:
        raise SmilesError(
            f"{len(kept)} different molecules in one SMILES" if kept else "nothing but counter-ions",
            source=text,
            remedy="give one cation a row",
        )
    if removed:
        changes.append(Change("salt", ", ".join(dict.fromkeys(removed))))
    return next(iter(kept.values()))


def _protonated(mol: Any, text: str, changes: list[Change]) -> Any:
    """Return the ammonium of a neutral amine."""
    if any(atom.GetFormalCharge() > 0 and atom.GetTotalNumHs() for atom in mol.GetAtoms()):
        raise SmilesError(
            "a zwitterion carries no charge to balance a slab", source=text, remedy="protonate its anionic group"
        )
    smiles = ammonium_form(mol)
    if not smiles:
        raise SmilesError(
            "neutral, and without an amine (or with more than two) that could take a proton",
            source=text,
            remedy="write the cation with its charges, such as CCCC[NH3+]",
        )
    changes.append(Change("neutral amine", smiles))
    return Chem.MolFromSmiles(smiles)


def _require_spacer(graph: MoleculeGraph, charge: int, text: str) -> None:
    """Raise where a molecule cannot stand between slabs for reasons of charge, size or elements."""
    if charge < 0:
        raise SmilesError(f"an anion (charge {charge:+d})", source=text, remedy="spacers are cations")
    if charge not in _CHARGES:
        raise SmilesError(
            f"a charge of {charge:+d}: one or two positive charges balance a slab", source=text, remedy="leave it out"
        )
    symbols = set(graph.symbols)
    foreign = sorted(symbols - ELEMENTS)
    if foreign:
        raise SmilesError(
            f"{', '.join(foreign)} in a spacer", source=text, remedy="spacers are organic; metals go to --metal"
        )
    if "C" not in symbols:
        raise SmilesError("no carbon: not an organic cation", source=text, remedy="cage cations go to --cage")
    if not any(z == 7 and q > 0 for z, q in zip(graph.numbers, graph.charges, strict=True)):
        raise SmilesError(
            "the charge is not on nitrogen", source=text, remedy="only ammonium cations were ever learnt from"
        )
    if graph.radicals:
        raise SmilesError("a radical", source=text, remedy="check valences and charges")
    if len(graph.numbers) > LARGEST:
        raise SmilesError(
            f"{len(graph.numbers)} atoms without hydrogens", source=text, remedy=f"at most {LARGEST} are taken"
        )
