"""What each molecule does in the crystal: spacer, cage cation or guest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.model import Molecule, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perovex.crystal.model import Slab
    from perovex.crystal.perception.molecules import RawMolecule


def with_roles(
    molecules: Sequence[RawMolecule], slabs: Sequence[Slab], normal: NDArray[np.float64], repeat_height: float
) -> tuple[Molecule, ...]:
    """Give each molecule its role.

    A neutral molecule is a guest. A cation lies in a cage when the centroid of its heavy atoms is between the
    lowest and the highest metal plane of a slab, and always in a 3D network; else it is a spacer, be it
    organic or caesium. In a network without axes every cation is a spacer: nothing tells a cage there.

    Parameters
    ----------
    molecules : sequence of RawMolecule
        From `find_molecules`.
    slabs : sequence of Slab
        Empty for a 3D network.
    normal : ndarray, shape (3,)
        Unit normal; NaN for a network without axes.
    repeat_height : float
        Stacking period, Å.

    Returns
    -------
    tuple of Molecule
    """
    return tuple(
        Molecule(
            sites=m.sites,
            coordinates=m.coordinates,
            symbols=m.symbols,
            smiles=m.smiles,
            charge=m.charge,
            role=_role(m, slabs, normal, repeat_height),
            ammonium=m.ammonium,
            bonds=m.bonds,
            hydrogens_complete=m.hydrogens_complete,
            mol=m.mol,
        )
        for m in molecules
    )


def _role(molecule: RawMolecule, slabs: Sequence[Slab], normal: NDArray[np.float64], repeat_height: float) -> Role:
    if molecule.charge <= 0:
        return "guest"
    if not slabs:
        return "spacer" if np.isnan(normal).any() else "cage"
    height = float(molecule.centroid @ normal)
    for slab in slabs:
        bottom, top = float(slab.metal_heights[0]), float(slab.metal_heights[-1])
        if (height - bottom) % repeat_height < top - bottom:
            return "cage"
    return "spacer"
