"""What a search for minima says of each label of a release."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from pymatgen.core import Structure

from perovex.crystal import perceive
from perovex.datasets.schema import SEARCHED
from perovex.elasticity.names import YOUNGS_MODULI
from perovex.minima import NEAR, Compound, open_search, state

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ase import Atoms

    from perovex.minima import Known

#: Moduli whose range over near minima is the label's own uncertainty.
SPREAD: Final = YOUNGS_MODULI


def rank_labels(table: pd.DataFrame, crystals: Iterable[Atoms], search: str | Path) -> pd.DataFrame:
    """Compare every label with what a search tried for its compound.

    Parameters
    ----------
    table : DataFrame
        Labels, one row each, with the columns of a release and their ``source``.
    crystals : iterable of ase.Atoms
        Relaxed crystals with ``label_id`` in ``info``.
    search : path
        Folder of `search_minima`, of the potential that most labels have.

    Returns
    -------
    DataFrame
        The columns of `SEARCHED`, indexed by ``label_id``. Only accepted labels of the search's potential are ranked;
        crystals from experiment and 3D networks, which are phases of their own, keep rank 0.
    """
    known = open_search([], search)
    rows = table.set_index("label_id")
    ranked = pd.DataFrame(index=rows.index, columns=list(SEARCHED), dtype=object)
    ranked["minimum"], ranked["strategies"] = 0, ""
    potential, energies = _potential_of(known), rows["energy"].astype(float)
    members: dict[Compound, list[tuple[float, str]]] = {}
    for atoms in crystals:
        label = str(atoms.info["label_id"])
        row = rows.loc[label]
        if row["status"] != "accepted" or row["potential"] != potential:
            continue
        compound, metals = _compound(atoms)
        members.setdefault(compound, []).append((float(energies[label]) / metals, label))
    for compound, labels in members.items():
        _rank_compound(ranked, rows, known, compound, sorted(labels))
    return ranked


def _potential_of(known: Known) -> str:
    names = {str(outcome.record["potential"]) for outcome in known.store.all()}
    return min(names) if names else ""


def _compound(atoms: Atoms) -> tuple[Compound, int]:
    symbols, positions = atoms.get_chemical_symbols(), atoms.positions
    crystal = perceive(Structure(atoms.cell.array, symbols, positions, coords_are_cartesian=True))
    return Compound.of(crystal), len(crystal.octahedra)


def _rank_compound(
    ranked: pd.DataFrame, rows: pd.DataFrame, known: Known, compound: Compound, labels: list[tuple[float, str]]
) -> None:
    """Fill the rows of one compound; `labels` are energies per metal with names, ascending."""
    searched_for = state(known, compound)
    floor = min(labels[0][0], searched_for.energy) if searched_for.lowest else labels[0][0]
    searched = searched_for.candidates > 0 or len(labels) > 1
    near = [label for energy, label in labels if 1e3 * (energy - floor) <= NEAR]
    facts: dict[str, Any] = {}
    if searched_for.lowest:
        facts = {
            "times_found": searched_for.times_found,
            "strategies": " ".join(searched_for.strategies),
            "candidates": searched_for.candidates,
            "minima_near": searched_for.near,
        }
    if len(near) > 1:
        values = rows.loc[near, list(SPREAD)].astype(float)
        facts |= {f"spread_{name}": values[name].max() - values[name].min() for name in SPREAD}
    for number, (energy, label) in enumerate(labels):
        stays = rows.loc[label, "source"] == "experiment" or math.isinf(compound.n_layers)
        facts["minimum"] = 0 if stays else number
        facts["energy_above_lowest"] = 1e3 * (energy - floor) if searched else math.nan
        ranked.loc[label, list(facts)] = list(facts.values())
