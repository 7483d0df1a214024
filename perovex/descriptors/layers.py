"""Slabs and what lies between them: thickness, spacing, shift, corrugation, penetration, interdigitation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perovex.crystal import layer_shifts
from perovex.descriptors._stacking import (
    find_gaps,
    heavy_atoms,
    place_spacers,
    sheet_vectors,
    wrap,
)
from perovex.descriptors._stats import cross, largest, mean, norm, rms, smallest
from perovex.descriptors.registry import computes, describe_as
from perovex.descriptors.sources import HOFFMAN, MAO, STANTON, STOUMPOS, TREMBLAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.model import LayeredPerovskite
    from perovex.descriptors._stacking import Gap, Placed

    Array = NDArray[np.float64]

__all__ = ["area_per_metal", "interdigitation", "penetration_depths"]


def area_per_metal(crystal: LayeredPerovskite) -> float:
    """Area of the sheet per metal, from the mean M...M vectors along its two directions.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.

    Returns
    -------
    float
        Å².
    """
    first, second = sheet_vectors(crystal)
    return float(norm(cross(first, second)))


def _metal_residuals(crystal: LayeredPerovskite) -> list[Array]:
    """Heights of the metals of each sheet about their mean plane, Å."""
    heights = crystal.octahedra.centre @ crystal.normal
    residuals = []
    for slab in crystal.slabs:
        for sheet, level in zip(slab.sheets, slab.metal_heights, strict=True):
            residuals.append(wrap(heights[list(sheet)] - level, crystal.repeat_height))
    return residuals


def _terminal_residuals(crystal: LayeredPerovskite) -> list[Array]:
    """Heights of the terminal halides of each face about their mean plane, Å."""
    octahedra, residuals = crystal.octahedra, []
    heights = octahedra.centre @ crystal.normal
    rises = octahedra.vectors[:, 4:] @ crystal.normal
    for slab in crystal.slabs:
        for sheet, side, level in (
            (slab.sheets[-1], 0, slab.terminal_heights[1]),
            (slab.sheets[0], 1, slab.terminal_heights[0]),
        ):
            members = np.array(sheet)
            members = members[~octahedra.bridging[members, 4 + side]]
            residuals.append(wrap(heights[members] + rises[members, side] - level, crystal.repeat_height))
    return residuals


def _equatorial_residuals(crystal: LayeredPerovskite) -> Array:
    """Heights of the equatorial halides about the midpoint of the two metals that they join, Å."""
    bridges = crystal.bridges
    return np.asarray(bridges.vectors[~bridges.axial].mean(axis=1) @ crystal.normal)


def penetration_depths(placed: list[Placed], gaps: list[Gap]) -> Array:
    """Signed depth of each ammonium nitrogen below the plane of the terminal halides, Å.

    Positive inside the slab, negative in the gap; each nitrogen is measured from the face where it lies
    deeper.

    Parameters
    ----------
    placed : list of Placed
        Spacers in their gaps.
    gaps : list of Gap
        The gaps.

    Returns
    -------
    ndarray, shape (number of ammonium nitrogens,)
        Å.
    """
    depths = []
    for spacer in placed:
        gap = gaps[spacer.gap]
        heights = spacer.heights[list(spacer.molecule.ammonium)]
        depths.append(np.maximum(gap.floor - heights, heights - gap.ceiling))
    return np.concatenate(depths) if depths else np.empty(0)


def interdigitation(placed: list[Placed], gaps: list[Gap]) -> Array:
    """Overlap along the normal of the spacers held by the two faces of each gap, Å.

    Mean upper end of the spacers that hang on the lower face minus mean lower end of those on the upper face
    (heavy atoms); negative where they leave a space. NaN for a gap that is bridged by diammonium spacers
    alone.

    Parameters
    ----------
    placed : list of Placed
        Spacers in their gaps.
    gaps : list of Gap
        The gaps.

    Returns
    -------
    ndarray, shape (number of gaps,)
        Å.
    """
    tops: list[list[float]] = [[] for _ in gaps]
    bottoms: list[list[float]] = [[] for _ in gaps]
    for spacer in placed:
        middle = gaps[spacer.gap].centre
        heads = spacer.heights[list(spacer.molecule.ammonium)]
        body = spacer.heights[heavy_atoms(spacer.molecule)]
        if heads.size and (heads < middle).all():
            tops[spacer.gap].append(float(body.max()))
        elif heads.size and (heads >= middle).all():
            bottoms[spacer.gap].append(float(body.min()))
    return np.array([mean(top) - mean(bottom) for top, bottom in zip(tops, bottoms, strict=True)])


@computes(
    "layers",
    describe_as(
        "n_layers",
        "1",
        "n",
        "Sheets of octahedra per slab; inf for a 3D network; the mean where slabs differ.",
        needs="frame",
        source=STOUMPOS,
    ),
    describe_as(
        "inverse_n_layers",
        "1",
        "1/n",
        "One over `n_layers`: 1 for a single layer, 0 for a 3D network; always finite.",
        needs="frame",
        source=STOUMPOS,
    ),
    describe_as(
        "slab_thickness",
        "Å",
        "slab thickness",
        "Distance between the two planes of terminal halides of a slab.",
        needs="layers",
        source=MAO,
    ),
    describe_as(
        "layer_period",
        "Å",
        "layer period",
        "Repeat distance of slabs along the normal, per slab.",
        needs="layers",
        source=MAO,
    ),
    describe_as(
        "layer_spacing_metal",
        "Å",
        "interlayer metal spacing",
        "Distance along the normal between the facing metal planes of successive slabs.",
        needs="layers",
        source=MAO,
    ),
    describe_as(
        "layer_spacing_halide",
        "Å",
        "interlayer halide spacing",
        "Distance along the normal between the facing planes of terminal halides of successive slabs.",
        needs="layers",
        source=MAO,
    ),
    describe_as(
        "slab_fraction",
        "1",
        "slab fraction",
        "`slab_thickness` over `layer_period`: share of the inorganic slab in the stacking period.",
        needs="layers",
        source=MAO,
    ),
    describe_as(
        "layer_shift_max",
        "1",
        "larger layer shift",
        "Larger component of the in-plane offset of successive slabs, in units of the M...M vectors, folded"
        " to"
        " [0, 1/2].",
        needs="layers",
        source=TREMBLAY,
    ),
    describe_as(
        "layer_shift_min",
        "1",
        "smaller layer shift",
        "Smaller component of the in-plane offset of successive slabs, in units of the M...M vectors, folded"
        " to"
        " [0, 1/2].",
        needs="layers",
        source=TREMBLAY,
    ),
    describe_as(
        "area_per_metal",
        "Å²",
        "area per metal",
        "Area of the sheet per metal, from the mean in-plane M...M vectors.",
        needs="frame",
        source=MAO,
    ),
    describe_as(
        "corrugation_metal",
        "Å",
        "metal corrugation",
        "Root-mean-square height of the metals of a sheet about their mean plane.",
        needs="layers",
        source=HOFFMAN,
    ),
    describe_as(
        "corrugation_equatorial",
        "Å",
        "equatorial corrugation",
        "Root-mean-square height of the equatorial halides about the midpoint of the two metals that they join.",
        needs="frame",
        source=HOFFMAN,
    ),
    describe_as(
        "corrugation_terminal",
        "Å",
        "terminal corrugation",
        "Root-mean-square height of the terminal halides of a face about their mean plane.",
        needs="layers",
        source=HOFFMAN,
    ),
    describe_as(
        "penetration_mean",
        "Å",
        "ammonium penetration",
        "Mean depth of the ammonium nitrogens of the spacers below the plane of the terminal halides;"
        " negative"
        " outside the slab.",
        needs=("layers", "spacer", "ammonium"),
        source=STANTON,
    ),
    describe_as(
        "penetration_min",
        "Å",
        "smallest penetration",
        "Smallest depth of an ammonium nitrogen below the plane of the terminal halides.",
        needs=("layers", "spacer", "ammonium"),
        source=STANTON,
    ),
    describe_as(
        "penetration_max",
        "Å",
        "largest penetration",
        "Largest depth of an ammonium nitrogen below the plane of the terminal halides.",
        needs=("layers", "spacer", "ammonium"),
        source=STANTON,
    ),
    describe_as(
        "interdigitation",
        "Å",
        "interdigitation",
        "Overlap along the normal of the spacers held by the two faces of a gap (heavy atoms); negative"
        " where they"
        " leave a space; undefined where every spacer holds on both faces.",
        needs=("layers", "spacer", "ammonium"),
        source=MAO,
    ),
)
def layers(crystal: LayeredPerovskite) -> dict[str, float]:
    """Compute the descriptors of the layers family.

    Parameters
    ----------
    crystal : LayeredPerovskite
        Perceived crystal.

    Returns
    -------
    dict of str to float
        One value per key.
    """
    gaps = find_gaps(crystal)
    placed = place_spacers(crystal, gaps)
    depths = penetration_depths(placed, gaps)
    thickness = mean([slab.terminal_heights[1] - slab.terminal_heights[0] for slab in crystal.slabs])
    stacked = bool(crystal.slabs) and not crystal.vacuum  # a slab in vacuum has no neighbour to be far from
    period = crystal.repeat_height / len(crystal.slabs) if stacked else float("nan")
    spaces = gaps if stacked else []
    shifts = np.sort(layer_shifts(crystal), axis=1)
    return {
        "n_layers": crystal.n_layers,
        "inverse_n_layers": 1.0 / crystal.n_layers,
        "slab_thickness": thickness,
        "layer_period": period,
        "layer_spacing_metal": mean([gap.metal_ceiling - gap.metal_floor for gap in spaces]),
        "layer_spacing_halide": mean([gap.ceiling - gap.floor for gap in spaces]),
        "slab_fraction": thickness / period,
        "layer_shift_max": mean(shifts[:, 1]),
        "layer_shift_min": mean(shifts[:, 0]),
        "area_per_metal": area_per_metal(crystal),
        "corrugation_metal": rms(np.concatenate([[], *_metal_residuals(crystal)])),
        "corrugation_equatorial": rms(_equatorial_residuals(crystal)),
        "corrugation_terminal": rms(np.concatenate([[], *_terminal_residuals(crystal)])),
        "penetration_mean": mean(depths),
        "penetration_min": smallest(depths),
        "penetration_max": largest(depths),
        "interdigitation": mean(interdigitation(placed, gaps)) if stacked else float("nan"),
    }
