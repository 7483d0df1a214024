"""Time descriptors against peers in one run.

Usage: python benchmarks/descriptors.py [--large]

The crystal is a generated (CH3NH3)2PbI4 slab, repeated to a few sizes; nothing is read from disk but the
CIF that the run itself writes. Peers that are not installed are left out. `--large` adds a crystal of about
50,000 atoms.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import tempfile
import time
import warnings
from pathlib import Path

from pymatgen.core import Structure

from perovex.crystal import perceive, read
from perovex.crystal.examples import layered
from perovex.descriptors import describe
from perovex.descriptors.describing import row
from perovex.descriptors.registry import FAMILIES, REGISTRY

warnings.simplefilter("ignore")
GEOMETRIC = ("octahedra", "bridges", "tilts", "layers")


def best(function, repeats=7):
    """Shortest wall time of a few calls, ms."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def crystal(repeat):
    """A single-layer crystal with methylammonium between the slabs."""
    return layered(n=1, spacer="MA").make_supercell(repeat, in_place=False)


def own_times(structure, path):
    perceived = perceive(structure)
    lines = [("describe from CIF, everything", best(lambda: describe(path), 5))]
    lines.append(("  read the CIF", best(lambda: read(path), 5)))
    lines.append(("  perceive", best(lambda: perceive(structure), 5)))
    lines.append(("  all families of descriptors", best(lambda: row(perceived))))
    lines.append(("  geometric families", best(lambda: row(perceived, GEOMETRIC))))
    lines += [(f"    {family}", best(lambda f=family: row(perceived, f))) for family in FAMILIES]
    return lines


def peer_times(structure, path):
    """Peers do less each: the label says what."""
    lines = [("pymatgen: read the CIF", best(lambda: Structure.from_file(path), 2))]

    def neighbours():
        structure.get_neighbor_list(4.0)

    lines.append(("pymatgen: neighbour list only", best(neighbours, 3)))
    metals = [i for i, site in enumerate(structure) if site.specie.symbol == "Pb"]

    def crystal_nn():
        from pymatgen.analysis.local_env import CrystalNN

        finder = CrystalNN()
        for i in metals:
            finder.get_nn_info(structure, i)

    lines.append(("pymatgen: CrystalNN of the metals", best(crystal_nn, 1)))

    def local_order():
        from pymatgen.analysis.local_env import LocalStructOrderParams

        order = LocalStructOrderParams(["oct"])
        for i in metals:
            nearest = sorted(structure.get_neighbors(structure[i], 4.0), key=lambda site: site.nn_distance)[:6]
            order.get_order_parameters(structure, i, indices_neighs=[site.index for site in nearest])

    lines.append(("pymatgen: octahedral order parameter of the metals", best(local_order, 1)))
    if importlib.util.find_spec("matminer"):
        from matminer.featurizers.site import CrystalNNFingerprint

        finger = CrystalNNFingerprint.from_preset("ops")

        def fingerprints():
            for i in metals:
                finger.featurize(structure, i)

        lines.append(("matminer: CrystalNN fingerprint of the metals", best(fingerprints, 1)))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    structure = crystal([2, 2, 2])
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "crystal.cif")
        structure.to(filename=path)
        own = own_times(structure, path)
        peers = peer_times(structure, path)
    print(f"{len(structure)} atoms, {len(REGISTRY)} descriptors")
    reference = own[0][1]
    for name, milliseconds in own:
        print(f"{name:55s} {milliseconds:9.2f} ms")
    print(f"{'':55s} {1e3 / reference:9.1f} crystals per second")
    for name, milliseconds in peers:
        print(f"{name:55s} {milliseconds:9.2f} ms {milliseconds / reference:9.2f} x describe from CIF")
    for repeat in ([1, 1, 1], [4, 4, 2], [8, 8, 4], *([[16, 16, 5]] if options.large else [])):
        larger = crystal(repeat)
        start = time.perf_counter()
        perceived = perceive(larger)
        middle = time.perf_counter()
        row(perceived)
        end = time.perf_counter()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{len(larger):6d} atoms: perceive {middle - start:8.3f} s, describe {end - middle:8.3f} s,"
            f" peak memory of the process {peak:.0f} MB"
        )


if __name__ == "__main__":
    main()
