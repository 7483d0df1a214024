"""Partial occupancy: refuse it, or keep the major component of every disorder group, and say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from perovex.crystal.perception.neighbours import neighbour_pairs
from perovex.errors import DisorderError, PerovexError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perovex.crystal.reading.sites import Sites

Policy = Literal["error", "major"]
POLICIES = ("error", "major")
#: Occupancies from here on count as full: rounding, and thermal motion fitted as occupancy.
FULL = 0.98
#: Alternatives for one atom lie closer than any bond between heavy atoms, Å.
CLASH, CLASH_HYDROGEN = 1.0, 0.6
#: Two hydrogens of one atom are at least 1.5 Å apart; partly occupied ones closer than this are alternatives.
CLASH_TWO_HYDROGENS = 1.3
#: Longest bond between second-row atoms, Å, and how much more than the occupancies add up to may be kept on one.
BOND, EXCESS = 1.8, 0.75


def check_policy(disorder: str) -> None:
    """Refuse anything but the known ways to treat disorder."""
    if disorder not in POLICIES:
        raise PerovexError(f"disorder={disorder!r} is unknown", remedy=f"use one of {', '.join(POLICIES)}")


def resolve_disorder(sites: Sites, lattice: NDArray[np.float64], disorder: str) -> tuple[Sites, list[str]]:
    """Return an ordered set of atoms.

    Parameters
    ----------
    sites : Sites
        All atoms with occupancies.
    lattice : ndarray, shape (3, 3)
        Cell vectors as rows, Å.
    disorder : {"error", "major"}
        Refuse partial occupancy, or keep the major component: per assembly the group with the highest
        occupancy, then, among atoms that are too close to coexist, the most occupied one.

    Returns
    -------
    sites : Sites
    warnings : list of str
        What was left out.

    Raises
    ------
    DisorderError
        Occupancy is partial and `disorder` is ``"error"``, or alternatives cannot be told apart.
    """
    present = sites.occupancy > 1e-6
    kept = sites if present.all() else sites.take(present)
    partial = kept.occupancy < FULL
    if not partial.any():
        return kept, []
    if disorder == "error":
        named = sorted({kept.symbols[i] for i in np.flatnonzero(partial)})
        raise DisorderError(
            f"{int(partial.sum())} of {len(kept.symbols)} atoms ({', '.join(named)}) are partly occupied",
            remedy='read with disorder="major" to keep the major component',
        )
    before = len(kept.symbols)
    kept = kept.take(_major_groups(kept))
    kept = kept.take(_without_clashes(kept, lattice))
    _refuse_mixtures(kept, lattice)
    lowest = float(kept.occupancy.min(initial=1.0))
    note = (
        f"disordered: kept the major component, {len(kept.symbols)} of {before} atoms, "
        f"occupied to at least {lowest:.2f}"
    )
    return kept, [note]


def _major_groups(sites: Sites) -> NDArray[np.bool_]:
    """Of every assembly keep the group with the highest mean occupancy."""
    keep = np.ones(len(sites.symbols), dtype=bool)
    assemblies = np.array(sites.assembly, dtype=object)
    for name in dict.fromkeys(sites.assembly):
        mine = (assemblies == name) & (sites.group != 0)
        groups = np.unique(np.abs(sites.group[mine]))
        if len(groups) < 2:
            continue
        mean = [sites.occupancy[mine & (np.abs(sites.group) == g)].mean() for g in groups]
        major = groups[int(np.argmax(np.round(mean, 6)))]
        keep[mine & (np.abs(sites.group) != major)] = False
    return keep


def _without_clashes(sites: Sites, lattice: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Take atoms from the most to the least occupied, and drop those too close to one already taken."""
    hydrogen = np.array([s == "H" for s in sites.symbols])
    pairs = neighbour_pairs(lattice, sites.frac, max(CLASH, CLASH_TWO_HYDROGENS))
    limit = np.where(hydrogen[pairs.i] | hydrogen[pairs.j], CLASH_HYDROGEN, CLASH)
    limit[hydrogen[pairs.i] & hydrogen[pairs.j]] = CLASH_TWO_HYDROGENS
    partial = sites.occupancy < FULL
    close = (pairs.distance < limit) & (partial[pairs.i] | partial[pairs.j])
    rivals: dict[int, list[int]] = {}
    for i, j in zip(pairs.i[close].tolist(), pairs.j[close].tolist(), strict=True):
        rivals.setdefault(i, []).append(j)
    keep = np.ones(len(sites.symbols), dtype=bool)
    for i in np.lexsort((np.arange(len(keep)), -sites.occupancy.round(6))).tolist():
        if keep[i]:
            keep[[j for j in rivals.get(i, []) if j != i]] = False
    return keep


def _refuse_mixtures(sites: Sites, lattice: NDArray[np.float64]) -> None:
    """Refuse alternatives that coexist although no distance says so: three N of occupancy 2/3 on one carbon."""
    light = np.array([s in {"B", "C", "N", "O", "F"} for s in sites.symbols])
    pairs = neighbour_pairs(lattice, sites.frac, BOND)
    partial = sites.occupancy < FULL
    pairs = pairs.take(light[pairs.i] & light[pairs.j] & partial[pairs.j])
    # what an atom that is itself partly there carries may be partly there, too
    excess = sites.occupancy[pairs.i] - sites.occupancy[pairs.j]
    missing = np.bincount(pairs.i, weights=excess, minlength=len(light)).astype(float)
    if missing.max(initial=0.0) > EXCESS:
        site = int(missing.argmax())
        around = pairs.j[pairs.i == site]
        listed = " + ".join(f"{sites.symbols[j]} {sites.occupancy[j]:.2f}" for j in around.tolist())
        raise DisorderError(
            f"the alternatives on {sites.symbols[site]} (site {site} of those kept) cannot be told apart: {listed}",
            remedy="leave only the atoms of one component in the file",
        )
