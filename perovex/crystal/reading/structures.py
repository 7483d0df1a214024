"""`read` and `as_structure`: whatever describes a crystal becomes an ordered pymatgen Structure."""

from __future__ import annotations

import gzip
import os
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from pymatgen.core import Composition, Element, Lattice, PeriodicSite, Structure

from perovex.crystal.bonding.neighbours import neighbour_pairs
from perovex.crystal.reading.cif import parse_cif
from perovex.crystal.reading.disorder import FULL, check_policy, resolve_disorder
from perovex.crystal.reading.element_names import is_element, plain_symbol
from perovex.crystal.reading.origin import read_origin
from perovex.crystal.reading.paths import PathLike, split_selector, stripped_name
from perovex.crystal.reading.sanity import MIN_DISTANCE, MOST_CELLS_AWAY, check_cell, check_contacts
from perovex.crystal.reading.sites import Sites, merge_repeated
from perovex.crystal.reading.vasp import is_xdatcar, parse_poscar, parse_xdatcar
from perovex.crystal.reading.xyz import parse_xyz, periodicity_remarks
from perovex.errors import PerovexError, StructureFileError, UnreasonableCellError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

#: A text file of 100,000 atoms has some 10 MB; what is far larger is no structure (or a gzip bomb).
MAX_BYTES = 200_000_000


def read(path: PathLike, *, disorder: str = "error", block: str | None = None, frame: int | None = None) -> Structure:
    """Read a crystal from a file.

    Parameters
    ----------
    path : path
        CIF, POSCAR/CONTCAR/.vasp, XDATCAR or (extended) xyz, plain or gzipped; known by name, else by content.
        ``FILE@WHICH`` stands for a frame or data block, wherever a path is taken: ``run.extxyz@0``.
    disorder : {"error", "major"}, default="error"
        Refuse partial occupancy, or keep the major component of every disorder group; what was left out then
        stands in ``structure.properties["warnings"]``.
    block : str, optional
        Data block of a CIF; the first one with atoms by default, and that is remarked where there are others.
    frame : int, optional
        Frame of an xyz file or XDATCAR, negative ones from the end; the last one by default, and that is remarked
        likewise.

    Returns
    -------
    pymatgen.core.Structure
        Ordered, one element per site; ``properties["source"]`` names the file, ``properties["build"]`` says how a
        crystal was made that `perovex build` wrote.

    Raises
    ------
    StructureFileError
        Missing, unreadable, empty or in an unknown format; unknown element; no such block or frame.
    DisorderError
        Partial occupancy.
    UnreasonableCellError
        Degenerate cell, too many atoms, atoms on top of each other.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from perovex.crystal.examples import cubic
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "CsPbI3.cif"
    >>> _ = cubic().to(filename=str(file))
    >>> read(file).composition.reduced_formula
    'CsPbI3'
    """
    check_policy(disorder)
    try:
        file, which = split_selector(path)
        text = _text(file)
        lattice, sites, remarks = _parse(stripped_name(file), text, which if block is None else block, frame)
        structure = _structure(lattice, sites, disorder, remarks)
    except PerovexError as error:
        raise error.at(path) from error.__cause__
    structure.properties |= {"source": str(path), **read_origin(text)}
    return structure


def as_structure(obj: Any, *, disorder: str = "error") -> Structure:
    """Return a crystal as an ordered pymatgen Structure.

    Parameters
    ----------
    obj : path, pymatgen Structure, ASE Atoms, or an object with an attribute ``structure``
        The crystal.
    disorder : {"error", "major"}, default="error"
        As in `read`.

    Returns
    -------
    pymatgen.core.Structure
        The same object where a sound, ordered Structure was given.

    Raises
    ------
    StructureFileError, DisorderError, UnreasonableCellError
        As in `read`; also for objects of another kind.

    Examples
    --------
    >>> from ase.build import bulk
    >>> as_structure(bulk("NaCl", "rocksalt", a=5.64)).composition.formula
    'Na1 Cl1'
    """
    if isinstance(obj, str | os.PathLike):
        return read(obj, disorder=disorder)
    check_policy(disorder)
    if isinstance(obj, Structure):
        return _checked(obj, disorder)
    if hasattr(obj, "get_chemical_symbols") and hasattr(obj, "get_scaled_positions"):
        return _from_ase(obj, disorder)
    inner = getattr(obj, "structure", None)
    if isinstance(inner, Structure):
        return _checked(inner, disorder)
    raise StructureFileError(
        f"an object of type {type(obj).__name__} is no crystal",
        remedy="give a path, a pymatgen Structure or ASE Atoms",
    )


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise StructureFileError(f"the file has {path.stat().st_size / 1e6:.0f} MB", remedy="use a smaller cell")
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            with gzip.open(path) as handle:
                raw = handle.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise StructureFileError("no such file", remedy="check the path") from error
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise StructureFileError(f"cannot be read ({error})") from error
    if len(raw) > MAX_BYTES:
        raise StructureFileError("the file is too large", remedy="use a smaller cell")
    if not raw.strip():
        raise StructureFileError("the file is empty")
    return raw.decode("utf-8", errors="replace").lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _parse(name: str, text: str, which: str | None, frame: int | None) -> tuple[NDArray[np.float64], Sites, list[str]]:
    """Lattice, sites and remarks; `which` is a data block or, as text, a frame."""
    lower = name.lower()
    selected = which if frame is None else frame
    if lower.endswith(".xdatcar") or lower.startswith("xdatcar") or is_xdatcar(text):
        return parse_xdatcar(text, _frame_number(which) if frame is None else frame)
    looks_like_poscar = lower.endswith((".vasp", ".poscar", ".contcar")) or lower.startswith(("poscar", "contcar"))
    if not looks_like_poscar:
        cif = lower.endswith((".cif", ".mcif")) or "_cell_length_a" in text or "_cell.length_a" in text
        if lower.endswith((".xyz", ".extxyz")) or (not cif and 'lattice="' in text[:10_000].lower()):
            return parse_xyz(text, _frame_number(which) if frame is None else frame)
        if cif:
            _refuse(frame, "frame")
            return parse_cif(text, which)
    _refuse(selected, "frame or block")
    try:
        return (*parse_poscar(text), [])
    except PerovexError as error:
        if looks_like_poscar:
            raise
        raise StructureFileError(
            "unknown format", remedy="known are CIF, POSCAR/CONTCAR/.vasp, XDATCAR and extended xyz, plain or gzipped"
        ) from error


def _frame_number(which: str | None) -> int | None:
    if which is None:
        return None
    try:
        return int(which)
    except ValueError as error:
        raise StructureFileError(f"{which!r} is no number of a frame", remedy="0 is the first, -1 the last") from error


def _refuse(selected: object, what: str) -> None:
    if selected is not None:
        raise StructureFileError(f"there is no {what} {selected!r} to select in a file of this format")


def _structure(lattice: NDArray[np.float64], sites: Sites, disorder: str, remarks: Sequence[str] = ()) -> Structure:
    check_cell(lattice, len(sites))
    if not np.isfinite(sites.frac).all():
        raise StructureFileError("coordinates are missing or no numbers")
    if np.abs(sites.frac).max(initial=0.0) > MOST_CELLS_AWAY:
        raise UnreasonableCellError("coordinates are not reasonable numbers")
    merged: list[str] = []
    crowded = bool(len(neighbour_pairs(lattice, sites.frac, MIN_DISTANCE)))
    if crowded:
        sites, merged = merge_repeated(sites, lattice, FULL)
    sites, warnings = resolve_disorder(sites, lattice, disorder)
    check_cell(lattice, len(sites))
    if crowded:
        check_contacts(lattice, sites.frac, sites.symbols)
    structure = fast_structure(lattice, sites.symbols, sites.frac)
    if remarks or merged or warnings:
        structure.properties["warnings"] = (*remarks, *merged, *warnings)
    return structure


def fast_structure(lattice: NDArray[np.float64], symbols: list[str], frac: NDArray[np.float64]) -> Structure:
    """Build a Structure from arrays that were checked already.

    Parameters
    ----------
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    symbols : list of str
        Elements.
    frac : ndarray, shape (n, 3)
        Fractional coordinates.

    Examples
    --------
    >>> fast_structure(np.eye(3) * 4.1, ["Cs", "Cl"], np.array([[0, 0, 0], [0.5, 0.5, 0.5]])).formula
    'Cs1 Cl1'
    """
    box = Lattice(lattice)
    species = {s: Composition({Element(s): 1}) for s in dict.fromkeys(symbols)}
    structure = Structure(box, [], [])
    structure.sites = [
        PeriodicSite(species[s], x, box, skip_checks=True) for s, x in zip(symbols, frac.copy(), strict=True)
    ]
    return structure


def _checked(structure: Structure, disorder: str) -> Structure:
    lattice = np.array(structure.lattice.matrix)
    species = [site.species for site in structure.sites]
    # a structure shares few distinct objects among its sites: look at each of them once
    distinct = {id(s): s for s in species}
    element_of = {key: _element_of(s) for key, s in distinct.items()}
    frac = np.array([site.frac_coords for site in structure.sites], dtype=float).reshape(-1, 3)
    elements = [element_of[id(s)] for s in species]
    symbols = [element for element in elements if element is not None]
    if len(symbols) == len(species):
        check_cell(lattice, len(structure))
        check_contacts(lattice, frac, symbols)
        return structure
    rows = [(s, x, occupancy) for site in structure for s, x, occupancy in _species(site)]
    frac = np.array([r[1] for r in rows]).reshape(-1, 3)
    sites = Sites.listed([r[0] for r in rows], frac, np.array([r[2] for r in rows]))
    return _structure(lattice, sites, disorder)


def _element_of(species: Composition) -> str | None:
    """Symbol of the one element of an ordered site; None for partial occupancy, deuterium and dummy atoms."""
    if len(species) != 1 or species.num_atoms != 1:
        return None
    specie = next(iter(species))
    symbol = getattr(specie, "symbol", str(specie))
    return None if symbol in {"D", "T"} or not hasattr(specie, "Z") else str(symbol)


def _species(site: Any) -> list[tuple[str, NDArray[np.float64], float]]:
    return [(_plain(getattr(k, "symbol", str(k))), site.frac_coords, float(v)) for k, v in site.species.items()]


def _plain(symbol: str) -> str:
    if not is_element(symbol):
        raise StructureFileError(f"unknown element {symbol!r}")
    return plain_symbol(symbol)


def _from_ase(atoms: Any, disorder: str) -> Structure:
    lattice = np.array(atoms.cell[:], dtype=float)
    symbols = list(atoms.get_chemical_symbols())
    if not np.isfinite(lattice).all() or abs(np.linalg.det(lattice)) < 1e-9:
        raise StructureFileError("these ASE Atoms have no three-dimensional cell", remedy="set atoms.cell")
    frac = atoms.get_scaled_positions(wrap=False)
    sites = Sites.ordered([_plain(s) for s in symbols], frac)
    return _structure(lattice, sites, disorder, periodicity_remarks([bool(p) for p in atoms.pbc]))
