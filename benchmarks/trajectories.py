"""Frames per second and memory of `describe_trajectory`, and its tilts against PDynA's, all in one run.

The trajectory is made: CsPbI3 with 64 octahedra (320 atoms), tilted by 8 deg in antiphase about one axis, with thermal
noise of 0.08 Å and a breathing cell. Times are CPU seconds of one thread, the best of three.

``python benchmarks/trajectories.py [--frames 300] [--peer-frames 24]``

PDynA (``pip install pdyna``) is left out where it is not installed. Half a minute, ten seconds more with PDynA.
"""

import argparse
import contextlib
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from perovex.crystal import perceive
from perovex.crystal.trajectory import Follower, iter_frames
from perovex.descriptors.tilts import crystal_rotations
from perovex.descriptors.trajectory import describe_trajectory

TILT, NOISE, BOND = 8.0, 0.08, 3.0


def crystal() -> Structure:
    """Octahedra turned about z, neighbours in a sheet and along z the other way: a0a0c-."""
    edge, height = 2 * BOND * np.cos(np.radians(TILT)), 2 * BOND
    species, positions = [], []
    for cell in np.ndindex(4, 4, 4):
        centre = np.array(cell) * [edge, edge, height]
        turn = Rotation.from_rotvec([0, 0, TILT * (-1) ** sum(cell)], degrees=True).as_matrix()
        species += ["Pb", "I", "I", "I", "Cs"]
        positions += [centre, *(centre + BOND * turn.T), centre + np.array([edge, edge, height]) / 2]
    return Structure(Lattice.tetragonal(4 * edge, 4 * height), species, positions, coords_are_cartesian=True)


def frames(structure: Structure, count: int):
    rng = np.random.default_rng(0)
    for _ in range(count):
        scale = 1 + 0.002 * rng.normal()
        noise = NOISE * rng.normal(size=(len(structure), 3))
        yield structure.lattice.matrix * scale, structure.cart_coords * scale + noise


def write(structure: Structure, folder: Path, count: int) -> dict[str, Path]:
    """Write the trajectory in three formats, atoms sorted by element, as VASP wants them."""
    symbols = [site.specie.symbol for site in structure]
    kinds = sorted(set(symbols))
    files = {name: folder / name for name in ("run.extxyz", "XDATCAR", "dump.lammpstrj")}
    with contextlib.ExitStack() as stack:
        xyz, xdatcar, dump = (stack.enter_context(path.open("w")) for path in files.values())
        for number, (cell, positions) in enumerate(frames(structure, count)):
            numbers = " ".join(f"{x:.8f}" for x in cell.ravel())
            xyz.write(f'{len(symbols)}\nLattice="{numbers}" Properties=species:S:1:pos:R:3 pbc="T T T"\n')
            xyz.writelines(f"{s} {x:.6f} {y:.6f} {z:.6f}\n" for s, (x, y, z) in zip(symbols, positions, strict=True))
            rows = "\n".join(" ".join(f"{x:.8f}" for x in row) for row in cell)
            counts = " ".join(str(symbols.count(kind)) for kind in kinds)
            xdatcar.write(f"made\n1.0\n{rows}\n{' '.join(kinds)}\n{counts}\nDirect configuration= {number + 1}\n")
            xdatcar.writelines(f"{x:.8f} {y:.8f} {z:.8f}\n" for x, y, z in positions @ np.linalg.inv(cell))
            bounds = "\n".join(f"0.0 {x:.8f}" for x in np.diag(cell))
            dump.write(f"ITEM: TIMESTEP\n{number}\nITEM: NUMBER OF ATOMS\n{len(symbols)}\n")
            dump.write(f"ITEM: BOX BOUNDS pp pp pp\n{bounds}\nITEM: ATOMS id element xu yu zu\n")
            dump.writelines(
                f"{k + 1} {s} {x:.6f} {y:.6f} {z:.6f}\n"
                for k, (s, (x, y, z)) in enumerate(zip(symbols, positions, strict=True))
            )
    return files


def best(call, times: int = 3) -> float:
    seconds = []
    for _ in range(times):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return min(seconds)


def peak(path: Path, frame_count: int) -> None:
    """Print the peak memory of one run, for the parent process."""
    describe_trajectory(f"{path}@:{frame_count}", on_row=lambda *_: None)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def own(files: dict[str, Path], count: int) -> None:
    describe_trajectory(f"{files['run.extxyz']}@:5")
    for name, path in files.items():
        reading = best(lambda path=path: sum(1 for _ in iter_frames(path)))
        whole = best(lambda path=path: describe_trajectory(f"{path}@:", on_row=lambda *_: None))
        print(f"{name:16s} all families {count / whole:6.0f} frames/s, read alone {count / reading:6.0f} frames/s")
    for family in ("octahedra", "bridges", "tilts", "layers"):
        whole = best(
            lambda family=family: describe_trajectory(
                f"{files['run.extxyz']}@:", families=family, on_row=lambda *_: None
            )
        )
        print(f"{'run.extxyz':16s} {family:12s} {count / whole:6.0f} frames/s")
    for part in (count // 4, count):
        command = [sys.executable, __file__, "--peak", str(files["run.extxyz"]), "--frames", str(part)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        print(f"{part:6d} frames: peak memory {float(told):.0f} MB")


def against_pdyna(structure: Structure, folder: Path, count: int) -> None:
    try:
        from pdyna.core import Trajectory
    except ImportError:
        print("PDynA is not installed: left out")
        return
    if not hasattr(np, "mat"):
        vars(np)["mat"] = np.asmatrix  # it was written for numpy 1
    os.environ.setdefault("MPLBACKEND", "Agg")
    files = write(structure, folder, count)
    first = folder / "first.extxyz"
    first.write_text("".join(files["run.extxyz"].read_text().splitlines(keepends=True)[: len(structure) + 2]))
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        theirs = Trajectory("extxyz", (str(files["run.extxyz"]), str(first), (300, 300, 1, 1)))
        theirs.dynamics(read_mode=1, allow_equil=0.0, read_every=1, toggle_tilt_distort=True, tilt_corr_NN1=False)
    seconds = time.process_time() - start
    ours = best(lambda: describe_trajectory(f"{files['run.extxyz']}@:", families=("octahedra", "tilts")))
    print(f"{count} frames, tilts and distortions: PDynA {seconds:.1f} s, perovex {ours:.2f} s")
    reference = perceive(structure)
    follower = Follower(reference)
    moved = (follower.crystal(follower.place(f), f.lattice) for f in iter_frames(files["run.extxyz"]))
    angles = np.array([crystal_rotations(one) for one in moved])[:, np.argsort(reference.octahedra.metal)]
    axes = np.abs([*reference.in_plane_axes, reference.normal]).argmax(axis=1)
    for name, axis in zip(("a", "b", "normal"), axes, strict=True):
        mine, other = angles[:, :, ("a", "b", "normal").index(name)], np.asarray(theirs.Tilting)[:, :, axis]
        apart = min(np.abs(mine - sign * other).mean() for sign in (1, -1))
        print(f"  about {name:6s}: mean |tilt| {np.abs(mine).mean():.2f} deg, mean difference {apart:.2f} deg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--peer-frames", type=int, default=24)
    parser.add_argument("--peak", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        peak(options.peak, options.frames)
        return
    structure = crystal()
    structure.sort(key=lambda site: site.specie.symbol)
    octahedra = len(perceive(structure).octahedra)
    print(f"{len(structure)} atoms, {octahedra} octahedra, {options.frames} frames")
    with tempfile.TemporaryDirectory() as name:
        own(write(structure, Path(name), options.frames), options.frames)
        against_pdyna(structure, Path(name), options.peer_frames)


if __name__ == "__main__":
    main()
