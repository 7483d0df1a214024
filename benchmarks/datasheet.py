"""Write what the default release of data holds into the datasheet, ``data/README.md``.

Usage: python benchmarks/datasheet.py           writes the table
       python benchmarks/datasheet.py --check   says whether it would change (exit status 1)

A spacer and its mirror image count as one. The table stands between a comment that names it and ``<!-- end -->``.
"""

from __future__ import annotations

import argparse
import re
import textwrap
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from perovex import load_elastic
from perovex.minima.archive import read_packed
from perovex.minima.compound import Compound, without_hand

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from perovex.datasets import ElasticData

PAGE = Path(__file__).resolve().parent.parent / "data" / "README.md"
MARKED = re.compile(r"(<!-- table: composition -->\n).*?(<!-- end -->)", re.DOTALL)
HALIDES, METALS, LAYERS = ("Cl", "Br", "I"), ("Pb", "Sn"), (1, 2, 3)
SOURCES = {
    "experiment": "measured",
    "search": "searched, from a measured one",
    "factorial design": "factorial design",
    "hypothetical": "hypothetical",
    "built": "built from the composition",
}


def layered(data: ElasticData) -> pd.DataFrame:
    """Crystals with layers that the release shows; ``spacer`` is that of either hand."""
    table = data.table[data.table["n_layers"] < float("inf")]
    return table.assign(spacer=[without_hand(tuple(text.split("."))) for text in table["spacer_smiles"]])


def counts(table: pd.DataFrame) -> list[int]:
    """Count crystals, spacers, halides, sheets and metals."""
    parts = (("halide", HALIDES), ("n_layers", LAYERS), ("metal", METALS))
    return [
        len(table),
        table["spacer"].nunique(),
        *(int((table[column] == value).sum()) for column, values in parts for value in values),
    ]


def line(cells: Sequence[object]) -> str:
    """Write one row of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def complete_series(table: pd.DataFrame) -> tuple[pd.Series, int]:
    """Count series of chloride, bromide and iodide by n, and those of lead with one, two and three sheets."""
    pure = table[table["halide"].isin(HALIDES)]
    of_halides = pure.groupby(["spacer", "cage", "metal", "n_layers"], dropna=False)["halide"].nunique()
    complete = of_halides[of_halides == len(HALIDES)]
    sheets = pure[pure["metal"] == "Pb"].groupby(["spacer", "halide"])["n_layers"].nunique()
    return complete.groupby("n_layers").size(), int((sheets >= len(LAYERS)).sum())


def beside_lead(table: pd.DataFrame) -> int:
    """Count tin halides whose lead halide with the same spacer and n is there, too."""
    keys = [set(zip(*(table.loc[table["metal"] == metal, part] for part in ("spacer", "halide", "n_layers")),
                    strict=True)) for metal in METALS]  # fmt: skip
    return len(keys[0] & keys[1])


def composition(data: ElasticData) -> str:
    """Write the table, and what else there is to count."""
    table = layered(data)
    head = ["crystals", "number", "spacers", *HALIDES, *(f"n = {n}" for n in LAYERS), *METALS]
    lines = [line(head), "|---" * len(head) + "|"]
    lines += [line([words, *counts(table[table["source"] == name])]) for name, words in SOURCES.items()]
    lines.append(line(["all", *counts(table)]))
    series, of_sheets = complete_series(table)
    by_n = ", ".join(f"{number} of n = {n:g}" for n, number in series.items())
    near = load_elastic(version=data.version, minima="near")
    records, _ = read_packed(data.folder, ())
    tried = Counter(Compound.from_record(record["compound"]).name for record in records)
    sentence = (
        f"Data {data.version}: {len(table)} layered crystals with an accepted label of the main potential, mirror "
        f"images of a spacer counted once, and {len(data.table) - len(table)} three-dimensional ones. {series.sum()} "
        f"series of chloride, bromide and iodide are complete ({by_n}), and {of_sheets} of one spacer and halide with "
        f"n = 1, 2 and 3; {beside_lead(table)} tin halides stand beside their lead halides. "
        f"{len(near.table) - len(data.table)} labels are of other minima within 25 meV per metal of the lowest. "
        f"{len(records)} candidates of {len(tried)} compounds were tried, of {sum(n == 1 for n in tried.values())} a "
        "single one."
    )
    return "\n".join([*lines, "", textwrap.fill(sentence, 120)])


def rendered(text: str, data: ElasticData) -> str:
    """Return the page with the table as the data are now."""
    return MARKED.sub(lambda block: f"{block[1]}\n{composition(data)}\n\n{block[2]}", text)


def main() -> None:
    """Write or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    old = PAGE.read_text(encoding="utf-8")
    new = rendered(old, load_elastic())
    if given.check:
        raise SystemExit(old != new)
    PAGE.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
