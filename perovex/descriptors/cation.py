"""The spacer cations: their graph, and their size and attitude in the crystal.

Where a crystal has several spacers, every value is the mean over its spacer molecules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.descriptors._stacking import heavy_atoms
from perovex.descriptors._stats import cross, mean, norm
from perovex.descriptors.molecule import AMMONIUM_TYPES, molecule_descriptors, signed_stereocentres
from perovex.descriptors.registry import computes, describe_as
from perovex.descriptors.sources import (
    ATOMIC_WEIGHTS,
    CAHN_INGOLD_PRELOG,
    CAO_LIU,
    FIGUERAS,
    GARCIA_BENITO,
    LIPINSKI,
    TODESCHINI,
    VABC,
    VEBER,
    WU,
)
from perovex.errors import SmilesError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from perovex.crystal.model import LayeredPerovskite, Molecule
    from perovex.descriptors.registry import Descriptor

    Array = NDArray[np.float64]

__all__ = ["enantiomeric_excess", "spacer_extents"]

NAN = float("nan")

ROUND = 1e-3
"""Relative gap of the two largest moments of gyration below which a molecule has no long axis."""


def spacer_extents(points: Array, normal: Array) -> dict[str, Array]:
    """Size of molecules of equal make and their attitude to the normal.

    The long axis of a molecule is the principal axis of its heavy atoms.

    Parameters
    ----------
    points : ndarray, shape (g, m, 3)
        Heavy atoms of g molecules, Å.
    normal : ndarray, shape (3,)
        Unit normal of the sheets.

    Returns
    -------
    dict of str to ndarray, shape (g,)
        ``spacer_length``, ``spacer_width``, ``spacer_height`` (Å) and ``spacer_tilt`` (deg); NaN but
        for the height where a molecule has no long axis (one atom, or two axes equally long).

    Examples
    --------
    >>> from perovex.descriptors.cation import spacer_extents
    >>> rod = np.array([[[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 2.0, 2.0]]])
    >>> values = spacer_extents(rod, np.array([0.0, 0.0, 1.0]))
    >>> float(values["spacer_length"][0].round(3)), float(values["spacer_tilt"][0].round(3))
    (2.828, 45.0)
    """
    centred = points - points.mean(axis=1, keepdims=True)
    moments, axes = np.linalg.eigh(np.einsum("gmi,gmj->gij", centred, centred))
    axis = axes[:, :, 2]
    along = np.einsum("gmi,gi->gm", centred, axis)
    across = norm(centred - along[:, :, None] * axis[:, None])
    tilt = np.degrees(np.arctan2(norm(cross(axis, normal)), np.abs(axis @ normal)))
    clear = moments[:, 2] - moments[:, 1] > ROUND * moments[:, 2]
    return {
        "spacer_length": np.where(clear, np.ptp(along, axis=1), NAN),
        "spacer_width": np.where(clear, 2.0 * across.max(axis=1), NAN),
        "spacer_height": np.ptp(points @ normal, axis=1),
        "spacer_tilt": np.where(clear, tilt, NAN),
    }


def _mean_extents(spacers: tuple[Molecule, ...], normal: Array) -> dict[str, float]:
    """Means over all spacers, computed together for molecules with the same elements in the same order."""
    alike: dict[tuple[str, ...], list[Molecule]] = {}
    for spacer in spacers:
        alike.setdefault(spacer.symbols, []).append(spacer)
    extents = []
    for group in alike.values():
        heavy = heavy_atoms(group[0])
        extents.append(spacer_extents(np.array([molecule.coordinates[heavy] for molecule in group]), normal))
    keys = ("spacer_length", "spacer_width", "spacer_height", "spacer_tilt")
    return {key: mean(np.concatenate([[], *(values[key] for values in extents)])) for key in keys}


def _nitrogen_distance(molecule: Molecule) -> float:
    """Largest distance between ammonium nitrogens of a molecule that carries more than one charge."""
    if molecule.charge < 2 or len(molecule.ammonium) < 2:
        return NAN
    points = molecule.coordinates[list(molecule.ammonium)]
    return float(np.linalg.norm(points[:, None] - points[None], axis=2).max())


def enantiomeric_excess(smiles: list[str]) -> float:
    """Imbalance of R and S stereocentres: 1 for one hand only, 0 for a racemate, NaN without stereocentres.

    Parameters
    ----------
    smiles : list of str
        One per molecule.

    Returns
    -------
    float
        |R - S| / (R + S).
    """
    hands = np.array([signed_stereocentres(item) for item in smiles], dtype=float).reshape(-1, 2).sum(axis=0)
    return float(abs(hands[0] - hands[1]) / hands.sum()) if hands.sum() else NAN


def _graph(key: str, label: str, definition: str, unit: str = "1", *, source: str, extra: str = "") -> Descriptor:
    needs = ("spacer", extra) if extra else ("spacer",)
    return describe_as(key, unit, label, definition, source=source, needs=needs)


_GRAPH_DESCRIPTORS = (
    _graph(
        "stei_max",
        "STEI",
        "Steric effect index: sum over heavy atoms j of 1/d(N,j)³, d in bonds, largest over all nitrogens of"
        " the"
        " cation (the published definition).",
        source=WU,
    ),
    _graph(
        "stei_head",
        "STEI of the head",
        "Largest STEI over the ammonium nitrogens.",
        source=WU,
        extra="ammonium",
    ),
    _graph(
        "stei_min_head",
        "smallest STEI of the head",
        "Smallest STEI over the ammonium nitrogens.",
        source=WU,
        extra="ammonium",
    ),
    _graph(
        "eccentricity_max",
        "eccentricity",
        "Bonds from a nitrogen to the heavy atom farthest from it, largest over all nitrogens.",
        source=WU,
    ),
    _graph(
        "eccentricity_head",
        "eccentricity of the head",
        "Bonds from an ammonium nitrogen to the heavy atom farthest from it, largest over the ammonium nitrogens.",
        source=WU,
        extra="ammonium",
    ),
    _graph(
        "tsei",
        "TSEI",
        "Topological steric effect index of what surrounds the ammonium nitrogen: sum of (2 R_j / l_j)³ with"
        " path"
        " lengths l in covalent radii R, hydrogens included; largest over the ammonium nitrogens.",
        source=CAO_LIU,
        extra="ammonium",
    ),
    *(
        _graph(
            f"ammonium_{name}_count",
            f"{name} heads",
            f"Number of {name} charged groups per cation."
            if name != "cyclic"
            else "Number of saturated ammonium nitrogens in a ring per cation.",
            source=TODESCHINI,
        )
        for name in AMMONIUM_TYPES
    ),
    _graph("charge", "cation charge", "Formal charge of the cation.", unit="e", source=TODESCHINI),
    _graph("rotatable_bonds", "rotatable bonds", "Number of rotatable bonds (RDKit, strict definition).", source=VEBER),
    _graph("ring_count", "rings", "Number of rings (smallest set).", source=FIGUERAS),
    _graph("aromatic_rings", "aromatic rings", "Number of aromatic rings.", source=TODESCHINI),
    _graph("fluorine_count", "fluorine atoms", "Number of fluorine atoms of the cation.", source=GARCIA_BENITO),
    _graph(
        "stereocentres", "stereocentres", "Number of stereocentres with an assigned hand.", source=CAHN_INGOLD_PRELOG
    ),
    _graph("hydrogen_bond_donors", "H-bond donors", "Number of N and O atoms with hydrogen (RDKit).", source=LIPINSKI),
    _graph(
        "hydrogen_bond_acceptors", "H-bond acceptors", "Number of hydrogen-bond acceptors (RDKit).", source=TODESCHINI
    ),
    _graph("heavy_atoms", "heavy atoms", "Number of atoms other than hydrogen.", source=TODESCHINI),
    _graph("carbon_count", "carbon atoms", "Number of carbon atoms.", source=TODESCHINI),
    _graph("molar_mass", "molar mass", "Molar mass of the cation.", unit="g/mol", source=ATOMIC_WEIGHTS),
    _graph(
        "cation_volume",
        "cation volume",
        "Van der Waals volume of the cation from atomic and bond contributions.",
        unit="Å³",
        source=VABC,
        extra="hydrogens",
    ),
)


@computes(
    "cation",
    *_GRAPH_DESCRIPTORS,
    _graph(
        "enantiomeric_excess",
        "enantiomeric excess",
        "|R - S| / (R + S) over the stereocentres of all spacers: 1 for one hand, 0 for a racemate;"
        " undefined for"
        " achiral spacers.",
        source=CAHN_INGOLD_PRELOG,
    ),
    _graph(
        "spacer_length",
        "spacer length",
        "Extent of the heavy atoms along their principal axis in the crystal; undefined without one.",
        unit="Å",
        source=TODESCHINI,
    ),
    _graph(
        "spacer_width",
        "spacer width",
        "Twice the largest distance of a heavy atom from the principal axis in the crystal.",
        unit="Å",
        source=TODESCHINI,
    ),
    _graph(
        "spacer_height",
        "spacer height",
        "Extent of the heavy atoms along the normal in the crystal.",
        unit="Å",
        extra="frame",
        source=TODESCHINI,
    ),
    _graph(
        "spacer_tilt",
        "spacer tilt",
        "Angle between the principal axis of the heavy atoms and the normal.",
        unit="deg",
        extra="frame",
        source=TODESCHINI,
    ),
    _graph(
        "nitrogen_nitrogen_distance",
        "N...N distance",
        "Largest distance between ammonium nitrogens of one cation with two or more charges.",
        unit="Å",
        extra="ammonium",
        source=TODESCHINI,
    ),
)
def cation(crystal: LayeredPerovskite) -> dict[str, float]:
    """Compute the descriptors of the cation family.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.

    Returns
    -------
    dict of str to float
        One value per key.
    """
    spacers = crystal.spacers
    graphs = [_graph_values(spacer) for spacer in spacers]
    values = {item.key: mean([graph[item.key] for graph in graphs]) for item in _GRAPH_DESCRIPTORS}
    values |= _mean_extents(spacers, crystal.normal)
    values["nitrogen_nitrogen_distance"] = mean([_nitrogen_distance(spacer) for spacer in spacers])
    known = [spacer.smiles for spacer, graph in zip(spacers, graphs, strict=True) if graph is not _UNKNOWN]
    return {**values, "enantiomeric_excess": enantiomeric_excess(known)}


_UNKNOWN: Mapping[str, float] = {item.key: NAN for item in _GRAPH_DESCRIPTORS}


def _graph_values(molecule: Molecule) -> Mapping[str, float]:
    """Return cached values of the graph; NaN where it could not be told or lacks hydrogens."""
    try:
        return molecule_descriptors(molecule.smiles) if molecule.hydrogens_complete else _UNKNOWN
    except SmilesError:
        return _UNKNOWN
