"""Turn, flip or mirror the molecules between slabs where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.spatial.transform import Rotation

from perovex.building.check import check_built
from perovex.building.relax import same_as
from perovex.building.resettle import resettle
from perovex.building.stacking import take_apart
from perovex.crystal import perceive
from perovex.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Structure

#: What `turn_molecules` can do.
TURNS: Final = ("turn", "quarter", "flip", "mirror")


def turn_molecules(obj: Any, how: str, which: Sequence[int] | None = None) -> Structure:
    """Turn molecules between the slabs about their own middle, and let them settle.

    Parameters
    ----------
    obj : LayeredPerovskite, Structure, Atoms or path
        Layered crystal.
    how : {"turn", "quarter", "flip", "mirror"}
        Half a turn or a quarter about the normal; half a turn about the long axis of the molecule as seen along the
        normal, which exchanges what points up and down; reflection in the plane of the normal and that axis.
    which : sequence of int, optional
        Spacers, in the order of ``crystal.spacers``; default all.

    Returns
    -------
    pymatgen.core.Structure

    Raises
    ------
    BuildError
        For a 3D network, an unknown `how`, or if a molecule does not survive, such as a chiral one that is mirrored.
    """
    crystal = perceive(obj)
    if how not in TURNS:
        raise BuildError(f"molecules cannot be treated by {how!r}", remedy=f"use one of {', '.join(TURNS)}")
    stack = take_apart(crystal)
    chosen = range(len(crystal.spacers)) if which is None else which
    x = stack.coordinates.copy()
    for number in chosen:
        sites = crystal.spacers[number].sites
        middle = x[sites].mean(axis=0)
        x[sites] = (x[sites] - middle) @ _operation(how, x[sites] - middle, stack.normal).T + middle
    structure = resettle(crystal, stack, list(crystal.symbols), x, stack.cell.copy())
    check_built(structure, same_as(crystal), contacts=False)
    return structure


def _operation(how: str, shape: NDArray[np.float64], normal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Orthogonal matrix (3, 3) for a molecule with centred coordinates (m, 3)."""
    if how in ("turn", "quarter"):
        return np.asarray(Rotation.from_rotvec((np.pi if how == "turn" else np.pi / 2) * normal).as_matrix())
    flat = shape - np.outer(shape @ normal, normal)
    along = np.linalg.svd(flat, full_matrices=False)[2][0]
    along = along - (along @ normal) * normal
    along /= np.linalg.norm(along)
    if how == "flip":
        return np.asarray(Rotation.from_rotvec(np.pi * along).as_matrix())
    across = np.cross(normal, along)
    return np.asarray(np.eye(3) - 2 * np.outer(across, across))
