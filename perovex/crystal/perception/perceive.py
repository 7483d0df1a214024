"""From a structure to a `LayeredPerovskite`."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from perovex.crystal.bonding.graph import components
from perovex.crystal.model import Bridges, Dimensionality, LayeredPerovskite, Octahedra
from perovex.crystal.perception.charges import settle_charges
from perovex.crystal.perception.elements import METAL_CHARGES, AtomTable
from perovex.crystal.perception.frame import ligand_directions, ligand_order, pseudocubic_axes
from perovex.crystal.perception.isolated import refuse_vacancy_order, right_handed
from perovex.crystal.perception.molecules import find_molecules
from perovex.crystal.perception.network import Links, link_octahedra
from perovex.crystal.perception.octahedra import RawOctahedra, find_octahedra
from perovex.crystal.perception.phase import SHEET, measure_shifts, name_phase, name_stacking, vacuum_gap
from perovex.crystal.perception.roles import with_roles
from perovex.crystal.perception.slabs import common_plane, sheet_frame, stack_slabs
from perovex.crystal.perception.topology import require_corner_sharing, shares_no_edge, topology_error
from perovex.crystal.reading import as_structure
from perovex.errors import PerovexError, TopologyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from perovex.crystal.bonding.graph import Components
    from perovex.crystal.model import Molecule, Slab

#: Below this cosine between a ligand pair and its axis a 3D corner-sharing network is no perovskite.
_ALIGNED = 0.75


@dataclass(frozen=True, eq=False)
class _Network:
    """Octahedra with their ligands in order, and the axes of the network that they form.

    Attributes
    ----------
    raw, links : RawOctahedra, Links
    dimensionality : {0, 1, 2, 3}
    name : str
        Empty for (100) sheets.
    axes : ndarray, shape (3, 3)
        In-plane axes and normal as rows, or pseudo-cubic axes; NaN where the network has none.
    slabs : tuple of Slab
    height : float
        Stacking period, Å.
    """

    raw: RawOctahedra
    links: Links
    dimensionality: Dimensionality
    name: str
    axes: NDArray[np.float64]
    slabs: tuple[Slab, ...] = ()
    height: float = math.nan


def perceive(obj: Any, *, source: str | None = None, disorder: str = "error", framed: bool = True) -> LayeredPerovskite:
    """Perceive a halide perovskite: octahedra, network, slabs and molecules.

    Parameters
    ----------
    obj : path, pymatgen Structure, ASE Atoms or LayeredPerovskite
        The crystal; any cell, setting and orientation. A perceived crystal is returned as it is.
    source : str, optional
        Name used in messages; the path by default.
    disorder : {"error", "major"}
        What to do about partial occupancy, see `perovex.crystal.read`.
    framed : bool, default=True
        Refuse octahedra that form neither (100) sheets nor a 3D perovskite. False takes isolated octahedra and every
        other network that shares corners alone ((110) and (111) sheets, chains, clusters): without axes and slabs, its
        name as the `phase`, and every cation a spacer.

    Returns
    -------
    LayeredPerovskite

    Raises
    ------
    StructureFileError, DisorderError, UnreasonableCellError
        The structure cannot be read.
    NoOctahedraError, CoordinationError
        No metal, or not every metal, has six halides.
    TopologyError
        Octahedra do not form a corner-sharing 2D or 3D network (with ``framed=False``: they share edges or faces);
        the attribute `topology` names what they form.
    MoleculeError
        The organic part is an infinite covalent network.

    Examples
    --------
    >>> from perovex.crystal.examples import layered
    >>> crystal = perceive(layered(n=2))
    >>> crystal.n_layers, crystal.phase, crystal.stacking, crystal.metals, crystal.halides
    (2.0, 'RP', 'staggered', ('Pb',), ('I',))
    """
    if isinstance(obj, LayeredPerovskite):
        if framed and not obj.framed:
            raise topology_error(obj.phase).at(source or obj.source)
        return obj
    structure = as_structure(obj, disorder=disorder)
    if source is None:
        source = structure.properties.get("source")
    try:
        crystal = _perceive(structure, source, framed=framed)
    except PerovexError as error:
        raise error.at(source) from None
    return crystal


def _perceive(structure: Structure, source: str | None, *, framed: bool) -> LayeredPerovskite:
    atoms = AtomTable.from_structure(structure)
    found = find_octahedra(atoms)
    network = _network(found, atoms, framed=framed)
    raw, axes = network.raw, network.axes
    needed = _needed(atoms, raw)
    states = settle_charges(find_molecules(atoms, raw), needed)
    molecules = with_roles(states, network.slabs, axes[2], network.height)
    crystal = LayeredPerovskite(
        structure=structure,
        octahedra=_octahedra(atoms, raw, network.links),
        bridges=_bridges(raw, network.links),
        slabs=network.slabs,
        molecules=molecules,
        dimensionality=network.dimensionality,
        normal=axes[2],
        in_plane_axes=axes[:2],
        repeat_height=network.height,
        phase=network.name,
        source=source,
    )
    return _finished(crystal, raw.warnings, needed)


def _network(raw: RawOctahedra, atoms: AtomTable, *, framed: bool) -> _Network:
    """Find the axes of the network; without them take it where it shares corners alone and that was asked for."""
    links = link_octahedra(raw)
    parts = components(len(raw), links.octahedron, links.image)
    try:
        refuse_vacancy_order(raw, links, atoms)
        if require_corner_sharing(links, parts) == 2:
            return _layered(raw, links, parts, atoms)
        return _cubic(raw, links, atoms)
    except TopologyError as error:
        if framed or not shares_no_edge(links):
            raise
        raw = right_handed(raw)
        dimensionality = cast("Dimensionality", int(parts.rank.max()))
        return _Network(raw, link_octahedra(raw), dimensionality, error.topology, np.full((3, 3), math.nan))


def _layered(raw: RawOctahedra, links: Links, parts: Components, atoms: AtomTable) -> _Network:
    plane = common_plane(parts, atoms.lattice)
    axes = sheet_frame(raw, links, plane, atoms)
    raw, links = _in_order(raw, links, axes)
    slabs = stack_slabs(raw, links, parts, plane, atoms)
    return _Network(raw, links, 2, "", axes, slabs, plane.repeat_height)


def _cubic(raw: RawOctahedra, links: Links, atoms: AtomTable) -> _Network:
    axes = pseudocubic_axes(raw, links, atoms.lattice)
    _require_perovskite(raw, links, axes)
    raw, links = _in_order(raw, links, axes)
    return _Network(raw, links, 3, "3D", axes)


def _in_order(raw: RawOctahedra, links: Links, axes: NDArray[np.float64]) -> tuple[RawOctahedra, Links]:
    """Order the ligands along the axes and point the links at their new places."""
    order, _ = ligand_order(ligand_directions(raw, links), axes)
    place = np.argsort(order, axis=1)
    return raw.reordered(order), replace(links, ligand=place[links.octahedron, links.ligand])


def _require_perovskite(raw: RawOctahedra, links: Links, axes: NDArray[np.float64]) -> None:
    if len(links) != 3 * len(raw):
        raise topology_error("3D corner-sharing with terminal halides", "not every halide bridges two metals")
    _, cosine = ligand_order(ligand_directions(raw, links), axes)
    if cosine.min() < _ALIGNED:
        raise topology_error("3D corner-sharing, not a perovskite", "octahedra do not follow three common axes")


def _octahedra(atoms: AtomTable, raw: RawOctahedra, links: Links) -> Octahedra:
    bridging = np.zeros((len(raw), 6), dtype=bool)
    bridging[links.octahedron, links.ligand] = True
    return Octahedra(
        metal=raw.metal,
        ligand=raw.ligand,
        image=raw.image,
        vectors=raw.vectors,
        centre=atoms.cart[raw.metal],
        bridging=bridging,
    )


def _bridges(raw: RawOctahedra, links: Links) -> Bridges:
    return Bridges(
        halide=links.halide,
        octahedron=links.octahedron,
        ligand=links.ligand,
        image=links.image,
        vectors=-raw.vectors[links.octahedron, links.ligand],
        axial=links.ligand[:, 0] >= 4,
    )


def _finished(crystal: LayeredPerovskite, warnings: Sequence[str], needed: Sequence[int]) -> LayeredPerovskite:
    """Name the phase and collect what a reader should know."""
    notes = [*crystal.structure.properties.get("warnings", ()), *warnings]
    phase, stacking = crystal.phase, ""
    width, middle = vacuum_gap(crystal)
    shifts = measure_shifts(crystal, middle)
    if crystal.slabs:
        stacking, more = name_stacking(shifts)
        phase = SHEET if width and len(crystal.slabs) == 1 else name_phase(crystal.spacers)
        notes += more
        sizes = sorted({slab.n_layers for slab in crystal.slabs})
        if len(sizes) > 1:
            notes.append(f"slabs of different thickness: n = {', '.join(map(str, sizes))}")
        if not crystal.spacers:
            notes.append("no cation between the slabs")
    if not crystal.framed:
        notes.append(
            f"the octahedra form: {phase}, neither (100) sheets nor a 3D perovskite: what needs a normal or axes is"
            " undefined, every cation counts as a spacer"
        )
    notes += [*_molecule_notes(crystal.molecules), *_balance(crystal, needed)]
    if width:
        slabs = "a single slab" if len(crystal.slabs) == 1 else f"{len(crystal.slabs)} slabs"
        notes.append(f"{slabs} in vacuum: {width:.1f} Å along the normal are empty, nothing there can carry a stress")
    return crystal.changed(phase=phase, stacking=stacking, vacuum=width, warnings=tuple(notes), layer_shifts=shifts)


def _molecule_notes(molecules: Sequence[Molecule]) -> list[str]:
    bare = Counter(m.smiles for m in molecules if not m.hydrogens_complete)
    notes = [f"hydrogens are missing or bonds broken in {count} x {smiles}" for smiles, count in bare.items()]
    guests = Counter(m.smiles for m in molecules if m.role == "guest" and m.charge == 0)
    notes += [f"neutral guest: {count} x {'water' if s == 'O' else s}" for s, count in guests.items()]
    protons = sum(m.smiles == "[H+]" for m in molecules)
    if protons:
        notes.append(f"{protons} x hydrogen bound to no other atom of a molecule, taken as a proton")
    anions = Counter(m.smiles for m in molecules if m.charge < 0)
    return notes + [f"free anion: {count} x {smiles}" for smiles, count in anions.items()]


def _balance(crystal: LayeredPerovskite, needed: Sequence[int]) -> list[str]:
    """Compare the charge of the framework with that of the cations."""
    cations = sum(m.charge for m in crystal.molecules)
    if cations in needed:
        return []
    return [f"charges do not balance: the cations carry {cations}+, the framework needs {needed[0]}+"]


def _needed(atoms: AtomTable, raw: RawOctahedra) -> list[int]:
    """Charges that the cations may have in total, the one for the usual charges of the metals first."""
    count_of_metal = Counter(atoms.symbol(i) for i in raw.metal.tolist())
    n_halides = len(np.unique(raw.ligand))
    options = [[charge * count for charge in METAL_CHARGES.get(metal, (2,))] for metal, count in count_of_metal.items()]
    return [n_halides - sum(charges) for charges in product(*options)]
