"""Partial occupancy: refuse it, or keep one chemically possible component of it, and say so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from perovex.crystal.bonding.neighbours import neighbour_pairs
from perovex.crystal.reading.chimera import charge_of_molecules, chimera
from perovex.crystal.reading.component import choose, contacts_of, regions
from perovex.crystal.reading.sites import SAME_PLACE
from perovex.errors import DisorderError, PerovexError, StructureFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perovex.crystal.bonding.neighbours import Pairs
    from perovex.crystal.reading.component import Contacts
    from perovex.crystal.reading.sites import Sites

Policy = Literal["error", "major"]
POLICIES = ("error", "major")
#: Occupancies from here on count as full: rounding, and thermal motion fitted as occupancy.
FULL = 0.98
#: Longest distance, Å, at which atoms are bonded or collide.
REACH = 3.2
#: Occupancies of one site may add up to this: rounding.
MOST_SHARE = 1.1


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
        Refuse partial occupancy, or keep the major component: of alternatives one that chemistry allows, with as many
        atoms of each element as the occupancies add up to.

    Returns
    -------
    sites : Sites
    warnings : list of str
        What was left out.

    Raises
    ------
    DisorderError
        Occupancy is partial and `disorder` is ``"error"``, or no component makes sense.
    """
    present = sites.occupancy > 1e-6
    known = sites if present.all() else sites.take(present)
    partial = known.occupancy < FULL
    if not partial.any():
        return known, []
    if disorder == "error":
        named = sorted({known.symbols[i] for i in np.flatnonzero(partial)})
        raise DisorderError(
            f"{int(partial.sum())} of {len(known)} atoms ({', '.join(named)}) are partly occupied",
            remedy='read with disorder="major" to keep the major component',
        )
    _refuse_too_much(known, lattice)
    pairs = neighbour_pairs(lattice, known.frac, REACH)
    contacts = contacts_of(known.symbols, pairs)
    too_often = _on_partial_atoms(known, contacts, partial)
    optional = partial | too_often
    keep = ~optional
    counted = _as_often_as_their_atoms(known, contacts, too_often)
    for region in regions(len(known), contacts, optional):
        keep[_component(counted, contacts, region, optional, pairs)] = True
    if not keep.any():
        raise DisorderError(
            "every atom is mostly absent by its occupancy", remedy="correct _atom_site_occupancy; 1 is a full site"
        )
    kept = known.take(keep)
    bereft = np.zeros(len(known), dtype=bool)
    for i, j in contacts.bond.tolist():
        bereft[[i, j]] |= [not keep[j], not keep[i]]
    trouble = chimera(kept, lattice, kept.occupancy < FULL, bereft[keep])
    if trouble:
        raise DisorderError(
            f"the alternatives cannot be told apart: {trouble}",
            remedy="leave only the atoms of one component in the file",
        )
    return kept, [_note(known, kept), *_substitutions(known, keep, contacts), *_left_out(known, keep, contacts)]


def _refuse_too_much(sites: Sites, lattice: NDArray[np.float64]) -> None:
    """Refuse atoms at one place whose occupancies add up to more than one."""
    pairs = neighbour_pairs(lattice, sites.frac, SAME_PLACE)
    for i, j in zip(pairs.i.tolist(), pairs.j.tolist(), strict=True):
        total = float(sites.occupancy[i] + sites.occupancy[j])
        if i < j and total > MOST_SHARE and "H" not in {sites.symbols[i], sites.symbols[j]}:
            raise StructureFileError(
                f"the occupancies of {sites.symbols[i]} and {sites.symbols[j]} on one site add up to {total:.2f}",
                remedy="correct _atom_site_occupancy",
            )


def _component(
    sites: Sites, contacts: Contacts, region: NDArray[np.int64], optional: NDArray[np.bool_], pairs: Pairs
) -> list[int]:
    """Choose the atoms of a region, hydrogens by their occupancies if that makes sound molecules."""
    always = [i for i in region.tolist() if not optional[i]]
    chosen = choose(sites, contacts, region, optional)
    if not any(sites.symbols[i] == "H" and optional[i] for i in region.tolist()):
        return chosen
    charge = charge_of_molecules(sites, [*always, *chosen], contacts, pairs)
    if charge is None or charge <= 0:
        other = choose(sites, contacts, region, optional, saturate=True)
        saturated = charge_of_molecules(sites, [*always, *other], contacts, pairs)
        if saturated is not None and (charge is None or saturated > charge):
            return other
    return chosen


def _on_partial_atoms(sites: Sites, contacts: Contacts, partial: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Hydrogens that are listed as always there, on atoms that are not."""
    parents = np.zeros(len(sites), dtype=np.int64)
    always = np.zeros(len(sites), dtype=np.int64)
    for i, j in contacts.bond.tolist():
        for hydrogen, heavy in ((i, j), (j, i)):
            if sites.symbols[hydrogen] == "H" and sites.symbols[heavy] != "H":
                parents[hydrogen] += 1
                always[hydrogen] += not partial[heavy]
    hydrogen = np.array([s == "H" for s in sites.symbols])
    return hydrogen & ~partial & (parents > 0) & (always == 0)


def _as_often_as_their_atoms(sites: Sites, contacts: Contacts, hydrogens: NDArray[np.bool_]) -> Sites:
    """Give hydrogens the occupancy of what they are on: their sum is how many hydrogens a component should have."""
    if not hydrogens.any():
        return sites
    occupancy = sites.occupancy.copy()
    occupancy[hydrogens] = 0.0
    for i, j in contacts.bond.tolist():
        for hydrogen, heavy in ((i, j), (j, i)):
            if hydrogens[hydrogen] and not hydrogens[heavy]:
                occupancy[hydrogen] = max(occupancy[hydrogen], sites.occupancy[heavy])
    return replace(sites, occupancy=occupancy)


def _note(known: Sites, kept: Sites) -> str:
    lowest = float(kept.occupancy.min(initial=1.0))
    return f"disordered: kept the major component, {len(kept)} of {len(known)} atoms, occupied to at least {lowest:.2f}"


def _substitutions(known: Sites, keep: NDArray[np.bool_], contacts: Contacts) -> list[str]:
    """Say which elements share sites of metals and halides, and which was taken."""
    heavy = {"Cl", "Br", "I"}
    shared: dict[tuple[str, ...], int] = {}
    for i, j in contacts.collision.tolist():
        one, two = known.symbols[i], known.symbols[j]
        frame = [s in heavy or _is_frame_metal(s) for s in (one, two)]
        if one != two and all(frame) and keep[i] != keep[j]:
            taken, other = (i, j) if keep[i] else (j, i)
            text = (
                f"{known.symbols[taken]} {known.occupancy[taken]:.2f}",
                f"{known.symbols[other]} {known.occupancy[other]:.2f}",
            )
            shared[text] = shared.get(text, 0) + 1
    return [f"{count} mixed sites read as one element: {one} instead of {two}" for (one, two), count in shared.items()]


def _is_frame_metal(symbol: str) -> bool:
    return symbol not in {"H", "B", "C", "N", "O", "F", "P", "S", "Se", "Cl", "Br", "I"}


def _left_out(known: Sites, keep: NDArray[np.bool_], contacts: Contacts) -> list[str]:
    """Say which atoms have no alternative that was kept: solvent that is mostly absent."""
    gone = ~keep & np.array([s != "H" for s in known.symbols])
    replaced: set[int] = set()
    for i, j in np.vstack([contacts.collision, contacts.bond]).tolist():
        replaced.update(k for k, other in ((i, j), (j, i)) if keep[other] or not gone[other])
    alone = [i for i in np.flatnonzero(gone).tolist() if i not in replaced]
    if not alone or _many_orientations(known, alone):
        return []
    listed = sorted({f"{known.symbols[i]} {known.occupancy[i]:.2f}" for i in alone})
    return [f"{len(alone)} atoms that are mostly absent were left out ({_short(listed)})"]


def _many_orientations(known: Sites, atoms: Sequence[int]) -> bool:
    """Whether atoms that were left out are far ends of other orientations rather than residues of their own."""
    return bool(np.median(known.occupancy[list(atoms)]) >= 0.5)


def _short(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
