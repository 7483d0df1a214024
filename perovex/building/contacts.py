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
from scipy.sparse import csr_array
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

#: Distance (Å) up to which atoms are pairs when a leg of a descent begins.
REACH: Final = 9.0


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
    reach: float = REACH,
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
    # translations far enough for images of any atom to come within reach of any other
    inverse = np.linalg.inv(cell)
    fractional = x @ inverse
    spread = fractional.max(axis=0) - fractional.min(axis=0)
    count = np.ceil(reach * np.linalg.norm(inverse, axis=0) + spread).astype(int)
    ranges = [np.arange(-c, c + 1) for c in count]
    shifts = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
    images = (x[None, :, :] + (shifts @ cell)[:, None, :]).reshape(-1, 3)
    # of these images, those in a box around the chosen atoms, then those within reach of one
    low, high = x[chosen].min(axis=0) - reach, x[chosen].max(axis=0) + reach
    near = np.flatnonzero(((images > low) & (images < high)).all(axis=1))
    hits = cKDTree(x[chosen]).sparse_distance_matrix(cKDTree(images[near]), reach, output_type="ndarray")
    order = np.lexsort((hits["j"], hits["i"]))
    first, image = chosen[hits["i"][order]], near[hits["j"][order]]
    second, shift = image % len(x), shifts[image // len(x)]
    at_home = ~shift.any(axis=1)
    # each pair once: by atom number, and among images of one atom by the sign of the translation
    sign = np.sign(shift @ np.array([10_000, 100, 1]))
    once = (first < second) | ((first == second) & (sign > 0))
    # atoms of molecules with the frame, which is found from their side only, and with those of other molecules
    loose, fixed = molecule[first] >= 0, molecule[second] < 0
    within_molecule = at_home & (molecule[first] == molecule[second])
    keep = loose & (fixed | once) & ~within_molecule
    if slab is not None:
        # atoms of the frame with those of other slabs, which images along the third vector are, too
        n_slabs = 1 + slab.max(initial=0)
        other_slab = slab[second] + n_slabs * shift[:, 2] != slab[first]
        keep |= ~loose & fixed & once & other_slab
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
        self.radius, self.depth = table[:, 0], table[:, 1]
        self.bond = np.array([HYDROGEN_BOND.get(s, 0.0) for s in atoms.symbols])
        self.acceptor = atoms.acceptor
        self.contact = np.array([NITROGEN_CONTACT.get(s, 0.0) for s in atoms.symbols])
        self._terms: _Terms | None = None

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
        if self._terms is None or self._terms.pairs is not pairs:
            self._terms = _Terms(self, pairs)
        terms = self._terms
        vector = terms.vectors(x, cell)
        square = vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]
        inverse = 1.0 / (square + self.softness**2)
        ratio2 = terms.radius2 * inverse
        ratio6 = ratio2 * ratio2 * ratio2
        deep = terms.depth * ratio6
        energy = deep * (ratio6 - 2.0)
        slope = 12.0 * deep * (1.0 - ratio6) * inverse  # dE/dr divided by r
        bonded = terms.bonded
        if len(bonded):
            inverse = 1.0 / (square[bonded] + 0.25 * self.softness**2)
            ratio2 = terms.bond2 * inverse
            ratio10 = ratio2 * ratio2 * ratio2 * ratio2 * ratio2
            energy[bonded] = HYDROGEN_BOND_DEPTH * ratio10 * (5.0 * ratio2 - 6.0)
            slope[bonded] = 60.0 * HYDROGEN_BOND_DEPTH * ratio10 * (1.0 - ratio2) * inverse
        gradient, stacking = terms.gradient([slope * part for part in vector])
        return float(energy.sum()), gradient, stacking


class _Terms:
    """What the energy needs of one list of pairs, looked up once: a descent asks for it a hundred times."""

    def __init__(self, energy: ContactEnergy, pairs: Pairs) -> None:
        i, j = pairs.first, pairs.second
        self.pairs = pairs
        depth = energy.depth
        self.radius2 = energy.radius[i] * energy.radius[j]  # geometric mean, squared
        self.depth = np.sqrt(depth[i] * depth[j])
        headed = energy.atoms.head[i] & energy.acceptor[j]
        self.radius2[headed], self.depth[headed] = energy.contact[j[headed]] ** 2, NITROGEN_CONTACT_DEPTH
        self.bonded = np.flatnonzero(energy.atoms.donor[i] & energy.acceptor[j])
        self.bond2 = energy.bond[j[self.bonded]] ** 2
        self._index_images(len(energy.atoms.symbols))

    def _index_images(self, n_atoms: int) -> None:
        """Count up the atoms that second atoms of pairs are images of; many pairs share one."""
        pairs, many = self.pairs, len(self.pairs)
        lowest = pairs.shift.min(axis=0, initial=0)
        size = pairs.shift.max(axis=0, initial=0) - lowest + 1
        x, y, z = (pairs.shift - lowest).T
        names = ((x * size[1] + y) * size[2] + z) * n_atoms + pairs.second
        _, example, self._image = np.unique(names, return_index=True, return_inverse=True)
        self._atom, self._shift = pairs.second[example], pairs.shift[example].astype(float)
        each, ones = np.arange(many), np.ones(many)
        self._to_first = csr_array((ones, (pairs.first, each)), shape=(n_atoms, many))
        self._to_image = csr_array((ones, (self._image, each)), shape=(len(example), many))

    def vectors(self, x: NDArray[np.float64], cell: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Components of the vectors from first to second atom, Å."""
        images = x[self._atom] + self._shift @ cell
        first = self.pairs.first
        return [image[self._image] - own[first] for image, own in zip(images.T.copy(), x.T.copy(), strict=True)]

    def gradient(self, force: Sequence[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Sum components over atoms, and over translations by the third lattice vector."""
        n_atoms = self._to_first.shape[0]
        gradient, stacking = np.empty((n_atoms, 3)), np.empty(3)
        for axis, part in enumerate(force):
            of_image = self._to_image @ part
            gradient[:, axis] = np.bincount(self._atom, of_image, n_atoms) - self._to_first @ part
            stacking[axis] = self._shift[:, 2] @ of_image
        return gradient, stacking


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
