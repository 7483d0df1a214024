"""Frames of every format that is read, written here by hand or by ASE."""

import gzip

import ase.io
import numpy as np
import pytest
from ase import Atoms

from perovex.crystal.trajectory import is_trajectory, iter_frames
from perovex.errors import StructureFileError

RNG = np.random.default_rng(3)
SYMBOLS = ("Cs", "Pb", "I", "I", "I")
CELLS = [np.array([[6.0, 0, 0], [0.3 * k, 6.1, 0], [0.1, -0.2, 6.2 + 0.1 * k]]) for k in range(3)]
POSITIONS = [RNG.uniform(0, 1, (5, 3)) @ cell for cell in CELLS]


def same(frames, cells=CELLS, symbols=SYMBOLS, tolerance=1e-5):
    frames = list(frames)
    assert [frame.number for frame in frames] == list(range(len(cells)))
    for frame, cell, places in zip(frames, cells, POSITIONS, strict=True):
        np.testing.assert_allclose(frame.lattice, cell, atol=tolerance)
        shift = (frame.positions - places) @ np.linalg.inv(cell)
        np.testing.assert_allclose((shift - np.round(shift)) @ cell, 0, atol=tolerance)
        assert frame.symbols == symbols


def xyz(extra=""):
    frames = []
    for cell, places in zip(CELLS, POSITIONS, strict=True):
        rows = [f"{s} 0.5 {x[0]:.6f} {x[1]:.6f} {x[2]:.6f}" for s, x in zip(SYMBOLS, places, strict=True)]
        head = f'Lattice="{" ".join(map(str, cell.ravel()))}" Properties=species:S:1:charge:R:1:pos:R:3{extra}'
        frames.append("\n".join(["5", head, *rows]))
    return "\n".join(frames) + "\n"


def test_xyz(tmp_path):
    path = tmp_path / "run.extxyz"
    path.write_text(xyz())
    same(iter_frames(path))
    packed = tmp_path / "run.xyz.gz"
    packed.write_bytes(gzip.compress(xyz(' stress="1 2 3 4 5 6"').encode()))
    same(iter_frames(packed))


def test_frames_are_selected(tmp_path):
    path = tmp_path / "run.extxyz"
    path.write_text(xyz() * 4)
    for which, expected in ((":", 12), ("2:", 10), ("1:9:3", 3), ("::5", 3), (":4", 4)):
        assert len(list(iter_frames(f"{path}@{which}"))) == expected
    assert [frame.number for frame in iter_frames(f"{path}@4::4")] == [4, 8]
    with pytest.raises(StructureFileError, match="from the start"):
        list(iter_frames(f"{path}@-3:"))
    assert not is_trajectory(f"{path}@3")
    assert not is_trajectory("name@x:y")


def test_cp2k_with_cells_beside(tmp_path):
    rows = ["\n".join([f" {s} {x[0]} {x[1]} {x[2]}" for s, x in zip(SYMBOLS, p, strict=True)]) for p in POSITIONS]
    text = "".join(f"  5\n i = {k}, time = {k}.0, E = -1.0\n{row}\n" for k, row in enumerate(rows))
    (tmp_path / "run-pos-1.xyz").write_text(text)
    with pytest.raises(StructureFileError, match="no cell"):
        list(iter_frames(tmp_path / "run-pos-1.xyz"))
    cells = "\n".join(f"{k} {k}.0 " + " ".join(map(str, cell.ravel())) + " 200.0" for k, cell in enumerate(CELLS))
    (tmp_path / "run-1.cell").write_text("#   Step   Time [fs]   Ax [Angstrom] ...\n" + cells + "\n")
    same(iter_frames(tmp_path / "run-pos-1.xyz"))
    fixed = [CELLS[0]] * 3
    (tmp_path / "run.xyz").write_text(text)
    frames = list(iter_frames(tmp_path / "run.xyz", lattice=CELLS[0]))
    np.testing.assert_allclose([frame.lattice for frame in frames], fixed)


@pytest.mark.parametrize("fixed", [False, True])
def test_xdatcar(tmp_path, fixed):
    cells = [CELLS[0]] * 3 if fixed else CELLS
    text = ""
    for k, (cell, places) in enumerate(zip(cells, POSITIONS, strict=True)):
        if k == 0 or not fixed:
            rows = "\n".join("  ".join(map(str, row / 2)) for row in cell)
            text += f"CsPbI3\n 2.0\n{rows}\n  Cs Pb I\n 1 1 3\n"
        frac = places @ np.linalg.inv(cell)
        text += f"Direct configuration= {k + 1:5d}\n"
        text += "".join(" ".join(f"{x:.8f}" for x in row) + "\n" for row in frac)
    path = tmp_path / "XDATCAR"
    path.write_text(text)
    same(iter_frames(path), cells)


def lammps(columns, *, shuffle=True, origin=(1.0, -2.0, 3.0)):
    text = ""
    for k, (cell, places) in enumerate(zip(CELLS, POSITIONS, strict=True)):
        (lx, _, _), (xy, ly, _), (xz, yz, lz) = cell
        low = np.array(origin)
        high = low + np.array([lx, ly, lz])
        low[0] += min(0, xy, xz, xy + xz)
        high[0] += max(0, xy, xz, xy + xz)
        low[1] += min(0, yz)
        high[1] += max(0, yz)
        bounds = "\n".join(f"{a} {b} {t}" for a, b, t in zip(low, high, (xy, xz, yz), strict=True))
        text += f"ITEM: TIMESTEP\n{100 * k}\nITEM: NUMBER OF ATOMS\n5\nITEM: BOX BOUNDS xy xz yz pp pp pp\n{bounds}\n"
        text += f"ITEM: ATOMS id {columns}\n"
        frac = places @ np.linalg.inv(cell)
        order = RNG.permutation(5) if shuffle else range(5)
        kinds = {"Cs": 3, "Pb": 1, "I": 2}
        for a in order:
            where = frac[a] if "xs" in columns else places[a] + origin
            name = SYMBOLS[a] if "element" in columns else kinds[SYMBOLS[a]]
            text += f"{a + 1} {name} {where[0]:.8f} {where[1]:.8f} {where[2]:.8f}\n"
    return text


@pytest.mark.parametrize("columns", ["type x y z", "type xs ys zs", "element xu yu zu", "type xsu ysu zsu"])
def test_lammps(tmp_path, columns):
    path = tmp_path / "run.lammpstrj"
    path.write_text(lammps(columns))
    same(iter_frames(path, types=["Pb", "I", "Cs"]))


def test_lammps_wants_types(tmp_path):
    path = tmp_path / "dump.run"
    path.write_text(lammps("type x y z"))
    with pytest.raises(StructureFileError, match="--types"):
        list(iter_frames(path, types=["Pb"]))


@pytest.mark.parametrize("name", ["run.traj", "run.pdb"])
def test_formats_of_ase(tmp_path, name):
    cells = [np.diag(np.diag(cell)) for cell in CELLS] if name.endswith("pdb") else CELLS
    images = [Atoms(SYMBOLS, positions=p, cell=c, pbc=True) for p, c in zip(POSITIONS, cells, strict=True)]
    ase.io.write(tmp_path / name, images)
    frames = list(iter_frames(tmp_path / name))
    for frame, atoms in zip(frames, images, strict=name.endswith("traj")):
        np.testing.assert_allclose(frame.positions, atoms.positions, atol=2e-3)
        assert frame.symbols == SYMBOLS


def test_gro(tmp_path):
    text = ""
    for k, (cell, places) in enumerate(zip(CELLS, POSITIONS, strict=True)):
        text += f"run t= {k}.0\n    5\n"
        for a, x in enumerate(places / 10):
            text += f"{1:5d}{'PER':<5}{SYMBOLS[a]:>5}{a + 1:5d}" + "".join(f"{v:8.3f}" for v in x) + "\n"
        c = cell / 10
        order = (c[0, 0], c[1, 1], c[2, 2], c[0, 1], c[0, 2], c[1, 0], c[1, 2], c[2, 0], c[2, 1])
        text += " ".join(f"{v:.5f}" for v in order) + "\n"
    path = tmp_path / "run.gro"
    path.write_text(text)
    same(iter_frames(path), symbols=(), tolerance=6e-3)


@pytest.mark.parametrize("ending", ["xtc", "trr", "dcd"])
def test_formats_of_mdanalysis(tmp_path, ending):
    mda = pytest.importorskip("MDAnalysis")
    mdamath = pytest.importorskip("MDAnalysis.lib.mdamath")
    lattice = np.array([[6.0, 0, 0], [0.5, 6.5, 0], [0, 0.3, 7.0]])
    places = np.random.default_rng(0).uniform(0, 6, (3, 4, 3))
    universe = mda.Universe.empty(4, trajectory=True)
    path = tmp_path / f"run.{ending}"
    with mda.Writer(str(path), n_atoms=4) as writer:
        for positions in places:
            universe.atoms.positions = positions
            universe.dimensions = mdamath.triclinic_box(*lattice)
            writer.write(universe.atoms)
    frames = list(iter_frames(path))
    assert [frame.number for frame in frames] == [0, 1, 2]
    for frame, positions in zip(frames, places, strict=True):
        np.testing.assert_allclose(frame.positions, positions, atol=6e-3)  # .xtc keeps 0.01 Å
        np.testing.assert_allclose(frame.lattice, lattice, atol=1e-2)
        assert frame.symbols == ()


def test_missing_reader_is_said(tmp_path):
    path = tmp_path / "run.xtc"
    path.write_bytes(b"0")
    with pytest.raises(StructureFileError, match="MDAnalysis"):
        list(iter_frames(path))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.xyz", "five\n"),
        ("a.xyz", xyz()[:-40]),
        ("a.xyz", xyz().replace("Cs 0.5", "Cs")),
        ("a.xyz", xyz().replace("0.5", "nan", 1).replace("charge:R:1:pos:R:3", "pos:R:3:x:R:1")),
        ("XDATCAR", "Direct configuration= 1\n"),
        ("XDATCAR", "title\n1.0\n1 0 0\n"),
        ("a.dump", lammps("type vx vy vz")),
        ("a.traj", "nothing"),
        ("a.gro", "title\n3\nxx\n"),
    ],
)
def test_damaged_files_get_typed_errors(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(StructureFileError, match=name):
        list(iter_frames(path, types=["Pb", "I", "Cs"]))


def test_missing_file(tmp_path):
    with pytest.raises(StructureFileError, match="no such file"):
        list(iter_frames(tmp_path / "none.xyz@:"))
