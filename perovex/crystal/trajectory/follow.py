"""A crystal perceived once that follows the frames of a trajectory: same atoms, bonds and names, new geometry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Lattice

from perovex.crystal.perception.elements import HALIDE_RADIUS, OFF_CENTRE_METALS
from perovex.crystal.perception.octahedra import LONGEST, LONGEST_OFF_CENTRE, METAL_RADIUS, TRANS_COSINE
from perovex.crystal.perception.phase import measure_shifts
from perovex.errors import StructureFileError

if TYPE_CHECKING:
    from perovex.crystal.model import LayeredPerovskite, Molecule, Slab
    from perovex.crystal.trajectory.frame import Frame

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Broken:
    """An octahedron that is none in a frame.

    Attributes
    ----------
    frame : int
        Number of the frame in its file.
    octahedron : int
        Index into the octahedra of the reference.
    site : int
        Its metal.
    reason : str
        What is wrong with it.
    """

    frame: int
    octahedron: int
    site: int
    reason: str


class Follower:
    """Put the atoms of each frame into a perceived reference crystal.

    Atoms keep their order. Each is taken at the image nearest to its place in the reference, after the common drift of
    the metals; bonds are those of the reference, whatever the frame.

    Parameters
    ----------
    reference : LayeredPerovskite
        The crystal, perceived from a frame, a relaxed structure or a supercell of it with the atoms in the same order.

    Attributes
    ----------
    reference : LayeredPerovskite
    drift : ndarray, shape (3,)
        Mean displacement of the metals since the reference, fractional.
    """

    def __init__(self, reference: LayeredPerovskite) -> None:
        self.reference = reference
        self.drift: Array = np.zeros(3)
        lattice = np.array(reference.structure.lattice.matrix)
        self._frac = np.array(reference.structure.frac_coords, dtype=float)
        octahedra, bridges = reference.octahedra, reference.bridges
        # steps from the first to the second metal of each bridge all point along the positive axis
        self._axis: Integers = np.where(bridges.axial, 2, bridges.ligand[:, 0] // 2)
        self._sign = np.where(bridges.ligand[:, 0] % 2 == 0, 1.0, -1.0)
        self._whole = [_shifts(m, self._frac, lattice) for m in reference.molecules]
        self._indices = np.zeros(3)
        if reference.slabs:
            self._indices = np.round(lattice @ reference.normal / reference.repeat_height)
        numbers = np.array([site.specie.Z for site in reference.structure])
        radius = np.zeros(int(numbers.max()) + 1)
        for number, value in HALIDE_RADIUS.items():
            if number < len(radius):
                radius[number] = value
        self._reduce = 1.0 / (METAL_RADIUS + radius[numbers[octahedra.ligand]])
        off_centre = np.isin(numbers[octahedra.metal], OFF_CENTRE_METALS)
        self._longest = np.where(off_centre, LONGEST_OFF_CENTRE, LONGEST)

    def place(self, frame: Frame) -> Array:
        """Return fractional coordinates of a frame at the images nearest to the reference, shape (n, 3).

        Raises
        ------
        StructureFileError
            If the frame has other atoms than the reference.
        """
        self._require_same(frame)
        moved = frame.positions @ np.linalg.inv(frame.lattice) - self._frac
        moved -= np.round(moved - self.drift)
        self.drift = moved[self.reference.octahedra.metal].mean(axis=0)
        return self._frac + moved

    def _require_same(self, frame: Frame) -> None:
        if len(frame.positions) != len(self._frac):
            raise StructureFileError(
                f"frame {frame.number} has {len(frame.positions)} atoms, the reference {len(self._frac)}",
                remedy="give a reference with the atoms of the trajectory, in their order",
            )
        if frame.symbols and frame.symbols != self.reference.symbols:
            k = next(k for k, (a, b) in enumerate(zip(frame.symbols, self.reference.symbols, strict=True)) if a != b)
            raise StructureFileError(
                f"atom {k} of frame {frame.number} is {frame.symbols[k]}, in the reference {self.reference.symbols[k]}",
                remedy="give a reference with the atoms in the order of the trajectory",
            )

    def crystal(self, frac: Array, lattice: Array) -> LayeredPerovskite:
        """Return the reference crystal with the geometry of a frame.

        Parameters
        ----------
        frac : ndarray, shape (n, 3)
            From `place`.
        lattice : ndarray, shape (3, 3)
            Cell vectors as rows, Å.

        Returns
        -------
        LayeredPerovskite
            Its ``structure`` knows the cell alone: geometry stands in octahedra, bridges, slabs and spacers.
        """
        here, cart = self.reference, frac @ lattice
        octahedra, bridges = here.octahedra, here.bridges
        centre = cart[octahedra.metal]
        vectors = cart[octahedra.ligand] + octahedra.image @ lattice - centre[:, None]
        arms = -vectors[bridges.octahedron, bridges.ligand]
        moved = here.changed(
            structure=cast("Any", SimpleNamespace(lattice=Lattice(lattice), properties={})),
            octahedra=replace(octahedra, vectors=vectors, centre=centre),
            bridges=replace(bridges, vectors=arms),
            molecules=self._molecules(frac, lattice),
        )
        return self._framed(moved, lattice)

    def _molecules(self, frac: Array, lattice: Array) -> tuple[Molecule, ...]:
        """Move the spacers; what fills cages and pores has no part in the geometry of slabs."""
        if not self.reference.slabs:
            return self.reference.molecules
        return tuple(
            replace(m, coordinates=(frac[m.sites] + shift) @ lattice) if m.role == "spacer" else m
            for m, shift in zip(self.reference.molecules, self._whole, strict=True)
        )

    def _framed(self, crystal: LayeredPerovskite, lattice: Array) -> LayeredPerovskite:
        """Recompute normal, in-plane axes, slabs and shifts of a moved crystal."""
        steps = (crystal.bridges.vectors[:, 1] - crystal.bridges.vectors[:, 0]) * self._sign[:, None]
        if crystal.dimensionality == 3:
            means = np.array([steps[self._axis == q].mean(axis=0) for q in range(3)])
            axes = means / np.linalg.norm(means, axis=1, keepdims=True)
            return crystal.changed(in_plane_axes=axes[:2], normal=axes[2])
        reciprocal = np.linalg.inv(lattice) @ self._indices
        height = float(1.0 / np.linalg.norm(reciprocal))
        normal = reciprocal * height
        flat = np.array([_flat(steps[self._axis == q], normal).mean(axis=0) for q in range(2)])
        axes = flat / np.linalg.norm(flat, axis=1, keepdims=True)
        slabs = tuple(_moved_slab(slab, crystal, normal, lattice) for slab in crystal.slabs)
        moved = crystal.changed(normal=normal, in_plane_axes=axes, repeat_height=height, slabs=slabs)
        shifts = measure_shifts(moved)
        if self.reference.vacuum:  # the slabs beside it are not stacked on each other
            shifts = np.delete(shifts, _widest_gap(slabs, height), axis=0)
        return moved.changed(layer_shifts=shifts)

    def broken(self, crystal: LayeredPerovskite, frame: int) -> list[Broken]:
        """Name the octahedra of a moved crystal that perception would refuse: a bond too long, or trans ligands bent.

        Parameters
        ----------
        crystal : LayeredPerovskite
            From `crystal`.
        frame : int
            Number of the frame.

        Returns
        -------
        list of Broken
        """
        vectors = crystal.octahedra.vectors
        lengths = np.sqrt(np.einsum("kli,kli->kl", vectors, vectors))
        reduced = np.sort(lengths * self._reduce, axis=1)
        ratio = reduced[:, 5] / reduced[:, :3].mean(axis=1)
        unit = vectors / lengths[:, :, None]
        cosine = np.einsum("kpi,kpi->kp", unit[:, 0::2], unit[:, 1::2]).max(axis=1)
        long, bent = ratio > self._longest, cosine > TRANS_COSINE
        broken = []
        for k in np.flatnonzero(long | bent).tolist():
            reason = f"bond of {lengths[k].max():.2f} Å" if long[k] else "opposite bonds at less than 130 degrees"
            broken.append(Broken(frame, k, int(crystal.octahedra.metal[k]), reason))
        return broken


def _shifts(molecule: Molecule, frac: Array, lattice: Array) -> Array:
    """Lattice translations that make a molecule whole."""
    return np.asarray(np.round(molecule.coordinates @ np.linalg.inv(lattice) - frac[molecule.sites]))


def _flat(vectors: Array, normal: Array) -> Array:
    return vectors - np.outer(vectors @ normal, normal)


def _widest_gap(slabs: tuple[Slab, ...], period: float) -> int:
    """Slab with the most room above it."""
    tops = np.array([slab.terminal_heights[1] for slab in slabs])
    bottoms = np.array([slab.terminal_heights[0] for slab in (*slabs[1:], slabs[0])])
    return int(((bottoms - tops) % period).argmax())


def _moved_slab(slab: Slab, crystal: LayeredPerovskite, normal: Array, lattice: Array) -> Slab:
    """Heights of a slab's sheets and faces along the normal."""
    octahedra = crystal.octahedra
    arms = octahedra.vectors[:, 4:] @ normal
    height = octahedra.centre @ normal
    levels = []
    for sheet in slab.sheets:
        members = list(sheet)
        images = np.array([slab.image[m] for m in members]) @ lattice @ normal
        levels.append(height[members] + images)
    bottom = float((levels[0] + arms[list(slab.sheets[0]), 1]).mean())
    top = float((levels[-1] + arms[list(slab.sheets[-1]), 0]).mean())
    return replace(
        slab, metal_heights=np.array([float(level.mean()) for level in levels]), terminal_heights=(bottom, top)
    )
