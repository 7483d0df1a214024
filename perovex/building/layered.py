"""Build a layered crystal from spacer, metal, halide, number of sheets and stacking."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from pymatgen.core import Lattice, Structure

from perovex._progress import progress_bar
from perovex._seeds import stream
from perovex.building.cation import Cation, cage_cation, cation_from_smiles
from perovex.building.check import Expected, check_built
from perovex.building.compound import Compound, Stacking
from perovex.building.frame import CellKind, SlabFrame, slab_frame
from perovex.building.packing import trial
from perovex.building.settle import Assembly, settle_flexible, settle_rigid
from perovex.errors import BuildError

if TYPE_CHECKING:
    from perovex.building.halides import Halides

#: Offset of successive slabs in units of the metal-metal vectors, by what perception calls it.
SHIFTS: Final[dict[str, tuple[float, float]]] = {"staggered": (0.5, 0.5), "eclipsed": (0.0, 0.0)}
#: Rotation about the normal and tilt about the diagonal, degrees, of n = 1 and of thicker slabs: rounded means of
#: diammonium lead halides relaxed with an interatomic potential.
TILTS: Final = ((17.0, 6.0), (15.5, 5.0))
#: Softness of the contacts (Å) in the legs that all trials go through, and in the one for the better half of them.
SOFT, HARD = (1.5, 0.7), (0.0,)
#: Steps of a soft leg, and how far apart (Å) its pairs of atoms are at most. With fewer steps, nearer pairs and half of
#: the trials left behind crystals take 0.4 of the time and end 0.5 and 0.8 kcal/mol per cell higher (means over ten
#: compounds, two seeds; the median is 0.3 and 0.1).
SOFT_STEPS, SOFT_REACH = 30, 6.5
#: Settled trials that are compared after the flexible stage, and its legs and steps.
FINALISTS, FLEXIBLE_LEGS, FLEXIBLE_STEPS = 2, 3, 40


class _Arrangement(NamedTuple):
    """A settled trial; the lowest energy (kcal/mol per cell) sorts first."""

    energy: float
    number: int
    assembly: Assembly


def build_layered(  # noqa: PLR0913 - the crystal's own parameters
    spacer_smiles: str,
    metal: str = "Pb",
    halide: str = "I",
    n: int = 1,
    cage: str = "MA",
    stacking: Stacking | None = None,
    *,
    cell: CellKind | None = None,
    tilts: tuple[float, float] | None = None,
    n_trials: int = 8,
    random_state: int = 0,
    progress: bool = False,
) -> Structure:
    """Layered perovskite around a spacer cation; no distance to guess.

    Rigid tilted octahedra make the slabs. Ammonium heads go into the pockets of terminal halides, in several
    trial orientations; the gap between slabs closes until the contacts carry it. The best trials are settled
    with flexible molecules and the lowest in energy that is perceived as asked is returned.

    Parameters
    ----------
    spacer_smiles : str
        Mono- or diammonium cation, charges written out.
    metal : str
        Element symbol, in any case.
    halide : str
        Element symbol in any case, or a mixture: shares that stand at random, such as ``"Br0.5I0.5"``, or one halide
        for each position, such as ``"axial=Br,equatorial=I"`` (`perovex.building.halides.Halides.read`).
    n : int
        Sheets per slab.
    cage : {"Cs", "Rb", "MA", "FA", "GA"}
        Cation of the cages, for n >= 2.
    stacking : {"staggered", "eclipsed"}, optional
        Layer shift (1/2, 1/2) or (0, 0); by default staggered for monoammonium, eclipsed for diammonium spacers.
    cell : {"sqrt2", "2x2", "1x1"}
        In-plane period; ``"1x1"`` only with ``tilts=(0, 0)``. By default ``"sqrt2"``, or ``"2x2"`` for shares of
        halides that only the larger cell holds.
    tilts : tuple of float, optional
        Rotation of the octahedra about the normal and tilt about the in-plane diagonal, degrees. By default
        those of lead halides; where the spacer finds no room, half of them and none are tried next.
    n_trials : int
        Trial arrangements.
    random_state : int
        Seed of the trial arrangements and of halides that stand at random; the same seed gives the same crystal, and
        every spelling of a spacer, too.
    progress : bool
        Show a progress bar on stderr.

    Returns
    -------
    pymatgen.core.Structure
        P1, slab normal along z, third lattice vector along the stacking. ``properties["build"]`` records the
        parameters.

    Raises
    ------
    SmilesError
        If the SMILES is unreadable or holds no ammonium.
    BuildError
        If an element, the cage or the stacking is unknown, no cell holds the shares of halides, or no arrangement
        passes perception.

    Notes
    -----
    Measured by ``benchmarks/build.py`` on the layered crystals of data 0.7, relaxed with an interatomic potential and
    rebuilt from SMILES, metal, halide and n with the default stacking: 332 of 356 were built (the others hold two kinds
    of spacers, two metals, or a charge without ammonium group); the layer period is off by 4.5 % (median; 6.9 % on
    average, 37 % at worst), the area per metal by 2.7 %, the equatorial bridging angle by 2.7 degrees. Constants of the
    contacts and tilts were set on crystals of the same set. Slabs of real crystals also glide to shifts between the two
    phases (by 0.2 on average), which a built crystal does not follow; its octahedra carry the tilts `TILTS`, whatever
    the spacer.

    A built crystal is a starting point: relax it (`perovex.building.relax_built`) before its energy or stiffness
    is computed.

    Examples
    --------
    >>> crystal = build_layered("C[NH3+]", halide="Br", stacking="staggered", n_trials=1)
    >>> crystal.composition.alphabetical_formula
    'Br8 C4 H24 N4 Pb2'
    """
    if n_trials < 1:
        raise BuildError(f"n_trials = {n_trials}: at least one trial is needed")
    compound = Compound.read(spacer_smiles, metal, halide, n, cage, stacking)
    metal, halides, n, cage = compound.metal, compound.halides, compound.n, compound.cage
    cell = cell or _cell(halides, n)
    spacer = cation_from_smiles(compound.spacer)  # the same conformers for every seed of the arrangements
    inside = cage_cation(cage)
    shift: Stacking = compound.stacking or ("staggered" if spacer.charge == 1 else "eclipsed")
    options = [tilts] if tilts is not None else _tilt_options(n, cell)
    failure: BuildError | None = None
    for angles in options:
        frame = slab_frame(
            metal, halides, n, rotation=angles[0], tilt=angles[1], cell=cell, rng=stream(random_state, "halides")
        )
        try:
            structure = _best(frame, spacer, inside if n > 1 else None, shift, n_trials, random_state, progress)
        except BuildError as error:
            failure = failure or error
            continue
        structure.properties["build"] = {
            "spacer_smiles": spacer.smiles, "metal": metal, "halide": compound.halide, "n": int(n),
            "cage": cage if n > 1 else "", "stacking": shift, "tilts": list(angles), "random_state": random_state,
            **halides.record(random_state),
        }  # fmt: skip
        return structure
    assert failure is not None
    raise failure.at(spacer_smiles)


def _cell(halides: Halides, n: int) -> CellKind:
    """Return the smaller cell that holds the shares of halides; the larger where neither does, to say so."""
    kinds: tuple[tuple[CellKind, int], ...] = (("sqrt2", 2), ("2x2", 4))
    return next((kind for kind, metals in kinds if halides.fits(metals * (3 * n + 1))), kinds[-1][0])


def _tilt_options(n: int, cell: CellKind) -> list[tuple[float, float]]:
    """Tilts to try, in order; less tilt means wider pockets."""
    if cell == "1x1":
        return [(0.0, 0.0)]
    first = TILTS[0] if n == 1 else TILTS[1]
    return [first, (first[0] / 2, first[1] / 2), (0.0, 0.0)]


def _best(
    frame: SlabFrame,
    spacer: Cation,
    cage: Cation | None,
    stacking: Stacking,
    n_trials: int,
    seed: int,
    progress: bool,
) -> Structure:
    """Lowest-energy arrangement on this frame that passes the check."""
    rng = np.random.default_rng(seed)
    hopeful = max(n_trials // 2, FINALISTS)
    bar = progress_bar(total=n_trials + hopeful, desc="trial arrangements", shown=progress, leave=False)
    soft: list[_Arrangement] = []
    for number in range(n_trials):
        start = trial(frame, spacer, cage, SHIFTS[stacking], rng)
        assembly, energy = settle_rigid(start, softness=SOFT, iterations=SOFT_STEPS, contact_reach=SOFT_REACH)
        soft.append(_Arrangement(energy, number, assembly))
        bar.update()
    hard: list[_Arrangement] = []
    for kept in heapq.nsmallest(hopeful, soft):
        assembly, energy = settle_rigid(kept.assembly, softness=HARD)
        hard.append(_Arrangement(energy, kept.number, assembly))
        bar.update()
    bar.close()
    ranked = sorted(hard)
    expected = _expected(frame, spacer, cage, stacking)
    failure: BuildError | None = None
    # the finalists are compared once they are flexible; the others are asked only where none of these will do
    for group in (ranked[:FINALISTS], ranked[FINALISTS:]):
        for final in sorted(_flexible(kept) for kept in group):
            structure = to_structure(final.assembly)
            try:
                check_built(structure, expected)
            except BuildError as error:
                failure = failure or error
            else:
                return structure
    assert failure is not None
    raise failure


def _flexible(arrangement: _Arrangement) -> _Arrangement:
    """Settle an arrangement with flexible molecules."""
    assembly, energy = settle_flexible(arrangement.assembly, legs=FLEXIBLE_LEGS, iterations=FLEXIBLE_STEPS)
    return _Arrangement(energy, arrangement.number, assembly)


def _expected(frame: SlabFrame, spacer: Cation, cage: Cation | None, stacking: Stacking) -> Expected:
    pockets, cages = len(frame.top_pockets), len(frame.cages)
    return Expected(
        n=1 + cages / pockets,
        stacking=stacking,
        metals=(frame.symbols[0],),
        halides=tuple(sorted(set(frame.symbols) - {frame.symbols[0]})),
        spacers={spacer.smiles: pockets * (2 if spacer.charge == 1 else 1)},
        cages={cage.smiles: cages} if cage is not None else None,
    )


def to_structure(assembly: Assembly) -> Structure:
    """Ordered structure of an assembly, frame first, one molecule after another."""
    return Structure(Lattice(assembly.cell), assembly.atoms.symbols, assembly.coordinates, coords_are_cartesian=True)
