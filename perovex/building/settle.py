"""Clean-up minimisation: molecules settle on a fixed inorganic frame while the gaps between slabs close.

Two stages share one model. *Rigid*: every molecule is a rigid body. *Flexible*: all its atoms move, held
together by the molecular force field of RDKit. Octahedra never change; slabs move against each other only
along the normal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.optimize import minimize

from perovex._threads import few_threads
from perovex.building.contacts import REACH, Atoms, ContactEnergy, Pairs, find_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from perovex.building.cation import Cation

#: kcal/mol/Å³ in one GPa.
KCAL_PER_GPA: Final = 0.14393
#: Pressure along the normal, GPa, that stands for the attraction between slabs and cations left out of the
#: contact potential (electrostatics).
COHESION: Final = 0.1
#: Longest move of an atom between two updates of the pair list, Å.
TRUST: Final = 1.5


@dataclass(frozen=True, eq=False)
class Assembly:
    """One period of a crystal under construction.

    Attributes
    ----------
    frame_symbols : tuple of str
        Elements of the inorganic frame.
    frame : ndarray, shape (f, 3)
        Its coordinates, Å.
    cell : ndarray, shape (3, 3)
        Lattice vectors, Å; the first two lie in the sheets.
    normal : ndarray, shape (3,)
        Unit normal of the sheets.
    cations : tuple of Cation
        The molecules.
    positions : tuple of ndarray
        Coordinates of each molecule, Å.
    lift : ndarray, shape (f + molecules' atoms, gaps)
        1 for atoms that rise with a gap between slabs; the third lattice vector rises with all of them.
    """

    frame_symbols: tuple[str, ...]
    frame: NDArray[np.float64]
    cell: NDArray[np.float64]
    normal: NDArray[np.float64]
    cations: tuple[Cation, ...]
    positions: tuple[NDArray[np.float64], ...]
    lift: NDArray[np.float64]

    @cached_property
    def atoms(self) -> Atoms:
        """Elements, molecule numbers, donors and the nitrogens that bear them."""
        symbols, molecule = list(self.frame_symbols), [-1] * len(self.frame)
        donor, head = [False] * len(self.frame), [False] * len(self.frame)
        for number, cation in enumerate(self.cations):
            symbols += cation.symbols
            molecule += [number] * len(cation)
            flags = np.zeros(len(cation), dtype=bool)
            flags[cation.donors] = True
            donor += flags.tolist()
            flags = np.zeros(len(cation), dtype=bool)
            flags[list(cation.heads)] = True
            head += [h and s == "N" for h, s in zip(flags.tolist(), cation.symbols, strict=True)]
        return Atoms(tuple(symbols), np.array(molecule, dtype=np.int64), np.array(donor), np.array(head))

    @property
    def coordinates(self) -> NDArray[np.float64]:
        """All coordinates, frame first, Å."""
        return np.concatenate([self.frame, *self.positions])

    @property
    def area(self) -> float:
        """In-plane area of the cell, Å²."""
        return float(abs(np.cross(self.cell[0], self.cell[1]) @ self.normal))

    def opened(self, gaps: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Displacement of every atom and the cell after the gaps have grown by `gaps` (Å)."""
        cell = self.cell.copy()
        cell[2] += gaps.sum() * self.normal
        return np.outer(self.lift @ gaps, self.normal), cell

    def gap_slope(
        self, gradient: NDArray[np.float64], stacking: NDArray[np.float64], squeeze: float
    ) -> NDArray[np.float64]:
        """Return the derivative of contacts and cohesion by the gaps."""
        return np.asarray(self.lift.T @ (gradient @ self.normal) + stacking @ self.normal + squeeze)

    def moved(self, x: NDArray[np.float64], cell: NDArray[np.float64]) -> Assembly:
        """Return the same assembly at other coordinates."""
        start = len(self.frame)
        bounds = np.cumsum([start, *[len(c) for c in self.cations]])
        positions = tuple(x[a:b] for a, b in pairwise(bounds))
        return replace(self, frame=x[:start], cell=cell, positions=positions)

    def pairs(self, reach: float = REACH) -> Pairs:
        """Pairs closer than `reach` (Å) at the present coordinates."""
        gaps = self.lift.shape[1]
        slab = np.rint(self.lift.sum(axis=1)).astype(np.int64) if gaps else None
        return find_pairs(self.coordinates, self.cell, self.atoms.molecule, reach, slab=slab)


def _turning() -> NDArray[np.float64]:
    """Coefficients of the products of a quaternion's parts in its rotation matrix, shape (4, 4, 3, 3)."""
    parts = np.eye(4)
    squares = np.zeros((4, 4, 3, 3))
    for a, b in np.ndindex(4, 4):
        (w, x, y, z), (v, p, q, r) = parts[a], parts[b]
        squares[a, b] = [
            [w * v + x * p - y * q - z * r, 2 * (x * q - w * r), 2 * (x * r + w * q)],
            [2 * (x * q + w * r), w * v - x * p + y * q - z * r, 2 * (y * r - w * p)],
            [2 * (x * r - w * q), 2 * (y * r + w * p), w * v - x * p - y * q + z * r],
        ]
    return squares


_TURNING: Final = _turning()
_ROTATION: Final = _TURNING.reshape(16, 9)
_SLOPES: Final = (_TURNING + _TURNING.swapaxes(0, 1)).reshape(4, 36)  # by second part: derivatives by the first


def _quaternion_matrices(q: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotation matrices (k, 3, 3) of unnormalised quaternions (k, 4), and derivatives (k, 4, 3, 3).

    With the norm squared N = q.q a rotation is R = P / N, where P is quadratic in the parts of q. Its derivative by a
    part is (dP/dq - R dN/dq) / N, and dN/dq = 2 q.
    """
    norm_squared = (q * q).sum(axis=1)[:, None]
    products = q[:, :, None] * q[:, None, :]
    rotation = (products.reshape(-1, 16) @ _ROTATION / norm_squared).reshape(-1, 3, 3)
    slope_of_products = (q @ _SLOPES / norm_squared).reshape(-1, 4, 3, 3)
    relative_slope_of_norm = 2 * q / norm_squared
    slope_of_norm = relative_slope_of_norm[:, :, None, None] * rotation[:, None]
    return rotation, slope_of_products - slope_of_norm


class _Rigid:
    """Rigid-body variables of an assembly: translation and quaternion of each molecule, then the gaps."""

    def __init__(self, assembly: Assembly) -> None:
        self.assembly = assembly
        self.k = len(assembly.cations)
        lengths = [len(p) for p in assembly.positions]
        self.body = np.repeat(np.arange(self.k), lengths)
        self.first = np.cumsum([0, *lengths[:-1]])
        centres = np.array([p.mean(axis=0) for p in assembly.positions]).reshape(-1, 3)
        self.centres = centres[self.body]
        self.arms = assembly.coordinates[len(assembly.frame) :] - self.centres
        self.start = np.zeros(7 * self.k + assembly.lift.shape[1])
        self.start[3 : 7 * self.k : 7] = 1.0

    def place(self, v: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], Any]:
        bodies = v[: 7 * self.k].reshape(self.k, 7)
        rotation, slopes = _quaternion_matrices(bodies[:, 3:])
        turned = (rotation[self.body] @ self.arms[:, :, None])[:, :, 0]
        rise, cell = self.assembly.opened(v[7 * self.k :])
        rise[: len(self.assembly.frame)] += self.assembly.frame
        rise[len(self.assembly.frame) :] += self.centres + bodies[self.body, :3] + turned
        return rise, cell, slopes

    def pull(self, gradient: NDArray[np.float64], slopes: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self.k:
            return np.zeros(0)
        part = gradient[len(self.assembly.frame) :]
        torque = np.add.reduceat(part[:, :, None] * self.arms[:, None, :], self.first, axis=0)
        out = np.empty((self.k, 7))
        out[:, :3] = np.add.reduceat(part, self.first, axis=0)
        out[:, 3:] = (slopes.reshape(-1, 4, 9) @ torque.reshape(-1, 9, 1))[:, :, 0]
        return out.ravel()


def _descend(
    pairs: Pairs,
    objective: Callable[[NDArray[np.float64], Pairs], tuple[float, NDArray[np.float64]]],
    start: NDArray[np.float64],
    iterations: int,
    reach: NDArray[np.float64],
) -> tuple[NDArray[np.float64], float]:
    """One leg of L-BFGS with a fixed pair list and bounded moves."""
    bounds = [(a - r, a + r) for a, r in zip(start, reach, strict=True)]
    with few_threads():
        result = minimize(
            objective, start, args=(pairs,), jac=True, method="L-BFGS-B", bounds=bounds,
            options={"maxiter": iterations, "maxcor": 20},
        )  # fmt: skip
    return result.x, float(result.fun)


def settle_rigid(
    assembly: Assembly,
    *,
    softness: Sequence[float] = (1.5, 0.7, 0.0),
    iterations: int = 60,
    cohesion: float = COHESION,
    contact_reach: float = REACH,
) -> tuple[Assembly, float]:
    """Minimise the contacts with rigid molecules and free gaps.

    Parameters
    ----------
    assembly : Assembly
        Where to start.
    softness : sequence of float
        Softness (Å) of the contacts in successive legs.
    iterations : int
        Steps of each leg.
    cohesion : float
        Pressure along the normal, GPa.
    contact_reach : float
        Pairs of atoms that are farther apart (Å) when a leg begins are left out of it.

    Returns
    -------
    assembly : Assembly
        Settled.
    energy : float
        Contacts and work of the cohesion on the height of the cell, kcal/mol per cell: arrangements with
        different gaps compare.
    """
    energy = float("nan")
    squeeze = cohesion * KCAL_PER_GPA * assembly.area
    for width in softness:
        contact = ContactEnergy(assembly.atoms, width)
        rigid = _Rigid(assembly)
        bodies = 7 * rigid.k

        def objective(
            v: NDArray[np.float64], pairs: Pairs, rigid: _Rigid = rigid, contact: ContactEnergy = contact
        ) -> tuple[float, NDArray[np.float64]]:
            x, cell, slopes = rigid.place(v)
            value, gradient, stacking = contact(pairs, x, cell)
            gaps = rigid.assembly.gap_slope(gradient, stacking, squeeze)
            value += squeeze * float(cell[2] @ rigid.assembly.normal)
            return value, np.concatenate([rigid.pull(gradient, slopes), gaps])

        reach = np.full(len(rigid.start), TRUST)
        reach[:bodies].reshape(-1, 7)[:, 3:] = 0.6
        v, energy = _descend(assembly.pairs(contact_reach), objective, rigid.start, iterations, reach)
        x, cell, _ = rigid.place(v)
        assembly = assembly.moved(x, cell)
    return assembly, energy


def settle_flexible(
    assembly: Assembly, *, legs: int = 4, iterations: int = 60, cohesion: float = COHESION
) -> tuple[Assembly, float]:
    """Minimise contacts and molecular force fields together; octahedra stay fixed, gaps are free.

    Parameters
    ----------
    assembly : Assembly
        Where to start; without serious overlaps.
    legs, iterations : int
        Legs (each with its own pair list) and steps of each.
    cohesion : float
        Pressure along the normal, GPa.

    Returns
    -------
    assembly : Assembly
        Settled.
    energy : float
        Contacts, molecular force fields and work of the cohesion, kcal/mol per cell.
    """
    fields = [cation.force_field() for cation in assembly.cations]
    contact = ContactEnergy(assembly.atoms)
    squeeze = cohesion * KCAL_PER_GPA * assembly.area
    begin, total = len(assembly.frame), len(assembly.atoms.symbols)
    bounds = np.cumsum([begin, *[len(c) for c in assembly.cations]])
    mobile = 3 * (total - begin)
    energy = float("nan")
    for _ in range(legs):
        base = assembly.coordinates

        def place(
            v: NDArray[np.float64], base: NDArray[np.float64] = base, assembly: Assembly = assembly
        ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
            x = base.copy()
            x[begin:] += v[:mobile].reshape(-1, 3)
            rise, cell = assembly.opened(v[mobile:])
            return x + rise, cell

        def objective(
            v: NDArray[np.float64], pairs: Pairs, place: Any = place, assembly: Assembly = assembly
        ) -> tuple[float, NDArray[np.float64]]:
            x, cell = place(v)
            value, gradient, stacking = contact(pairs, x, cell)
            for field, a, b in zip(fields, bounds[:-1], bounds[1:], strict=True):
                if field is not None:
                    flat = x[a:b].ravel().tolist()
                    value += field.CalcEnergy(flat)
                    gradient[a:b] += np.reshape(field.CalcGrad(flat), (-1, 3))
            gaps = assembly.gap_slope(gradient, stacking, squeeze)
            value += squeeze * float(cell[2] @ assembly.normal)
            return value, np.concatenate([gradient[begin:].ravel(), gaps])

        start = np.zeros(mobile + assembly.lift.shape[1])
        v, energy = _descend(assembly.pairs(), objective, start, iterations, np.full(len(start), TRUST))
        x, cell = place(v)
        assembly = assembly.moved(x, cell)
    return assembly, energy
