"""Soft contacts between molecules and frame: pair list, energy, gradient, and the closest-contact ratio.

The potential only has to keep atoms apart, hold hydrogen bonds and close the gap between slabs: Lennard-Jones
terms with UFF parameters [1]_, and the 12-10 hydrogen bond of DREIDING [2]_ between acidic hydrogens and
halides. It is no force field for properties.

References
----------
.. [1] A. K. Rappé et al., J. Am. Chem. Soc. 114, 10024 (1992), doi 10.1021/ja00051a040.
.. [2] S. L. Mayo et al., J. Phys. Chem. 94, 8897 (1990), doi 10.1021/j100389a010.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial import cKDTree

from perovex.building.lengths import vdw_radius

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: UFF distance (Å) and well depth (kcal/mol) of like pairs.
UFF: Final[dict[str, tuple[float, float]]] = {
    "H": (2.886, 0.044), "B": (4.083, 0.180), "C": (3.851, 0.105), "N": (3.660, 0.069), "O": (3.500, 0.060),
    "F": (3.364, 0.050), "Si": (4.295, 0.402), "P": (4.147, 0.305), "S": (4.035, 0.274), "Cl": (3.947, 0.227),
    "Se": (4.205, 0.291), "Br": (4.189, 0.251),
    "I": (4.500, 0.339), "Pb": (4.297, 0.663),
    "Sn": (4.392, 0.567), "Cs": (4.517, 0.045), "Rb": (4.114, 0.040), "Ge": (4.280, 0.379), "Cd": (2.848, 0.228),
}  # fmt: skip
DEFAULT_UFF: Final = (3.5, 0.1)

#: Hydrogen-halide distance (Å) at the bottom of the hydrogen bond, and its depth (kcal/mol).
HYDROGEN_BOND: Final[dict[str, float]] = {"F": 1.65, "Cl": 2.25, "Br": 2.45, "I": 2.65}
HYDROGEN_BOND_DEPTH: Final = 2.5

#: Nitrogen-halide distance (Å) at the bottom of the contact of a nitrogen that bears such hydrogens, and its depth
#: (kcal/mol). The hydrogen bond has no angle in it: without this contact heads bend their hydrogens aside and sink
#: 0.25 Å too deep into the pockets, and gaps close by twice that. Chosen so that built crystals show the distances
#: of crystals relaxed with an interatomic potential (Cl 3.15, Br 3.31, I 3.55).
NITROGEN_CONTACT: Final[dict[str, float]] = {"F": 2.9, "Cl": 3.35, "Br": 3.5, "I": 3.75}
NITROGEN_CONTACT_DEPTH: Final = 4.0

CUTOFF: Final = 8.0
SKIN: Final = 1.0


@dataclass(frozen=True, eq=False)
class Atoms:
    """All atoms of one period: frame first, then the molecules one after another.

    Attributes
    ----------
    symbols : tuple of str
        Elements.
    molecule : ndarray of int
        Number of the molecule each atom belongs to; -1 for the frame.
    donor : ndarray of bool
        Hydrogens that make hydrogen bonds.
    head : ndarray of bool
        Nitrogens that bear them.
    """

    symbols: tuple[str, ...]
    molecule: NDArray[np.int64]
    donor: NDArray[np.bool_]
    head: NDArray[np.bool_]

    @property
    def acceptor(self) -> NDArray[np.bool_]:
        """Halides of the frame."""
        return np.array([s in HYDROGEN_BOND for s in self.symbols]) & (self.molecule < 0)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs within reach, each once: molecules with everything outside them, slabs with other slabs.

    ``shift`` is the lattice translation of the second atom.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    shift: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first)

    def vectors(self, x: NDArray[np.float64], cell: NDArray[np.float64]) -> NDArray[np.float64]:
        """Vectors from first to second atom, Å."""
        return np.asarray(x[self.second] + self.shift @ cell - x[self.first])


def find_pairs(
    x: NDArray[np.float64],
    cell: NDArray[np.float64],
    molecule: NDArray[np.int64],
    reach: float = CUTOFF + SKIN,
    slab: NDArray[np.int64] | None = None,
) -> Pairs:
    """Pairs of atoms closer than `reach`, across cell boundaries.

    Pairs within one molecule and within the frame are left out; a molecule and its own image are a pair.

    Parameters
    ----------
    x : ndarray, shape (m, 3)
        Coordinates, Å.
    cell : ndarray, shape (3, 3)
        Lattice vectors, Å.
    molecule : ndarray of int, shape (m,)
        Molecule of each atom, -1 for the frame.
    reach : float
        Longest distance, Å.
    slab : ndarray of int, shape (m,), optional
        Slab of each frame atom, counted from 0 along the third lattice vector, which leads past all of them.
        With it, atoms of facing slabs are pairs, too: without these, nothing keeps apart two slabs whose
        halides stand above one another.
    """
    chosen = np.flatnonzero(molecule >= 0) if slab is None else np.arange(len(x))
    if not len(chosen):
        empty = np.zeros(0, dtype=np.int64)
        return Pairs(empty, empty, np.zeros((0, 3), dtype=np.int64))
    inverse = np.linalg.inv(cell)
    fractional = x @ inverse
    spread = fractional.max(axis=0) - fractional.min(axis=0)
    count = np.ceil(reach * np.linalg.norm(inverse, axis=0) + spread).astype(int)
    ranges = [np.arange(-c, c + 1) for c in count]
    shifts = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
    images = (x[None, :, :] + (shifts @ cell)[:, None, :]).reshape(-1, 3)
    low, high = x[chosen].min(axis=0) - reach, x[chosen].max(axis=0) + reach
    near = np.flatnonzero(((images > low) & (images < high)).all(axis=1))
    hits = cKDTree(images[near]).query_ball_point(x[chosen], reach)
    first = np.repeat(chosen, [len(h) for h in hits])
    index = near[np.concatenate([np.asarray(h, dtype=np.int64) for h in hits])]
    second, shift = index % len(x), shifts[index // len(x)]
    at_home = ~shift.any(axis=1)
    # each pair once: by atom number, and among images of one atom by the sign of the translation
    sign = np.sign(shift @ np.array([10_000, 100, 1]))
    once = (first < second) | ((first == second) & (sign > 0))
    loose, fixed = molecule[first] >= 0, molecule[second] < 0
    keep = loose & (fixed | once) & ~(at_home & (molecule[first] == molecule[second]))
    if slab is not None:
        slabs = 1 + slab.max(initial=0)
        keep |= ~loose & fixed & once & (slab[second] + slabs * shift[:, 2] != slab[first])
    return Pairs(first[keep], second[keep], shift[keep])


class ContactEnergy:
    """Energy and gradient of soft contacts.

    Parameters
    ----------
    atoms : Atoms
        Elements and molecules.
    softness : float
        Å; distances r act as (r² + softness²)^½ in the Lennard-Jones terms, so that overlapping molecules can
        pass each other early in a search.
    """

    def __init__(self, atoms: Atoms, softness: float = 0.0) -> None:
        self.atoms = atoms
        self.softness = softness
        table = np.array([UFF.get(s, DEFAULT_UFF) for s in atoms.symbols])
        self._radius, self._depth = table[:, 0], table[:, 1]
        self._bond = np.array([HYDROGEN_BOND.get(s, 0.0) for s in atoms.symbols])
        self._acceptor = atoms.acceptor
        self._contact = np.array([NITROGEN_CONTACT.get(s, 0.0) for s in atoms.symbols])

    def __call__(
        self, pairs: Pairs, x: NDArray[np.float64], cell: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """Energy, its gradient on each atom and on the third lattice vector.

        Returns
        -------
        energy : float
            kcal/mol per cell.
        gradient : ndarray, shape (m, 3)
            kcal/mol/Å.
        stacking : ndarray, shape (3,)
            Derivative by the third lattice vector, kcal/mol/Å.
        """
        i, j = pairs.first, pairs.second
        vector = pairs.vectors(x, cell)
        square = np.einsum("ij,ij->i", vector, vector)
        bonded = self.atoms.donor[i] & self._acceptor[j]
        soft = square + self.softness**2
        radius2 = self._radius[i] * self._radius[j]  # geometric mean, squared
        depth = np.sqrt(self._depth[i] * self._depth[j])
        headed = self.atoms.head[i] & self._acceptor[j]
        radius2[headed], depth[headed] = self._contact[j[headed]] ** 2, NITROGEN_CONTACT_DEPTH
        ratio6 = (radius2 / soft) ** 3
        energy = depth * ratio6 * (ratio6 - 2.0)
        slope = depth * 12.0 * ratio6 * (1.0 - ratio6) / soft  # dE/dr divided by r
        if bonded.any():
            soft_b = square[bonded] + 0.25 * self.softness**2
            ratio2 = self._bond[j[bonded]] ** 2 / soft_b
            energy[bonded] = HYDROGEN_BOND_DEPTH * ratio2**5 * (5.0 * ratio2 - 6.0)
            slope[bonded] = 60.0 * HYDROGEN_BOND_DEPTH * ratio2**5 * (1.0 - ratio2) / soft_b
        force = slope[:, None] * vector
        gradient = np.zeros_like(x)
        for axis in range(3):
            gradient[:, axis] = np.bincount(j, force[:, axis], len(x)) - np.bincount(i, force[:, axis], len(x))
        return float(energy.sum()), gradient, pairs.shift[:, 2] @ force


def contact_ratio(symbols: Sequence[str], pairs: Pairs, x: NDArray[np.float64], cell: NDArray[np.float64]) -> float:
    """Shortest distance in units of the sum of van der Waals radii.

    Hydrogen on nitrogen or oxygen may come closer to a halide than its radius says, and is judged by the
    caller; here every pair counts alike.
    """
    if not len(pairs):
        return float("inf")
    radius = np.array([vdw_radius(s) for s in symbols])
    distance = np.linalg.norm(pairs.vectors(x, cell), axis=1)
    return float((distance / (radius[pairs.first] + radius[pairs.second])).min())
