"""Frames of formats that ASE or MDAnalysis read, and of GROMACS' .gro."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex._extras import command_for
from perovex.crystal.trajectory.frame import Frame, open_text, take
from perovex.errors import StructureFileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def ase_frames(path: Path) -> Iterator[Frame]:
    """Read frames through ASE: ``.traj``, PDB with a cell, NetCDF and others.

    Parameters
    ----------
    path : Path

    Yields
    ------
    Frame

    Raises
    ------
    StructureFileError
        If ASE cannot read the file.
    """
    import ase.io

    try:
        for number, atoms in enumerate(ase.io.iread(path, index=":")):
            lattice = np.array(atoms.cell[:], dtype=float)
            yield Frame(number, lattice, np.array(atoms.positions), tuple(atoms.get_chemical_symbols()))
    except Exception as error:  # ASE's readers raise whatever their parsing trips over
        cause = " ".join(str(error).split())[:160] or type(error).__name__
        raise StructureFileError(f"ASE cannot read this trajectory: {cause}") from error


def gro_frames(path: Path) -> Iterator[Frame]:
    """Read the frames of a GROMACS ``.gro`` file; elements come from the reference, names of atoms are no elements.

    Parameters
    ----------
    path : Path

    Yields
    ------
    Frame
        Without symbols.

    Raises
    ------
    StructureFileError
        If a frame is damaged.
    """
    with open_text(path) as handle:
        number = 0
        while (title := handle.readline()) != "":
            if not title.strip():
                continue
            try:
                count = int(take(handle, 1, number)[0])
                rows = take(handle, count + 1, number)
                positions = np.array([[float(row[k : k + 8]) for k in (20, 28, 36)] for row in rows[:-1]])
                box = [float(x) for x in rows[-1].split()]
            except ValueError as error:
                raise StructureFileError(f"frame {number} is no frame of a .gro file: {error}") from error
            lattice = np.diag(box[:3])
            if len(box) == 9:  # v1x v2y v3z v1y v1z v2x v2z v3x v3y
                lattice[0, 1:], lattice[1, 0], lattice[1, 2], lattice[2, :2] = box[3:5], box[5], box[6], box[7:9]
            yield Frame(number, 10.0 * lattice, 10.0 * positions, ())
            number += 1


def mdanalysis_frames(path: Path) -> Iterator[Frame]:
    """Read frames of ``.xtc``, ``.trr`` and ``.dcd`` through MDAnalysis; elements come from the reference.

    Parameters
    ----------
    path : Path

    Yields
    ------
    Frame
        Without symbols.

    Raises
    ------
    StructureFileError
        If MDAnalysis is missing or cannot read the file.
    """
    try:
        from MDAnalysis.coordinates.core import reader
        from MDAnalysis.lib.mdamath import triclinic_vectors
    except ImportError as error:
        raise StructureFileError(
            f"{path.suffix} files are read by MDAnalysis, which is not installed",
            remedy=f"{command_for('MDAnalysis')}, or convert the trajectory to extended xyz",
        ) from error
    try:
        with reader(str(path)) as steps:
            for number, step in enumerate(steps):
                lattice = np.asarray(triclinic_vectors(step.dimensions), dtype=float)
                yield Frame(number, lattice, np.array(step.positions, dtype=float), ())
    except (OSError, ValueError, TypeError) as error:
        raise StructureFileError(f"MDAnalysis cannot read this trajectory: {error}") from error
