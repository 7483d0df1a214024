"""One crystal on its way to a label: relaxed, strained, its instabilities followed; resumable at every stage."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from perovex.elasticity.labels.causes import NEGATIVE_MODE
from perovex.elasticity.labels.words import reason_in_words
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings, RelaxState, is_relaxed, relax
from perovex.elasticity.response.differences import Clamped, Strains, clamped_response
from perovex.elasticity.response.linear_response import Response, ResponseSettings, respond
from perovex.elasticity.response.subspace import Subspace
from perovex.elasticity.response.symmetry import CrystalSymmetry, find_symmetry
from perovex.elasticity.soft_modes import NOISE_FLOOR
from perovex.elasticity.surface import EV_PER_A3_IN_GPA, Point, Surface, atoms_at, length_scale

if TYPE_CHECKING:
    from collections.abc import Callable

    from ase import Atoms

    from perovex.elasticity.labels.records import Checkpoint

Array = NDArray[np.float64]
logger = logging.getLogger(__name__)

CHECKPOINT_FORMAT = 3  # a checkpoint of another format is not continued


@dataclass(frozen=True)
class LabelSettings:
    """Protocol of a label.

    Attributes
    ----------
    relax, response : RelaxSettings, ResponseSettings
        Of the two stages.
    negative : float
        A curvature below this (eV/Å^2) is a negative mode; not zero, because of the noise of the
        forces.
    born : float
        The tensor is Born-unstable if its lowest eigenvalue is below this, GPa.
    soft_change : float
        Rejected as soft-mode dominated if freezing them changes the Hill average of Young's modulus by more
        than this share of the unfrozen one.
    rounds : int
        How often an instability is followed before the crystal is rejected.
    kick : float
        Largest displacement of an atom when an instability is followed, Å.
    rattle : float
        Standard deviation of the random displacements at the start of a crystal without symmetry and
        when an instability is followed, Å, so that no symmetry keeps the crystal on a saddle.
    seed : int
        Of these displacements.
    symmetry : float
        Distance in Å within which atoms count as equivalent. A symmetric crystal is relaxed with its space
        group kept, which then saves calls; should the result be unstable, that is seen (the lowest mode of every
        representation is computed) and followed without symmetry. 0 ignores symmetry.
    batch : int
        Configurations that are handed to the potential at once.
    max_seconds : float
        Time for one crystal.
    checkpoint_seconds : float
        Least time between two checkpoints of a relaxation; 0 writes one after every step.
    """

    relax: RelaxSettings = field(default_factory=RelaxSettings)
    response: ResponseSettings = field(default_factory=ResponseSettings)
    negative: float = NOISE_FLOOR
    born: float = 0.05
    soft_change: float = 1.0
    rounds: int = 4
    kick: float = 0.2
    rattle: float = 0.01
    seed: int = 0
    symmetry: float = 0.01
    batch: int = 1
    max_seconds: float = 1500.0
    checkpoint_seconds: float = 0.0


class OutOfTimeError(Exception):
    """The time for one crystal is spent."""


@dataclass(frozen=True)
class Progress:
    """Where the label of one crystal stands: stage, calls so far, largest force (eV/Å) and stress (GPa)."""

    stage: str
    calls: int
    force: float
    stress: float


class LabelRun:
    """One crystal on its way through the stages, with its checkpoint."""

    def __init__(
        self,
        surface: Surface,
        settings: LabelSettings,
        checkpoint: Checkpoint | None,
        watch: Callable[[Progress], None] | None,
    ) -> None:
        self.surface, self.settings, self.checkpoint, self.watch = surface, settings, checkpoint, watch
        self.round, self.seconds_before = 0, 0.0
        self.followed: list[dict[str, Any]] = []
        self.symmetry = CrystalSymmetry.trivial(len(surface.numbers))
        self.mirror_error: float | None = None
        self._new_response()
        self.began = self.saved = time.monotonic()
        self.calls_relax = 0

    def _new_response(self) -> None:
        size = 3 * len(self.surface.numbers)
        self.clamped: Clamped | None = None
        self.strains, self.space = Strains.empty(size), Subspace.empty(size)
        self.settled = False

    @property
    def seconds(self) -> float:
        """Time spent on the crystal, interrupted runs included."""
        return self.seconds_before + time.monotonic() - self.began

    def start(self) -> None:
        """Begin from the input crystal, or where the checkpoint stopped."""
        stored = self.checkpoint.load() if self.checkpoint else None
        if stored and stored[0].get("format") == CHECKPOINT_FORMAT:
            self._resume(*stored)
            return
        from perovex.elasticity.relaxation.model_hessian import model_hessian

        atoms = self.surface.atoms.copy()
        self.symmetry, positions, cell = self._find_symmetry(atoms, self.settings.symmetry)
        atoms.set_cell(cell)
        atoms.set_positions(positions)
        noise = 0.0 if self.symmetry.order > 1 else self._noise()
        point = self.surface.evaluate(positions + noise, cell)
        scale = length_scale(point)
        self.state = RelaxState(point, model_hessian(atoms, scale), scale, self.settings.relax.first_radius)

    def _find_symmetry(self, atoms: Atoms, tolerance: float) -> tuple[CrystalSymmetry, Array, Array]:
        """Find the space group, less mirrors and inversions where the potential tells left from right.

        Equivariant networks without parity do: images of forces under improper operations are then wrong, and a
        relaxation that relies on them never ends.
        """
        symmetry, positions, cell = find_symmetry(atoms, tolerance)
        if symmetry.improper.any():
            if self.mirror_error is None:
                self.mirror_error = self._measure_mirror(positions, cell)
            if self.mirror_error > self.settings.relax.fmax / 10:
                symmetry = symmetry.proper()
        return symmetry, positions, cell

    def _measure_mirror(self, positions: Array, cell: Array) -> float:
        """Largest difference of forces between a slightly disturbed crystal and its inverted image, eV/Å."""
        near = positions + self._noise()
        here, there = self.surface.evaluate_many([(near, cell), (-near, cell)])
        return float(abs(here.forces + there.forces).max())

    def _noise(self) -> Array:
        shape = (len(self.surface.numbers), 3)
        return np.random.default_rng(self.settings.seed).normal(scale=self.settings.rattle, size=shape)

    def _resume(self, info: dict[str, Any], arrays: dict[str, Array]) -> None:
        self.round, self.followed, self.seconds_before = info["round"], info["followed"], info["seconds"]
        self.calls_relax, self.surface.calls = info["calls_relax"], info["calls"]
        here = (arrays.pop(f"point_{key}") for key in ("positions", "cell", "forces", "stress"))
        positions, cell, forces, stress = here
        point = Point(positions, cell, info["energy"], forces, stress)
        self.state = RelaxState(point, arrays.pop("hessian"), info["scale"], info["radius"], info["steps"])
        self.mirror_error = info["mirror_error"]
        if info["symmetric"]:  # the stored crystal is exactly symmetric
            self.symmetry = self._find_symmetry(atoms_at(self.surface.atoms, point), 1e-3)[0]
        self.settled = info["settled"]
        self.strains = Strains(*(arrays[f"strains_{key}"] for key in ("strains", "stresses", "forces")))
        if "tensor" in arrays:
            self.clamped = Clamped(arrays["tensor"], arrays["forces"])
            self.space = Subspace(arrays["basis"], arrays["products"], info["measured"])
        logger.info("resumed in round %d after %d calls", self.round, self.surface.calls)

    def save(self, stage: str, *, always: bool = True) -> None:
        """Write the checkpoint, tell who watches, and stop if the time is spent."""
        if self.seconds > self.settings.max_seconds:
            raise OutOfTimeError
        point, now = self.state.point, time.monotonic()
        if self.watch is not None:
            self.watch(Progress(stage, self.surface.calls, point.max_force, point.max_stress))
        if self.checkpoint is None or not (always or now - self.saved >= self.settings.checkpoint_seconds):
            return
        state = self.state
        info = {
            "format": CHECKPOINT_FORMAT,
            "round": self.round,
            "followed": self.followed,
            "seconds": self.seconds,
            "calls": self.surface.calls,
            "calls_relax": self.calls_relax,
            "scale": state.scale,
            "radius": state.radius,
            "steps": state.steps,
            "energy": point.energy,
            "symmetric": self.symmetry.order > 1,
            "mirror_error": self.mirror_error,
            "settled": self.settled,
            "measured": self.space.measured,
        }
        arrays = {f"point_{key}": getattr(point, key) for key in ("positions", "cell", "forces", "stress")}
        arrays |= {"hessian": state.hessian} | {f"strains_{key}": value for key, value in vars(self.strains).items()}
        if self.clamped is not None:
            arrays |= {"tensor": self.clamped.tensor, "forces": self.clamped.forces}
            arrays |= {"basis": self.space.basis, "products": self.space.products}
        self.checkpoint.save(info, arrays)
        self.saved = time.monotonic()

    def relax(self) -> bool:
        """Relax; a resumed response starts from a crystal that is relaxed already."""
        counted = self.surface.calls

        def after_step(_: RelaxState) -> None:
            nonlocal counted
            self.calls_relax, counted = self.calls_relax + self.surface.calls - counted, self.surface.calls
            self.save("relaxing", always=False)

        project = self.symmetry.average if self.symmetry.order > 1 else None
        relax(self.surface, self.state, self.settings.relax, after_step, project)
        if self.state.converged and not self.settled:
            self._settle()
        return self.state.converged

    def _settle(self) -> None:
        """Take up a symmetry that the relaxed crystal has found by itself, if it is relaxed in it."""
        self.settled = True
        if self.symmetry.order > 1:
            return
        atoms = atoms_at(self.surface.atoms, self.state.point)
        symmetry, positions, cell = self._find_symmetry(atoms, self.settings.symmetry)
        if symmetry.order > 1:
            point = self.surface.evaluate(positions, cell)
            if is_relaxed(point, self.settings.relax):
                self.symmetry, self.state.point = symmetry, point
        self.save("relaxed")

    def respond(self) -> Response:
        """Elastic tensor and lowest modes at the relaxed point, or a negative mode that is still to be followed."""
        point, response = self.state.point, self.settings.response
        if self.round < self.settings.rounds:  # an unstable crystal will be followed: no tensor is wanted
            response = replace(response, unstable_below=self.settings.negative)
        if self.clamped is None:
            args = self.surface, point, response.strain, self.symmetry, self.strains
            self.clamped = clamped_response(*args, after_batch=lambda: self.save("straining"))
        model = self.state.hessian[:-6, :-6]
        return respond(
            self.surface,
            point,
            self.clamped,
            model,
            self.space,
            response,
            symmetry=self.symmetry,
            after_batch=lambda: self.save("responding"),
        )

    def follow(self, response: Response, cause: str) -> None:
        """Leave the saddle along its unstable direction and prepare the next relaxation."""
        assert self.clamped is not None
        n = len(response.mode)
        direction = np.zeros(n + 6)
        if cause == NEGATIVE_MODE:
            direction[:n] = response.mode
        else:
            strain = np.linalg.eigh(response.tensor)[1][:, 0]
            direction[:n], direction[n:] = response.solution @ strain, strain * self.state.scale
        reach = max(np.linalg.norm(direction[:n].reshape(-1, 3), axis=1).max(), abs(direction[n:]).max())
        direction *= self.settings.kick / reach
        steps = [sign * direction for sign in (1, -1)]
        if self.symmetry.order > 1:
            self.symmetry = CrystalSymmetry.trivial(n // 3)
            for step in steps:
                step[:n] += self._noise().ravel()
        here = self.state.point
        best = min(self.surface.stepped(here, steps, self.state.scale), key=lambda point: point.energy)
        lowest = [float(c) for c in response.curvatures[:1]]
        reason = reason_in_words(cause)
        self.followed.append({"reason": reason, "curvatures": lowest, "energy": here.energy})
        logger.info("%s followed: energy %+.4f eV after the kick", reason, best.energy - here.energy)
        hessian = extended_hessian(response.hessian, self.clamped, here, self.state.scale)
        self.state = RelaxState(best, hessian, self.state.scale, self.settings.relax.first_radius, self.state.steps)
        self._new_response()
        self.round += 1
        self.save("following")


def extended_hessian(hessian: Array, clamped: Clamped, point: Point, scale: float) -> Array:
    """Positive definite Hessian over displacements and scaled strains from the parts of a linear response."""
    mixed = -clamped.forces / scale
    strains = clamped.tensor * point.volume / EV_PER_A3_IN_GPA / scale**2
    values, vectors = np.linalg.eigh(np.block([[hessian, mixed], [mixed.T, strains]]))
    return (vectors * np.maximum(abs(values), 0.03)) @ vectors.T
