"""Hydrogen bonds from the ammonium groups of the spacers to the halides of the framework.

A contact N-H...X counts as a hydrogen bond where H...X is shorter than the sum of Bondi's van der Waals radii
and the angle at the hydrogen is at least 110 degrees (the IUPAC recommendation); no other window has to be
chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pymatgen.optimization.neighbors import find_points_in_spheres

from perovex.descriptors._stats import angle_between, mean, smallest
from perovex.descriptors.registry import computes, describe_as
from perovex.descriptors.sources import BONDI, IUPAC_HYDROGEN_BOND, STEINER

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.model import LayeredPerovskite

    Array = NDArray[np.float64]

__all__ = ["Contacts", "ammonium_contacts"]

VAN_DER_WAALS = {"H": 1.20, "F": 1.47, "Cl": 1.75, "Br": 1.85, "I": 1.98}
"""Bondi's radii, Å (doi:10.1021/j100785a001)."""

SMALLEST_ANGLE = 110.0
REACH = 5.0
"""Å. Halides farther from a nitrogen than this are not looked at."""

_NEEDS = ("spacer", "ammonium", "hydrogens")


@dataclass(frozen=True)
class Contacts:
    """Contacts between ammonium hydrogens and halides, one row each.

    Attributes
    ----------
    length : ndarray, shape (c,)
        H...X distance, Å.
    reach : ndarray, shape (c,)
        N...X distance, Å.
    angle : ndarray, shape (c,)
        Angle N-H...X, deg.
    reduced : ndarray, shape (c,)
        H...X distance over the sum of van der Waals radii.
    terminal : ndarray of bool, shape (c,)
        Whether the halide is terminal.
    hydrogens, nitrogens : int
        Number of ammonium hydrogens and nitrogens looked at.
    nearest : ndarray, shape (nitrogens,)
        Shortest N...X distance of each nitrogen, Å; NaN beyond `REACH`.
    """

    length: Array
    reach: Array
    angle: Array
    reduced: Array
    terminal: NDArray[np.bool_]
    hydrogens: int
    nitrogens: int
    nearest: Array

    @property
    def bonded(self) -> NDArray[np.bool_]:
        """Which contacts are hydrogen bonds."""
        return np.asarray((self.reduced < 1.0) & (self.angle >= SMALLEST_ANGLE))


def _donors(crystal: LayeredPerovskite) -> tuple[Array, Array, NDArray[np.int64]]:
    """Positions of ammonium nitrogens, of their hydrogens, and the nitrogen of each hydrogen."""
    nitrogens: list[Array] = []
    protons: list[Array] = []
    owner: list[int] = []
    for molecule in crystal.spacers:
        number = {atom: len(nitrogens) + i for i, atom in enumerate(molecule.ammonium)}
        nitrogens.extend(molecule.coordinates[list(molecule.ammonium)])
        for first, second in molecule.bonds.tolist():
            for atom, other in ((first, second), (second, first)):
                if atom in number and molecule.symbols[other] in {"H", "D"}:
                    protons.append(molecule.coordinates[other])
                    owner.append(number[atom])
    return (
        np.array(nitrogens).reshape(-1, 3),
        np.array(protons).reshape(-1, 3),
        np.array(owner, dtype=np.int64),
    )


def _join(
    owner: NDArray[np.int64], near: NDArray[np.int64], nitrogens: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair every hydrogen with every halide near its nitrogen, in time linear in the number of pairs."""
    order = np.argsort(near, kind="stable")
    count = np.bincount(near, minlength=nitrogens)
    start = np.cumsum(count) - count
    length = count[owner]
    pair_h = np.repeat(np.arange(len(owner)), length)
    within = np.arange(len(pair_h)) - np.repeat(np.cumsum(length) - length, length)
    return pair_h, order[start[owner[pair_h]] + within]


def ammonium_contacts(crystal: LayeredPerovskite) -> Contacts:
    """Find all contacts between ammonium hydrogens of the spacers and halides of the framework.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.

    Returns
    -------
    Contacts
        Within reach; not all of them are hydrogen bonds.
    """
    octahedra = crystal.octahedra
    halides, first = np.unique(octahedra.ligand.ravel(), return_index=True)
    terminal = ~octahedra.bridging.ravel()[first]
    radii = np.array([VAN_DER_WAALS.get(crystal.symbols[i], np.nan) for i in halides.tolist()])
    nitrogens, protons, owner = _donors(crystal)
    lattice = np.ascontiguousarray(crystal.structure.lattice.matrix)
    points = np.ascontiguousarray(crystal.structure.cart_coords[halides])
    places: Array = np.empty((0, 3))
    near, which = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    if len(nitrogens):
        near, which, images, _ = find_points_in_spheres(
            points,
            np.ascontiguousarray(nitrogens),
            r=REACH,
            pbc=np.ones(3, dtype=np.int64),
            lattice=lattice,
            tol=1e-8,
        )
        places = points[which] + images @ lattice
    reach = np.linalg.norm(places - nitrogens[near], axis=1)
    nearest = np.full(len(nitrogens), np.inf)
    np.minimum.at(nearest, near, reach)
    pair_h, pair_x = _join(owner, near, len(nitrogens))
    arms = nitrogens[owner[pair_h]] - protons[pair_h]
    toward = places[pair_x] - protons[pair_h]
    length = np.linalg.norm(toward, axis=1)
    return Contacts(
        length,
        reach[pair_x],
        angle_between(arms, toward),
        length / (radii[which[pair_x]] + VAN_DER_WAALS["H"]),
        terminal[which[pair_x]],
        len(protons),
        len(nitrogens),
        np.where(np.isfinite(nearest), nearest, np.nan),
    )


@computes(
    "hydrogen_bonds",
    describe_as(
        "hydrogen_bonds_per_ammonium",
        "1",
        "hydrogen bonds per ammonium",
        "Number of N-H...X hydrogen bonds per ammonium nitrogen of the spacers (H...X below the sum of van"
        " der Waals"
        " radii, angle at H at least 110°).",
        source=IUPAC_HYDROGEN_BOND,
        needs=_NEEDS,
    ),
    describe_as(
        "hydrogen_bonds_per_hydrogen",
        "1",
        "hydrogen bonds per N-H",
        "Number of N-H...X hydrogen bonds per ammonium hydrogen of the spacers.",
        source=IUPAC_HYDROGEN_BOND,
        needs=_NEEDS,
    ),
    describe_as(
        "hydrogen_bond_length_mean",
        "Å",
        "H...X length",
        "Mean H...X distance of the hydrogen bonds.",
        source=IUPAC_HYDROGEN_BOND,
        needs=_NEEDS,
    ),
    describe_as(
        "hydrogen_bond_length_min",
        "Å",
        "shortest H...X",
        "Shortest H...X distance of the hydrogen bonds.",
        source=IUPAC_HYDROGEN_BOND,
        needs=_NEEDS,
    ),
    describe_as(
        "hydrogen_bond_reduced_length_mean",
        "1",
        "reduced H...X length",
        "Mean H...X distance over the sum of van der Waals radii; compares halides.",
        source=BONDI,
        needs=_NEEDS,
    ),
    describe_as(
        "hydrogen_bond_donor_distance_mean",
        "Å",
        "N...X length of hydrogen bonds",
        "Mean N...X distance of the hydrogen bonds.",
        source=IUPAC_HYDROGEN_BOND,
        needs=_NEEDS,
    ),
    describe_as(
        "hydrogen_bond_angle_mean",
        "deg",
        "N-H...X angle",
        "Mean angle at the hydrogen of the hydrogen bonds.",
        source=IUPAC_HYDROGEN_BOND,
        needs=_NEEDS,
    ),
    describe_as(
        "hydrogen_bond_terminal_fraction",
        "1",
        "share of terminal acceptors",
        "Share of the hydrogen bonds that end on terminal halides; the others end on bridging ones.",
        needs=(*_NEEDS, "terminal halides"),
        source=STEINER,
    ),
    describe_as(
        "hydrogen_bond_terminal_length_mean",
        "Å",
        "H...X length, terminal X",
        "Mean H...X distance of the hydrogen bonds to terminal halides.",
        needs=(*_NEEDS, "terminal halides"),
        source=STEINER,
    ),
    describe_as(
        "hydrogen_bond_bridging_length_mean",
        "Å",
        "H...X length, bridging X",
        "Mean H...X distance of the hydrogen bonds to bridging halides.",
        needs=(*_NEEDS, "bridges"),
        source=STEINER,
    ),
    describe_as(
        "nitrogen_halide_distance_mean",
        "Å",
        "nearest N...X",
        "Mean over ammonium nitrogens of the distance to the nearest halide; needs no bond criterion.",
        needs=("spacer", "ammonium"),
        source=STEINER,
    ),
)
def hydrogen_bonds(crystal: LayeredPerovskite) -> dict[str, float]:
    """Compute the descriptors of the hydrogen_bonds family.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.

    Returns
    -------
    dict of str to float
        One value per key.
    """
    contacts = ammonium_contacts(crystal)
    bonded, terminal = contacts.bonded, contacts.terminal
    count = float(bonded.sum())
    has_terminal = not crystal.octahedra.bridging.all()
    return {
        "hydrogen_bonds_per_ammonium": count / contacts.nitrogens if contacts.hydrogens else float("nan"),
        "hydrogen_bonds_per_hydrogen": count / contacts.hydrogens if contacts.hydrogens else float("nan"),
        "hydrogen_bond_length_mean": mean(contacts.length[bonded]),
        "hydrogen_bond_length_min": smallest(contacts.length[bonded]),
        "hydrogen_bond_reduced_length_mean": mean(contacts.reduced[bonded]),
        "hydrogen_bond_donor_distance_mean": mean(contacts.reach[bonded]),
        "hydrogen_bond_angle_mean": mean(contacts.angle[bonded]),
        "hydrogen_bond_terminal_fraction": mean(terminal[bonded]) if has_terminal else float("nan"),
        "hydrogen_bond_terminal_length_mean": mean(contacts.length[bonded & terminal]),
        "hydrogen_bond_bridging_length_mean": mean(contacts.length[bonded & ~terminal]),
        "nitrogen_halide_distance_mean": mean(contacts.nearest),
    }
