"""Label of an expensive calculator with few calls, on what a cheap potential has found out about the crystal.

The cheap potential relaxes the crystal and computes its response and its Hessian (`perovex.elasticity.labels.label`).
From there the expensive calculator relaxes on with that Hessian, and its tensor is measured along the strain paths of
the cheap one (`perovex.elasticity.response.strain_paths`), or by the full linear response with that Hessian as the
preconditioner. Every call of the expensive calculator is on file as soon as it is made.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from perovex.elasticity.labels.causes import BORN_UNSTABLE, NEGATIVE_MODE, NOT_CONVERGED
from perovex.elasticity.labels.label import Label, outcome, plain_atoms, soft_influence
from perovex.elasticity.labels.run import LabelRun, LabelSettings, OutOfTimeError, extended_hessian
from perovex.elasticity.potentials.call_log import LoggedCalculator
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings, RelaxState, relax
from perovex.elasticity.response.differences import clamped_response
from perovex.elasticity.response.linear_response import Response, ResponseSettings, begin, preconditioner, respond
from perovex.elasticity.response.strain_paths import CheapResponse, PathSettings, respond_along_paths
from perovex.elasticity.surface import Point, Surface, atoms_at, length_scale
from perovex.errors import LabelError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ase import Atoms
    from pymatgen.core import Structure

    from perovex.elasticity.labels.records import Checkpoint
    from perovex.elasticity.labels.run import Progress

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PreconditionedSettings:
    """Protocol of a label of an expensive calculator.

    Attributes
    ----------
    cheap : LabelSettings
        Of the cheap potential.
    relax : RelaxSettings
        Of the expensive calculator; no tighter than its forces are good.
    paths : PathSettings
        Of its tensor.
    converge : float, optional
        Go on with the linear response of the expensive calculator, which begins with the response and the softest
        modes of the cheap potential, until the error of a component is below this, GPa. Wants forces without noise.
    response : ResponseSettings
        Of that; the tolerance is `converge`.
    """

    cheap: LabelSettings = field(default_factory=LabelSettings)
    relax: RelaxSettings = field(default_factory=lambda: RelaxSettings(fmax=0.02, smax=0.05, max_steps=20))
    paths: PathSettings = field(default_factory=PathSettings)
    converge: float | None = None
    response: ResponseSettings = field(default_factory=lambda: ResponseSettings(mode_tolerance=0.05))


def label_preconditioned(
    atoms: Atoms | Structure,
    make_calculator: Callable[[], Any],
    cheap: Any,
    calls: str | Path,
    settings: PreconditionedSettings | None = None,
    *,
    checkpoint: Checkpoint | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> Label:
    """Relax a crystal and compute its elastic tensor with an expensive calculator, preconditioned by a cheap one.

    Parameters
    ----------
    atoms : ase.Atoms or pymatgen Structure
        Periodic crystal.
    make_calculator : callable
        Returns the ASE calculator that is expensive; called when its first new call comes.
    cheap : ase calculator
        Cheap potential.
    calls : path
        Log of the expensive calls; those that are in it are not made again, so that an interrupted label goes on.
    settings : PreconditionedSettings, optional
        Protocol.
    checkpoint : Checkpoint, optional
        Of the work of the cheap potential.
    watch : callable, optional
        Told the `Progress` of the cheap potential.

    Returns
    -------
    Label
        Accepted or rejected, with the reason. The record holds the tensor ``C_GPa`` with its error bar
        ``C_error_GPa``, the one along the paths, the one by stress alone, and that of the cheap potential.

    Raises
    ------
    LabelError
        A calculator failed.
    """
    settings = settings or PreconditionedSettings()
    began, atoms = time.monotonic(), plain_atoms(atoms)
    known = cheap_response(atoms, cheap, settings.cheap, checkpoint, watch)
    log = LoggedCalculator(make_calculator, calls)
    surface = Surface(known.cheap.surface.atoms, log)
    state = RelaxState(
        surface.evaluate(known.cheap.point.positions, known.cheap.point.cell),
        known.hessian.copy(),
        length_scale(known.cheap.point),
        settings.relax.first_radius,
    )
    group = known.cheap.symmetry
    relax(surface, state, settings.relax, project=group.average if group.order > 1 else None)
    steps = surface.calls - 1
    record = _record(known, state, settings, steps)
    if state.converged:
        there = _cheap_at(state.point, known, settings.cheap)
        measure = _along_paths if settings.converge is None else _converged
        record |= measure(surface, state, there, settings)
    else:
        record |= outcome(NOT_CONVERGED)
    seconds = round(time.monotonic() - began, 2)
    record |= {"calls": surface.calls, "calls_made_now": log.made, "seconds": seconds}
    return Label(atoms_at(atoms, state.point), record)


@dataclass(frozen=True)
class Known:
    """What the cheap potential found out, and its Hessian (3N+6)^2 over ions and scaled strains."""

    cheap: CheapResponse
    hessian: Array
    calls: int
    response: Response


def cheap_response(
    atoms: Atoms,
    calculator: Any,
    settings: LabelSettings,
    checkpoint: Checkpoint | None,
    watch: Callable[[Progress], None] | None,
) -> Known:
    """Relax a crystal with the cheap potential, follow negative modes, and return its response and Hessian.

    Raises
    ------
    LabelError
        It did not relax, took too long, or found no minimum.
    """
    surface = Surface(atoms, calculator, settings.batch)
    run = LabelRun(surface, settings, checkpoint, watch)
    try:
        response = _minimum(run, settings)
    except OutOfTimeError as error:
        raise LabelError(f"the cheap potential took over {settings.max_seconds:.0f} s", remedy="allow more") from error
    unstable = response.curvatures.min(initial=np.inf) < settings.negative
    if unstable:
        raise LabelError("no minimum of the cheap potential was found", remedy="begin from another crystal")
    assert run.clamped is not None
    point = run.state.point
    hessian = extended_hessian(response.hessian, run.clamped, point, run.state.scale)
    known = CheapResponse(surface, point, response.solution, response.hessian, response.tensor, run.symmetry)
    return Known(known, hessian, surface.calls, response)


def _minimum(run: LabelRun, settings: LabelSettings) -> Response:
    """Response where the cheap potential has no negative mode, or where it was followed often enough."""
    run.start()
    while True:
        if not run.relax():
            raise LabelError("the cheap potential did not relax the crystal", remedy="allow more steps")
        response = run.respond()
        if response.curvatures.min(initial=np.inf) >= settings.negative or run.round >= settings.rounds:
            return response
        run.follow(response, NEGATIVE_MODE)


def _cheap_at(point: Point, known: Known, settings: LabelSettings) -> CheapResponse:
    """Response of the cheap potential where the expensive one is relaxed.

    That of its own minimum will not do: where a molecule has turned a little since, displacements that went along an
    arc would stretch its bonds. Here the potential has forces, and perhaps negative curvatures, so that the response is
    that of the magnitude of its Hessian.
    """
    surface, group, protocol = known.cheap.surface, known.cheap.symmetry, settings.response
    here = surface.evaluate(point.positions, point.cell)
    clamped = clamped_response(surface, here, protocol.strain, group)
    space = begin(surface, here, known.cheap.hessian, known.cheap.solution, protocol, group)
    response = respond(surface, here, clamped, known.cheap.hessian, space, protocol, group)
    solution = preconditioner(response.hessian, protocol.floor)(clamped.forces)
    return CheapResponse(surface, here, solution, response.hessian, known.cheap.tensor, group)


def _along_paths(
    surface: Surface, state: RelaxState, cheap: CheapResponse, settings: PreconditionedSettings
) -> dict[str, Any]:
    made = respond_along_paths(surface, state.point, cheap, settings.paths)
    return (
        _verdict(made.tensor, settings)
        | _young(made.tensor, made.error)
        | {
            "C_GPa": _rounded(made.tensor),
            "C_error_GPa": _rounded(made.error),
            "C_along_path_GPa": _rounded(made.along_path),
            "C_stress_alone_GPa": _rounded(made.stress_alone),
            "C_second_order_GPa": _rounded(made.second_order),
        }
    )


def _converged(
    surface: Surface, state: RelaxState, cheap: CheapResponse, settings: PreconditionedSettings
) -> dict[str, Any]:
    assert settings.converge is not None
    group, protocol = cheap.symmetry, replace(settings.response, tolerance=settings.converge)
    clamped = clamped_response(surface, state.point, protocol.strain, group)
    space = begin(surface, state.point, cheap.hessian, cheap.solution, protocol, group)
    made = respond(surface, state.point, clamped, cheap.hessian, space, protocol, group)
    errors = np.maximum(made.errors, 0.0)
    record = _verdict(made.tensor, settings) | _young(made.tensor, np.sqrt(np.outer(errors, errors)))
    if made.curvatures.min(initial=np.inf) < settings.cheap.negative:
        record = outcome(NEGATIVE_MODE)
    elif not made.converged:
        record = outcome(NOT_CONVERGED)
    return (
        record
        | soft_influence(made)
        | {
            "C_GPa": _rounded(made.tensor),
            "C_error_GPa": _rounded(np.sqrt(np.outer(errors, errors))),
            "C_clamped_GPa": _rounded(made.clamped),
            "C_soft_modes_frozen_GPa": _rounded(made.frozen),
            "lowest_eigenvalues": [round(float(c), 5) for c in made.curvatures],
            "products": made.products,
        }
    )


def _verdict(tensor: Array, settings: PreconditionedSettings) -> dict[str, Any]:
    stable = np.linalg.eigvalsh(tensor)[0] > settings.cheap.born
    return outcome() if stable else outcome(BORN_UNSTABLE)


def _young(tensor: Array, error: Array) -> dict[str, float]:
    """Hill average of Young's modulus, and its error bar: all components off by theirs, each the wrong way (GPa)."""
    from perovex.elasticity.tensor import ElasticTensor

    def modulus(C: Array) -> float:
        try:
            return float(ElasticTensor(C).hill.E)
        except (ValueError, np.linalg.LinAlgError):
            return 0.0

    middle, bar, step = modulus(tensor), 0.0, 1e-3
    for i, j in zip(*np.triu_indices(6), strict=True):
        moved = tensor.copy()
        moved[i, j] = moved[j, i] = tensor[i, j] + step
        bar += abs(modulus(moved) - middle) / step * float(error[i, j])
    return {"E_vrh": middle, "E_vrh_error": bar}


def _rounded(tensor: Array) -> list[list[float]]:
    rows: list[list[float]] = np.round(0.5 * (tensor + tensor.T), 5).tolist()
    return rows


def _record(known: Known, state: RelaxState, settings: PreconditionedSettings, steps: int) -> dict[str, Any]:
    point, cheap = state.point, known.cheap
    return {
        "atoms": len(point.positions),
        "energy_eV": point.energy,
        "volume_A3": point.volume,
        "volume_change": point.volume / cheap.point.volume - 1,
        "max_force_eV_per_A": point.max_force,
        "max_stress_GPa": point.max_stress,
        "relax_steps": state.steps,
        "calls_relax": steps,
        "space_group": cheap.symmetry.name,
        "symmetry_operations": cheap.symmetry.order,
        "settings": asdict(settings),
        "C_GPa": None,
        "C_cheap_GPa": _rounded(cheap.tensor),
        "calls_cheap": known.calls,
        "lowest_eigenvalues_cheap": [round(float(c), 5) for c in known.response.curvatures],
    }
