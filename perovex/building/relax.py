"""Relax a built crystal with any ASE calculator and perceive it again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from pymatgen.core import Structure

from perovex._progress import progress_bar
from perovex.building.check import Expected, check_built
from perovex.crystal import perceive
from perovex.errors import BuildError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ase import Atoms

    from perovex.crystal import LayeredPerovskite


def relax_built(
    structure: Structure,
    calculator: Any,
    *,
    fmax: float = 0.02,
    steps: int = 500,
    cell: bool = True,
    progress: bool = False,
    engine: Callable[[Atoms, Any], tuple[Atoms, dict[str, Any]]] | None = None,
) -> Structure:
    """Relax atoms and cell, then require the same crystal as before.

    Parameters
    ----------
    structure : pymatgen.core.Structure
        A built crystal.
    calculator : ase.calculators.calculator.Calculator
        Any calculator with forces, and with stresses if `cell`.
    fmax : float
        Largest force (with `cell` including the generalised forces on it), eV/Å.
    steps : int
        Most steps.
    cell : bool
        Whether the cell relaxes, too.
    progress : bool
        Show a progress bar on stderr.
    engine : callable, optional
        Relaxes instead of ASE's L-BFGS: from atoms and calculator to relaxed atoms and a record with ``energy``,
        ``fmax``, ``steps`` and ``converged``, such as `perovex.elasticity.relax_atoms`. It decides by itself
        about thresholds, cell and progress.

    Returns
    -------
    pymatgen.core.Structure
        ``properties["relaxation"]`` records energy (eV), largest force (eV/Å), steps and convergence.

    Raises
    ------
    BuildError
        If n or a molecule changes, forces become undefined, or the framework falls apart. The stacking may
        change: slabs glide easily.

    Examples
    --------
    >>> from ase.calculators.lj import LennardJones
    >>> from perovex.crystal.examples import cubic
    >>> relaxed = relax_built(cubic(), LennardJones(epsilon=1e-9), steps=1)
    >>> relaxed.properties["relaxation"]["converged"]
    True
    """
    before = perceive(structure)
    plain = structure.copy()
    plain.properties = {}
    if engine is not None:
        atoms, record = engine(plain.to_ase_atoms(), calculator)
    else:
        atoms, record = _by_lbfgs(plain.to_ase_atoms(), calculator, fmax, steps, cell, progress)
    relaxed = Structure(
        atoms.cell.array,
        structure.species,
        atoms.get_scaled_positions(wrap=False),
        coords_are_cartesian=False,
    )
    check_built(relaxed, same_as(before), contacts=False, stage="relaxed")
    relaxed.properties.update(structure.properties)
    relaxed.properties["relaxation"] = record
    return relaxed


def same_as(crystal: LayeredPerovskite) -> Expected:
    """Expect the same n, metals, halides and molecules as in `crystal`; the stacking may change."""
    return Expected(
        n=crystal.n_layers,
        metals=crystal.metals,
        halides=crystal.halides,
        spacers=dict(Counter(m.smiles for m in crystal.spacers)),
        cages=dict(Counter(m.smiles for m in crystal.cage_cations)),
    )


def _by_lbfgs(
    atoms: Atoms, calculator: Any, fmax: float, steps: int, cell: bool, progress: bool
) -> tuple[Atoms, dict[str, Any]]:
    """Relax by ASE's L-BFGS."""
    from ase.filters import FrechetCellFilter
    from ase.optimize import LBFGS

    atoms.calc = calculator
    target = FrechetCellFilter(atoms) if cell else atoms
    optimizer = LBFGS(target, logfile=None, maxstep=0.1)
    converged = False
    run: Iterator[bool] = optimizer.irun(fmax=fmax, steps=steps)
    for done in progress_bar(run, total=steps, desc="relaxation", shown=progress, leave=False):
        converged = bool(done)
        if not np.isfinite(atoms.positions).all() or not np.isfinite(atoms.get_forces()).all():
            raise BuildError("forces became undefined during relaxation", remedy="check the calculator's elements")
    return atoms, {
        "energy": float(atoms.get_potential_energy()),
        "fmax": float(np.linalg.norm(atoms.get_forces(), axis=1).max()),
        "steps": int(optimizer.nsteps),
        "converged": converged,
    }
