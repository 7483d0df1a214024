"""A built crystal must be perceived as what was asked for, or it is refused with the reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from perovex.building.cation import canonical
from perovex.building.contacts import find_pairs
from perovex.building.lengths import vdw_radius
from perovex.crystal import perceive
from perovex.errors import BuildError, PerovexError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from perovex.crystal import LayeredPerovskite

#: Contacts shorter than this fraction of the sum of van der Waals radii are overlaps.
CONTACT_LIMIT: Final = 0.75
#: The same for hydrogen on N or O against a halide: strong hydrogen bonds are short.
HYDROGEN_BOND_LIMIT: Final = 0.68
#: What a user can do about a crystal that fails.
REMEDIES: Final[dict[str, str]] = {
    "built": "try another random_state, more trials, or a cation that fits between the sheets",
    "relaxed": "start from another random_state or stacking; the potential may not hold this crystal",
}
#: An ammonium nitrogen farther from every halide than the sum of van der Waals radii plus this, Å, hangs loose.
LOOSE_HEAD: Final = 0.5


@dataclass(frozen=True)
class Expected:
    """What a built crystal should be; None means not checked.

    Attributes
    ----------
    n : float, optional
        Sheets per slab.
    stacking : str, optional
        ``"staggered"`` or ``"eclipsed"``.
    metals, halides : tuple of str, optional
        Alphabetical.
    spacers, cages : dict of str to int, optional
        Number of molecules by SMILES.
    """

    n: float | None = None
    stacking: str | None = None
    metals: tuple[str, ...] | None = None
    halides: tuple[str, ...] | None = None
    spacers: dict[str, int] | None = None
    cages: dict[str, int] | None = None


def _tally(smiles: list[str], *, stereo: bool) -> Counter[str]:
    return Counter(canonical(s, stereo=stereo) for s in smiles)


def _has_stereo(smiles: str) -> bool:
    return any(mark in smiles for mark in "@/\\")


def shortest_contact(crystal: LayeredPerovskite) -> float:
    """Shortest contact of a molecule with anything outside it, relative to the limit of its kind.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.

    Returns
    -------
    float
        Below 1: overlap. Infinite without contacts.
    """
    structure = crystal.structure
    x, symbols = structure.cart_coords.copy(), [site.specie.symbol for site in structure]
    molecule = np.full(len(x), -1)
    donor = np.zeros(len(x), dtype=bool)
    for number, m in enumerate(crystal.molecules):
        molecule[m.sites], x[m.sites] = number, m.coordinates
        for a, b in m.bonds:
            for hydrogen, heavy in ((a, b), (b, a)):
                if m.symbols[hydrogen] == "H" and m.symbols[heavy] in ("N", "O"):
                    donor[m.sites[hydrogen]] = True
    pairs = find_pairs(x, structure.lattice.matrix, molecule, reach=4.0)
    if not len(pairs):
        return float("inf")
    radius = np.array([vdw_radius(s) for s in symbols])
    ratio = np.linalg.norm(pairs.vectors(x, structure.lattice.matrix), axis=1)
    ratio /= radius[pairs.first] + radius[pairs.second]
    bonded = donor[pairs.first] & (molecule[pairs.second] < 0)
    return float((ratio / np.where(bonded, HYDROGEN_BOND_LIMIT, CONTACT_LIMIT)).min())


def stacking_translation(rise: NDArray[np.float64], repeat: float) -> NDArray[np.int64]:
    """Small integers whose lattice vector climbs one stacking period."""
    span = np.arange(-3, 4)
    grid = np.stack(np.meshgrid(span, span, span, indexing="ij"), axis=-1).reshape(-1, 3)
    climbing = grid[np.abs(grid @ rise - repeat) < 1e-3 * repeat]
    if not len(climbing):
        raise BuildError("no lattice vector leads to the next slab", remedy="use a reduced cell")
    return np.asarray(climbing[np.abs(climbing).sum(axis=1).argmin()])


def loose_heads(crystal: LayeredPerovskite) -> int:
    """Count ammonium groups of spacers that touch no halide of the octahedra.

    Examples
    --------
    >>> from perovex.crystal.examples import cubic
    >>> loose_heads(perceive(cubic()))
    0
    """
    structure = crystal.structure
    halides = np.unique(crystal.octahedra.ligand)
    reach = np.array([vdw_radius(structure[int(k)].specie.symbol) for k in halides])
    reach += vdw_radius("N") + LOOSE_HEAD
    count = 0
    for spacer in crystal.spacers:
        nitrogens = structure.frac_coords[spacer.sites[list(spacer.ammonium)]]
        if not len(nitrogens):
            continue
        distance = structure.lattice.get_all_distances(nitrogens, structure.frac_coords[halides])
        count += max(0, spacer.charge - int((distance < reach).any(axis=1).sum()))
    return count


def _differences(crystal: LayeredPerovskite, expected: Expected) -> list[str]:
    """Disagreements in words."""
    differences: list[str] = []

    def compare(name: str, wanted: Any, got: Any) -> None:
        if wanted is not None and wanted != got:
            differences.append(f"{name} is {got}, not {wanted}")

    compare("n", expected.n, crystal.n_layers)
    compare("the stacking", expected.stacking, crystal.stacking)
    compare("the metal", expected.metals, crystal.metals)
    compare("the halide", expected.halides, crystal.halides)
    for name, wanted, molecules in (
        ("spacers", expected.spacers, crystal.spacers),
        ("cage cations", expected.cages, crystal.cage_cations),
    ):
        if wanted is None:
            continue
        stereo = any(_has_stereo(s) for s in wanted)
        listed = [s for s, count in wanted.items() for _ in range(count)]
        want = _tally(listed, stereo=stereo)
        got = _tally([m.smiles for m in molecules], stereo=stereo)
        compare(name, dict(sorted(want.items())), dict(sorted(got.items())))
    charge = [w for w in crystal.warnings if "charge" in w.lower()]
    return differences + charge


def check_built(
    structure: Structure, expected: Expected, *, contacts: bool = True, stage: str = "built"
) -> LayeredPerovskite:
    """Perceive a built crystal and compare it with what was asked for.

    Parameters
    ----------
    structure : pymatgen.core.Structure
        The crystal.
    expected : Expected
        What it should be.
    contacts : bool
        Whether overlaps and ammonium groups outside the halide pockets are refused, too.
    stage : str
        What the messages call the crystal: built or relaxed.

    Returns
    -------
    LayeredPerovskite

    Raises
    ------
    BuildError
        Naming everything that differs.

    Examples
    --------
    >>> from perovex.crystal.examples import layered
    >>> check_built(layered(n=1), Expected(n=1), contacts=False).n_layers
    1.0
    """
    try:
        crystal = perceive(structure)
    except PerovexError as error:
        raise BuildError(
            f"the {stage} crystal is not perceived: {error.kind}: {error.cause}", remedy=REMEDIES[stage]
        ) from error
    wrong = _differences(crystal, expected)
    if contacts:
        closest = shortest_contact(crystal)
        if closest < 1.0:
            wrong.append(f"cations overlap (shortest contact {closest:.2f} of the allowed)")
        loose = loose_heads(crystal)
        if loose:
            wrong.append(f"{loose} ammonium group(s) found no room in a halide pocket")
    if wrong:
        raise BuildError(
            f"the {stage} crystal is not what was asked for: " + "; ".join(wrong),
            remedy=REMEDIES[stage],
        )
    return crystal
