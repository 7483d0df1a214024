"""Space group of a crystal at work: images of displacements and strains, and several of them measured at once.

Whatever is measured for one displacement or strain is known for all its images under the space group. More
than that: vectors of different irreducible representations can be added up, measured together and taken
apart again, because the images of the sum span them all; and a vector that some operation turns into its
negative needs no second side of a central difference. Reference: Dove, Introduction to Lattice Dynamics,
Cambridge (1993), chapter 6, for the symmetry of force constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from perovex.elasticity.surface import VOIGT, strain_matrix

if TYPE_CHECKING:
    from ase import Atoms

Array = NDArray[np.float64]

EXACT = 1e-4  # Å: a symmetrised crystal maps on itself this well


@dataclass(frozen=True)
class CrystalSymmetry:
    """Operations of a space group that map a crystal on itself.

    Attributes
    ----------
    rotations : ndarray, shape (G, 3, 3)
        Cartesian, for column vectors.
    images_of_atoms : ndarray of int, shape (G, N)
        Atom on whose place operation g puts atom i.
    name : str
        International symbol.
    """

    rotations: Array
    images_of_atoms: NDArray[np.int_]
    name: str = "P1"

    @classmethod
    def trivial(cls, count: int) -> CrystalSymmetry:
        """Return the group of a crystal of `count` atoms without symmetry."""
        return cls(np.eye(3)[None], np.arange(count)[None])

    @property
    def order(self) -> int:
        """Number of operations, centring translations included."""
        return len(self.rotations)

    @property
    def improper(self) -> NDArray[np.bool_]:
        """Which operations are mirrors, inversions or the like, shape (G,)."""
        return np.asarray(np.linalg.det(self.rotations) < 0)

    def proper(self) -> CrystalSymmetry:
        """Return the subgroup of rotations and screws."""
        kept = ~self.improper
        if kept.all():
            return self
        if kept.sum() == 1:
            return CrystalSymmetry.trivial(self.images_of_atoms.shape[1])
        return CrystalSymmetry(self.rotations[kept], self.images_of_atoms[kept], f"rotations of {self.name}")

    def images(self, columns: Array) -> Array:
        """Images (G, 3N, k) of displacement patterns (3N, k)."""
        shaped = columns.reshape(-1, 3, columns.shape[1])
        out = np.empty((self.order, *shaped.shape))
        for g, (rotation, image) in enumerate(zip(self.rotations, self.images_of_atoms, strict=True)):
            out[g, image] = np.einsum("ab,nbk->nak", rotation, shaped)
        return out.reshape(self.order, *columns.shape)

    @cached_property
    def on_strains(self) -> Array:
        """Matrices (G, 6, 6) that turn Voigt strains with engineering shears."""
        units = np.array([strain_matrix(e) for e in np.eye(6)])
        turned = np.einsum("gab,kbc,gdc->gkad", self.rotations, units, self.rotations)
        factor = np.array([1, 1, 1, 2, 2, 2])
        return np.stack([factor[c] * turned[:, :, i, j] for c, (i, j) in enumerate(VOIGT)], axis=1)

    @cached_property
    def on_stresses(self) -> Array:
        """Matrices (G, 6, 6) that turn Voigt stresses."""
        factor = np.array([1, 1, 1, 2, 2, 2])
        return self.on_strains / factor[:, None] * factor[None, :]

    def average(self, step: Array) -> Array:
        """Fully symmetric part of a composite step (3N + 6,), displacements before strains."""
        ions = self.images(step[:-6, None]).mean(axis=0)[:, 0]
        return np.concatenate([ions, (self.on_strains @ step[-6:]).mean(axis=0)])

    def average_hessian(self, hessian: Array) -> Array:
        """Symmetric part of a Hessian (3N, 3N)."""
        if self.order == 1:
            return hessian
        n = hessian.shape[0] // 3
        blocks, total = hessian.reshape(n, 3, n, 3), np.zeros((n, 3, n, 3))
        for rotation, image in zip(self.rotations, self.images_of_atoms, strict=True):
            turned = np.einsum("ab,nbmc,dc->namd", rotation, blocks, rotation, optimize=True)
            total[np.ix_(image, range(3), image, range(3))] += turned
        return total.reshape(hessian.shape) / self.order


def find_symmetry(atoms: Atoms, tolerance: float) -> tuple[CrystalSymmetry, Array, Array]:
    """Find the space group of a crystal and symmetrise it.

    Parameters
    ----------
    atoms : ase.Atoms
        Periodic crystal.
    tolerance : float
        Distance in Å within which atoms count as equivalent; 0 looks for none.

    Returns
    -------
    CrystalSymmetry
        Trivial where there is none, or where the crystal is not symmetric in a consistent way.
    ndarray, shape (N, 3)
        Symmetrised positions, Å.
    ndarray, shape (3, 3)
        Symmetrised cell.
    """
    import spglib

    trivial = CrystalSymmetry.trivial(len(atoms)), atoms.positions.copy(), atoms.cell[:].copy()
    if tolerance <= 0:
        return trivial
    crystal = (atoms.cell[:], atoms.get_scaled_positions(wrap=False), atoms.numbers)
    try:
        dataset = spglib.get_symmetry_dataset(crystal, symprec=tolerance)
    except Exception:  # noqa: BLE001  # spglib raises or returns None by version; either means: no symmetry dataset
        return trivial
    if dataset is None or len(dataset.rotations) == 1:
        return trivial
    turns, shifts = np.asarray(dataset.rotations), np.asarray(dataset.translations)
    away = abs(turns - np.eye(3, dtype=int)).sum(axis=(1, 2)) + abs(shifts - np.round(shifts)).sum(axis=1)
    first = np.argsort(away, kind="stable")  # the identity leads
    turns, shifts = turns[first], shifts[first]
    scaled, cell = crystal[1].copy(), _symmetrised_cell(atoms.cell[:], turns)
    for _ in range(3):  # the first pass finds the pairs, the others remove what rounding left
        mapped = _pair_atoms(scaled, atoms.numbers, turns, shifts, cell, 3 * tolerance)
        if mapped is None:
            return trivial
        images, offset = mapped
        correction = np.zeros_like(scaled)
        for image, off in zip(images, offset, strict=True):
            correction[image] += off
        scaled += correction / len(turns)
    if np.linalg.norm(offset @ cell, axis=-1).max() > EXACT:
        return trivial
    rotations = np.einsum("ia,gab,bj->gij", cell.T, turns, np.linalg.inv(cell.T))
    return CrystalSymmetry(rotations, images, str(dataset.international)), scaled @ cell, cell


def _symmetrised_cell(cell: Array, turns: NDArray[np.int_]) -> Array:
    """Cell whose metric the rotations preserve, without turning it."""
    metric = cell @ cell.T
    wanted = np.einsum("gai,ab,gbj->ij", turns, metric, turns) / len(turns)
    inverse = np.linalg.inv(cell)
    values, vectors = np.linalg.eigh(inverse @ wanted @ inverse.T)
    stretch = (vectors * np.sqrt(values)) @ vectors.T
    return np.asarray(cell @ stretch)


def _pair_atoms(
    scaled: Array, numbers: Array, turns: NDArray[np.int_], shifts: Array, cell: Array, tolerance: float
) -> tuple[NDArray[np.int_], Array] | None:
    """Images of atoms (G, N) and how far each lands beside its partner (G, N, 3), fractional; None if none fits."""
    images, offsets = [], []
    for turn, shift in zip(turns, shifts, strict=True):
        landed = scaled @ turn.T + shift
        apart = landed[:, None] - scaled[None]
        apart -= np.round(apart)
        distance = np.linalg.norm(apart @ cell, axis=-1) + 1e3 * (numbers[:, None] != numbers[None])
        image = distance.argmin(axis=1)
        rows = np.arange(len(scaled))
        if len(set(image)) < len(image) or distance[rows, image].max() > tolerance:
            return None
        images.append(image)
        offsets.append(apart[rows, image])
    return np.array(images), np.array(offsets)


@dataclass(frozen=True)
class Packed:
    """A direction to measure that stands for one or more wanted ones.

    Attributes
    ----------
    vector : ndarray, shape (D,)
    flip : int or None
        Operation that turns the vector into its negative, so that one side of a central difference will do.
    """

    vector: Array
    flip: int | None


def pack(wanted: Array, images_of: Array, tolerance: float = 0.02) -> list[Packed]:
    """Add up wanted directions wherever the images of the sum still span each of them.

    Parameters
    ----------
    wanted : ndarray, shape (D, k)
        Directions to know the response to.
    images_of : ndarray, shape (G, D, k)
        Their images under the group.
    tolerance : float
        Largest relative residual of a wanted direction in the span of the images.

    Returns
    -------
    list of Packed
        As few as first fit finds; the images of them all span every wanted direction.
    """
    lengths = np.linalg.norm(wanted, axis=0)
    images = images_of / lengths
    order = sorted(range(wanted.shape[1]), key=lambda k: _flip(images[:, :, k]) is not None)
    bins: list[list[int]] = []
    for k in order:
        if any(_spans(images, members, [k], tolerance) for members in bins):
            continue  # an image of what is measured already
        for members in bins:
            if len(members) < len(images) and _spans(images, [*members, k], [*members, k], tolerance):
                members.append(k)
                break
        else:
            bins.append([k])
    sums = [images[:, :, members].sum(axis=-1) for members in bins]
    return [Packed(images_of_sum[0], _flip(images_of_sum)) for images_of_sum in sums]


def _flip(images: Array, tolerance: float = 1e-3) -> int | None:
    """Operation whose image (of G, (G, D)) is the negative of the first, which is the vector itself."""
    residual = np.linalg.norm(images + images[0], axis=1)
    best = int(residual.argmin())
    return best if residual[best] < tolerance * np.linalg.norm(images[0]) else None


def _spans(images: Array, members: list[int], wanted: list[int], tolerance: float) -> bool:
    """Whether the images of the sum of the members span what is wanted, without blowing up noise."""
    span = images[:, :, members].sum(axis=-1).T  # (D, G)
    weights, *_ = np.linalg.lstsq(span, images[0][:, wanted], rcond=1e-3)
    residual = np.linalg.norm(span @ weights - images[0][:, wanted], axis=0)
    return bool(residual.max() < tolerance and np.linalg.norm(weights, axis=0).max() < 2.0)
