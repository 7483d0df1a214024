"""A potential-energy surface over ions and cell: counted evaluations, composite coordinates of a step."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from perovex.errors import LabelError

if TYPE_CHECKING:
    from ase import Atoms

Array = NDArray[np.float64]

EV_PER_A3_IN_GPA = 160.21766208  # CODATA 2018
VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def strain_matrix(strain: Array) -> Array:
    """Symmetric strain tensor of six Voigt components with engineering shears.

    Parameters
    ----------
    strain : array of shape (6,)
        xx, yy, zz, yz, xz, xy.

    Returns
    -------
    array of shape (3, 3)

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
    positions, cell : arrays of shape (N, 3) and (3, 3)
        Angstrom.
    energy : float
        eV.
    forces : array of shape (N, 3)
        eV/Angstrom, net force removed.
    stress : array of shape (6,)
        eV/Angstrom^3, Voigt, tension positive.
    """

    positions: Array
    cell: Array
    energy: float
    forces: Array
    stress: Array

    @property
    def volume(self) -> float:
        """Cell volume in cubic Angstrom."""
        return float(abs(np.linalg.det(self.cell)))

    @property
    def max_force(self) -> float:
        """Largest force on an atom in eV/Angstrom."""
        return float(np.linalg.norm(self.forces, axis=1).max())

    @property
    def max_stress(self) -> float:
        """Largest stress component in GPa."""
        return float(abs(self.stress).max()) * EV_PER_A3_IN_GPA

    def gradient(self, scale: float) -> Array:
        """Energy gradient (3N + 6,) with respect to displacements and to strains times `scale` (Angstrom)."""
        return np.concatenate([-self.forces.ravel(), self.stress * self.volume / scale])


@dataclass
class Surface:
    """Energies, forces and stresses of one crystal by an ASE calculator, with the number and time of calls.

    Parameters
    ----------
    atoms : ase.Atoms
        Periodic crystal; copied.
    calculator : ase calculator
        Must provide energy, forces and stress.
    """

    atoms: Atoms
    calculator: Any
    calls: int = 0
    seconds: float = 0.0
    _numbers: NDArray[np.int_] = field(init=False)

    def __post_init__(self) -> None:
        self.atoms = self.atoms.copy()
        self.atoms.set_constraint()
        self.atoms.calc = self.calculator
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
        start = time.perf_counter()
        self.atoms.set_cell(cell)
        self.atoms.set_positions(positions)
        try:
            forces = np.asarray(self.atoms.get_forces(), float)
            stress = np.asarray(self.atoms.get_stress(voigt=True), float)
            energy = float(self.atoms.get_potential_energy())
        except (RuntimeError, ValueError, KeyError, NotImplementedError) as error:
            raise LabelError(f"the potential failed: {error}") from error
        self.calls += 1
        self.seconds += time.perf_counter() - start
        if not (np.isfinite(forces).all() and np.isfinite(stress).all() and np.isfinite(energy)):
            raise LabelError("the potential gave a value that is not finite", remedy="inspect the input crystal")
        return Point(np.array(positions), np.array(cell), energy, forces - forces.mean(axis=0), stress)

    def displaced(self, point: Point, displacement: Array) -> Point:
        """Evaluate with the ions moved by `displacement` (3N,) at fixed cell."""
        return self.evaluate(point.positions + displacement.reshape(-1, 3), point.cell)

    def strained(self, point: Point, strain: Array) -> Point:
        """Evaluate under a homogeneous Voigt strain (6,)."""
        return self.stepped(point, np.concatenate([np.zeros(3 * len(point.positions)), strain]), 1.0)

    def stepped(self, point: Point, step: Array, scale: float) -> Point:
        """Evaluate after a composite step: strain cell and ions homogeneously, then displace the ions.

        Parameters
        ----------
        step : array of shape (3N + 6,)
            Displacements, then strains times `scale`, all in Angstrom.
        """
        deformation = np.eye(3) + strain_matrix(step[-6:] / scale)
        positions = point.positions @ deformation + step[:-6].reshape(-1, 3)
        return self.evaluate(positions, point.cell @ deformation)


def length_scale(point: Point) -> float:
    """Length in Angstrom by which strains are multiplied to stand beside displacements."""
    return float(point.volume ** (1 / 3))


def without_translations(vectors: Array) -> Array:
    """Remove rigid translations from columns of shape (3N, m)."""
    shaped = vectors.reshape(-1, 3, vectors.shape[1])
    return (shaped - shaped.mean(axis=0)).reshape(vectors.shape)
