"""Time descriptors on relaxed crystals of the data set, with peers in the same run, as ratios.

Usage: python benchmarks/descriptors.py [PATH] [--large]

PATH is a structure file, or a folder of CIF files, to time instead of the project's own crystals: these are
repeated to about 320 atoms, and every one is written as CIF into a temporary folder for the throughput. `--large`
goes up to 50,000 atoms, each size in a process of its own, whose peak memory is printed. Times are processor time
of one core, the shortest of a few calls. Peers that are not installed are named and left out; each does less than
a full row: its label says what. PDynA takes 3D networks only: it is timed, beside perovex, on one of those.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor

from perovex.crystal import perceive, read
from perovex.datasets import load_elastic
from perovex.descriptors import HOIPFeaturizer, describe
from perovex.descriptors.describing import row
from perovex.descriptors.registry import FAMILIES, REGISTRY
from perovex.errors import PerovexError

GEOMETRIC = ("octahedra", "bridges", "tilts", "layers")
ATOMS = 320
SIZES = (1000, 3000, 10_000, 25_000, 50_000)


def best(function, repeats=7, before=lambda: None):
    """Shortest processor time of a few calls, ms; the first call pays for caches and does not count."""
    function()
    times = []
    for _ in range(repeats):
        before()
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return 1e3 * min(times)


def forget() -> None:
    """Empty every cache of perovex: the next row pays for its molecules as if they were new."""
    for name, module in list(sys.modules.items()):
        if name.startswith("perovex"):
            for function in vars(module).values():
                if hasattr(function, "cache_clear"):
                    function.cache_clear()


def supercell(structure: Structure, atoms: int) -> Structure:
    """Repeat a crystal until it has a number of atoms, the shortest edge first."""
    repeat = [1, 1, 1]
    while np.prod(repeat) * len(structure) < atoms:
        repeat[int(np.argmin(np.multiply(repeat, structure.lattice.abc)))] += 1
    return structure.make_supercell(repeat, in_place=False)


def own_crystals() -> dict[str, Structure]:
    """Relaxed layered crystals of the data set."""
    stored = load_elastic().structures
    return {
        name: AseAtomsAdaptor.get_structure(item) if not isinstance(item, Structure) else item
        for name, item in stored.items()
        if len(item) > 20
    }


def chosen(path: Path | None) -> Structure:
    """Crystal to time: the one that was asked for, or an own one with exactly `ATOMS` atoms if there is one."""
    if path is not None and path.is_file():
        return read(path)
    crystals = own_crystals() if path is None else {p.name: read(p) for p in sorted(path.glob("*.cif"))[:1]}
    by_miss = sorted(crystals.values(), key=lambda s: (abs(len(supercell(s, ATOMS)) - ATOMS), -len(s)))
    return supercell(by_miss[0], ATOMS)


def network() -> Structure:
    """Own 3D crystal of about `ATOMS` atoms."""
    return next(supercell(item, ATOMS) for item in own_crystals().values() if perceive(item).dimensionality == 3)


def own_times(structure: Structure, path: str) -> list[tuple[str, float]]:
    perceived = perceive(structure)
    lines = [
        ("describe from CIF, everything", best(lambda: describe(path), 5)),
        ("  read the CIF", best(lambda: read(path), 5)),
        ("  perceive", best(lambda: perceive(structure), 5)),
        ("  full row of descriptors", best(lambda: row(perceived))),
        ("  full row, no molecule known", best(lambda: row(perceived), 5, forget)),
        ("describe from CIF, no molecule known", best(lambda: describe(path), 5, forget)),
        ("  geometric families", best(lambda: row(perceived, GEOMETRIC))),
    ]
    return lines + [(f"    {family}", best(lambda f=family: row(perceived, f))) for family in FAMILIES]


def octahedra_by_pymatgen(structure: Structure, metals: list[int]):
    """Ways to find the octahedra with pymatgen and matminer."""
    from pymatgen.analysis.local_env import CrystalNN, VoronoiNN

    yield "pymatgen: VoronoiNN of the metals", lambda: [VoronoiNN().get_nn_info(structure, i) for i in metals]
    yield "pymatgen: CrystalNN of the metals", lambda: [CrystalNN().get_nn_info(structure, i) for i in metals]
    from matminer.featurizers.site import CrystalNNFingerprint

    fingerprint = CrystalNNFingerprint.from_preset("ops")
    yield (
        "matminer: CrystalNN fingerprint of the metals",
        lambda: [fingerprint.featurize(structure, i) for i in metals],
    )


def peers(structure: Structure, path: str):
    """Calls of other tools on the same crystal: (what it does, call)."""
    perceived = perceive(structure)
    yield "pymatgen: read the CIF", lambda: Structure.from_file(path)
    yield from octahedra_by_pymatgen(structure, [int(i) for i in perceived.octahedra.metal])


def pdyna_frame(path: str):
    from pdyna.core import Frame

    return lambda: Frame("cif", path).analysis()


def pyrovskite_octahedra(path: str):
    import ase.io
    from pyrovskite.perovskite import Perovskite

    def call():
        crystal = Perovskite(ase.io.read(path), suppress_output=True)
        crystal.identify_octahedra()
        crystal.compute_delta()
        crystal.compute_sigma()

    return call


def octadist_octahedra(path: str):
    """OctaDist wants the seven atoms of an octahedron: it gets those that were perceived."""
    from octadist.src.calc import CalcDistortion

    octahedra = perceive(path).octahedra.vectors
    coordinates = [np.vstack([np.zeros(3), vectors]) for vectors in octahedra]
    return lambda: [CalcDistortion(coordinate) for coordinate in coordinates]


PDYNA = ("PDynA: read and analyse a frame", pdyna_frame)
OTHERS = (
    ("pyrovskite: read, octahedra, Delta, Sigma", pyrovskite_octahedra),
    ("OctaDist: distortions of given octahedra", octadist_octahedra),
)


def peer_times(structure: Structure, path: str):
    """Time the peers; one that is missing or fails on this crystal is named with its reason."""
    try:
        for name, call in peers(structure, path):
            yield timed(name, call)
    except ImportError as error:
        yield f"{error.name} is not installed", None
    yield from other_times(OTHERS, path)


def other_times(others, path: str):
    for name, make in others:
        try:
            call = make(path)
        except ImportError as error:
            yield f"{name}: left out, no module {error.name}", None
        else:
            yield timed(name, call)


def timed(name, call) -> tuple[str, float | None]:
    try:
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            return name, best(call, 1)
    except Exception as error:  # noqa: BLE001  what a peer raises is a result
        return f"{name}: fails, {type(error).__name__}: {str(error)[:60]}", None


def throughput(folder: Path) -> None:
    """Full rows per second of one core over a folder of CIF files, in one process, nothing cached before."""
    paths = sorted(folder.glob("*.cif"))
    atoms = []
    for path in paths:
        with contextlib.suppress(PerovexError):
            atoms.append(len(read(path)))
    times = []
    for _ in range(2):
        start = time.process_time()
        HOIPFeaturizer(on_error="row", n_jobs=1).fit_transform([str(path) for path in paths])
        times.append(time.process_time() - start)
    first, second = (len(paths) / seconds for seconds in times)
    print(
        f"{len(paths)} CIF files (median {np.median(atoms):.0f} atoms): {first:.1f} structures/s the first time,"
        f" {second:.1f} with molecules known"
    )


def one_size(atoms: int, structure: Structure) -> None:
    """Print times and memory of a crystal as JSON, for the parent process."""
    larger = supercell(structure, atoms)
    perceive(structure)  # libraries are loaded before memory and time are counted
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.process_time()
    perceived = perceive(larger)
    middle = time.process_time()
    row(perceived)
    end = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "atoms": len(larger),
                "perceive": middle - start,
                "describe": end - middle,
                "peak": peak,
                "before": before,
            }
        )
    )


def growth(path: Path | None) -> None:
    """Time and memory against the number of atoms; the exponent is 1 where time is linear."""
    results = []
    for atoms in SIZES:
        command = [sys.executable, __file__, *([str(path)] if path else []), "--one", str(atoms)]
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        results.append(result)
        print(
            f"{result['atoms']:6d} atoms: perceive {result['perceive']:7.2f} s, describe {result['describe']:7.2f} s,"
            f" {1e3 * (result['perceive'] + result['describe']) / result['atoms']:6.3f} ms per atom,"
            f" peak memory {result['peak']:.0f} MB ({result['before']:.0f} MB before)"
        )
    logs = np.log([[r["atoms"], r["perceive"] + r["describe"]] for r in results])
    print(f"time grows with atoms to the power {np.polyfit(*logs.T, 1)[0]:.2f}")


def print_ratios(lines, reference: float, full: float) -> None:
    print(f"\n{'peer':48s} {'time':>12s} {'x from CIF':>12s} {'x full row':>12s}")
    for name, milliseconds in lines:
        if milliseconds is None:
            print(name)
        else:
            print(f"{name:48s} {milliseconds:9.2f} ms {milliseconds / reference:12.2f} {milliseconds / full:12.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", nargs="?", type=Path)
    parser.add_argument("--large", action="store_true", help="up to 50,000 atoms")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    structure = chosen(options.path)
    if options.one:
        one_size(options.one, structure)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "crystal.cif")
        structure.to(filename=file)
        own = own_times(structure, file)
        print(f"{len(structure)} atoms, {structure.composition.reduced_formula}, {len(REGISTRY)} descriptors")
        for name, milliseconds in own:
            print(f"{name:48s} {milliseconds:9.2f} ms")
        print_ratios(peer_times(structure, file), reference=own[0][1], full=own[3][1])
        three = network()
        three.to(filename=file)
        perceived = perceive(three)
        reference, full = best(lambda: describe(file), 5), best(lambda: row(perceived))
        print(
            f"\n3D network of {len(three)} atoms, {three.composition.reduced_formula}:"
            f" from CIF {reference:.2f} ms, full row {full:.2f} ms"
        )
        print_ratios(other_times((PDYNA,), file), reference, full)
        print()
        cifs = options.path if options.path is not None and options.path.is_dir() else Path(folder) / "own"
        if cifs == Path(folder) / "own":
            cifs.mkdir()
            for name, item in own_crystals().items():
                item.to(filename=str(cifs / f"{name.replace('/', '_')[:60]}.cif"))
        throughput(cifs)
    if options.large:
        growth(options.path)


if __name__ == "__main__":
    main()
