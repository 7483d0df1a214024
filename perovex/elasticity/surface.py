"""A potential-energy surface over ions and cell: counted evaluations, composite coordinates of a step."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from perovex.errors import LabelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ase import Atoms

Array = NDArray[np.float64]

EV_PER_A3_IN_GPA = 160.21766208  # CODATA 2018
RESULTS = ("energy", "forces", "stress")
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def strain_matrix(strain: Array) -> Array:
    """Symmetric strain tensor of six Voigt components with engineering shears.

    Parameters
    ----------
    strain : ndarray, shape (6,)
        xx, yy, zz, yz, xz, xy.

    Returns
    -------
    ndarray, shape (3, 3)

    Examples
    --------
    >>> strain_matrix([0, 0, 0, 0, 0, 0.02])[0, 1]
    np.float64(0.01)
    """
    tensor = np.zeros((3, 3))
    for k, (i, j) in enumerate(VOIGT):
        tensor[i, j] = tensor[j, i] = strain[k] * (1.0 if k < 3 else 0.5)
    return tensor


@dataclass(frozen=True)
class Point:
    """One evaluated configuration.

    Attributes
    ----------
    positions, cell : ndarray, shapes (N, 3) and (3, 3)
        Å.
    energy : float
        eV.
    forces : ndarray, shape (N, 3)
        eV/Å, net force removed.
    stress : ndarray, shape (6,)
        eV/Å^3, Voigt, tension positive.
    """

    positions: Array
    cell: Array
    energy: float
    forces: Array
    stress: Array

    @property
    def volume(self) -> float:
        """Cell volume in cubic Å."""
        return float(abs(np.linalg.det(self.cell)))

    @property
    def max_force(self) -> float:
        """Largest force on an atom in eV/Å."""
        return float(np.linalg.norm(self.forces, axis=1).max())

    @property
    def max_stress(self) -> float:
        """Largest stress component in GPa."""
        return float(abs(self.stress).max()) * EV_PER_A3_IN_GPA

    def gradient(self, scale: float) -> Array:
        """Energy gradient (3N + 6,) with respect to displacements and to strains times `scale` (Å)."""
        return np.concatenate([-self.forces.ravel(), self.stress * self.volume / scale])


@dataclass
class Surface:
    """Energies, forces and stresses of one crystal by an ASE calculator, with the number and time of calls.

    Parameters
    ----------
    atoms : ase.Atoms
        Periodic crystal; copied.
    calculator : ase calculator
        Must provide energy, forces and stress. One with a method ``evaluate_many`` (list of Atoms to a list of
        result dictionaries) is given whole batches.
    batch : int
        Most configurations in one batch.
    """

    atoms: Atoms
    calculator: Any
    batch: int = 1
    calls: int = 0
    seconds: float = 0.0
    _numbers: NDArray[np.int_] = field(init=False)

    def __post_init__(self) -> None:
        self.atoms = self.atoms.copy()
        self.atoms.set_constraint()
        self.atoms.calc = None
        self.batch = max(1, int(self.batch))
        self._numbers = self.atoms.numbers.copy()

    @property
    def numbers(self) -> NDArray[np.int_]:
        """Atomic numbers, shape (N,)."""
        return self._numbers

    def evaluate(self, positions: Array, cell: Array) -> Point:
        """Evaluate one configuration.

        Raises
        ------
        LabelError
            The calculator failed or gave a value that is not finite.
        """
        return self.evaluate_many([(positions, cell)])[0]

    def evaluate_many(self, configurations: Sequence[tuple[Array, Array]]) -> list[Point]:
        """Evaluate pairs of positions and cell, in batches.

        Raises
        ------
        LabelError
            The calculator failed or gave a value that is not finite.
        """
        points = []
        for first in range(0, len(configurations), self.batch):
            start = time.perf_counter()
            crystals = [self._copy(*pair) for pair in configurations[first : first + self.batch]]
            try:
                results = evaluate_many(self.calculator, crystals)
            except (RuntimeError, ValueError, KeyError, NotImplementedError) as error:
                raise LabelError(f"the potential failed: {error}") from error
            self.calls += len(crystals)
            self.seconds += time.perf_counter() - start
            points += [self._point(atoms, result) for atoms, result in zip(crystals, results, strict=True)]
        return points

    def _copy(self, positions: Array, cell: Array) -> Atoms:
        atoms = self.atoms.copy()
        atoms.set_cell(cell)
        atoms.set_positions(positions)
        return atoms

    @staticmethod
    def _point(atoms: Atoms, result: dict[str, Any]) -> Point:
        forces, stress, energy = result["forces"], result["stress"], float(result["energy"])
        if not (np.isfinite(forces).all() and np.isfinite(stress).all() and np.isfinite(energy)):
            raise LabelError("the potential gave a value that is not finite", remedy="inspect the input crystal")
        return Point(atoms.positions.copy(), atoms.cell[:].copy(), energy, forces - forces.mean(axis=0), stress)

    def displaced(self, point: Point, displacements: Sequence[Array]) -> list[Point]:
        """Evaluate with the ions moved by each displacement (3N,) at fixed cell."""
        return self.evaluate_many([(point.positions + d.reshape(-1, 3), point.cell) for d in displacements])

    def strained(self, point: Point, strains: Sequence[Array]) -> list[Point]:
        """Evaluate under each homogeneous Voigt strain (6,), ions following."""
        still = np.zeros(3 * len(point.positions))
        return self.stepped(point, [np.concatenate([still, strain]) for strain in strains], 1.0)

    def stepped(self, point: Point, steps: Sequence[Array], scale: float) -> list[Point]:
        """Evaluate after each composite step: strain cell and ions homogeneously, then displace the ions.

        Parameters
        ----------
        steps : sequence of ndarray, shape (3N + 6,)
            Displacements, then strains times `scale`, all in Å.
        """
        configurations = []
        for step in steps:
            deformation = np.eye(3) + strain_matrix(step[-6:] / scale)
            positions = point.positions @ deformation + step[:-6].reshape(-1, 3)
            configurations.append((positions, point.cell @ deformation))
        return self.evaluate_many(configurations)


def _added(of_crystal: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Sum of what the members of a calculator say of one crystal."""
    return {key: sum(results[key] for results in of_crystal) for key in RESULTS}


def evaluate_many(calculator: Any, crystals: Sequence[Atoms]) -> list[dict[str, Any]]:
    """Energies (eV), forces (N, 3) and stresses (6,) in float64 of many crystals by one calculator.

    A calculator with a method ``evaluate_many`` gets them all at once, the members of ASE's sum of calculators
    one by one, any other calculator is asked crystal by crystal.
    """
    if hasattr(calculator, "evaluate_many"):
        return list(calculator.evaluate_many(crystals))
    members = getattr(getattr(calculator, "mixer", None), "calcs", None)
    if members is not None and type(calculator).__name__ == "SumCalculator":
        of_members = [evaluate_many(member, crystals) for member in members]
        return [_added(of_crystal) for of_crystal in zip(*of_members, strict=True)]
    results = []
    for atoms in crystals:
        atoms.calc = calculator
        forces = np.array(atoms.get_forces(), float)
        stress = np.array(atoms.get_stress(voigt=True), float)
        results.append({"energy": float(atoms.get_potential_energy()), "forces": forces, "stress": stress})
        atoms.calc = None
    return results


def atoms_at(atoms: Atoms, point: Point) -> Atoms:
    """Copy of a crystal, without calculator and constraints, with the cell and the positions of a point."""
    moved = atoms.copy()
    moved.calc = None
    moved.set_constraint()
    moved.set_cell(point.cell)
    moved.set_positions(point.positions)
    return moved


def length_scale(point: Point) -> float:
    """Length in Å by which strains are multiplied to stand beside displacements."""
    return float(point.volume ** (1 / 3))


def without_translations(vectors: Array) -> Array:
    """Remove rigid translations from columns of shape (3N, m)."""
    shaped = vectors.reshape(-1, 3, vectors.shape[1])
    return (shaped - shaped.mean(axis=0)).reshape(vectors.shape)
