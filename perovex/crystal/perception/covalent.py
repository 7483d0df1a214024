"""Covalent bonds: which halogens belong to molecules, and what is bonded to what in the organic part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.perception.neighbours import Pairs, neighbour_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.perception.elements import AtomTable

#: A bond may be this much longer than the sum of covalent radii, Å: wider than thermal motion at 300 K,
#: far narrower than the gap to the nearest non-bonded contact (> 0.6 Å).
SLACK = 0.30


def bound_halogens(atoms: AtomTable) -> NDArray[np.bool_]:
    """Tell which halogens are covalently bound to a nonmetal other than hydrogen (C-F, C-I, BF4, I3...).

    Those belong to a molecule and are no ligands of a metal.

    Parameters
    ----------
    atoms : AtomTable
        The crystal.

    Returns
    -------
    ndarray of bool, shape (n,)
        True for a bound halogen.
    """
    bound = np.zeros(len(atoms), dtype=bool)
    halogens = np.flatnonzero(atoms.is_halogen)
    nonmetals = np.flatnonzero(~atoms.is_metal & (atoms.numbers != 1))
    if len(halogens) == 0:
        return bound
    reach = 2 * atoms.radii[nonmetals].max() + SLACK
    pairs = _covalent(atoms, neighbour_pairs(atoms.lattice, atoms.frac, reach, centres=halogens, neighbours=nonmetals))
    bound[pairs.i] = True
    return bound


def hydride_metals(atoms: AtomTable) -> NDArray[np.bool_]:
    """Tell which metals carry hydrogen or carbon (SbH4, AsH4, methyl tin...): no octahedral centres."""
    carried = np.zeros(len(atoms), dtype=bool)
    metals = np.flatnonzero(atoms.is_metal & ~atoms.is_a_site_metal)
    light = np.flatnonzero((atoms.numbers == 1) | (atoms.numbers == 6))
    if len(metals) and len(light):
        reach = atoms.radii[metals].max() + atoms.radii[light].max() + SLACK
        pairs = neighbour_pairs(atoms.lattice, atoms.frac, reach, centres=metals, neighbours=light)
        carried[_covalent(atoms, pairs).i] = True
    return carried


def covalent_pairs(atoms: AtomTable, members: NDArray[np.int64]) -> Pairs:
    """Return the covalent bonds among `members`, each in both directions.

    Hydrogen is bonded to its nearest heavy atom only, so that a strong hydrogen bond never fuses two
    molecules.

    Parameters
    ----------
    atoms : AtomTable
        The crystal.
    members : ndarray of int
        Sites of the organic part; monatomic A cations among them stay alone.

    Returns
    -------
    Pairs
        Bonds ``i -> j + image``.
    """
    members = members[~atoms.is_a_site_metal[members]]
    heavy = members[atoms.numbers[members] != 1]
    hydrogen = members[atoms.numbers[members] == 1]
    reach = 2 * atoms.radii[heavy].max(initial=0.0) + SLACK
    skeleton = _covalent(atoms, neighbour_pairs(atoms.lattice, atoms.frac, reach, centres=heavy, neighbours=heavy))
    reach = atoms.radii[heavy].max(initial=0.0) + 0.31 + SLACK
    arms = _covalent(atoms, neighbour_pairs(atoms.lattice, atoms.frac, reach, centres=hydrogen, neighbours=heavy))
    excess = arms.distance - atoms.radii[arms.j]
    arms = arms.take(np.lexsort((excess, arms.i)))
    arms = arms.take(np.unique(arms.i, return_index=True)[1])
    return Pairs(
        np.concatenate([skeleton.i, arms.i, arms.j]),
        np.concatenate([skeleton.j, arms.j, arms.i]),
        np.concatenate([skeleton.image, arms.image, -arms.image]),
        np.concatenate([skeleton.vector, arms.vector, -arms.vector]),
        np.concatenate([skeleton.distance, arms.distance, arms.distance]),
    )


def _covalent(atoms: AtomTable, pairs: Pairs) -> Pairs:
    return pairs.take(pairs.distance < atoms.radii[pairs.i] + atoms.radii[pairs.j] + SLACK)
