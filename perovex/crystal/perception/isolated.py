"""Octahedra without a perovskite network: their shapes alone, and the name of vacancy-ordered A2BX6."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from perovex.crystal.bonding.neighbours import neighbour_pairs
from perovex.crystal.model import Octahedra
from perovex.crystal.perception.elements import AtomTable
from perovex.crystal.perception.octahedra import RawOctahedra, find_octahedra
from perovex.crystal.perception.topology import topology_error
from perovex.crystal.reading import as_structure
from perovex.errors import PerovexError

if TYPE_CHECKING:
    from perovex.crystal.perception.network import Links

#: Distance of the metal behind the vacancy over the bond that points to it; 4.0 for an undistorted crystal, in which
#: halide and vacancy stand a quarter and a half of the way.
BEHIND = (3.3, 4.8)
_NEARER = 0.85
_COSINE = np.cos(np.radians(25.0))


def octahedra_alone(obj: Any, *, disorder: str = "error") -> Octahedra:
    """Find the octahedra of a crystal whatever they form.

    Parameters
    ----------
    obj : path, pymatgen Structure or ASE Atoms
        The crystal.
    disorder : {"error", "major"}
        What to do about partial occupancy, see `perovex.crystal.read`.

    Returns
    -------
    Octahedra
        Ligands in trans pairs along right-handed axes of each octahedron; ``bridging`` tells which halides belong to
        two octahedra or more.

    Raises
    ------
    StructureFileError, NoOctahedraError, CoordinationError
        As `perovex.perceive`.

    Examples
    --------
    >>> from perovex.crystal.examples import cubic
    >>> octahedra = octahedra_alone(cubic())
    >>> len(octahedra), bool(octahedra.bridging.all())
    (1, True)
    """
    structure = as_structure(obj, disorder=disorder)
    try:
        atoms = AtomTable.from_structure(structure)
        raw = right_handed(find_octahedra(atoms))
    except PerovexError as error:
        raise error.at(structure.properties.get("source")) from None
    sites, counts = np.unique(raw.ligand, return_counts=True)
    shared = np.isin(raw.ligand, sites[counts > 1])
    return Octahedra(
        metal=raw.metal,
        ligand=raw.ligand,
        image=raw.image,
        vectors=raw.vectors,
        centre=atoms.cart[raw.metal],
        bridging=shared,
    )


def right_handed(raw: RawOctahedra) -> RawOctahedra:
    """Turn the last pair around where the three pairs make left-handed axes.

    Parameters
    ----------
    raw : RawOctahedra
        As found, their ligands in trans pairs and nothing more.
    """
    axes = raw.vectors[:, 0::2] - raw.vectors[:, 1::2]
    order = np.tile(np.arange(6), (len(raw), 1))
    left = np.linalg.det(axes) < 0
    order[left, 4], order[left, 5] = 5, 4
    return raw.reordered(order)


def refuse_vacancy_order(raw: RawOctahedra, links: Links, atoms: AtomTable) -> None:
    """Name the vacancy-ordered double perovskite A2BX6 (K2PtCl6 type): isolated octahedra, every second one missing.

    Parameters
    ----------
    raw : RawOctahedra
    links : Links
        None of them, in such a crystal.
    atoms : AtomTable

    Raises
    ------
    TopologyError
        If each bond of each octahedron points at another metal behind the vacancy.
    """
    if len(links):
        return
    lengths = np.linalg.norm(raw.vectors, axis=2)
    pairs = neighbour_pairs(
        atoms.lattice, atoms.frac, float(BEHIND[1] * lengths.max()), centres=raw.metal, neighbours=raw.metal
    )
    for k, metal in enumerate(raw.metal.tolist()):
        mine = pairs.i == metal
        unit = pairs.vector[mine] / pairs.distance[mine][:, None]
        along = (raw.vectors[k] / lengths[k][:, None]) @ unit.T > _COSINE
        ratio = pairs.distance[mine] / lengths[k][:, None]
        behind = along & (ratio > BEHIND[0]) & (ratio < BEHIND[1])
        if not behind.any(axis=1).all():
            return
        # the metals themselves stand face-centred: twelve are nearer than those behind the vacancies
        reach = np.where(behind, pairs.distance[mine], np.inf).min()
        if (pairs.distance[mine] < _NEARER * reach).sum() < 12:
            return
    raise topology_error("0D isolated octahedra, vacancy-ordered (A2BX6)", "every second octahedron is missing")
