"""Tilt patterns: octahedra set straight, then turned about each axis by a sign that alternates as corners demand.

A turn about an axis alternates in the two directions across it; along it, neighbours turn alike (+) or oppositely (-),
as in Glazer's notation, Acta Cryst. B 28, 3384 (1972), 10.1107/S0567740872007976.
"""

from __future__ import annotations

from collections import deque
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pymatgen.core import Structure

from perovex.building.check import check_built
from perovex.building.relax import same_as
from perovex.building.resettle import resettle
from perovex.building.stacking import take_apart
from perovex.crystal import LayeredPerovskite, perceive
from perovex.errors import BuildError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Supercell of a cell with one octahedron (in the plane) in which every neighbour may turn the other way.
DOUBLED: Final = ((1, 1, 0), (1, -1, 0), (0, 0, 2))


def tilt(obj: Any, pattern: str, *, angle: float = 10.0) -> Structure:
    """Give the octahedra a tilt pattern; molecules of layered crystals settle.

    Parameters
    ----------
    obj : LayeredPerovskite, Structure, Atoms or path
        Crystal; where an octahedron is its own neighbour, the cell is doubled first.
    pattern : str
        Three signs, for the two in-plane axes and the normal (3D: the pseudo-cubic axes): ``0`` no tilt, ``+``
        neighbours along the axis turn alike, ``-`` oppositely. ``"--+"`` is Pnma. See `tilt_patterns`.
    angle : float
        Of each turn, degrees.

    Returns
    -------
    pymatgen.core.Structure

    Raises
    ------
    BuildError
        If the cell cannot hold the pattern, or n or a molecule does not survive.

    Examples
    --------
    >>> from perovex.crystal.examples import cubic
    >>> tilt(cubic("Pb", "I", "Cs"), "--+").formula
    'Cs4 Pb4 I12'
    """
    crystal = _roomy(perceive(obj))
    if len(pattern) != 3 or set(pattern) - set("0+-") or pattern == "000":
        raise BuildError(f"no tilt pattern {pattern!r}", remedy="give three of 0, + and -, such as '--+'")
    signs = _signs(crystal, pattern)
    if signs is None:
        raise BuildError(f"the cell cannot hold {pattern!r}", source=crystal.source, remedy="make a supercell")
    x = _turned(crystal, signs * np.radians(angle))
    if crystal.dimensionality == 3:
        structure = Structure(crystal.structure.lattice, list(crystal.symbols), x, coords_are_cartesian=True)
    else:
        stack = take_apart(crystal)
        # whole slabs: the displacement of each atom, added where the stack has it
        x = stack.coordinates + (x - crystal.structure.cart_coords)
        structure = resettle(crystal, stack, list(crystal.symbols), x, stack.cell.copy())
    check_built(structure, same_as(crystal), contacts=False)
    return structure


def tilt_patterns(obj: Any) -> list[str]:
    """List the patterns that the cell of a crystal can hold, tilts about most axes first.

    Parameters
    ----------
    obj : LayeredPerovskite, Structure, Atoms or path
        Crystal; doubled first as in `tilt`.

    Returns
    -------
    list of str
        Patterns for `tilt`.

    Examples
    --------
    >>> from perovex.crystal.examples import cubic
    >>> "--+" in tilt_patterns(cubic("Pb", "I", "Cs"))
    True
    """
    crystal = _roomy(perceive(obj))
    thin = crystal.dimensionality == 2 and crystal.n_layers == 1
    choices = ("0+-", "0+-", "0+" if thin else "0+-")  # one sheet has no neighbours along the normal
    patterns = ["".join(signs) for signs in product(*choices)]
    held = [p for p in patterns if p != "000" and _signs(crystal, p) is not None]
    return sorted(held, key=lambda p: (p.count("0"), p))


def _roomy(crystal: LayeredPerovskite) -> LayeredPerovskite:
    """Crystal in which no octahedron is its own neighbour, doubled if need be."""
    pairs = crystal.bridges.octahedron
    if not (pairs[:, 0] == pairs[:, 1]).any():
        return crystal
    doubling = np.array(DOUBLED)
    if crystal.dimensionality == 2:
        if np.abs(crystal.structure.lattice.matrix[:2] @ crystal.normal).max() > 1e-3:
            return crystal  # the sheets do not lie along the first two vectors: it holds what it holds
        doubling[2] = (0, 0, 1)
    return perceive(crystal.structure * doubling)


def _signs(crystal: LayeredPerovskite, pattern: str) -> NDArray[np.float64] | None:
    """Sign of the turn of each octahedron about each axis, shape (k, 3); None if the cell contradicts the pattern."""
    axes = np.vstack([crystal.in_plane_axes, crystal.normal])
    bridges, count = crystal.bridges, len(crystal.octahedra)
    steps = bridges.vectors[:, 1] - bridges.vectors[:, 0]
    direction = np.abs(steps @ axes.T).argmax(axis=1)
    result = np.zeros((count, 3))
    for axis, sign in enumerate(pattern):
        if sign == "0":
            continue
        flips = np.where(direction == axis, 1.0 if sign == "+" else -1.0, -1.0)
        column = _coloured(count, bridges.octahedron, flips)
        if column is None:
            return None
        result[:, axis] = column
    return result


def _coloured(count: int, pairs: NDArray[np.int64], flips: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Signs such that every pair has the product asked for, or None if there are none."""
    signs = np.zeros(count)
    neighbours: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for (a, b), flip in zip(pairs.tolist(), flips.tolist(), strict=True):
        neighbours[a].append((b, flip))
        neighbours[b].append((a, flip))
    for start in range(count):
        if signs[start]:
            continue
        signs[start] = 1.0
        queue = deque([start])
        while queue:
            here = queue.popleft()
            for there, flip in neighbours[here]:
                if not signs[there]:
                    signs[there] = signs[here] * flip
                    queue.append(there)
                elif signs[there] != signs[here] * flip:
                    return None
    return signs


def _turned(crystal: LayeredPerovskite, turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coordinates with halides half way between metals, and then displaced by the turns (k, 3) of their octahedra."""
    axes = np.vstack([crystal.in_plane_axes, crystal.normal])
    octahedra, bridges = crystal.octahedra, crystal.bridges
    rotation = turns @ axes
    x = crystal.structure.cart_coords.copy()
    for k in range(len(bridges)):
        to_first, to_second = bridges.vectors[k]
        arm = 0.5 * (to_second - to_first)  # from the first metal to the middle
        first, second = bridges.octahedron[k]
        moved = 0.5 * (np.cross(rotation[first], arm) + np.cross(rotation[second], -arm))
        x[bridges.halide[k]] += to_first + arm + moved
    for k in range(len(octahedra)):
        for vector, ligand, bridging in zip(
            octahedra.vectors[k], octahedra.ligand[k], octahedra.bridging[k], strict=True
        ):
            if bridging:
                continue
            straight = np.linalg.norm(vector) * crystal.normal * np.sign(vector @ crystal.normal)
            x[ligand] += straight + np.cross(rotation[k], straight) - vector
    return x
