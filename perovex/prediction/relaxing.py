"""A built crystal relaxed with the interatomic potential of the labels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from perovex.building import relax_built
from perovex.elasticity import relax_atoms
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator, require
from perovex.errors import BuildError

if TYPE_CHECKING:
    from pymatgen.core import Structure


def require_potential(potential: str = "") -> None:
    """Find out whether a potential can be had, before any work is done.

    Parameters
    ----------
    potential : str
        Name as in `perovex.elasticity.potentials.by_name`; by default that of the bundled labels.

    Raises
    ------
    LabelError
        If the potential is unknown or its package is not installed.
    """
    require(potential or DEFAULT_POTENTIAL)


def relax_by_potential(
    structure: Structure, potential: str = "", *, device: str = "cpu", progress: bool = False
) -> Structure:
    """Relax a built crystal with the potential of the labels, and require the same crystal afterwards.

    Parameters
    ----------
    structure : pymatgen.core.Structure
        From `perovex.building`.
    potential : str
        Name as in `perovex.elasticity.potentials.by_name`; by default that of the bundled labels.
    device : str
        Torch device.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    pymatgen.core.Structure
        ``properties["relaxation"]`` records potential, energy (eV per cell, and ``energy_per_atom``), largest force
        (eV/Å) and stress (GPa), calls and convergence.

    Raises
    ------
    LabelError
        If the potential is unknown or its package is not installed.
    BuildError
        If relaxation did not converge, or n, a molecule or the framework did not survive it.
    """
    name = potential or DEFAULT_POTENTIAL
    calculator = make_calculator(name, device=device)
    relaxed = relax_built(structure, calculator, engine=partial(relax_atoms, progress=progress))
    record = relaxed.properties["relaxation"] | {"potential": name}
    record["energy_per_atom"] = record["energy"] / len(relaxed)
    if not record["converged"]:
        raise BuildError(
            f"not relaxed after {record['steps']} steps (largest force {record['fmax']:.3f} eV/Å)",
            remedy="try another random_state or stacking",
        )
    relaxed.properties["relaxation"] = record
    return relaxed
