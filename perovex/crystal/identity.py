"""What compound a crystal is: its formula as a chemist writes it, spacer, metal, halide, n, stacking, cage cation."""

from __future__ import annotations

from collections import Counter
from functools import reduce
from math import gcd
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perovex.crystal.model import LayeredPerovskite, Molecule

_AMMONIUM_HYDROGENS = 3


def identity(crystal: LayeredPerovskite) -> dict[str, Any]:
    """Name the compound of a crystal.

    Parameters
    ----------
    crystal : LayeredPerovskite

    Returns
    -------
    dict
        ``formula``, ``smiles`` (of the spacers, joined by dots), ``dimensionality``, ``n``, ``metal`` and ``halide``
        (several joined by slashes), ``phase``, ``stacking``, ``cage`` (SMILES; empty where there are no cages).

    Examples
    --------
    >>> from perovex.crystal import perceive
    >>> from perovex.crystal.examples import cubic
    >>> identity(perceive(cubic()))["cage"]
    '[Cs+]'
    """
    return {
        "formula": chemical_formula(crystal),
        "smiles": crystal.spacer_smiles,
        "dimensionality": crystal.dimensionality,
        "n": crystal.n_layers,
        "metal": "/".join(crystal.metals),
        "halide": "/".join(crystal.halides),
        "phase": crystal.phase,
        "stacking": crystal.stacking,
        "cage": ".".join(sorted({molecule.smiles for molecule in crystal.cage_cations})),
    }


def chemical_formula(crystal: LayeredPerovskite) -> str:
    """Return the formula with its cations told apart: spacers, cage cations, metals, halides.

    Parameters
    ----------
    crystal : LayeredPerovskite

    Returns
    -------
    str
        Such as ``(C4H9NH3)2PbI4``; the smallest whole numbers.

    Examples
    --------
    >>> from perovex.crystal import perceive
    >>> from perovex.crystal.examples import cubic
    >>> chemical_formula(perceive(cubic()))
    'CsPbI3'
    """
    by_role: dict[str, Counter[str]] = {role: Counter() for role in ("spacer", "cage", "guest")}
    for molecule in crystal.molecules:
        by_role[molecule.role][molecule_formula(molecule)] += 1
    molecular = {site for molecule in crystal.molecules for site in molecule.sites.tolist()}
    framework = Counter(symbol for site, symbol in enumerate(crystal.symbols) if site not in molecular)
    metals = {symbol: count for symbol, count in framework.items() if symbol in crystal.metals}
    others = {symbol: count for symbol, count in framework.items() if symbol not in crystal.metals}
    parts = [by_role["spacer"], by_role["cage"], metals, others, by_role["guest"]]
    unit = reduce(gcd, (count for part in parts for count in part.values()), 0) or 1
    return "".join(_counted(part, unit) for part in parts)


def molecule_formula(molecule: Molecule) -> str:
    """Return the formula of a cation with its ammonium groups written out, such as ``C4H9NH3``.

    Parameters
    ----------
    molecule : Molecule
        Of a perceived crystal.

    Returns
    -------
    str
        Hill order where the charge sits on other groups, too.
    """
    atoms = Counter(molecule.symbols)
    heads = _ammonium_heads(molecule)
    if heads not in (1, 2) or heads != molecule.charge or not atoms["C"]:
        return _hill(atoms)
    rest = _hill(atoms - Counter({"N": heads, "H": _AMMONIUM_HYDROGENS * heads}))
    return f"{rest}NH3" if heads == 1 else f"NH3{rest}NH3"


def _ammonium_heads(molecule: Molecule) -> int:
    """Count nitrogens with three hydrogens."""
    hydrogens: Counter[int] = Counter()
    for first, second in molecule.bonds.tolist():
        for heavy, light in ((first, second), (second, first)):
            if molecule.symbols[heavy] == "N" and molecule.symbols[light] == "H":
                hydrogens[heavy] += 1
    return sum(count == _AMMONIUM_HYDROGENS for count in hydrogens.values())


def _hill(atoms: Mapping[str, int]) -> str:
    """Write carbon, hydrogen, then the others by the alphabet; all by the alphabet without carbon."""
    first = [symbol for symbol in ("C", "H") if atoms.get("C") and atoms.get(symbol)]
    order = first + sorted(symbol for symbol in atoms if symbol not in first and atoms[symbol])
    return "".join(f"{symbol}{atoms[symbol] if atoms[symbol] > 1 else ''}" for symbol in order)


def _counted(part: Mapping[str, int], unit: int) -> str:
    """Write what one part of the crystal holds per formula unit."""
    text = ""
    for name in sorted(part):
        number = part[name] // unit
        single = len(name) <= 2 and name.isalpha()  # an element
        text += name if single else f"({name})"
        text += str(number) if number > 1 else ""
    return text
