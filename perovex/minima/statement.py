"""What a search can say: the lowest minimum was found so often, by so many strategies, out of so many candidates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from perovex.minima.candidate import MINIMUM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perovex.minima.candidate import Outcome
    from perovex.minima.compound import Compound
    from perovex.minima.known import Known

#: Minima this close to the lowest may be populated at room temperature, meV per metal.
NEAR: Final = 25.0


@dataclass(frozen=True)
class Statement:
    """How far the lowest minimum of a compound can be trusted.

    Attributes
    ----------
    compound : Compound
        Searched.
    lowest : str
        Identifier of its lowest minimum; empty if there is none.
    energy : float
        Of the lowest, eV per metal.
    times_found : int
        Candidates that ended in it.
    strategies : tuple of str
        Strategies that they came from.
    candidates : int
        All that were tried.
    minima : int
        Distinct minima.
    near : int
        Those within 25 meV per metal of the lowest, itself included.
    others : int
        Candidates that became another compound.
    """

    compound: Compound
    lowest: str
    energy: float
    times_found: int
    strategies: tuple[str, ...]
    candidates: int
    minima: int
    near: int
    others: int

    def __str__(self) -> str:
        if not self.lowest:
            return f"{self.compound.name}: no minimum among {self.candidates} candidates"
        by = f"{len(self.strategies)} {'strategy' if len(self.strategies) == 1 else 'strategies'}"
        times = "once" if self.times_found == 1 else f"{self.times_found} times"
        return (
            f"{self.compound.name}: lowest found {times} by {by} out of {self.candidates} candidates; "
            f"{self.minima} {'minimum' if self.minima == 1 else 'minima'}, {self.near} within {NEAR:g} meV per metal"
        )


def state(known: Known, compound: Compound) -> Statement:
    """State what the search of one compound has found so far.

    Parameters
    ----------
    known : Known
        The search.
    compound : Compound
        One of those searched.

    Returns
    -------
    Statement
    """
    tried, groups = known.tried(compound), known.minima(compound)
    others = sum(outcome.record["status"] == "other compound" for outcome in tried)
    if not groups:
        return Statement(compound, "", math.nan, 0, (), len(tried), 0, 0, others)
    lowest = groups[0][0]
    near = sum(1e3 * (group[0].energy - lowest.energy) <= NEAR for group in groups)
    strategies = tuple(sorted({outcome.record["strategy"] for outcome in groups[0]}))
    return Statement(
        compound, lowest.id, lowest.energy, len(groups[0]), strategies, len(tried), len(groups), near, others
    )


def statement_table(known: Known, compounds: Iterable[Compound]) -> pd.DataFrame:
    """One row a compound, indexed by its name: what `Statement` holds, the compound's parts spelt out.

    Parameters
    ----------
    known : Known
        The search.
    compounds : iterable of Compound
        Rows of the table.

    Returns
    -------
    DataFrame
        Energies in eV per metal.
    """
    rows = []
    for compound in compounds:
        statement = state(known, compound)
        rows.append(
            {
                "compound": compound.name,
                "spacer_smiles": compound.spacers,
                "cage": compound.cages,
                "metal": compound.metals,
                "halide": compound.halides,
                "n_layers": compound.n_layers,
                "lowest": statement.lowest,
                "energy_per_metal": statement.energy,
                "times_found": statement.times_found,
                "strategies": " ".join(statement.strategies),
                "candidates": statement.candidates,
                "minima": statement.minima,
                "near": statement.near,
                "other_compounds": statement.others,
            }
        )
    return pd.DataFrame(rows).set_index("compound") if rows else pd.DataFrame()


def candidate_table(known: Known, outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """One row a candidate, indexed by its identifier: how it was made, what became of it, which minimum it is.

    Parameters
    ----------
    known : Known
        The search.
    outcomes : iterable of Outcome
        Rows of the table.

    Returns
    -------
    DataFrame
        ``minimum`` counts from 0, the lowest of the compound; -1 for what is none. Energies in eV per metal,
        ``above_lowest`` in meV per metal, volumes in Å³ per metal.
    """
    rows: list[dict[str, Any]] = []
    groups: dict[Compound, dict[str, int]] = {}
    floor: dict[Compound, float] = {}
    for outcome in outcomes:
        compound, record = outcome.compound, outcome.record
        if compound not in groups:
            minima = known.minima(compound)
            groups[compound] = {member.id: k for k, group in enumerate(minima) for member in group}
            floor[compound] = minima[0][0].energy if minima else math.nan
        energy = record.get("energy_per_metal_eV", math.nan)
        rows.append(
            {
                "candidate": outcome.id,
                "compound": compound.name,
                "strategy": record["strategy"],
                "parent": record["parent"],
                "parameters": " ".join(f"{k}={v}" for k, v in record["parameters"].items()),
                "status": record["status"],
                "reason": record["reason"],
                "minimum": groups[compound].get(outcome.id, -1) if record["status"] == MINIMUM else -1,
                "energy_per_metal": energy,
                "above_lowest": 1e3 * (energy - floor[compound]),
                "volume_per_metal": record.get("volume_per_metal_A3", math.nan),
                "space_group": record.get("space_group", ""),
                "stacking": record.get("stacking", ""),
                "calls": record.get("calls", 0),
                "seconds": record["seconds"],
            }
        )
    return pd.DataFrame(rows).set_index("candidate") if rows else pd.DataFrame()
