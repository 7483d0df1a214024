"""Does density-functional theory order minima as the potential does? Single calls at given and lowest minima.

    python benchmarks/minima_energies.py run --work FOLDER [--most 60] [--release FOLDER] [COMPOUND ...]
    python benchmarks/minima_energies.py collect --work FOLDER --out data/reference/first_principles [--release FOLDER]

`run` takes the compounds whose given crystal does not lie in the lowest minimum of the packed search, the smallest
first, and makes one call at each of the two, where the potential has them at rest; calls on file are not repeated.
`collect` writes the calls and one row a compound: how far the given minimum lies above the lowest, by the potential and
by PBE with and without dispersion. A first-principles relaxation would lower both. Rows of compounds whose lowest
minimum has become another one since stay what they were.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from first_principles import SETTINGS, make_dispersion

from perovex._files import write_atomic
from perovex.datasets import data_root
from perovex.datasets.paths import write_checksums
from perovex.elasticity.potentials.call_log import LoggedCalculator, read_calls
from perovex.elasticity.potentials.first_principles import FirstPrinciples
from perovex.elasticity.surface import evaluate_many
from perovex.minima.archive import RECORDS, read_packed

if TYPE_CHECKING:
    from ase import Atoms

LOG = "minima.energies.jsonl"
SMALLEST = 0.01  # eV per metal: what lies closer is not told apart by single calls at the potential's geometry


@dataclass(frozen=True)
class Pair:
    """The given minimum of a compound and the lowest one that the search found."""

    compound: str
    given: dict
    lowest: dict
    crystals: dict[str, Atoms]

    @property
    def by_potential(self) -> float:
        """Energy of the given minimum above the lowest, eV per metal."""
        return self.given["energy_per_metal_eV"] - self.lowest["energy_per_metal_eV"]

    def atoms(self, record: dict) -> Atoms:
        """Crystal of one of the two."""
        return self.crystals[record["id"]]


def pairs(release: Path | None = None) -> list[Pair]:
    """Compounds whose given crystal is not the lowest minimum, the smallest first; by default of the last release."""
    folder = release or max(path.parent for path in (data_root() / "elastic").glob(f"*/{RECORDS}"))
    records, crystals = read_packed(folder)
    by_compound = defaultdict(list)
    for record in records:
        if record["status"] == "minimum":
            by_compound[record["id"].rsplit("_", 2)[0]].append(record)
    made = []
    for compound, minima in by_compound.items():
        lowest = min(minima, key=lambda record: record["energy_per_metal_eV"])
        given = [record for record in minima if record["strategy"] == "given"]
        if given:
            made.append(Pair(compound, given[0], lowest, crystals))
    apart = [pair for pair in made if pair.by_potential > SMALLEST]
    return sorted(apart, key=lambda pair: (pair.lowest["atoms"], pair.compound))


def run(work: Path, chosen: list[str], most: int, release: Path | None) -> None:
    """Make the calls."""
    work.mkdir(parents=True, exist_ok=True)
    bundled = data_root() / "reference" / "first_principles" / f"{LOG}.gz"
    if bundled.exists() and not (work / LOG).exists():
        write_atomic(work / LOG, gzip.decompress(bundled.read_bytes()))
    for pair in pairs(release):
        if pair.compound not in chosen and (chosen or pair.lowest["atoms"] > most):
            continue
        for record in (pair.lowest, pair.given):
            # one calculator a crystal: the mesh of k-points is chosen at the first
            log = LoggedCalculator(lambda: FirstPrinciples(SETTINGS), work / LOG)
            log.evaluate_many([pair.atoms(record)])
            print(f"{record['id']}: {log.made} new call", flush=True)


def collect(work: Path, out: Path, release: Path | None) -> None:
    """Write the calls and the table of differences."""
    log = LoggedCalculator(_missing, work / LOG)
    dispersion = make_dispersion()
    rows = []
    for pair in pairs(release):
        records = (pair.given, pair.lowest)
        try:
            bare = [log.evaluate_many([pair.atoms(record)])[0]["energy"] for record in records]
        except LookupError:
            continue
        crystals = [pair.atoms(record) for record in records]
        d3 = [result["energy"] for result in evaluate_many(dispersion, crystals)]
        per_metal = [record["metals"] for record in records]
        pbe = bare[0] / per_metal[0] - bare[1] / per_metal[1]
        attraction = d3[0] / per_metal[0] - d3[1] / per_metal[1]
        rows.append(
            {
                "compound": pair.compound,
                "given": pair.given["id"],
                "parent": pair.given["parent"],
                "lowest": pair.lowest["id"],
                "potential_meV_per_metal": 1e3 * pair.by_potential,
                "pbe_meV_per_metal": 1e3 * pbe,
                "pbe_d3_meV_per_metal": 1e3 * (pbe + attraction),
            }
        )
        print(rows[-1], flush=True)
    calls = read_calls(work / LOG)
    text = "".join(json.dumps(call) + "\n" for call in calls)
    write_atomic(out / f"{LOG}.gz", gzip.compress(text.encode(), mtime=0))
    table = pd.DataFrame(rows).round(2)
    written = out / "minima.csv"
    if written.is_file():
        before = pd.read_csv(written)
        table = pd.concat([before[~before["compound"].isin(table["compound"])], table])
    write_atomic(written, table.to_csv(index=False, lineterminator="\n").encode())
    write_checksums(out)


def _missing() -> None:
    raise LookupError("the call is not on file")


def main() -> None:
    """Run or collect."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["run", "collect"])
    parser.add_argument("compounds", nargs="*", help="such as C3H12N2_PbBr_n1_fdc324; default all that are small")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--release", type=Path, help="whose search; default the last that packs one")
    parser.add_argument("--most", type=int, default=60, help="atoms of the largest crystal")
    arguments = parser.parse_intermixed_args()
    if arguments.task == "run":
        run(arguments.work, arguments.compounds, arguments.most, arguments.release)
    else:
        collect(arguments.work, arguments.out, arguments.release)


if __name__ == "__main__":
    main()
