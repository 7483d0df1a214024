"""Write built crystals, with a mark that tells readers how they were made."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ase.io import write as ase_write
from pymatgen.io.cif import CifWriter
from pymatgen.io.vasp import Poscar

from perovex._files import write_atomic
from perovex.crystal import perceive
from perovex.crystal.reading.origin import origin_marks
from perovex.errors import BuildError, PerovexError

if TYPE_CHECKING:
    from pymatgen.core import Structure

#: Formats by suffix.
SUFFIXES: Final = (".cif", ".vasp", ".extxyz")


def check_suffix(path: Path) -> None:
    """Refuse a format that is not written, before any work is done.

    Raises
    ------
    BuildError
        If the suffix is none of `SUFFIXES`.
    """
    if path.suffix not in SUFFIXES:
        raise BuildError(
            f"no crystal can be written as {path.suffix or 'a file without suffix'}",
            remedy=f"use {', '.join(SUFFIXES)}",
            source=path,
        )


def crystal_text(structure: Structure, suffix: str = ".cif") -> str:
    """Return a crystal as the text of a file.

    Parameters
    ----------
    structure : pymatgen.core.Structure
        ``properties["build"]`` and ``["relaxation"]`` go into a comment, where `perovex.read` finds them.
    suffix : {".cif", ".vasp", ".extxyz"}

    Examples
    --------
    >>> from perovex.crystal.examples import cubic
    >>> crystal_text(cubic(), ".vasp").splitlines()[0]
    'CsPbI3'
    """
    marks = origin_marks(structure.properties)
    plain = structure.copy()
    plain.properties = {}
    formula = _formula(structure)
    if suffix == ".cif":
        comment = f"# {marks}\n" if marks else ""
        return comment + str(CifWriter(plain)).replace(structure.composition.reduced_formula, formula)
    if suffix == ".vasp":
        return str(Poscar(plain, comment=f"{formula} {marks}".strip()).get_str())
    atoms = plain.to_ase_atoms()
    atoms.info = {"made_by": marks} if marks else {}
    stream = io.StringIO()
    ase_write(stream, atoms, format="extxyz")
    return stream.getvalue()


def write_crystal(structure: Structure, path: str | Path) -> Path:
    """Write a crystal by the suffix of `path`, replacing a file of that name.

    Parameters
    ----------
    structure : pymatgen.core.Structure
    path : path

    Returns
    -------
    Path

    Raises
    ------
    BuildError
        If the suffix is none of `SUFFIXES`.
    PerovexError
        If nothing can be written there.
    """
    target = Path(path)
    check_suffix(target)
    write_atomic(target, crystal_text(structure, target.suffix).encode())
    return target


def free_path(structure: Structure, folder: str | Path = ".", suffix: str = ".cif") -> Path:
    """Return a file name that says the compound and that no file bears yet.

    Parameters
    ----------
    structure : pymatgen.core.Structure
    folder : path
    suffix : str

    Examples
    --------
    >>> from perovex.crystal.examples import cubic
    >>> free_path(cubic(), "no such folder").name
    'CsPbI3.cif'
    """
    name = _formula(structure).replace("(", "").replace(")", "_").rstrip("_")
    path = Path(folder) / f"{name}{suffix}"
    number = 1
    while path.exists():
        number += 1
        path = path.with_name(f"{name}-{number}{suffix}")
    return path


def _formula(structure: Structure) -> str:
    """Tell the cations apart in the formula, or count elements where no perovskite is seen."""
    try:
        return perceive(structure).formula
    except PerovexError:
        return str(structure.composition.reduced_formula)
