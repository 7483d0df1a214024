"""How well `perovex minima` finds what is known: from the cubic cell to the ground state of 3D perovskites.

Usage: python benchmarks/minima.py OUT [NAME ...], with names from STARTS. Prints, for every compound, the lowest
minimum, how often it was found, how many candidates it took, and what each strategy contributed. Run again to go on.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from perovex.crystal import perceive
from perovex.crystal.examples import cubic
from perovex.datasets import load_elastic
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator
from perovex.minima import Compound, SearchSettings, Start, candidate_table, open_search, search_minima, state

#: Metal, halide, cage and bond length (Å) of a cubic cell, and the label of the same compound in the data.
STARTS = {
    "CsPbI3": ("Pb", "I", "Cs", 3.15, "CsPbI3_Pnma"),
    "CsPbBr3": ("Pb", "Br", "Cs", 2.97, "CsPbBr3_Pnma"),
    "CsSnI3": ("Sn", "I", "Cs", 3.10, "CsSnI3_Pnma"),
    "MAPbI3": ("Pb", "I", "MA", 3.18, "MAPbI3_Pnma"),
}


def strategies_worth(table: pd.DataFrame) -> pd.DataFrame:
    """Candidates, minima, ends in the lowest, and calls of every strategy."""
    grouped = table.groupby("strategy")
    return pd.DataFrame(
        {
            "candidates": grouped.size(),
            "minima": grouped["status"].apply(lambda status: int((status == "minimum").sum())),
            "lowest": grouped["minimum"].apply(lambda number: int((number == 0).sum())),
            "calls": grouped["calls"].sum(),
        }
    )


def main(out: Path, names: list[str]) -> None:
    calculator, data = make_calculator(), load_elastic(potential=DEFAULT_POTENTIAL)
    for name in names or STARTS:
        metal, halide, cage, bond, reference = STARTS[name]
        cell = cubic(metal, halide, cage, bond=bond)
        start = Start(f"cubic {name}", cell, Compound.of(perceive(cell)), "ideal cubic cell")
        settings = SearchSettings(("given", "tilt", "rattle"), max_candidates=16)
        for outcome in search_minima([start], out / name, settings=settings, calculator=calculator):
            record = outcome.record
            energy = record.get("energy_per_metal_eV", float("nan"))
            print(
                record["strategy"],
                record["parameters"],
                record["status"],
                record.get("space_group", ""),
                f"{energy:.4f}",
            )
        known = open_search([start], out / name)
        table = candidate_table(known, known.tried(start.compound))
        lowest = known.minima(start.compound)[0][0]
        first = min(known.store[i].record["number"] for i in table.index[table["minimum"] == 0]) + 1
        labelled = data.table.loc[reference]
        metals = round(labelled["n_atoms"] / (len(cell)))
        apart = 1e3 * (lowest.energy - labelled["energy"] / metals)
        print(state(known, start.compound))
        cost = f"{table['calls'].sum():.0f} calls, {table['seconds'].sum():.0f} s in all"
        print(
            f"  first found by candidate {first}; {cost}; "
            f"{lowest.record['space_group']}, {apart:+.1f} meV per metal from {reference} of the data"
        )
        print(strategies_worth(table).to_string())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
