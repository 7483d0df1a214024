"""Do two potentials agree on ground states? Each searches for itself; then each judges the lowest minima of both.

    python benchmarks/second_potential.py --work FOLDER [--potential 7net-0_11Jul2024+d3] [--share 0.15] [--seed 0]

A random share of the spacers of the packed search (n = 1) is drawn. The second potential starts from the same given
crystals with the same strategies. Afterwards it relaxes the lowest minima of the first, and the first those of the
second. Run it again to go on; what has a record is not repeated.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex.datasets import data_root, load_elastic
from perovex.datasets.minima import starts_of
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator
from perovex.minima import SearchSettings, Start, open_search, search_minima, unpack_search
from perovex.minima.archive import RECORDS
from perovex.minima.campaign import Targets

if TYPE_CHECKING:
    from perovex.minima.compound import Compound
    from perovex.minima.known import Known

STRATEGIES = ("given", "substitute")


def drawn_compounds(first: Known, share: float, seed: int) -> list[Compound]:
    """Compounds (n = 1) of a random share of the spacers of which more than the given crystals was tried."""
    tried = {outcome.compound for outcome in first.store.all() if outcome.record["strategy"] != "given"}
    spacers = sorted({compound.spacers for compound in tried if compound.n_layers == 1})
    rng = np.random.default_rng(seed)
    chosen = set(rng.choice(spacers, max(1, round(share * len(spacers))), replace=False))
    everything = {outcome.compound for outcome in first.store.all()}
    return sorted(c for c in everything if c.spacers in chosen and c.n_layers == 1)


def lowest_as_starts(known: Known, compounds: list[Compound]) -> list[Start]:
    """Lowest minimum of each compound, to be relaxed by another potential."""
    lowest = [known.lowest(compound) for compound in compounds]
    return [
        Start(outcome.id, outcome.structure, outcome.compound, outcome.record["origin"])
        for outcome in lowest
        if outcome is not None
    ]


def search(starts: list[Start], folder: Path, potential: str, strategies: tuple[str, ...]) -> Known:
    """Search by one potential, and return what is known then."""
    halides = ("Cl", "Br", "I") if len(strategies) > 1 else ()
    settings = SearchSettings(strategies, max_candidates=5)
    calculator = make_calculator(potential)
    found = search_minima(
        starts, folder, targets=Targets(halides), settings=settings, potential=potential, calculator=calculator
    )
    for outcome in found:
        print(f"{potential}: {outcome.id} {outcome.record['status']}", flush=True)
    return open_search([], folder)


def compare(compounds: list[Compound], own: dict[str, Known], crossed: dict[str, Known]) -> pd.DataFrame:
    """One row a compound and potential: how far the other's lowest minimum lies above its own, and whether it is it."""
    rows = []
    for compound in compounds:
        for name, known in own.items():
            mine, theirs = known.lowest(compound), crossed[name].lowest(compound)
            if mine is None or theirs is None:
                continue
            above = 1e3 * (theirs.energy - mine.energy)
            given = [o for o in known.tried(compound) if o.is_minimum and o.record["strategy"] == "given"]
            gain = 1e3 * (min(o.energy for o in given) - mine.energy) if given else np.nan
            rows.append(
                {
                    "compound": compound.name,
                    "judge": name,
                    "others_above_own_meV": above,
                    "same_minimum": known.same(mine, theirs),
                    "given_above_own_meV": gain,
                    "own_found_by": mine.record["strategy"],
                }
            )
    return pd.DataFrame(rows)


def tell(table: pd.DataFrame) -> None:
    """Print the table and what it says."""
    print(table.round(1).to_string(index=False))
    by_compound = table.pivot_table(index="compound", columns="judge", values="others_above_own_meV")
    same = table.groupby("compound")["same_minimum"].all()
    print(f"\nboth end in one minimum for {int(same.sum())} of {len(same)} compounds")
    for judge, above in by_compound.items():
        missed = int((above < -3).sum())
        print(
            f"{judge}: the other's lowest lies {above.median():.0f} (median) and {above.max():.0f} (most) meV per "
            f"metal above its own; in {missed} of {len(above)} it lies below, so that its own search missed it"
        )
    gains = table.pivot_table(index="compound", columns="judge", values="given_above_own_meV").dropna()
    print(
        f"given above the lowest, by one and the other: r = {gains.corr().iloc[0, 1]:.2f} over {len(gains)} compounds"
    )
    print(gains.round(0).to_string())


def main() -> None:
    """Search, cross, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--potential", default="7net-0_11Jul2024+d3")
    parser.add_argument("--share", type=float, default=0.15)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    release = max(path.parent for path in (data_root() / "elastic").glob(f"*/{RECORDS}"))
    first_folder = arguments.work / "first"
    unpack_search(release, first_folder)
    first = open_search([], first_folder)
    compounds = drawn_compounds(first, arguments.share, arguments.seed)
    named = {start.name: start for start in starts_of(load_elastic(release, minima="all"))}
    given = [
        o.record["parent"] for o in first.store.all() if o.record["strategy"] == "given" and o.compound in compounds
    ]
    second_name = arguments.potential
    second = search(
        [named[name] for name in given if name in named], arguments.work / "second", second_name, STRATEGIES
    )
    crossed = {
        DEFAULT_POTENTIAL: search(
            lowest_as_starts(second, compounds), arguments.work / "second_by_first", DEFAULT_POTENTIAL, ("given",)
        ),
        second_name: search(
            lowest_as_starts(first, compounds), arguments.work / "first_by_second", second_name, ("given",)
        ),
    }
    tell(compare(compounds, {DEFAULT_POTENTIAL: first, second_name: second}, crossed))


if __name__ == "__main__":
    main()
