"""`iter_frames`: the frames of any trajectory, one at a time, and which of them are wanted."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.reading.paths import stripped_name
from perovex.crystal.trajectory.frame import Array, Frame
from perovex.crystal.trajectory.lammps import lammps_frames
from perovex.crystal.trajectory.other import ase_frames, gro_frames, mdanalysis_frames
from perovex.crystal.trajectory.xdatcar import xdatcar_frames
from perovex.crystal.trajectory.xyz import xyz_frames
from perovex.errors import PerovexError, StructureFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Frame", "is_trajectory", "iter_frames"]

PathLike = str | os.PathLike[str]


def is_trajectory(path: PathLike) -> bool:
    """Tell whether a path asks for frames: ``FILE@:`` or ``FILE@START:STOP:STEP``.

    Parameters
    ----------
    path : path
        As a user types it.

    Examples
    --------
    >>> [is_trajectory(p) for p in ("run.extxyz@:", "XDATCAR@100:200:5", "run.extxyz@3", "a.cif")]
    [True, True, False, False]
    """
    name = Path(path).name
    stem, at, which = name.rpartition("@")
    return bool(stem and at) and _slice(which) is not None and not os.path.exists(path)  # noqa: PTH110  long names


def _slice(which: str) -> slice | None:
    parts = which.split(":")
    if len(parts) not in {2, 3}:
        return None
    try:
        return slice(*(int(part) if part else None for part in parts))
    except ValueError:
        return None


def iter_frames(path: PathLike, *, types: Sequence[str] = (), lattice: Array | None = None) -> Iterator[Frame]:
    r"""Read the frames of a trajectory one by one; memory does not grow with their number.

    Parameters
    ----------
    path : path
        Extended xyz, XDATCAR, LAMMPS dump (``.dump``, ``.lammpstrj``), ASE ``.traj``, PDB with a cell, ``.gro``, CP2K's
        ``-pos-1.xyz`` with its ``.cell`` file, and, with MDAnalysis, ``.xtc``, ``.trr`` and ``.dcd``; text may be
        gzipped. ``FILE@START:STOP:STEP`` takes some of the frames, counted from the start.
    types : sequence of str
        Elements of LAMMPS' atom types.
    lattice : ndarray, shape (3, 3), optional
        Cell of xyz files that name none, Å.

    Yields
    ------
    Frame

    Raises
    ------
    StructureFileError
        If the file is missing or damaged, or the selection counts from the end.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "run.xyz"
    >>> _ = file.write_text('1\nLattice="4 0 0 0 4 0 0 0 4"\nAr 0 0 0\n' * 5)
    >>> [frame.number for frame in iter_frames(f"{file}@1::2")]
    [1, 3]
    """
    wanted, file = slice(None), Path(path)
    if is_trajectory(path):
        stem, _, which = file.name.rpartition("@")
        wanted, file = _slice(which) or wanted, file.parent / stem
    if any(part is not None and part < 0 for part in (wanted.start, wanted.stop, wanted.step)) or wanted.step == 0:
        raise StructureFileError("frames are counted from the start", remedy="such as FILE@1000::10", source=path)
    if not file.is_file():
        raise StructureFileError("no such file", remedy="check the path", source=file)
    try:
        for frame in islice(_reader(file, types, lattice), wanted.start, wanted.stop, wanted.step):
            if abs(np.linalg.det(frame.lattice)) < 1e-6:
                raise StructureFileError(f"frame {frame.number} has no three-dimensional cell")
            yield frame
    except PerovexError as error:
        raise error.at(path) from error.__cause__


def _reader(file: Path, types: Sequence[str], lattice: Array | None) -> Iterator[Frame]:
    name = stripped_name(file)
    lower = name.lower()
    if lower.endswith((".xyz", ".extxyz")):
        return xyz_frames(file, lattice)
    if lower.startswith("xdatcar") or lower.endswith(".xdatcar"):
        return xdatcar_frames(file)
    if lower.endswith((".dump", ".lammpstrj", ".lammpsdump")) or lower.startswith("dump."):
        return lammps_frames(file, types)
    if lower.endswith(".gro"):
        return gro_frames(file)
    if lower.endswith((".xtc", ".trr", ".dcd")):
        return mdanalysis_frames(file)
    return ase_frames(file)
