"""The lowest crystal disturbed: rattles, which tell whether a minimum is one, and short anneals."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from perovex._seeds import stream
from perovex.crystal import perceive
from perovex.errors import BuildError
from perovex.minima.candidate import Candidate
from perovex.minima.strategies.registry import register_strategy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perovex.minima.candidate import Outcome
    from perovex.minima.compound import Compound
    from perovex.minima.known import Known

#: Standard deviation of the displacements of metals and halides, Å; molecules move half as far, as rigid bodies.
AMPLITUDES: Final = (0.15, 0.30, 0.45)
#: Standard deviation of the turns of molecules, radians per Å of amplitude.
TURN: Final = 0.5
#: Standard deviation of the strains per Å of amplitude.
STRAIN: Final = 0.04

#: Of the anneals, K.
TEMPERATURES: Final = (400.0, 600.0)


@register_strategy("rattle")
def rattled(known: Known, compound: Compound) -> Iterator[Candidate]:
    """Lowest crystal with random displacements of 0.15, 0.30 and 0.45 Å and a few percent of strain."""
    parent = known.lowest(compound)
    if parent is None:
        return
    for number, amplitude in enumerate(AMPLITUDES):
        make = partial(_rattle, parent, amplitude, known.random_state, number)
        yield Candidate(compound, "rattle", parent.id, make, {"amplitude": amplitude})


def _rattle(parent: Outcome, amplitude: float, random_state: int, number: int) -> Structure:
    return rattle(parent.structure, amplitude, stream(random_state, f"rattle {parent.id}", number))


def rattle(structure: Structure, amplitude: float, rng: np.random.Generator) -> Structure:
    """Displace metals and halides at random, molecules as rigid bodies, and strain the cell.

    Parameters
    ----------
    structure : pymatgen.core.Structure
        A perovskite.
    amplitude : float
        Standard deviation of the displacement of a metal or halide along each axis, Å.
    rng : numpy.random.Generator
    """
    crystal = perceive(structure)
    x = structure.cart_coords + rng.normal(scale=amplitude, size=(len(structure), 3))
    for molecule in crystal.molecules:
        middle = molecule.coordinates.mean(axis=0)
        spin = Rotation.from_rotvec(rng.normal(scale=TURN * amplitude, size=3)).as_matrix()
        offset = rng.normal(scale=0.5 * amplitude, size=3)
        x[molecule.sites] = (molecule.coordinates - middle) @ spin.T + middle + offset
    strain = rng.normal(scale=STRAIN * amplitude, size=(3, 3))
    strain = 0.5 * (strain + strain.T)
    shear = np.zeros_like(x)
    for molecule in crystal.molecules:  # rigid bodies follow the strain by their middle
        shear[molecule.sites] = x[molecule.sites].mean(axis=0) @ strain
    inorganic = np.setdiff1d(np.arange(len(x)), [k for m in crystal.molecules for k in m.sites])
    shear[inorganic] = x[inorganic] @ strain
    lattice = structure.lattice.matrix
    return Structure(Lattice(lattice + lattice @ strain), list(crystal.symbols), x + shear, coords_are_cartesian=True)


@register_strategy("anneal")
def annealed(known: Known, compound: Compound) -> Iterator[Candidate]:
    """Lowest crystal after 0.4 ps of molecular dynamics at 400 and 600 K (about 200 calls each)."""
    parent = known.lowest(compound)
    if parent is None or known.calculator is None:
        return
    for temperature in TEMPERATURES:
        make = partial(_anneal, parent, known.calculator, temperature, known.random_state)
        yield Candidate(compound, "anneal", parent.id, make, {"kelvin": temperature}, new_pattern=True)


def _anneal(parent: Outcome, calculator: Any, temperature: float, random_state: int) -> Structure:
    return anneal(parent.structure, calculator, temperature, stream(random_state, f"anneal {parent.id}"))


def anneal(
    structure: Structure, calculator: Any, temperature: float, rng: np.random.Generator, *, picoseconds: float = 0.4
) -> Structure:
    """Run Langevin dynamics at fixed cell.

    Hydrogens weigh four units: what is populated does not depend on masses, and the steps can be 2 fs.

    Parameters
    ----------
    structure : pymatgen.core.Structure
        Where to begin.
    calculator : ase calculator
        Gives energy and forces.
    temperature : float
        K.
    rng : numpy.random.Generator
    picoseconds : float
        Length of the run.

    Raises
    ------
    BuildError
        If forces are no longer finite.
    """
    from ase import Atoms, units
    from ase.md.langevin import Langevin
    from ase.md.velocitydistribution import MaxwellBoltzmannDistribution

    atoms = Atoms(
        [site.specie.symbol for site in structure],
        positions=structure.cart_coords,
        cell=structure.lattice.matrix,
        pbc=True,
        calculator=calculator,
    )
    masses = atoms.get_masses()
    atoms.set_masses(np.where(atoms.numbers == 1, 4 * masses, masses))
    generator = np.random.RandomState(int(rng.integers(2**31)))
    MaxwellBoltzmannDistribution(atoms, temperature_K=temperature, rng=generator)
    dynamics = Langevin(
        atoms, 2 * units.fs, temperature_K=temperature, friction=0.02 / units.fs, rng=generator, logfile=None
    )
    dynamics.run(round(500 * picoseconds))
    if not np.isfinite(atoms.positions).all():
        raise BuildError("molecular dynamics broke the crystal", remedy="anneal at a lower temperature")
    return Structure(atoms.cell.array, atoms.get_chemical_symbols(), atoms.positions, coords_are_cartesian=True)
