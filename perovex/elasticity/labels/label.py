"""A label: relax a crystal, compute its elastic tensor, follow instabilities, accept or reject."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.elasticity.labels.causes import BORN_UNSTABLE, NEGATIVE_MODE, NOT_CONVERGED, SOFT_MODE_DOMINATED
from perovex.elasticity.labels.run import LabelRun, LabelSettings, OutOfTimeError, Progress
from perovex.elasticity.labels.words import reason_in_words
from perovex.elasticity.surface import Surface, atoms_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ase import Atoms
    from pymatgen.core import Structure

    from perovex.elasticity.labels.records import Checkpoint
    from perovex.elasticity.response.linear_response import Response

logger = logging.getLogger(__name__)

_SHOWS = 1e-3  # of Young's modulus: what a negative curvature may stiffen a crystal by and be called noise


@dataclass
class Label:
    """Outcome of `label`.

    Attributes
    ----------
    atoms : ase.Atoms
        The relaxed crystal (or as far as it came).
    record : dict
        JSON-able: status, reason, tensors in GPa in the Cartesian frame of `atoms`, and the numbers behind
        them.
    """

    atoms: Atoms
    record: dict[str, Any]

    @property
    def accepted(self) -> bool:
        """Whether the tensor may be used."""
        return bool(self.record["status"] == "accepted")


def label(
    atoms: Atoms | Structure,
    calculator: Any,
    settings: LabelSettings | None = None,
    *,
    checkpoint: Checkpoint | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> Label:
    """Relax a crystal and compute its relaxed-ion elastic tensor.

    Parameters
    ----------
    atoms : ase.Atoms or pymatgen Structure
        Periodic crystal.
    calculator : ase calculator
        Gives energy, forces and stress.
    settings : LabelSettings, optional
        Protocol.
    checkpoint : Checkpoint, optional
        Where to keep the state; an existing one is continued.
    watch : callable, optional
        Told the `Progress` after every batch.

    Returns
    -------
    Label
        Accepted or rejected, with the reason; a crystal that cannot be labelled is a rejected label, not an
        error.

    Raises
    ------
    LabelError
        The potential failed.
    """
    settings = settings or LabelSettings()
    atoms = plain_atoms(atoms)
    surface = Surface(atoms, calculator, settings.batch)
    volume = float(atoms.get_volume())
    run = LabelRun(surface, settings, checkpoint, watch)
    run.start()
    response: Response | None = None
    cause: str = NOT_CONVERGED
    details = ""
    influence: dict[str, float] = {}
    try:
        while True:
            run.save("starting", always=False)
            response = None
            if not run.relax():
                break
            response = run.respond()
            influence = soft_influence(response)
            cause = _verdict(response, settings, influence)
            verdict = reason_in_words(cause) or "fine"
            logger.info("round %d: %s, modes from %s eV/Å²", run.round, verdict, response.curvatures[:1])
            if cause not in (NEGATIVE_MODE, BORN_UNSTABLE) or run.round >= settings.rounds:
                break
            run.follow(response, cause)
    except OutOfTimeError:
        cause, details, response = NOT_CONVERGED, f"{settings.max_seconds:.0f} s spent", None
    record = outcome(cause, details) | _record(run, response, settings, volume)
    if response is not None:
        record |= influence
    return Label(atoms_at(atoms, run.state.point), record)


def plain_atoms(crystal: Atoms | Structure) -> Atoms:
    """Atoms with species, positions and a periodic cell only."""
    from ase import Atoms

    if isinstance(crystal, Atoms):
        return Atoms(numbers=crystal.numbers, positions=crystal.positions, cell=crystal.cell, pbc=True)
    numbers = [site.specie.Z for site in crystal]
    return Atoms(numbers=numbers, positions=crystal.cart_coords, cell=crystal.lattice.matrix, pbc=True)


def _verdict(response: Response, settings: LabelSettings, changes: Mapping[str, float]) -> str:
    """Cause to reject, or an empty string."""
    lowest = response.curvatures.min(initial=np.inf)
    if lowest < settings.negative:  # proof enough, converged or not
        return NEGATIVE_MODE
    if not response.converged:
        return NOT_CONVERGED
    # a curvature within the noise below zero enters the tensor with the wrong sign: where that shows, it is followed
    stiffened = changes["E_vrh"] > (1 + _SHOWS) * changes["E_vrh_soft_modes_frozen"]
    if lowest < 0 and stiffened:
        return NEGATIVE_MODE
    if np.linalg.eigvalsh(response.tensor)[0] < settings.born:
        return BORN_UNSTABLE
    if changes["soft_change"] > settings.soft_change:
        return SOFT_MODE_DOMINATED
    return ""


def soft_influence(response: Response) -> dict[str, float]:
    """Return Hill averages of Young's modulus (GPa), with and without soft modes, and their difference."""
    from perovex.elasticity.tensor import ElasticTensor

    try:
        full = ElasticTensor(response.tensor).hill.E
        frozen = ElasticTensor(response.frozen).hill.E
    except (ValueError, np.linalg.LinAlgError):
        full = frozen = 0.0
    change = abs(frozen - full) / full if full > 0 else 1e3
    return {"E_vrh": full, "E_vrh_soft_modes_frozen": frozen, "soft_change": change}


def outcome(cause: str = "", details: str = "") -> dict[str, Any]:
    """Return what a record says of the outcome: accepted, or rejected for a cause.

    Parameters
    ----------
    cause : str
        Key of `perovex.elasticity.labels.causes`; empty for an accepted label.
    details : str
        For people, behind the words of the cause.

    Examples
    --------
    >>> outcome()
    {'status': 'accepted', 'reason': '', 'causes': []}
    >>> outcome("not_converged", "3600 s spent")
    {'status': 'rejected', 'reason': 'not converged: 3600 s spent', 'causes': ['not_converged']}
    """
    return {
        "status": "rejected" if cause else "accepted",
        "reason": reason_in_words(cause, details),
        "causes": [cause] if cause else [],
    }


def _six_digits(values: Iterable[float]) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def _record(run: LabelRun, response: Response | None, settings: LabelSettings, volume: float) -> dict[str, Any]:
    point = run.state.point
    record: dict[str, Any] = {
        "atoms": len(point.positions),
        "energy_eV": point.energy,
        "volume_A3": point.volume,
        "volume_change": point.volume / volume - 1,
        "max_force_eV_per_A": point.max_force,
        "max_stress_GPa": point.max_stress,
        "relax_steps": run.state.steps,
        "space_group": run.symmetry.name,
        "symmetry_operations": run.symmetry.order,
        "mirror_force_difference_eV_per_A": run.mirror_error,
        "followed": run.followed,
        "rounds": run.round,
        "calls": run.surface.calls,
        "calls_relax": run.calls_relax,
        "seconds": round(run.seconds, 2),
        "seconds_per_call": round(run.surface.seconds / max(run.surface.calls, 1), 4),
        "settings": asdict(settings),
        "C_GPa": None,
    }
    if response is not None:
        record |= {
            "C_GPa": np.round(0.5 * (response.tensor + response.tensor.T), 5).tolist(),
            "C_clamped_GPa": np.round(response.clamped, 5).tolist(),
            "C_soft_modes_frozen_GPa": np.round(response.frozen, 5).tolist(),
            "lowest_eigenvalues": [round(float(c), 5) for c in response.curvatures],
            "modes": list(map(_six_digits, response.modes)),
            "lowest_eigenvalue_C_GPa": float(np.linalg.eigvalsh(response.tensor)[0]),
            "error_estimate_GPa": response.error,
            "products": response.products,
        }
    return record
