"""From n to n - 1: the topmost sheet of every slab taken out, with the cations of the cages below it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from pymatgen.core import Lattice, Structure

from perovex.building.check import Expected, check_built
from perovex.building.stacking import Stack, match_in_plane, take_apart
from perovex.crystal import LayeredPerovskite, perceive
from perovex.errors import BuildError

if TYPE_CHECKING:
    from numpy.typing import NDArray


def thin(obj: Any) -> Structure:
    """Take one perovskite sheet out of every slab of a layered crystal.

    The reverse of `perovex.building.thicken`: the topmost sheet goes with the halides that bridge it to the one below
    and the cations in the cages between them, and everything above sinks by the vector between the two sheets, terminal
    halides included, so that spacers keep their pockets.

    Parameters
    ----------
    obj : LayeredPerovskite, Structure, Atoms or path
        Crystal with two sheets or more in every slab.

    Returns
    -------
    pymatgen.core.Structure
        P1; first two lattice vectors in the sheets.

    Raises
    ------
    BuildError
        If the crystal is a 3D network or a slab has one sheet only, or the result is not perceived as n - 1 with all
        other molecules intact.

    Examples
    --------
    >>> from perovex.crystal import perceive
    >>> from perovex.crystal.examples import layered
    >>> perceive(thin(layered(n=3))).n_layers
    2.0
    """
    crystal = perceive(obj)
    stack = take_apart(crystal)
    if min(len(slab.sheets) for slab in crystal.slabs) < 2:
        raise BuildError(
            "a slab of one sheet cannot lose it", source=crystal.source, remedy="give a crystal with n = 2 or more"
        )
    sunk = np.zeros_like(stack.coordinates)
    cell = stack.cell.copy()
    gone: set[int] = set()
    for slab in range(len(crystal.slabs)):
        step = _step(crystal, stack, slab)
        gone |= _taken_out(crystal, stack, slab)
        sunk[_above(crystal, stack, slab)] -= step
        cell[2] -= step
    kept = [site for site in range(len(crystal.structure)) if site not in gone]
    symbols = [crystal.structure[site].specie.symbol for site in kept]
    structure = Structure(Lattice(cell), symbols, (stack.coordinates + sunk)[kept], coords_are_cartesian=True)
    cages = [m for m in crystal.cage_cations if gone.isdisjoint(m.sites)]
    expected = Expected(
        n=crystal.n_layers - 1, metals=crystal.metals, halides=crystal.halides,
        spacers=dict(Counter(m.smiles for m in crystal.spacers)), cages=dict(Counter(m.smiles for m in cages)),
    )  # fmt: skip
    try:
        check_built(structure, expected, contacts=False)
    except BuildError as error:
        raise error.at(crystal.source) from None
    structure.properties["build"] = {"thinned_from": crystal.source or ""}
    return structure


def _ends(crystal: LayeredPerovskite, octahedron: int) -> tuple[int, int]:
    """Corners of an octahedron that lie lowest and highest."""
    heights = crystal.octahedra.vectors[octahedron] @ crystal.normal
    return int(heights.argmin()), int(heights.argmax())


def _step(crystal: LayeredPerovskite, stack: Stack, slab: int) -> NDArray[np.float64]:
    """Vector by which the topmost sheet repeats the one below it.

    Of all in-plane vectors between their metals the one is taken whose octahedra point up alike, so that what lies on
    the top sheet finds the same pockets on the one below.
    """
    *_, below, top = (list(sheet) for sheet in crystal.slabs[slab].sheets)
    octahedra, plane = crystal.octahedra, stack.cell[:2]
    flat = np.eye(3) - np.outer(crystal.normal, crystal.normal)
    low, high = stack.coordinates[octahedra.metal[below]], stack.coordinates[octahedra.metal[top]]
    up_low = np.array([octahedra.vectors[k][_ends(crystal, k)[1]] for k in below])
    up_high = np.array([octahedra.vectors[k][_ends(crystal, k)[1]] for k in top])
    best: tuple[float, NDArray[np.float64]] | None = None
    for first in high:
        partner = match_in_plane(low + first - low[0], high, plane, flat)
        if partner is None:
            continue
        miss = float(np.linalg.norm(up_high[partner] - up_low, axis=1).max())
        if best is not None and miss > best[0] - 1e-3:
            continue
        apart = high[partner] + up_high[partner] - low - up_low
        apart -= np.round((apart - apart[0]) @ np.linalg.pinv(plane)) @ plane
        best = miss, apart.mean(axis=0)
    if best is None:
        raise BuildError("the two topmost sheets do not lie on one another", source=crystal.source)
    return best[1]


def _levels(crystal: LayeredPerovskite, stack: Stack, slab: int) -> tuple[float, float]:
    """Mean heights of the metals of the two topmost sheets."""
    *_, below, top = crystal.slabs[slab].sheets
    lower, upper = (float(stack.heights[crystal.octahedra.metal[list(sheet)]].mean()) for sheet in (below, top))
    return lower, upper


def _taken_out(crystal: LayeredPerovskite, stack: Stack, slab: int) -> set[int]:
    """Sites of the top sheet but its terminal halides, and of the cations in the cages below it."""
    top = crystal.slabs[slab].sheets[-1]
    lower, upper = _levels(crystal, stack, slab)
    gone = {int(crystal.octahedra.metal[k]) for k in top}
    for k in top:
        gone |= set(map(int, crystal.octahedra.ligand[k])) - {int(crystal.octahedra.ligand[k][_ends(crystal, k)[1]])}
    for molecule in crystal.cage_cations:
        if lower < stack.heights[molecule.sites].mean() < upper:
            gone |= set(map(int, molecule.sites))
    return gone


def _above(crystal: LayeredPerovskite, stack: Stack, slab: int) -> list[int]:
    """Sites that lie above the top sheet of a slab: its terminal halides, the slabs and molecules beyond."""
    upper = _levels(crystal, stack, slab)[1]
    sites = {int(crystal.octahedra.ligand[k][_ends(crystal, k)[1]]) for k in crystal.slabs[slab].sheets[-1]}
    for number, bounds in enumerate(stack.bounds):
        if number != slab and bounds.mean() > stack.bounds[slab].mean():
            sites |= set(map(int, np.flatnonzero(stack.slab_of == number)))
    for molecule in crystal.molecules:
        if stack.heights[molecule.sites].mean() > upper:
            sites |= set(map(int, molecule.sites))
    return sorted(sites)
