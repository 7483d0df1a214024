"""Slide slabs past each other: eclipsed, staggered or in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.building.check import check_built
from perovex.building.relax import same_as
from perovex.building.resettle import resettle
from perovex.building.stacking import take_apart
from perovex.crystal import LayeredPerovskite, perceive
from perovex.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Structure


def slide(obj: Any, shift: Sequence[float], *, gap: int | None = None) -> Structure:
    """Slide every slab past the one below; molecules between them follow as far as they reach up.

    Parameters
    ----------
    obj : LayeredPerovskite, Structure, Atoms or path
        Layered crystal.
    shift : (float, float)
        In units of the two in-plane metal-metal vectors: (0.5, 0.5) turns eclipsed into staggered slabs, (1, 0) keeps
        the stacking and changes how the tilts of neighbouring slabs meet.
    gap : int, optional
        Slide at the gap above this slab only, counted from the bottom.

    Returns
    -------
    pymatgen.core.Structure

    Raises
    ------
    BuildError
        For a 3D network, an absent gap, or if n or a molecule does not survive.

    Examples
    --------
    >>> from perovex.crystal.examples import layered
    >>> perceive(slide(layered(n=1, shift=(0, 0), spacer="Cs"), (0.5, 0.5))).stacking
    'staggered'
    """
    crystal = perceive(obj)
    stack = take_apart(crystal)
    slabs = len(stack.bounds)
    if gap is not None and not 0 <= gap < slabs:
        raise BuildError(f"no gap {gap}", source=crystal.source, remedy=f"there are {slabs}, counted from 0")
    move = np.asarray(shift, float) @ metal_vectors(crystal)
    slides = np.array([gap is None or k == gap for k in range(slabs)], float)
    below = np.concatenate([[0.0], np.cumsum(slides)])  # how many slides lie below each slab
    # A molecule follows the slide of its gap by the height of its middle.
    upper = np.append(stack.bounds[1:, 0], stack.bounds[0, 0] + stack.cell[2] @ stack.normal)
    share = np.where(stack.slab_of >= 0, below[stack.slab_of], 0.0)
    for molecule in crystal.molecules:
        middle = float(stack.heights[molecule.sites].mean())
        slab = int(np.clip(np.searchsorted(stack.bounds[:, 0], middle, side="right") - 1, 0, slabs - 1))
        reach = (middle - stack.bounds[slab, 1]) / (upper[slab] - stack.bounds[slab, 1])
        share[molecule.sites] = below[slab] + slides[slab] * np.clip(reach, 0.0, 1.0)
    x, cell = stack.coordinates + np.outer(share, move), stack.cell.copy()
    cell[2] += below[-1] * move
    structure = resettle(crystal, stack, list(crystal.symbols), x, cell)
    check_built(structure, same_as(crystal), contacts=False)
    return structure


def metal_vectors(crystal: LayeredPerovskite) -> NDArray[np.float64]:
    """Mean metal-metal vectors along the two in-plane axes, shape (2, 3), Å."""
    bridges, normal = crystal.bridges, crystal.normal
    steps = (bridges.vectors[:, 1] - bridges.vectors[:, 0])[~bridges.axial]
    lengths = np.linalg.norm(steps, axis=1)
    means = []
    for axis in crystal.in_plane_axes:
        along = steps[np.abs(steps @ axis) > 0.7 * lengths]
        mean = (along * np.sign(along @ axis)[:, None]).mean(axis=0)
        means.append(mean - (mean @ normal) * normal)
    return np.array(means)
