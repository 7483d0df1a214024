"""CIF through gemmi: symmetry expanded, uncertainties stripped, labels of any style."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import gemmi
import numpy as np

from perovex.crystal.reading.disorder import Sites
from perovex.crystal.reading.sanity import MAX_ATOMS, check_cell
from perovex.errors import StructureFileError, UnreasonableCellError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HAS_ATOMS = ("_atom_site_fract_x", "_atom_site.fract_x")
_LEADING_LETTERS = re.compile(r"[A-Za-z]+")


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
        Which block was read, where several have atoms and none was asked for.

    Raises
    ------
    StructureFileError
        The text is no CIF, has no (such) block with atoms, or names an unknown element.
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
        small = gemmi.make_small_structure_from_block(chosen)
        return (*_expand(small, chosen), remarks)
    except (ValueError, RuntimeError, IndexError, OverflowError) as error:
        raise StructureFileError(f"not a readable CIF: {_short(error)}") from error


def _block(document: Any, name: str | None) -> tuple[Any, list[str]]:
    """Return the block that is meant, and the names of the others that have atoms."""
    with_atoms = [b for b in document if any(len(b.find_values(tag)) for tag in _HAS_ATOMS)]
    if name is not None:
        named = [b for b in with_atoms if b.name == name]
        if not named:
            listed = ", ".join(b.name for b in with_atoms) or "none"
            raise StructureFileError(f"no data block {name!r} with atoms", remedy=f"blocks with atoms: {listed}")
        return named[0], [b.name for b in with_atoms if b is not named[0]]
    if not with_atoms:
        raise StructureFileError(
            "no atoms with fractional coordinates in this CIF",
            remedy="the file may hold reflections or be truncated",
        )
    return with_atoms[0], [b.name for b in with_atoms[1:]]


def _expand(small: Any, block: Any) -> tuple[NDArray[np.float64], Sites]:
    cell = small.cell
    lattice = np.array(cell.orth.mat.tolist()).T
    operations = len(cell.images) + 1
    check_cell(lattice, len(small.sites))
    if operations * len(small.sites) > 4 * MAX_ATOMS:
        raise UnreasonableCellError(f"{operations} symmetry operations on {len(small.sites)} atoms")
    if operations == 1 and _expects_symmetry(small, block):
        raise StructureFileError(
            "the symmetry operations are missing or not understood",
            remedy="add _space_group_symop_operation_xyz or a standard space group name",
        )
    assemblies = _assemblies(small, block)
    sites = list(small.get_all_unit_cell_sites())
    symbols = [_element(site) for site in sites]
    frac = np.array([site.fract.tolist() for site in sites], dtype=float).reshape(-1, 3)
    occupancy = np.array([site.occ for site in sites], dtype=float)
    if not np.isfinite(occupancy).all() or (occupancy < 0).any():
        raise StructureFileError("occupancies are not numbers between 0 and 1")
    group = np.array([site.disorder_group for site in sites], dtype=np.int64)
    return lattice, Sites(symbols, frac, occupancy, group, [assemblies.get(s.label, "") for s in sites])


def _expects_symmetry(small: Any, block: Any) -> bool:
    """Whether the file names a space group other than P1 of which no operation is known."""
    named = small.spacegroup_hm or small.spacegroup_hall
    number = small.spacegroup_number
    if not named and not number:
        return False
    listed = [t for t in ("_symmetry_equiv_pos_as_xyz", "_space_group_symop_operation_xyz") if block.find_values(t)]
    if listed and len(block.find_values(listed[0])) > 1:
        return True
    plain = re.sub(r"[\s_]", "", named).upper()
    return not listed and number != 1 and plain not in {"", "P1", "?", "."}


def _assemblies(small: Any, block: Any) -> dict[str, str]:
    """Disorder assembly per label; gemmi leaves it out."""
    tags = ["_atom_site_label", "_atom_site_disorder_assembly"]
    table = block.find(tags)
    if len(small.sites) == 0 or len(table) == 0:
        return {}
    found = {gemmi.cif.as_string(row[0]): gemmi.cif.as_string(row[1]) for row in table}
    return {label: "" if name in {".", "?"} else name for label, name in found.items()}


def _element(site: Any) -> str:
    """Element of a site by its type symbol, else by the letters its label starts with; deuterium is H."""
    if site.element.atomic_number > 0:
        name = str(site.element.name)
        return "H" if name == "D" else name
    for text in (site.type_symbol, site.label):
        match = _LEADING_LETTERS.match(text or "")
        if not match:
            continue
        letters = match.group()
        for length in (2, 1):
            element = gemmi.Element(letters[:length].capitalize())
            if len(letters) >= length and element.atomic_number > 0:
                return "H" if element.name == "D" else str(element.name)
    raise StructureFileError(
        f"unknown element {site.type_symbol or site.label!r} (atom {site.label!r})",
        remedy="correct _atom_site_type_symbol",
    )


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
