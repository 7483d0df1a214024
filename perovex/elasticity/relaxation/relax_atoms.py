"""Relax one crystal without computing its elastic tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex._progress import progress_bar
from perovex.elasticity.relaxation.model_hessian import model_hessian
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings, RelaxState, relax
from perovex.elasticity.surface import Surface, atoms_at, length_scale

if TYPE_CHECKING:
    from ase import Atoms

#: Looser than for a label: good for geometry and energies, about half the calls.
LOOSE = RelaxSettings(fmax=0.02, smax=0.03, max_steps=200)


def relax_atoms(
    atoms: Atoms,
    calculator: Any,
    settings: RelaxSettings = LOOSE,
    *,
    rattle: float = 0.03,
    random_state: int = 0,
    progress: bool = False,
) -> tuple[Atoms, dict[str, Any]]:
    """Relax ions and cell by the quasi-Newton method of the labels.

    Parameters
    ----------
    atoms : ase.Atoms
        Periodic crystal; left as it is.
    calculator : ase calculator
        Gives energy, forces and stress.
    settings : RelaxSettings
        Thresholds and limits.
    rattle : float
        Standard deviation of random displacements at the start, Å: built crystals are symmetric, and symmetry would
        keep them on a saddle.
    random_state : int
        Seed of the displacements.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    relaxed : ase.Atoms
        Without a calculator.
    record : dict
        ``energy`` (eV per cell), ``fmax`` (eV/Å), ``smax`` (GPa), ``steps``, ``calls``, ``converged``.

    Raises
    ------
    LabelError
        The potential failed.

    Examples
    --------
    >>> from ase.build import bulk
    >>> from ase.calculators.emt import EMT
    >>> relaxed, record = relax_atoms(bulk("Cu", cubic=True), EMT())
    >>> record["converged"], round(float(relaxed.cell.lengths()[0]), 2)
    (True, 3.59)
    """
    surface = Surface(atoms, calculator)
    noise = np.random.default_rng(random_state).normal(scale=rattle, size=(len(atoms), 3))
    point = surface.evaluate(atoms.positions + noise, atoms.cell[:])
    scale = length_scale(point)
    state = RelaxState(point, model_hessian(surface.atoms, scale), scale, settings.first_radius)
    with progress_bar(total=settings.max_steps, desc="relaxation", shown=progress, leave=False) as bar:

        def step_done(state: RelaxState) -> None:
            bar.set_postfix_str(f"{state.point.max_force:.3f} eV/Å, {state.point.max_stress:.2f} GPa", refresh=False)
            bar.update()

        relax(surface, state, settings, step_done)
    return atoms_at(atoms, state.point), {
        "energy": state.point.energy,
        "fmax": state.point.max_force,
        "smax": state.point.max_stress,
        "steps": state.steps,
        "calls": surface.calls,
        "converged": state.converged,
    }
