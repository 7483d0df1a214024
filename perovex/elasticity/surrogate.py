"""Model Hessian of a hybrid perovskite: springs between near atoms, with the strain degrees of freedom.

The curvature of every pair depends on its kind (covalent bond, 1-3 neighbours, metal-halide, hydrogen bond,
other contact) and length only. It serves as the first Hessian of a quasi-Newton relaxation and as a
preconditioner, so it has to be roughly right and positive definite, not exact. The idea of a Hessian from a
simple pairwise force field is that of Lindh et al., Chem. Phys. Lett. 241, 423 (1995),
10.1016/0009-2614(95)00646-L, and Packwood et al., J. Chem. Phys. 144, 164109 (2016), 10.1063/1.4947024; the
constants here were fitted anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from ase.data import covalent_radii
from ase.neighborlist import neighbor_list
from numpy.typing import NDArray

from perovex.elasticity.surface import VOIGT

if TYPE_CHECKING:
    from ase import Atoms

Array = NDArray[np.float64]

HALIDES = (9, 17, 35, 53)
ORGANIC = (1, 5, 6, 7, 8, 15, 16, 34)
CUTOFF = 5.5
BOND_FACTOR = 1.25
# kind of pair -> (curvature in eV/A^2 at the reference length, reference length in A, decay length in A)
SPRINGS = {
    "bond": (35.0, 1.3, 0.5),
    "bond-H": (32.0, 1.06, 0.5),
    "angle": (4.0, 2.2, 1.0),
    "metal-halide": (1.8, 3.1, 0.5),
    "hydrogen-halide": (0.45, 2.5, 0.45),
    "halide-halide": (0.08, 4.4, 0.8),
    "other": (0.15, 2.8, 0.6),
}
TRANSVERSE = 0.05  # share of a spring's curvature that also acts across the pair
FLOOR = 0.02  # eV/A^2 added on the diagonal


class Pairs(NamedTuple):
    """Pairs within the cutoff, each once: atoms, vector from first to second (A), length (A) and kind."""

    first: NDArray[np.int_]
    second: NDArray[np.int_]
    vector: Array
    length: Array
    kind: NDArray[np.str_]


def classify_pairs(atoms: Atoms) -> Pairs:
    """Find the pairs of a crystal and their kinds (keys of `SPRINGS`)."""
    i, j, vector, length, image = neighbor_list("ijDdS", atoms, CUTOFF)
    z, radius = atoms.numbers, covalent_radii[atoms.numbers]
    organic, halide = np.isin(z, ORGANIC), np.isin(z, HALIDES)
    metal = ~organic & ~halide
    touching = length < BOND_FACTOR * (radius[i] + radius[j])
    covalent = touching & ~metal[i] & ~metal[j] & (organic[i] | organic[j])
    kind = np.full(len(i), "other", dtype="<U16")
    kind[halide[i] & halide[j]] = "halide-halide"
    kind[((z[i] == 1) & halide[j]) | ((z[j] == 1) & halide[i])] = "hydrogen-halide"
    kind[touching & ((metal[i] & halide[j]) | (metal[j] & halide[i]))] = "metal-halide"
    kind[_second_neighbours(i, j, image, covalent)] = "angle"
    kind[covalent] = "bond"
    kind[covalent & ((z[i] == 1) | (z[j] == 1))] = "bond-H"
    once = (i < j) | ((i == j) & ((image * [1, 10, 100]).sum(axis=1) > 0))
    return Pairs(i[once], j[once], vector[once], length[once], kind[once])


def _second_neighbours(i: NDArray, j: NDArray, image: NDArray, covalent: NDArray) -> NDArray[np.bool_]:
    """Mark the pairs that share a covalent neighbour."""
    bonded: dict[int, list[tuple[int, NDArray]]] = {}
    for a, b, s in zip(i[covalent], j[covalent], image[covalent], strict=True):
        bonded.setdefault(int(a), []).append((int(b), s))
    far = {(a, c, *(s + t)) for a, links in bonded.items() for b, s in links for c, t in bonded[b]}
    return np.fromiter(((a, b, *s) in far for a, b, s in zip(i, j, image, strict=True)), bool, len(i))


def curvature(pairs: Pairs, springs: dict[str, tuple[float, float, float]] | None = None) -> Array:
    """Curvature of every pair along its line, in eV/A^2."""
    table = SPRINGS if springs is None else springs
    amplitude, reference, decay = (np.array([table[k][c] for k in pairs.kind]) for c in range(3))
    return np.minimum(amplitude * np.exp((reference - pairs.length) / decay), 70.0)


def model_hessian(atoms: Atoms, scale: float) -> Array:
    """Model Hessian over displacements and scaled strains.

    Parameters
    ----------
    atoms : ase.Atoms
        Periodic crystal of N atoms.
    scale : float
        Length in Angstrom that multiplies the strains.

    Returns
    -------
    array of shape (3N + 6, 3N + 6)
        eV/A^2, positive definite.
    """
    pairs = classify_pairs(atoms)
    k = curvature(pairs)
    size = 3 * len(atoms) + 6
    unit = pairs.vector / pairs.length[:, None]
    hessian = np.zeros((size, size))
    _add_springs(hessian, pairs, unit, (1 - TRANSVERSE) * k, scale)
    for axis in np.eye(3):
        _add_springs(hessian, pairs, np.tile(axis, (len(k), 1)), TRANSVERSE * k, scale)
    hessian[np.diag_indices(size)] += FLOOR
    hessian[-6:, -6:] += np.eye(6) * 0.02 * scale  # about 3 GPa: an open layer spacing must not run away
    return hessian


def _add_springs(hessian: Array, pairs: Pairs, unit: Array, k: Array, scale: float) -> None:
    """Add k b b^T for every pair, b the derivative of the relative position along `unit`."""
    n = (len(hessian) - 6) // 3
    strain = np.stack([0.5 * (unit[:, a] * pairs.vector[:, b] + unit[:, b] * pairs.vector[:, a]) for a, b in VOIGT], 1)
    strain /= scale
    blocks = np.zeros((n, n, 3, 3))
    outer = k[:, None, None] * unit[:, :, None] * unit[:, None, :]
    np.add.at(blocks, (pairs.first, pairs.first), outer)
    np.add.at(blocks, (pairs.second, pairs.second), outer)
    np.add.at(blocks, (pairs.first, pairs.second), -outer)
    np.add.at(blocks, (pairs.second, pairs.first), -outer)
    hessian[:-6, :-6] += blocks.transpose(0, 2, 1, 3).reshape(3 * n, 3 * n)
    mixed = np.zeros((n, 3, 6))
    couple = k[:, None, None] * unit[:, :, None] * strain[:, None, :]
    np.add.at(mixed, pairs.second, couple)
    np.add.at(mixed, pairs.first, -couple)
    hessian[:-6, -6:] += mixed.reshape(3 * n, 6)
    hessian[-6:, :-6] += mixed.reshape(3 * n, 6).T
    hessian[-6:, -6:] += np.einsum("p,pa,pb->ab", k, strain, strain)
