"""Tables of the parts of a crystal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.crystal import as_structure, octahedra_alone, perceive
from perovex.descriptors import octahedra as shapes
from perovex.descriptors._stacking import find_gaps, place_spacers
from perovex.descriptors.bridges import bridge_angles, deviation_in_plane, deviation_out_of_plane
from perovex.descriptors.items.glazer import TOLERANCE
from perovex.descriptors.items.modes import MODES, symmetry_modes
from perovex.descriptors.items.whole import per_crystal
from perovex.descriptors.tilts import crystal_rotations
from perovex.errors import TopologyError, UnknownDescriptorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from perovex.crystal.model import LayeredPerovskite, Molecule, Octahedra

    Array = NDArray[np.float64]

UNITS = {
    "bond_length": "Å",
    "zeta": "Å",
    "sigma": "deg",
    "theta": "deg",
    "bond_angle_variance": "deg²",
    "volume": "Å³",
    "off_centring": "Å",
    "tilt": "deg",
    "mode": "Å",
    "angle": "deg",
    "deviation": "deg",
    "distance": "Å",
    "thickness": "Å",
    "height": "Å",
    "spacing": "Å",
    "depth": "Å",
    "shift": "1",
    "corrugation": "Å",
}
"""Unit by the beginning of a column's name."""


def describe_items(obj: Any, per: str, *, disorder: str = "error", glazer_tolerance: float = TOLERANCE) -> pd.DataFrame:
    """Describe the parts of a crystal, one row each.

    Parameters
    ----------
    obj : path, pymatgen Structure, ASE Atoms or LayeredPerovskite
        The crystal.
    per : {"crystal", "octahedron", "bridge", "sheet", "slab", "cation"}
        What a row stands for.
    disorder : {"error", "major"}
        What to do about partial occupancy, see `perovex.read`.
    glazer_tolerance : float, default=1
        Tilts (deg) below it count as none in Glazer's symbol, tilts closer than it as equal; for ``"crystal"``.

    Returns
    -------
    DataFrame
        Indexed by the number of the part. Columns that end in ``site`` or ``sites`` are indices into
        ``crystal.structure``; lengths in Å, angles in deg. Octahedra that form no perovskite (isolated ones, chains,
        edge- or face-sharing ones) get their shapes and a column ``topology``.

    Raises
    ------
    UnknownDescriptorError
        If there are no such parts.
    StructureFileError, PerceptionError
        As `perovex.perceive`.

    Examples
    --------
    >>> from perovex.crystal.examples import layered
    >>> table = describe_items(layered(n=2), "octahedron")
    >>> table["sheet"].tolist(), table["outer"].tolist()
    ([0, 1, 0, 1], [True, True, True, True])
    """
    if per not in ITEMS:
        raise UnknownDescriptorError(f"crystals have no part called {per!r}", remedy=f"choose of {', '.join(ITEMS)}")
    try:
        crystal = perceive(obj, disorder=disorder)
        table = per_crystal(crystal, glazer_tolerance) if per == "crystal" else ITEMS[per](crystal)
        return table.rename_axis(per)
    except TopologyError as error:
        if per != "octahedron":
            raise
        alone = octahedra_alone(obj, disorder=disorder)
        return _shapes(alone, as_structure(obj, disorder=disorder), error.topology).rename_axis(per)


def _shapes(octahedra: Octahedra, structure: Structure, topology: str) -> pd.DataFrame:
    """Rows of octahedra that form no perovskite: what does not need a frame."""
    symbols = [site.specie.symbol for site in structure]
    return pd.DataFrame(
        {
            "site": octahedra.metal,
            "metal": [symbols[k] for k in octahedra.metal.tolist()],
            "ligand_sites": [_joined(row) for row in octahedra.ligand],
            "ligands": ["".join(sorted(symbols[k] for k in row)) for row in octahedra.ligand.tolist()],
            "topology": topology,
            **_shape_columns(octahedra),
        }
    )


def per_octahedron(crystal: LayeredPerovskite) -> pd.DataFrame:
    """One row per octahedron: where it is, its shape, tilt and distortion modes.

    Parameters
    ----------
    crystal : LayeredPerovskite

    Returns
    -------
    DataFrame
        ``site`` of the metal, ``metal``, ``ligand_sites``, ``slab``, ``sheet`` (from the bottom), ``outer`` (has a
        terminal halide along the normal), shape parameters, tilts about the three axes and amplitudes of the symmetry
        modes.
    """
    rotations, centre = crystal_rotations(crystal), shapes.off_centring(crystal.octahedra.vectors)
    place = _places(crystal)
    columns: dict[str, Any] = {
        "site": crystal.octahedra.metal,
        "metal": [crystal.symbols[k] for k in crystal.octahedra.metal.tolist()],
        "ligand_sites": [_joined(row) for row in crystal.octahedra.ligand],
        "ligands": ["".join(sorted(crystal.symbols[k] for k in row)) for row in crystal.octahedra.ligand.tolist()],
        "slab": [place[k][0] for k in range(len(crystal.octahedra))],
        "sheet": [place[k][1] for k in range(len(crystal.octahedra))],
        "outer": ~crystal.octahedra.bridging[:, 4:].all(axis=1),
        **_shape_columns(crystal.octahedra),
        "off_centring_normal": centre @ crystal.normal,
        "tilt_a": rotations[:, 0],
        "tilt_b": rotations[:, 1],
        "tilt_normal": rotations[:, 2],
    }
    return pd.DataFrame(columns)


def _shape_columns(octahedra: Octahedra) -> dict[str, Array]:
    """Shape parameters and distortion modes of each octahedron."""
    vectors, lengths = octahedra.vectors, octahedra.bond_lengths
    modes = symmetry_modes(vectors)
    columns = {
        "bond_length_mean": lengths.mean(axis=1),
        "bond_length_min": lengths.min(axis=1),
        "bond_length_max": lengths.max(axis=1),
        "bond_length_distortion": shapes.bond_length_distortion(vectors),
        "zeta": shapes.zeta(vectors),
        "sigma": shapes.sigma(vectors),
        "theta": shapes.theta(vectors),
        "bond_angle_variance": shapes.bond_angle_variance(vectors),
        "quadratic_elongation": shapes.quadratic_elongation(vectors),
        "volume": shapes.octahedral_volume(vectors),
        "off_centring": np.linalg.norm(shapes.off_centring(vectors), axis=1),
        "angle_trans_min": shapes.trans_angles(vectors).min(axis=1),
    }
    return columns | {f"mode_{name}": modes[:, k] for k, name in enumerate(MODES) if name != "A1g"}


def per_bridge(crystal: LayeredPerovskite) -> pd.DataFrame:
    """One row per shared halide: the metals that it joins, the angle at it, and its parts.

    Parameters
    ----------
    crystal : LayeredPerovskite

    Returns
    -------
    DataFrame
        ``site`` of the halide, ``metal_sites``, ``octahedra``, ``kind`` (equatorial or axial), ``slab``, ``angle``,
        ``deviation_in``, ``deviation_out``, bond lengths and the distance of the metals.
    """
    bridges = crystal.bridges
    vectors = bridges.vectors
    lengths = np.linalg.norm(vectors, axis=2)
    place = _places(crystal)
    metals = crystal.octahedra.metal[bridges.octahedron]
    axial = bridges.axial
    inward = np.where(axial, np.nan, deviation_in_plane(vectors, crystal.normal))
    with np.errstate(invalid="ignore"):  # undefined for bridges along the normal
        outward = np.where(axial, np.nan, deviation_out_of_plane(vectors, crystal.normal))
    return pd.DataFrame(
        {
            "site": bridges.halide,
            "halide": [crystal.symbols[k] for k in bridges.halide.tolist()],
            "metal_sites": [_joined(row) for row in metals],
            "metals": ["-".join(crystal.symbols[k] for k in row) for row in metals.tolist()],
            "octahedra": [_joined(row) for row in bridges.octahedron],
            "kind": np.where(axial, "axial", "equatorial"),
            "slab": [place[k][0] for k in bridges.octahedron[:, 0].tolist()],
            "angle": bridge_angles(vectors),
            "deviation_in": inward,
            "deviation_out": outward,
            "bond_length_first": lengths[:, 0],
            "bond_length_second": lengths[:, 1],
            "distance_metals": np.linalg.norm(vectors[:, 1] - vectors[:, 0], axis=1),
        }
    )


def per_sheet(crystal: LayeredPerovskite) -> pd.DataFrame:
    """One row per sheet of octahedra, bottom to top of each slab: means over its octahedra and equatorial bridges.

    Parameters
    ----------
    crystal : LayeredPerovskite

    Returns
    -------
    DataFrame
        ``slab``, ``position`` in it from the bottom, ``outer`` (top or bottom of its slab), ``metal_sites`` and means;
        empty for a 3D network.
    """
    octahedra, bridges = per_octahedron(crystal), per_bridge(crystal)
    first = crystal.bridges.octahedron[:, 0]
    rows = []
    for s, slab in enumerate(crystal.slabs):
        for t, sheet in enumerate(slab.sheets):
            members = list(sheet)
            flat = bridges[np.isin(first, members) & ~crystal.bridges.axial]
            mine = octahedra.loc[members]
            rows.append(
                {
                    "slab": s,
                    "position": t,
                    "outer": t in {0, slab.n_layers - 1},
                    "metal_sites": _joined(mine["site"]),
                    "height": float(slab.metal_heights[t]),
                    "angle_equatorial_mean": flat["angle"].mean(),
                    "deviation_in_mean": flat["deviation_in"].mean(),
                    "deviation_out_mean": flat["deviation_out"].mean(),
                    "distance_metals_mean": flat["distance_metals"].mean(),
                    "tilt_in_plane_mean": mine["tilt_normal"].abs().mean(),
                    "tilt_out_of_plane_mean": float(np.hypot(mine["tilt_a"], mine["tilt_b"]).mean()),
                }
                | {f"{key}_mean": mine[key].mean() for key in _SHEET_MEANS}
            )
    return pd.DataFrame(rows)


_SHEET_MEANS = ("bond_length_mean", "bond_length_distortion", "sigma", "volume", "off_centring", "off_centring_normal")


_OUTER_INNER = ("bond_length_mean", "sigma", "volume", "off_centring")


def per_slab(crystal: LayeredPerovskite) -> pd.DataFrame:
    """One row per slab: sheets, thickness, the gap above it and the shift of the next slab, outer against inner sheets.

    Parameters
    ----------
    crystal : LayeredPerovskite

    Returns
    -------
    DataFrame
        Empty for a 3D network. ``inner_...`` and ``outer_...`` are means over the inner and the outer sheets, NaN where
        a slab has none; what lies above a slab is NaN where that is vacuum.
    """
    octahedra, gaps = per_octahedron(crystal), find_gaps(crystal)
    spacings = np.array([(g.ceiling - g.floor, g.metal_ceiling - g.metal_floor) for g in gaps]).reshape(-1, 2)
    shifts = crystal.layer_shifts
    if crystal.vacuum:
        below = int(spacings[:, 0].argmax())
        spacings[below], shifts = np.nan, np.insert(shifts, below, np.nan, axis=0)
    rows = []
    for s, slab in enumerate(crystal.slabs):
        mine = octahedra[octahedra["slab"] == s]
        row: dict[str, Any] = {
            "n_layers": slab.n_layers,
            "metal_sites": _joined(mine["site"]),
            "thickness": slab.terminal_heights[1] - slab.terminal_heights[0],
            "spacing_halide_above": float(spacings[s, 0]),
            "spacing_metal_above": float(spacings[s, 1]),
            "shift_a_above": float(shifts[s, 0]),
            "shift_b_above": float(shifts[s, 1]),
        }
        for where, part in (("outer", mine[mine["outer"]]), ("inner", mine[~mine["outer"]])):
            row |= {
                f"{where}_{key}": part[key].mean() for key in ("bond_length_mean", "sigma", "volume", "off_centring")
            }
            row[f"{where}_tilt_in_plane"] = part["tilt_normal"].abs().mean()
        rows.append(row)
    return pd.DataFrame(rows)


def per_cation(crystal: LayeredPerovskite) -> pd.DataFrame:
    """One row per molecule or monatomic ion outside of the framework.

    Parameters
    ----------
    crystal : LayeredPerovskite

    Returns
    -------
    DataFrame
        ``sites``, ``smiles``, ``charge``, ``role``, ``ammonium_sites``, the height of its heavy atoms along the normal
        and, for spacers, the depth of its deepest ammonium nitrogen below the terminal halides and its tilt: the angle
        between its longest axis and the normal.
    """
    gaps = find_gaps(crystal)
    placed = {id(p.molecule): p for p in place_spacers(crystal, gaps)}
    rows = []
    for molecule in crystal.molecules:
        row: dict[str, Any] = {
            "sites": _joined(molecule.sites),
            "smiles": molecule.smiles,
            "charge": molecule.charge,
            "role": molecule.role,
            "ammonium_sites": _joined(molecule.sites[list(molecule.ammonium)]),
            "height": float((molecule.coordinates[_heavy(molecule)] @ crystal.normal).mean()),
            "tilt_axis": _axis_tilt(molecule, crystal.normal),
        }
        spacer = placed.get(id(molecule))
        heads = [] if spacer is None else list(molecule.ammonium)
        row["depth"] = np.nan
        if spacer is not None and heads:
            gap, heights = gaps[spacer.gap], spacer.heights[heads]
            row["depth"] = float(np.maximum(gap.floor - heights, heights - gap.ceiling).max())
        rows.append(row)
    return pd.DataFrame(rows)


def _heavy(molecule: Molecule) -> NDArray[np.bool_]:
    mask = np.array([symbol not in {"H", "D"} for symbol in molecule.symbols])
    return mask if mask.any() else ~mask


def _axis_tilt(molecule: Molecule, normal: Array) -> float:
    """Angle between the longest axis of the heavy atoms and the normal, deg; NaN for one atom."""
    heavy = molecule.coordinates[_heavy(molecule)]
    if len(heavy) < 2:
        return float("nan")
    _, _, axes = np.linalg.svd(heavy - heavy.mean(axis=0))
    return float(np.degrees(np.arccos(min(1.0, abs(float(axes[0] @ normal))))))


def _places(crystal: LayeredPerovskite) -> dict[int, tuple[int, int]]:
    """Slab and sheet of each octahedron; -1 in a 3D network."""
    place = dict.fromkeys(range(len(crystal.octahedra)), (-1, -1))
    for s, slab in enumerate(crystal.slabs):
        for t, sheet in enumerate(slab.sheets):
            place |= dict.fromkeys(sheet, (s, t))
    return place


def _joined(numbers: Any) -> str:
    return " ".join(str(int(number)) for number in numbers)


ITEMS: dict[str, Callable[[LayeredPerovskite], pd.DataFrame]] = {
    "crystal": per_crystal,
    "octahedron": per_octahedron,
    "bridge": per_bridge,
    "sheet": per_sheet,
    "slab": per_slab,
    "cation": per_cation,
}
"""Parts of a crystal that can be described."""
