"""Values and times of tensor properties against Elasticipy and pymatgen, on crystals from cubic to triclinic.

Averages come from pymatgen in perovex; everything by direction is perovex's own. Elasticipy is asked for the same:
moduli along 500 directions, velocities, averages, the fibre texture of a film, and the extremes over all directions.

``python benchmarks/tensor_peers.py``

Needs ``pip install elasticipy``; a minute.
"""

import argparse
import time
import warnings

import numpy as np
from elasticipy.tensors.elasticity import StiffnessTensor
from scipy.spatial.transform import Rotation

from perovex.elasticity import ElasticTensor
from perovex.elasticity.properties.texture import fibre
from perovex.elasticity.properties.waves import christoffel

DENSITY = 3.0
CRYSTALS = {
    "cubic Si": "165.7 63.9 63.9 0 0 0 165.7 63.9 0 0 0 165.7 0 0 0 79.6 0 0 79.6 0 79.6",
    "trigonal quartz": "86.6 6.7 12.6 -17.8 0 0 86.6 12.6 17.8 0 0 106.1 0 0 0 57.8 0 0 57.8 -17.8 39.95",
    "monoclinic NbNO": "209 76 113 0 14 0 230 96 0 2 0 269 0 24 0 45 0 -6 46 0 41",
    "triclinic albite": "69.9 34 30.8 5.1 -2.4 -0.9 183.5 5.5 -3.9 -7.7 -5.8 179.5 -8.7 7.1 -9.8"
    " 24.9 -2.4 -7.2 26.8 0.5 33.5",
}
EXTREMES = (
    ("youngs_modulus", "Young_modulus"),
    ("linear_compressibility", "linear_compressibility"),
    ("shear_modulus", "shear_modulus"),
    ("poissons_ratio", "Poisson_ratio"),
)


def matrix(text: str) -> np.ndarray:
    C = np.zeros((6, 6))
    C[np.triu_indices(6)] = [float(x) for x in text.split()]
    return C + np.triu(C, 1).T


def pairs(count: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of unit vectors at right angles."""
    rng = np.random.default_rng(0)
    u, helper = rng.normal(size=(2, count, 3))
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    v = np.cross(u, helper)
    return u, v / np.linalg.norm(v, axis=1, keepdims=True)


def apart(ours, theirs) -> float:
    """Largest difference as a share of the largest value."""
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    return float(abs(ours - theirs).max() / abs(ours).max())


def values(ours: ElasticTensor, theirs: StiffnessTensor) -> dict[str, float]:
    u, v = pairs()
    speeds = np.sort([np.asarray(speed.eval(u)) for speed in theirs.wave_velocity(DENSITY)], axis=0).T
    found = {
        "Young's modulus": apart(ours.youngs_modulus(u), theirs.Young_modulus.eval(u)),
        "linear compressibility": apart(ours.linear_compressibility(u), theirs.linear_compressibility.eval(u)),
        "shear modulus": apart(ours.shear_modulus(u, v), theirs.shear_modulus.eval(u, v)),
        "Poisson's ratio": apart(ours.poissons_ratio(u, v), theirs.Poisson_ratio.eval(u, v)),
        "phase velocities": apart(christoffel(ours, u, DENSITY).phase, speeds),
        "universal anisotropy": apart([ours.universal_anisotropy], [theirs.universal_anisotropy]),
    }
    film, turns = fibre(ours, [0, 0, 1]), Rotation.from_rotvec(np.outer(np.arange(0, 360, 5), [0, 0, 1]), degrees=True)
    for name, bound in (("Voigt", film.voigt), ("Reuss", film.reuss)):
        found[f"film, {name}"] = apart(bound.C, theirs.average(name, orientations=turns).matrix())
    return found


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    warnings.simplefilter("ignore")
    for name, text in CRYSTALS.items():
        ours, theirs = ElasticTensor(matrix(text)), StiffnessTensor(matrix(text))
        print(f"\n{name}: largest difference, relative")
        for key, difference in values(ours, theirs).items():
            print(f"  {key:24s} {difference:.1e}")
        print(f"  {'extremes':24s} {'perovex':>24s} {'Elasticipy':>24s}   seconds, perovex and Elasticipy")
        for mine, other in EXTREMES:
            start = time.perf_counter()
            ends = ours.extremes(mine)
            middle = time.perf_counter()
            function = getattr(theirs, other)
            low, high = function.min()[0], function.max()[0]
            end = time.perf_counter()
            own = f"{ends.min.value:.6g} {ends.max.value:.6g}"
            print(f"  {mine:24s} {own:>24s} {f'{low:.6g} {high:.6g}':>24s}   {middle - start:.2f} {end - middle:.2f}")


if __name__ == "__main__":
    main()
