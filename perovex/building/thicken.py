"""From n to n + 1: one more sheet in every slab, with cations in the new cages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from perovex.building.cation import CAGE_SMILES, Cation, cage_cation, canonical
from perovex.building.check import Expected, check_built
from perovex.building.settle import Assembly, settle_flexible, settle_rigid
from perovex.building.stacking import Stack, match_in_plane, take_apart
from perovex.crystal import LayeredPerovskite, perceive
from perovex.errors import BuildError

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Corners that miss each other by more than this, Å, do not make a slab.
CORNER_LIMIT: Final = 1.2
#: Random orientations of all new cage cations that are tried.
ORIENTATIONS: Final = 6


def thicken(obj: Any, cage: str | None = None, *, random_state: int = 0) -> Structure:
    """Insert one perovskite sheet into every slab of a layered crystal.

    The topmost sheet of each slab is copied above itself, moved by the in-plane metal-metal vector whose
    octahedra meet the corners below best (antiphase tilts go on alternating). Everything above rises with it
    unchanged, so that spacers keep their pockets and the layer shift stays.

    Parameters
    ----------
    obj : LayeredPerovskite, Structure, Atoms or path
        Crystal of any cell setting, with any number of slabs per cell.
    cage : {"Cs", "Rb", "MA", "FA"}, optional
        Cation of the new cages; by default the cation of the present cages, or MA where there are none.
    random_state : int
        Seed of the orientations of molecular cage cations.

    Returns
    -------
    pymatgen.core.Structure
        P1; first two lattice vectors in the sheets.

    Raises
    ------
    BuildError
        If the crystal is a 3D network, the cage cation is unknown, corners do not meet, or the result is not
        perceived as n + 1 with all molecules intact.

    Examples
    --------
    >>> from perovex.crystal import perceive
    >>> from perovex.crystal.examples import layered
    >>> perceive(thicken(layered(n=1), "Cs")).n_layers
    2.0
    """
    crystal = perceive(obj)
    cation = cage_cation(cage or _present_cage(crystal), random_state=random_state)
    grown = _Grower(crystal, take_apart(crystal))
    for slab in range(len(crystal.slabs)):
        grown.insert(slab)
    symbols, x, cell = grown.result()
    filled = _fill(grown, symbols, x, cell, cation, random_state)
    structure = Structure(Lattice(cell), *filled, coords_are_cartesian=True)
    try:
        check_built(structure, _expected(crystal, cation, len(grown.cages)), contacts=False)
    except BuildError as error:
        raise error.at(crystal.source) from None
    structure.properties["build"] = {"thickened_from": crystal.source or "", "cage": cation.smiles}
    return structure


def _present_cage(crystal: LayeredPerovskite) -> str:
    """Abbreviation of the cation in the cages; MA if there is none."""
    names = {canonical(smiles): name for name, smiles in CAGE_SMILES.items()}
    kinds = sorted({canonical(m.smiles) for m in crystal.cage_cations})
    if not kinds:
        return "MA"
    if len(kinds) > 1 or kinds[0] not in names:
        raise BuildError(
            f"cage cations {', '.join(kinds)} cannot be continued",
            source=crystal.source,
            remedy="name a cage",
        )
    return names[kinds[0]]


def _expected(crystal: LayeredPerovskite, cation: Cation, new: int) -> Expected:
    cages: dict[str, int] = {cation.smiles: new}
    spacers: dict[str, int] = {}
    for target, molecules in ((cages, crystal.cage_cations), (spacers, crystal.spacers)):
        for molecule in molecules:
            name = molecule.smiles if target is spacers else canonical(molecule.smiles)
            target[name] = target.get(name, 0) + 1
    return Expected(
        n=crystal.n_layers + 1, metals=crystal.metals, halides=crystal.halides, spacers=spacers, cages=cages
    )


class _Grower:
    """Adds sheets slab by slab and keeps the book of what rose."""

    def __init__(self, crystal: LayeredPerovskite, stack: Stack) -> None:
        self.crystal, self.stack = crystal, stack
        self.x = stack.coordinates.copy()
        self.heights = stack.heights.copy()  # original heights decide what rises
        self.cell = stack.cell.copy()
        self.symbols = [site.specie.symbol for site in crystal.structure]
        self.new_symbols: list[str] = []
        self.new_x: list[NDArray[np.float64]] = []
        self.new_heights: list[float] = []
        self.cages: list[NDArray[np.float64]] = []

    def _axial(self, sheet: list[int]) -> NDArray[np.float64]:
        """Uppermost and lowest bond of each octahedron of a sheet, shape (metals, 2, 3)."""
        vectors = self.crystal.octahedra.vectors[sheet]
        order = np.argsort(vectors @ self.crystal.normal, axis=1)
        rows = np.arange(len(sheet))
        return np.stack([vectors[rows, order[:, -1]], vectors[rows, order[:, 0]]], axis=1)

    def _step(self, metals: NDArray[np.float64], axial: NDArray[np.float64]) -> NDArray[np.float64]:
        """Vector from the sheet to its copy: in-plane vector to a like metal grid, plus the rise."""
        plane = self.stack.cell[:2]
        normal = self.crystal.normal
        flat = np.eye(3) - np.outer(normal, normal)
        best: tuple[float, NDArray[np.float64]] | None = None
        for candidate in (metals - metals[0]) @ flat:
            # the copy of octahedron b stands above octahedron a where b + candidate falls on a
            partner = match_in_plane(metals + candidate, metals, plane, flat)
            if partner is None:
                continue
            wanted = axial[partner, 0] - axial[:, 1]
            rise = wanted.mean(axis=0)
            miss = float(np.linalg.norm(wanted - rise, axis=1).max())
            if best is None or miss < best[0] - 1e-3:
                best = (miss, candidate + rise)
        if best is None or best[0] > CORNER_LIMIT:
            raise BuildError(
                "the corners of a copied sheet do not meet those below",
                source=self.crystal.source,
                remedy="relax the crystal first",
            )
        return best[1]

    def insert(self, slab: int) -> None:
        """Copy the top sheet of one slab and raise everything above."""
        sheet = list(self.crystal.slabs[slab].sheets[-1])
        sites = [int(k) for k in self.crystal.octahedra.metal[sheet]]
        metals, axial = self.x[sites], self._axial(sheet)
        step, normal = self._step(metals, axial), self.crystal.normal
        level = float(self.heights[sites].mean())
        half = 0.5 * (self.stack.bounds[slab, 1] - level)
        halides = [int(k) for k in np.unique(self.crystal.octahedra.ligand[sheet])]
        copies = sites + [k for k in halides if abs(self.heights[k] - level) < half]
        terminal = [k for k in halides if self.heights[k] > level + half]
        new, bridge = self.x[copies] + step, self.x[terminal].copy()
        # heads sink below the halide plane: molecules rise as a whole, by their centre or head
        rises = self._rising(slab, level, set(terminal))
        self.x[rises] += step
        for k, point in enumerate(self.new_x):
            if self.new_heights[k] > level:
                self.new_x[k] = point + step
        for k, cage in enumerate(self.cages):
            if cage @ normal > metals.mean(axis=0) @ normal:
                self.cages[k] = cage + step
        self.cell[2] += step
        self.new_x += [*new, *bridge]
        self.new_symbols += [self.symbols[k] for k in (*copies, *terminal)]
        self.new_heights += [level] * (len(new) + len(bridge))
        self.cages += self._cages(metals, step)

    def _rising(self, slab: int, level: float, terminal: set[int]) -> list[int]:
        """Atoms that lie above the top sheet of a slab."""
        rises = set(terminal)
        for number, bounds in enumerate(self.stack.bounds):
            if number != slab and bounds.mean() > self.stack.bounds[slab].mean():
                rises |= {int(k) for k in np.flatnonzero(self.stack.slab_of == number)}
        for molecule in self.crystal.molecules:
            if self.heights[molecule.sites].mean() > level:
                rises |= {int(k) for k in molecule.sites}
        return sorted(rises)

    def _cages(self, metals: NDArray[np.float64], step: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Centres of the cages between the sheet and its copy: one for each metal."""
        axes = self.crystal.in_plane_axes
        bridges = self.crystal.bridges
        vectors = (bridges.vectors[:, 1] - bridges.vectors[:, 0])[~bridges.axial]
        across = np.zeros(3)
        for axis in axes:
            along = vectors[np.abs(vectors @ axis) > 0.7 * np.linalg.norm(vectors, axis=1)]
            across += (along * np.sign(along @ axis)[:, None]).mean(axis=0)
        normal = self.crystal.normal
        height = float(step @ normal)
        lean = self._lean(metals, step)
        return [m + 0.5 * across + 0.5 * (lean + height * normal) for m in metals]

    def _lean(self, metals: NDArray[np.float64], step: NDArray[np.float64]) -> NDArray[np.float64]:
        """In-plane part of the vector from a metal to the copy that stands above it."""
        flat = np.eye(3) - np.outer(self.crystal.normal, self.crystal.normal)
        inverse = np.linalg.pinv(self.stack.cell[:2])
        offset = (metals + step - metals[0]) @ flat
        fractional = offset @ inverse
        offset -= np.round(fractional) @ self.stack.cell[:2]
        return np.asarray(offset[np.linalg.norm(offset, axis=1).argmin()])

    def result(self) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        """Symbols, coordinates and cell; cages still empty."""
        x = np.vstack([self.x, *self.new_x]) if self.new_x else self.x
        return self.symbols + self.new_symbols, x, self.cell


def _fill(
    grown: _Grower,
    symbols: list[str],
    x: NDArray[np.float64],
    cell: NDArray[np.float64],
    cation: Cation,
    seed: int,
) -> tuple[list[str], NDArray[np.float64]]:
    """Put cations into the new cages, turn them out of contacts, and settle them with all else fixed."""
    rng = np.random.default_rng(seed)
    centre = cation.conformers[0].mean(axis=0)
    fixed = Assembly(
        frame_symbols=tuple(symbols), frame=x, cell=cell, normal=grown.crystal.normal,
        cations=(cation,) * len(grown.cages),
        positions=tuple(c + cation.conformers[0] - centre for c in grown.cages),
        lift=np.zeros((len(x) + len(cation) * len(grown.cages), 0)),
    )  # fmt: skip
    if len(cation) > 1:
        tries: list[tuple[float, int, Assembly]] = []
        for _ in range(ORIENTATIONS):
            turned = tuple(c + Rotation.random(rng=rng).apply(cation.conformers[0] - centre) for c in grown.cages)
            start = fixed.moved(np.concatenate([x, *turned]), cell)
            settled, energy = settle_rigid(start, iterations=40, cohesion=0.0)
            tries.append((energy, len(tries), settled))
        fixed = min(tries, key=lambda item: item[:2])[2]
        fixed, _ = settle_flexible(fixed, legs=1, cohesion=0.0)
    return [*fixed.atoms.symbols], fixed.coordinates
