"""How slabs are shifted against each other, the stacking named after it, and the family named after the cations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal.perception.frame import family_means
from perovex.crystal.perception.slabs import unit_translation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perovex.crystal.model import LayeredPerovskite, Molecule, Slab

#: Thirds of the range: each component of a layer shift up to the first bound counts as 0, from the second as
#: 1/2.
ALIGNED, STAGGERED = 1 / 6, 1 / 3
#: Å along the normal without any atom, from which a slab stands in vacuum: the widest gap of 834 layered crystals, some
#: without hydrogens, is 3.1.
VACUUM = 6.0
#: Name of a slab that is stacked on nothing.
SHEET = "sheet in vacuum"
#: Small cations of perovskite cages; between slabs beside another cation they make the ACI phase.
CAGE_TYPE = frozenset(
    {"C[NH3+]", "NC=[NH2+]", "[NH4+]", "[Cs+]", "[Rb+]", "[K+]", "[Na+]", "[Tl+]", "N[NH3+]", "C[NH2+]C"}
)


def layer_shifts(crystal: LayeredPerovskite) -> NDArray[np.float64]:
    """In-plane offsets of successive slabs, in units of the metal-metal distances.

    The square grid of metals of the top sheet of a slab is compared with that of the bottom sheet of the next
    slab; the offset along the two in-plane axes is folded to [0, 1/2].

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.

    Returns
    -------
    ndarray, shape (s, 2)
        One row per slab and the slab above it (the last one and the first of the next period included); none across a
        vacuum, and no rows for a 3D network.

    Notes
    -----
    (0, 0): slabs eclipsed, as many Dion-Jacobson crystals have them; (1/2, 1/2): staggered, as many
    Ruddlesden-Popper crystals have them.

    References
    ----------
    Tremblay et al., Chem. Mater. 31, 6145 (2019), 10.1021/acs.chemmater.9b01564 (layer shift factor).

    Examples
    --------
    >>> from perovex.crystal import perceive
    >>> from perovex.crystal.examples import layered
    >>> layer_shifts(perceive(layered(n=1, shift=(0.5, 0.5)))).round(6).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    return crystal.layer_shifts


def vacuum_gap(crystal: LayeredPerovskite) -> tuple[float, float]:
    """Find the widest space along the normal without any atom.

    Returns
    -------
    width : float
        Å; 0 for a 3D network and where the space is no wider than between the slabs of crystals.
    middle : float
        Its height along the normal, Å; nan without one.
    """
    if not crystal.slabs:
        return 0.0, math.nan
    period = crystal.repeat_height
    heights = np.sort((np.array(crystal.structure.cart_coords) @ crystal.normal) % period)
    gaps = np.diff(np.append(heights, heights[0] + period))
    widest = int(gaps.argmax())
    if gaps[widest] < VACUUM:
        return 0.0, math.nan
    return float(gaps[widest]), float(heights[widest] + gaps[widest] / 2)


def measure_shifts(crystal: LayeredPerovskite, vacuum: float = math.nan) -> NDArray[np.float64]:
    """Measure what `layer_shifts` returns; once per crystal, by `perceive`.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.
    vacuum : float
        Height of a vacuum along the normal, Å; the two slabs beside it are not stacked on each other.
    """
    if not crystal.slabs:
        return np.zeros((0, 2))
    basis, period = _grid(crystal)
    slabs = crystal.slabs
    bottoms = [_phase(crystal, slab, 0, basis, period) for slab in slabs]
    tops = [_phase(crystal, slab, -1, basis, period) for slab in slabs]
    # above the last slab comes the first one, one stacking period up: that translation may lean sideways
    lattice = np.array(crystal.structure.lattice.matrix)
    indices = np.round(lattice @ crystal.normal / crystal.repeat_height).astype(np.int64)
    bottoms.append(bottoms[0] + (unit_translation(indices) @ lattice) @ period @ np.linalg.pinv(basis))
    shifts = np.array([bottoms[s + 1] - tops[s] for s in range(len(slabs))])
    folded = np.abs(shifts - np.round(shifts))
    folded = np.minimum(folded, 1.0 - folded)
    if math.isnan(vacuum):
        return folded
    below = [(vacuum - slab.metal_heights[-1]) % crystal.repeat_height for slab in slabs]
    return np.delete(folded, int(np.argmin(below)), axis=0)


def _grid(crystal: LayeredPerovskite) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean metal-metal vectors along the in-plane axes, and the projector on the plane."""
    flat = crystal.bridges.vectors[~crystal.bridges.axial]
    vectors = flat[:, 1] - flat[:, 0]
    _, basis = family_means(vectors, crystal.in_plane_axes)
    projector = np.eye(3) - np.outer(crystal.normal, crystal.normal)
    return basis @ projector, projector


def _phase(
    crystal: LayeredPerovskite,
    slab: Slab,
    sheet: int,
    basis: NDArray[np.float64],
    projector: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Fractional position of a sheet's metal grid: the circular mean over its metals."""
    members = list(slab.sheets[sheet])
    images = np.array([slab.image[m] for m in members]) @ np.array(crystal.structure.lattice.matrix)
    metals = (crystal.octahedra.centre[members] + images) @ projector
    fractional = metals @ np.linalg.pinv(basis)
    return np.angle(np.exp(2j * np.pi * fractional).mean(axis=0)) / (2 * np.pi)


def name_phase(spacers: Sequence[Molecule]) -> str:
    """Name the family of a layered crystal by the cations between its slabs.

    Parameters
    ----------
    spacers : sequence of Molecule
        Cations between the slabs.

    Returns
    -------
    {"ACI", "RP", "DJ", "mixed", "unknown"}
        ACI (alternating cations) where two kinds of cation lie between the slabs and one of them is of the kind that
        fills cages; RP where all carry one charge, DJ where all carry two or more, mixed where both are there, unknown
        without any. However the slabs are shifted, monovalent spacers never make a Dion-Jacobson crystal: their number
        per formula, A'2 A(n-1) M(n) X(3n+1), is what defines a Ruddlesden-Popper one.

    References
    ----------
    Mao, Stoumpos and Kanatzidis, J. Am. Chem. Soc. 141, 1171 (2019), 10.1021/jacs.8b10851.
    """
    kinds = {m.smiles for m in spacers}
    if len(kinds) > 1 and any(_is_cage_type(m) for m in spacers):
        return "ACI"
    charges = {min(m.charge, 2) for m in spacers}
    if len(charges) != 1:
        return "mixed" if charges else "unknown"
    return "RP" if charges == {1} else "DJ"


def name_stacking(shifts: NDArray[np.float64]) -> tuple[str, tuple[str, ...]]:
    """Name how successive slabs lie on each other.

    Parameters
    ----------
    shifts : ndarray, shape (s, 2)
        From `layer_shifts`.

    Returns
    -------
    stacking : {"eclipsed", "staggered", "intermediate", ""}
        Both components of the shift up to 1/6, both from 1/3 on, anything else; empty where nothing is stacked.
    warnings : tuple of str
        Says when successive slabs disagree.
    """
    names = [_name_shift(s) for s in shifts]
    if len(set(names)) > 1:
        listed = ", ".join(f"({a:.2f}, {b:.2f}) {n}" for (a, b), n in zip(shifts, names, strict=True))
        return "intermediate", (f"successive slabs are shifted differently: {listed}",)
    return (names[0] if names else ""), ()


def _name_shift(shift: NDArray[np.float64]) -> str:
    if (shift <= ALIGNED).all():
        return "eclipsed"
    return "staggered" if (shift >= STAGGERED).all() else "intermediate"


def _is_cage_type(molecule: Molecule) -> bool:
    return molecule.smiles in CAGE_TYPE or (len(molecule) == 1 and molecule.charge == 1)
