"""Covalent bonds: which halogens belong to molecules, and what is bonded to what in the organic part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.bonding.neighbours import Pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.perception.elements import AtomTable


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
    pairs = atoms.contacts
    nonmetal = ~atoms.is_metal & (atoms.numbers != 1)
    bound[pairs.i[atoms.is_halogen[pairs.i] & nonmetal[pairs.j]]] = True
    return bound


def hydride_metals(atoms: AtomTable) -> NDArray[np.bool_]:
    """Tell which metals carry hydrogen or carbon (SbH4, AsH4, methyl tin...): no octahedral centres."""
    carried = np.zeros(len(atoms), dtype=bool)
    pairs = atoms.contacts
    light = (atoms.numbers == 1) | (atoms.numbers == 6)
    carried[pairs.i[atoms.is_metal[pairs.i] & light[pairs.j]]] = True
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
    chosen = np.zeros(len(atoms), dtype=bool)
    chosen[members] = True
    heavy = chosen & (atoms.numbers != 1)
    hydrogen = chosen & (atoms.numbers == 1)
    pairs = atoms.contacts
    skeleton = pairs.take(heavy[pairs.i] & heavy[pairs.j])
    arms = pairs.take(hydrogen[pairs.i] & heavy[pairs.j])
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
