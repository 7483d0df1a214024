"""Frames of trajectories from small files of each format."""

import gzip

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from perovex.crystal.trajectory.frame import floats, open_text, table, take
from perovex.crystal.trajectory.lammps import lammps_frames
from perovex.crystal.trajectory.other import ase_frames, gro_frames
from perovex.crystal.trajectory.xdatcar import xdatcar_frames
from perovex.errors import StructureFileError

XDATCAR = """CsPb
2.0
 3 0 0
 0 3 0
 0 0 3
 Cs Pb
 1 1
Direct configuration= 1
 0 0 0
 0.5 0.5 0.5
Direct configuration= 2
 0 0 0
 0.5 0.5 0.25
"""
DUMP = """ITEM: TIMESTEP
0
ITEM: NUMBER OF ATOMS
2
ITEM: BOX BOUNDS pp pp pp
1 7
0 6
0 6
ITEM: ATOMS id type xs ys zs
2 2 0.5 0.5 0.5
1 1 0 0 0
"""


def test_an_xdatcar_keeps_its_cell_until_another_comes(tmp_path):
    path = tmp_path / "XDATCAR"
    path.write_text(XDATCAR)
    first, second = xdatcar_frames(path)
    assert first.symbols == ("Cs", "Pb")
    assert first.lattice == pytest.approx(6 * np.eye(3))
    assert second.positions[1] == pytest.approx([3, 3, 1.5])
    path.write_text(XDATCAR.rsplit("\n", 2)[0])
    with pytest.raises(StructureFileError, match="ends within frame 1"):
        list(xdatcar_frames(path))


def test_a_dump_is_put_in_the_order_of_ids(tmp_path):
    path = tmp_path / "dump.lammpstrj"
    path.write_text(DUMP)
    (frame,) = lammps_frames(path, ["Cs", "Pb"])
    assert frame.symbols == ("Cs", "Pb")
    apart = frame.positions[1] - frame.positions[0]
    assert apart == pytest.approx([3, 3, 3])
    path.write_text(DUMP.replace("xs ys zs", "vx vy vz"))
    with pytest.raises(StructureFileError, match="no positions"):
        list(lammps_frames(path, ["Cs", "Pb"]))


def test_frames_of_ase_and_gromacs_are_in_angstrom(tmp_path):
    atoms = Atoms("CsPb", positions=[[0, 0, 0], [3, 3, 3]], cell=[6, 6, 6], pbc=True)
    for name, frames in (("run.traj", ase_frames), ("run.gro", gro_frames)):
        write(tmp_path / name, atoms)
        frame = next(iter(frames(tmp_path / name)))
        assert frame.lattice == pytest.approx(6 * np.eye(3), abs=1e-4)
        assert frame.positions[1] == pytest.approx([3, 3, 3], abs=1e-2)


def test_lines_are_taken_whole_or_not_at_all(tmp_path):
    path = tmp_path / "lines.gz"
    path.write_bytes(gzip.compress(b"1 2\n3 4\n"))
    with open_text(path) as handle:
        lines = take(handle, 2, 0)
        with pytest.raises(StructureFileError, match="frame 0"):
            take(handle, 1, 0)
    columns = table(lines, 2, 0)
    assert floats(columns, 0).tolist() == [[1, 2], [3, 4]]
    with pytest.raises(StructureFileError, match="rows of different lengths"):
        table(lines, 3, 0)
    for bad in ("x", "nan"):
        with pytest.raises(StructureFileError, match="frame 7"):
            floats([["1"], [bad]], 7)
    with pytest.raises(StructureFileError, match="cannot be read"):
        open_text(tmp_path / "nothing")
