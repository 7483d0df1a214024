"""CIF through gemmi: symmetry expanded, uncertainties stripped, labels of any style."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gemmi
import numpy as np

from perovex.crystal.bonding.neighbours import neighbour_pairs
from perovex.crystal.reading.cif_elements import MOST_OCCUPANCY, elements_of_rows
from perovex.crystal.reading.coordinates import fractional, kind_of
from perovex.crystal.reading.element_names import is_element, plain_symbol
from perovex.crystal.reading.sanity import MAX_ATOMS, MIN_DISTANCE, check_cell
from perovex.crystal.reading.sites import Sites
from perovex.crystal.reading.symmetry import Expansion, Operations, operations_of
from perovex.errors import StructureFileError, UnreasonableCellError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PREFIXES = ("_atom_site_", "_atom_site.")
_COLUMNS = ("label", "type_symbol", "occupancy", "disorder_assembly", "disorder_group", "calc_flag")
#: Copies of one atom by symmetry nearer than this, Å, are the atom itself beside its special position.
SPECIAL_POSITION = 0.4
#: Atoms of different rows nearer than this, Å, coincide when two sets of operations are compared.
_COINCIDE = 0.1
#: Copies nearer than this, Å, are at the same place up to rounding.
_EXACTLY = 0.02
#: Occupancy from which two atoms at one place cannot be alternatives.
_ORDERED = 0.98
#: Relative deviation from the proportions of the formula that still counts as the same.
_FORMULA_TOLERANCE = 0.03


@dataclass(frozen=True)
class _Rows:
    """The atoms that the file lists, before symmetry; a mixed site makes one row per element."""

    symbols: list[str]
    frac: NDArray[np.float64]
    occupancy: NDArray[np.float64]
    group: NDArray[np.int64]
    assembly: list[str]


def parse_cif(text: str, block: str | None = None) -> tuple[NDArray[np.float64], Sites, list[str]]:
    """Read one crystal from the text of a CIF.

    Parameters
    ----------
    text : str
        The file.
    block : str, optional
        Name of the data block; the first one with atoms by default.

    Returns
    -------
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    sites : Sites
        All atoms of the cell.
    remarks : list of str
        Which block was read, where several have atoms and none was asked for; what about symmetry, elements or
        occupancies had to be settled.

    Raises
    ------
    StructureFileError
        The text is no CIF, has no (such) block with atoms, names an unknown element, or its symmetry is not clear.
    """
    try:
        # level 0: a tag given twice is a slip of the writer, not of the crystal
        document = gemmi.cif.read_string(text, check_level=0)
    except (ValueError, RuntimeError, IndexError) as error:
        raise StructureFileError(f"not a readable CIF: {_short(error)}") from error
    chosen, others = _block(document, block)
    remarks = []
    if block is None and others:
        remarks.append(
            f"the first of {len(others) + 1} data blocks with atoms was read, {chosen.name!r}"
            f" (another one: FILE@{others[0]})"
        )
    try:
        lattice, sites, more = _crystal(chosen)
    except (ValueError, RuntimeError, IndexError, OverflowError) as error:
        raise StructureFileError(f"not a readable CIF: {_short(error)}") from error
    return lattice, sites, remarks + more


def _block(document: Any, name: str | None) -> tuple[Any, list[str]]:
    """Return the block that is meant, and the names of the others that have atoms."""
    with_atoms = [b for b in document if any(kind_of(b, p) for p in _PREFIXES)]
    if name is not None:
        named = [b for b in with_atoms if b.name == name]
        if not named:
            listed = ", ".join(b.name for b in with_atoms) or "none"
            raise StructureFileError(f"no data block {name!r} with atoms", remedy=f"blocks with atoms: {listed}")
        return named[0], [b.name for b in with_atoms if b is not named[0]]
    if not with_atoms:
        raise StructureFileError(
            "no atoms with coordinates in this CIF",
            remedy="the file may hold reflections or be truncated",
        )
    return with_atoms[0], [b.name for b in with_atoms[1:]]


def _crystal(block: Any) -> tuple[NDArray[np.float64], Sites, list[str]]:
    lattice = _lattice(block)
    rows, remarks = _rows(block, lattice)
    check_cell(lattice, len(rows.symbols))
    formula = _formula(block)

    def expand(operations: Operations) -> Expansion:
        return _judged(_expanded(rows, operations, lattice), lattice, formula)

    operations, more = operations_of(block, lattice, expand)
    sites = _expanded(rows, operations, lattice)
    if _times_multiplicity(rows, sites, len(operations)):
        sites = sites.with_occupancy(np.ones(len(sites)))
        more = [*more, "occupancies are multiplied by the multiplicities of their sites: all sites are full"]
    return lattice, sites, remarks + more


def _times_multiplicity(rows: _Rows, sites: Sites, count: int) -> bool:
    """Whether every occupancy is the share of general positions that its site has, as Rietveld programs write it."""
    if count == 1 or rows.occupancy.max() >= _ORDERED:
        return False
    share = np.bincount(sites.parent, minlength=len(rows.symbols)) / count
    ratio = rows.occupancy / share
    return bool(len(set(share.tolist())) > 1 and np.ptp(ratio) <= 0.02 * ratio.mean())


def _lattice(block: Any) -> NDArray[np.float64]:
    """Cell vectors as rows, a along x, b in the xy plane."""
    values = []
    for name in ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"):
        stated = [v for p in ("_cell_", "_cell.") for v in block.find_values(p + name)]
        assumed = 90.0 if name.startswith("angle") else np.nan
        values.append(_number(stated[0]) if stated else assumed)
    if not np.isfinite(values).all():
        raise StructureFileError("the cell is missing or incomplete", remedy="add _cell_length_a to _cell_angle_gamma")
    return np.array(gemmi.UnitCell(*values).orth.mat.tolist()).T


def _number(text: str) -> float:
    """Return a number of a CIF, its uncertainty left out; nan for what is none."""
    try:
        return float(text)
    except ValueError:
        plain = gemmi.cif.as_string(text).strip()
    value = float(gemmi.cif.as_number(plain))
    numerator, slash, denominator = plain.partition("/")
    if not np.isfinite(value) and slash and numerator.lstrip("-").isdecimal() and denominator.isdecimal():
        return float(numerator) / max(float(denominator), 1.0)
    return value


def _rows(block: Any, lattice: NDArray[np.float64]) -> tuple[_Rows, list[str]]:
    """Read the table of atoms."""
    prefix = next(p for p in _PREFIXES if kind_of(block, p))
    kind = kind_of(block, prefix)
    tags = [*(f"{kind}_{k}" for k in "xyz"), *(f"?{column}" for column in _COLUMNS)]
    table = block.find(prefix, tags)
    if len(table) == 0:
        raise StructureFileError("no atoms", remedy="the table of atoms is damaged or lacks a coordinate")
    if len(table) > 4 * MAX_ATOMS:
        raise UnreasonableCellError(f"{len(table)} atoms in one file")
    columns = {name: _texts(table, k + 3) for k, name in enumerate(_COLUMNS)}
    frac = np.array([[_number(text) for text in table.column(k)] for k in range(3)]).T
    occupancy = np.array([_occupancy(text) for text in columns["occupancy"]])
    remarks: list[str] = []
    if kind == "Cartn":
        frac, remarks = fractional(block, frac, lattice, _number)
    remarks += _check_occupancies(occupancy, columns)
    real = [k for k, flag in enumerate(columns["calc_flag"]) if flag.lower() != "dum"]
    if len(real) < len(table):
        remarks.append(f"{len(table) - len(real)} dummy atoms left out")
    shares, more = elements_of_rows(columns["type_symbol"], columns["label"], real, _formula(block))
    keep = [k for k in real for _ in shares[k]]
    symbols = [symbol for k in real for symbol in shares[k]]
    part = np.array([share for k in real for share in shares[k].values()])
    rows = _Rows(
        symbols,
        frac[keep].reshape(-1, 3),
        np.minimum(occupancy[keep], 1.0) * part,
        np.array([_group(columns["disorder_group"][k]) for k in keep], dtype=np.int64),
        [columns["disorder_assembly"][k] for k in keep],
    )
    return rows, remarks + more


def _texts(table: Any, column: int) -> list[str]:
    """Texts of a column of the table; empty where it is missing or says nothing."""
    if not table.has_column(column):
        return [""] * len(table)
    return [_text(value) for value in table.column(column)]


def _text(value: str) -> str:
    if value in {".", "?"}:
        return ""
    return gemmi.cif.as_string(value).strip() if value[:1] in {"'", '"', ";"} else value


def _occupancy(text: str) -> float:
    return _number(text) if text else 1.0


def _group(text: str) -> int:
    number = _number(text) if text else 0.0
    return int(number) if np.isfinite(number) and abs(number) < 1e6 else 0


def _check_occupancies(occupancy: NDArray[np.float64], columns: dict[str, list[str]]) -> list[str]:
    if not np.isfinite(occupancy).all() or (occupancy < 0).any():
        raise StructureFileError("occupancies are not numbers between 0 and 1")
    worst = int(occupancy.argmax())
    if occupancy[worst] > MOST_OCCUPANCY:
        name = columns["label"][worst] or columns["type_symbol"][worst] or f"row {worst + 1}"
        raise StructureFileError(
            f"the occupancy of {name} is {occupancy[worst]:g}, above 1",
            remedy="correct _atom_site_occupancy",
        )
    if occupancy[worst] > 1.0 + 1e-6:
        return [f"occupancies of up to {occupancy[worst]:g} taken as 1"]
    return []


def _formula(block: Any) -> dict[str, float]:
    """Elements of the formula that the file states, with their numbers; empty where there is none."""
    values = [v for tag in ("_chemical_formula_sum", "_chemical_formula.sum") for v in block.find_values(tag)]
    text = gemmi.cif.as_string(values[0]) if values else ""
    formula: dict[str, float] = {}
    for symbol, count in re.findall(r"([A-Z][a-z]?)\s*(\d*\.?\d*)", text):
        if is_element(symbol):
            plain = plain_symbol(symbol)
            formula[plain] = formula.get(plain, 0.0) + float(count if count.strip(".") else 1)
    return formula


def _expanded(rows: _Rows, operations: Operations, lattice: NDArray[np.float64]) -> Sites:
    """Apply every operation to every row; copies beside a special position are one atom."""
    rotations, translations = operations.rotations, operations.translations
    if len(operations) * len(rows.symbols) > 4 * MAX_ATOMS:
        raise UnreasonableCellError(f"{len(operations)} symmetry operations on {len(rows.symbols)} atoms")
    if not np.isfinite(rows.frac).all():
        raise StructureFileError("coordinates are missing or no numbers")
    images = np.einsum("mij,aj->ami", rotations, rows.frac) + translations
    images -= np.floor(images)
    parent: list[int] = []
    made_by: list[tuple[int, ...]] = []
    weight: list[int] = []
    places: list[NDArray[np.float64]] = []
    for row, copies in enumerate(images):
        for members, distinct in _places(copies, lattice):
            parent.append(row)
            made_by.append(members)
            weight.append(distinct)
            places.append(copies[members[0]])
    return Sites(
        [rows.symbols[row] for row in parent],
        np.array(places).reshape(-1, 3),
        # alternatives that fell together make one atom that is there more often than each of them
        np.minimum(rows.occupancy[parent] * weight, 1.0),
        rows.group[parent],
        [rows.assembly[row] for row in parent],
        np.array(parent, dtype=np.int64),
        made_by,
    )


def _places(copies: NDArray[np.float64], lattice: NDArray[np.float64]) -> list[tuple[tuple[int, ...], int]]:
    """Group the copies of one atom that are the atom beside its special position.

    Returns
    -------
    list of (members, distinct)
        Which operations lead to the place, and to how many places that are not quite the same.
    """
    if len(copies) == 1:
        return [((0,), 1)]
    apart = copies[:, None] - copies[None]
    distance = np.linalg.norm((apart - np.round(apart)) @ lattice, axis=2)
    near = distance < SPECIAL_POSITION
    if np.count_nonzero(near) == len(copies):
        return [((k,), 1) for k in range(len(copies))]
    free = np.ones(len(copies), dtype=bool)
    places = []
    for first in range(len(copies)):
        if not free[first]:
            continue
        members = np.flatnonzero(free & near[first])
        free[members] = False
        same = distance[np.ix_(members, members)] < _EXACTLY
        places.append((tuple(members.tolist()), int((~np.tril(same, -1).any(axis=1)).sum())))
    return places


def _judged(sites: Sites, lattice: NDArray[np.float64], formula: dict[str, float]) -> Expansion:
    """Say what a set of operations made of the atoms."""
    pairs = neighbour_pairs(lattice, sites.frac, MIN_DISTANCE)
    once = pairs.i < pairs.j
    one, two, distance = pairs.i[once], pairs.j[once], pairs.distance[once]
    symbols = np.array(sites.symbols)
    # one atom made twice, or two atoms nearer to each other than any can be
    repeats = (symbols[one] == symbols[two]) & (distance < _COINCIDE)
    both_ordered = (sites.occupancy[one] > _ORDERED) & (sites.occupancy[two] > _ORDERED)
    collides = bool((both_ordered & ~repeats).any())
    n_atoms = len(sites) - len(np.unique(two[repeats]))
    return Expansion(n_atoms, not collides, _follows(sites, two[repeats & both_ordered], formula))


def _follows(sites: Sites, repeated: NDArray[np.int64], formula: dict[str, float]) -> bool | None:
    """Whether the heavy atoms stand in the proportions of the formula."""
    heavy = {symbol: number for symbol, number in formula.items() if symbol != "H" and number > 0}
    if len(heavy) < 2:
        return None
    occupancy = sites.occupancy.copy()
    occupancy[repeated] = 0.0
    total = dict.fromkeys(heavy, 0.0)
    for symbol, share in zip(sites.symbols, occupancy.tolist(), strict=True):
        if symbol != "H":
            total[symbol] = total.get(symbol, 0.0) + share
    if total.keys() != heavy.keys():
        return False
    ratio = np.array([total[symbol] / number for symbol, number in heavy.items()])
    return bool(np.ptp(ratio) <= _FORMULA_TOLERANCE * ratio.mean())


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
