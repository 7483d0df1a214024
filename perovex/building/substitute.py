"""Other halides or another metal in the same crystal: slabs scale with the bonds, molecules keep their size."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from pymatgen.core import Lattice, Structure

from perovex._seeds import stream
from perovex.building.check import Expected, check_built, shortest_contact
from perovex.building.halides import Halides, positions_of
from perovex.building.lengths import BUILDING_RADII, bond_length
from perovex.building.resettle import resettle
from perovex.building.stacking import Stack, take_apart
from perovex.crystal import LayeredPerovskite, perceive
from perovex.crystal.radii import HALIDE_RADII
from perovex.errors import BuildError, PerovexError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray


#: Sizes of sheets and of heights of slabs in layered crystals, relative to the bromide: medians over 791 swaps of one
#: halide for another, each from a minimum to the minimum it relaxed into (the search of release 1.3, one to three
#: sheets). By powers of the ratio of bond lengths sheets follow by 0.84 between chloride and bromide, by 0.73 between
#: bromide and iodide, where bridges bend, and heights by 0.91. Fluorides are extrapolated from chlorides. Bonds within
#: sheets follow by 0.84 and 0.81; bending the bridges until they do, too, did not bring predictions nearer.
SHEET_SIZE = {"F": 0.829, "Cl": 0.960, "Br": 1.0, "I": 1.055}
HEIGHT_SIZE = {"F": 0.816, "Cl": 0.957, "Br": 1.0, "I": 1.069}
#: Sheets follow the bonds of another metal by this power alone, as bridges straighten: 0.17 over twelve swaps of tin
#: for lead and iodide for bromide at once, 0.37 over six of tin for lead.
METAL_RESPONSE = 0.3
#: The gaps between slabs take up this share of what slabs of one sheet gain from other halides: 0.32 to 0.44 in the
#: same swaps.
GAP_SHARE = 0.375


def substitute(obj: Any, swap: Mapping[str, str], *, settle: bool = True) -> Structure:
    """Swap halides or metals of the octahedra and scale the inorganic part by the ionic radii.

    3D networks scale by the ratio of bond lengths. In layered crystals sheets scale by less
    (`SHEET_SIZE`, `METAL_RESPONSE`), heights of slabs by a little less (`HEIGHT_SIZE`), and the gaps between slabs take
    up some of what slabs gain (`GAP_SHARE`), as they do between known minima; molecules move as rigid bodies. Halogens
    bound to carbon are never touched.

    Parameters
    ----------
    obj : LayeredPerovskite, Structure, Atoms or path
        Layered crystal or 3D network.
    swap : mapping of str to str
        Such as ``{"I": "Br"}`` or ``{"Pb": "Sn"}``.
    settle : bool
        Where molecules overlap after scaling, let them settle and the gaps open.

    Returns
    -------
    pymatgen.core.Structure
        Layered crystals with the first two lattice vectors in the sheets.

    Raises
    ------
    BuildError
        If an element is not in the octahedra, has no radius, or the result is not perceived as the same
        crystal with other elements.

    Examples
    --------
    >>> from perovex.crystal.examples import cubic
    >>> bromide = substitute(cubic("Pb", "I", "Cs"), {"I": "Br"})
    >>> bromide.composition.reduced_formula
    'CsPbBr3'
    """
    crystal = perceive(obj)
    _require_known(crystal, swap)
    structure, factor = _exchanged(crystal, _swapped(crystal, swap), settle=settle)
    structure.properties["build"] = {
        "substituted_from": crystal.source or "",
        "swap": dict(swap),
        "scale": factor,
    }
    return structure


def mix_halides(obj: Any, halides: str | Halides, *, random_state: int = 0, settle: bool = True) -> Structure:
    """Put other halides, or a mixture of them, into the octahedra of a crystal and scale its inorganic part.

    As `substitute`; sheets follow the mean bonds within them, heights those across. Bridging halides of a mixture stay
    in the middle: relax the crystal before its energy is used.

    Parameters
    ----------
    obj : LayeredPerovskite, Structure, Atoms or path
        Layered crystal or 3D network.
    halides : str or Halides
        Such as ``"Br0.5I0.5"``, at random, or ``"axial=Br,equatorial=I"``, see `perovex.building.halides.Halides.read`.
    random_state : int
        Seed of halides that stand at random.
    settle : bool
        As in `substitute`.

    Returns
    -------
    pymatgen.core.Structure

    Raises
    ------
    BuildError
        If the halides cannot be understood, the cell does not hold their shares, the metal has no radius, or the result
        is not perceived as the same crystal with other elements.

    Examples
    --------
    >>> from perovex.crystal.examples import layered
    >>> mixed = perceive(mix_halides(layered(n=1), "axial=Cl,equatorial=Br"))
    >>> mixed.halides, mixed.n_layers
    (('Br', 'Cl'), 1.0)
    """
    crystal = perceive(obj)
    if not isinstance(halides, Halides):
        halides = Halides.read(halides, 1 if crystal.n_layers == 1 else 2)
    if halides.placed and crystal.dimensionality == 3:
        raise BuildError(
            "positions of halides are those of slabs, and this is a 3D network",
            source=crystal.source, remedy="give shares, such as Br0.5I0.5",
        )  # fmt: skip
    _require_known(crystal, {metal: metal for metal in crystal.metals})
    symbols = [site.specie.symbol for site in crystal.structure]
    positions = positions_of(crystal)
    sites = sorted(positions)
    elements = halides.arrange([positions[site] for site in sites], stream(random_state, "halides"))
    for site, element in zip(sites, elements, strict=True):
        symbols[site] = element
    structure, factor = _exchanged(crystal, symbols, settle=settle)
    structure.properties["build"] = {
        "substituted_from": crystal.source or "", "halide": str(halides), "scale": factor,
        **halides.record(random_state),
    }  # fmt: skip
    return structure


def _exchanged(crystal: LayeredPerovskite, symbols: list[str], *, settle: bool) -> tuple[Structure, float]:
    """Put other elements at the sites of a crystal, scale and check it, and say by how much its sheets scaled."""
    before = [site.specie.symbol for site in crystal.structure]
    octahedra = crystal.octahedra
    ligands = np.unique(octahedra.ligand)
    if crystal.dimensionality == 3:
        in_plane = _ratio(crystal, symbols, np.ones(octahedra.ligand.shape, dtype=bool), bond_length)
        structure = _network(crystal, symbols, in_plane)
    else:
        stack = take_apart(crystal)
        positions = positions_of(crystal)
        within = np.vectorize(lambda site: positions[int(site)] == "equatorial")(octahedra.ligand)
        in_plane = _ratio(crystal, symbols, within, _sheet_length)
        along = _ratio(crystal, symbols, ~within, _height)
        # halides reach into the gap from the outer sheets alone, however many there are
        share = GAP_SHARE / crystal.n_layers if any(before[k] != symbols[k] for k in ligands) else 0.0
        x, cell = _layers(crystal, stack, in_plane, along, share)
        structure = Structure(Lattice(cell), symbols, x, coords_are_cartesian=True)
        if settle and _touching(structure):
            structure = resettle(crystal, stack, symbols, x, cell)
    expected = Expected(
        n=crystal.n_layers,
        stacking=crystal.stacking or None,
        metals=tuple(sorted({symbols[k] for k in octahedra.metal})),
        halides=tuple(sorted({symbols[k] for k in ligands})),
        spacers=dict(Counter(m.smiles for m in crystal.spacers)),
        cages=dict(Counter(m.smiles for m in crystal.cage_cations)),
    )
    try:
        check_built(structure, expected, contacts=False)
    except BuildError as error:
        raise error.at(crystal.source) from None
    return structure, in_plane


def _touching(structure: Structure) -> bool:
    """Whether molecules or halides are closer than van der Waals contact, or so close that they seem to be bonded."""
    try:
        return shortest_contact(perceive(structure)) < 1.0
    except PerovexError:
        return True


def _require_known(crystal: LayeredPerovskite, swap: Mapping[str, str]) -> None:
    present = {*crystal.metals, *crystal.halides}
    for old, new in swap.items():
        family = HALIDE_RADII if old in crystal.halides else BUILDING_RADII
        if old not in present:
            raise BuildError(
                f"{old} is not in the octahedra",
                source=crystal.source,
                remedy=f"present: {', '.join(sorted(present))}",
            )
        if new not in family or old not in family:
            raise BuildError(f"{old} cannot become {new}", source=crystal.source, remedy=f"use {', '.join(family)}")


def _sheet_length(metal: str, halide: str) -> float:
    """Length in proportion to the period of a sheet."""
    return float(bond_length(metal, "Br") ** METAL_RESPONSE * SHEET_SIZE[halide])


def _height(metal: str, halide: str) -> float:
    """Length in proportion to the thickness of a slab."""
    return bond_length(metal, "Br") * HEIGHT_SIZE[halide]


def _ratio(
    crystal: LayeredPerovskite, symbols: list[str], chosen: NDArray[np.bool_], length: Callable[[str, str], float]
) -> float:
    """Ratio of mean lengths after and before, of the chosen ligands of each octahedron."""
    structure, octahedra = crystal.structure, crystal.octahedra
    before = after = 0.0
    for metal, ligands, counted in zip(octahedra.metal, octahedra.ligand, chosen, strict=True):
        for ligand in ligands[counted]:
            before += length(structure[int(metal)].specie.symbol, structure[int(ligand)].specie.symbol)
            after += length(symbols[int(metal)], symbols[int(ligand)])
    return after / before if before else 1.0


def _swapped(crystal: LayeredPerovskite, swap: Mapping[str, str]) -> list[str]:
    """Elements of all sites, swapped in the octahedra; halogens of molecules stay."""
    octahedra = crystal.octahedra
    symbols = [site.specie.symbol for site in crystal.structure]
    for site in {*octahedra.metal.tolist(), *octahedra.ligand.ravel().tolist()}:
        symbols[site] = swap.get(symbols[site], symbols[site])
    return symbols


def _network(crystal: LayeredPerovskite, symbols: list[str], factor: float) -> Structure:
    x = crystal.structure.cart_coords * factor
    for molecule in crystal.molecules:
        centre = molecule.coordinates.mean(axis=0)
        x[molecule.sites] = molecule.coordinates + (factor - 1.0) * centre
    lattice = Lattice(crystal.structure.lattice.matrix * factor)
    return Structure(lattice, symbols, x, coords_are_cartesian=True)


def _layers(
    crystal: LayeredPerovskite, stack: Stack, factor: float, along: float, share: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates and cell of a layered crystal whose slabs scaled by one factor in the sheets, by another along."""
    normal = stack.normal
    bottoms, tops = stack.bounds[:, 0], stack.bounds[:, 1]
    # slabs grow along the normal, and the gaps above them give back a share of it
    thickness = tops - bottoms
    bottoms_above = np.append(bottoms[1:], bottoms[0] + stack.cell[2] @ normal)
    gaps = bottoms_above - tops
    new_gaps = gaps - share * (along - 1) * thickness
    # bottom of every slab in the new crystal, and last that of the first slab's next image
    new_bottoms = bottoms[0] + np.concatenate([[0.0], np.cumsum(along * thickness + new_gaps)])

    def new_height(height: float) -> float:
        """Map an old height, in a slab or in the gap above it, to the new one."""
        slab = int(np.clip(np.searchsorted(bottoms, height, side="right") - 1, 0, len(bottoms) - 1))
        within = height - bottoms[slab]
        if within <= thickness[slab]:
            return float(new_bottoms[slab] + along * within)
        share_of_gap = (within - thickness[slab]) / gaps[slab]
        return float(new_bottoms[slab] + along * thickness[slab] + share_of_gap * new_gaps[slab])

    def moved(point: NDArray[np.float64], height: float) -> NDArray[np.float64]:
        """Scale a point in the plane of the sheets and put it at a height."""
        in_plane = point - (point @ normal) * normal
        return np.asarray(factor * in_plane + height * normal)

    coordinates = stack.coordinates.copy()
    for atom, slab in enumerate(stack.slab_of):
        if slab >= 0:  # scaled about its own slab, also where corrugation leaves the mean halide plane
            within = coordinates[atom] @ normal - bottoms[slab]
            coordinates[atom] = moved(coordinates[atom], float(new_bottoms[slab] + along * within))
    for molecule in crystal.molecules:  # as they are, about their moved centres
        old = stack.coordinates[molecule.sites]
        centre = old.mean(axis=0)
        coordinates[molecule.sites] = old - centre + moved(centre, new_height(float(centre @ normal)))
    cell = factor * (stack.cell - np.outer(stack.cell @ normal, normal))
    cell[2] += (new_bottoms[-1] - new_bottoms[0]) * normal
    return coordinates, cell
