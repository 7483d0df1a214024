"""Relaxed-ion elastic tensor by finite strain: the direct, slow way, a check of the linear response.

Nothing is shared with the linear response but the potential: the cell is strained by plus and minus a small
amount, the ions are relaxed at fixed cell, and the stresses are subtracted. A soft crystal needs forces far
below those of an ordinary relaxation, because stress is linear in the forces that are left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from perovex.elasticity.relaxation.model_hessian import model_hessian
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings, RelaxState, relax
from perovex.elasticity.surface import EV_PER_A3_IN_GPA, Surface, length_scale
from perovex.errors import LabelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ase import Atoms

    from perovex.elasticity.surface import Point

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StrainColumn:
    """One column of the tensor.

    Attributes
    ----------
    strain : int
        Which strain, in Voigt order.
    column : ndarray, shape (6,)
        C[:, strain], GPa.
    calls : int
        Calls of the potential it took.
    moved : float
        Largest displacement of an atom beyond the homogeneous strain, Å.
    """

    strain: int
    column: Array
    calls: int
    moved: float


def finite_strain_columns(
    atoms: Atoms,
    calculator: Any,
    strains: Iterable[int] = range(6),
    *,
    amplitude: float = 2e-3,
    fmax: float = 1e-4,
    max_steps: int = 1000,
) -> Iterator[StrainColumn]:
    """Yield columns of the relaxed-ion elastic tensor as they are finished.

    Parameters
    ----------
    atoms : ase.Atoms
        Relaxed periodic crystal of N atoms; its ions are relaxed again, to `fmax`, before it is strained.
    calculator : ase calculator
        Gives energy, forces and stress.
    strains : iterable of int
        Which of the six strains, in Voigt order xx yy zz yz xz xy.
    amplitude : float
        Strain (engineering for shears) on either side.
    fmax : float
        Largest force left on an ion, eV/Å.
    max_steps : int
        Of each relaxation.

    Raises
    ------
    LabelError
        The potential failed, or the ions did not come to rest.

    Examples
    --------
    >>> from ase.build import bulk
    >>> from ase.calculators.emt import EMT
    >>> (first,) = finite_strain_columns(bulk("Cu", a=3.59), EMT(), [0])
    >>> first.column.round(0)[:3]
    array([172., 115., 115.])
    """
    surface = Surface(atoms, calculator)
    settings = RelaxSettings(fmax=fmax, smax=np.inf, max_steps=max_steps)
    point = surface.evaluate(atoms.positions, atoms.cell[:])
    scale = length_scale(point)
    hessian = model_hessian(surface.atoms, scale)
    hessian[:-6, -6:] = hessian[-6:, :-6] = 0.0  # the cell is held
    start = _at_rest(surface, RelaxState(point, hessian, scale, settings.first_radius), settings)
    for k in strains:
        before, stresses, moved = surface.calls, [], 0.0
        for sign in (1.0, -1.0):
            step = np.concatenate([np.zeros(3 * len(atoms)), sign * amplitude * np.eye(6)[k]])
            strained = surface.stepped(start, [step], 1.0)[0]
            # What the relaxations so far have taught about the Hessian is carried on from strain to strain.
            point = _at_rest(surface, RelaxState(strained, hessian, scale, settings.first_radius), settings)
            stresses.append(point.stress)
            moved = max(moved, float(np.linalg.norm(point.positions - strained.positions, axis=1).max()))
        column = (stresses[0] - stresses[1]) * EV_PER_A3_IN_GPA / (2 * amplitude)
        yield StrainColumn(int(k), column, surface.calls - before, moved)


def _at_rest(surface: Surface, state: RelaxState, settings: RelaxSettings) -> Point:
    if not relax(surface, state, settings, fixed_cell=True).converged:
        raise LabelError(
            f"ions not at rest after {settings.max_steps} steps: {state.point.max_force:.1e} eV/Å left",
            remedy="allow more steps or a larger force",
        )
    return state.point
