"""Write the tables of docs/screening.md from the manifests of the models of molecule and composition.

Usage: python benchmarks/doc_tables.py          writes the page
       python benchmarks/doc_tables.py --check  says whether it would change (exit status 1)

A table stands between a comment that names it and ``<!-- end -->``.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "screening.md"
KINDS = {"relaxed": "relaxed ions", "soft_frozen": "soft modes frozen"}
TARGETS = ("E_in_plane", "E_out_of_plane", "E_vrh")
MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def manifest_of(kind: str) -> dict[str, Any]:
    """Read the manifest of the bundled models of one kind of moduli."""
    file = ROOT / "data" / "models" / f"molecule_{kind}" / "manifest.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


def spanned(numbers: Sequence[float], sign: str = "") -> str:
    """Write a score with its interval."""
    value, lower, upper = (f"{number:{sign}.2f}" for number in numbers)
    return f"{value} [{lower}, {upper}]"


def accuracy() -> str:
    """What rung (a) is worth on spacers held out."""
    tables = []
    for kind, words in KINDS.items():
        manifest = manifest_of(kind)
        head = [f"rung (a), {words}", "MAE (GPa)", "always the mean", "R²", "R², like spacers left out together"]
        head.append("rank correlation among spacers of one halide and n")
        lines = [f"| {' | '.join(head)} |", "|---|---|---|---|---|---|"]
        for target in TARGETS:
            row = manifest["accuracy"][target]
            scores = [spanned(row[key]) for key in ("R2", "like spacers R2", "within")]
            lines.append(f"| {target} | {spanned(row['MAE'])} | {row['mean MAE'][0]:.2f} | {' | '.join(scores)} |")
        tables.append("\n".join(lines))
    training, covered = manifest_of("relaxed")["training"], []
    for kind in KINDS:
        covered += [manifest_of(kind)["accuracy"][target]["coverage"][0] for target in TARGETS]
    tables.append(
        f"{training['n_rows']} layered crystals of {training['n_groups']} spacers, data {training['data_version']}; "
        f"intervals asked to hold 90 % held {min(covered):.0%} to {max(covered):.0%} of the labels of held-out spacers."
    )
    return "\n\n".join(tables)


def rungs() -> str:
    """Write errors of rungs (a) and (b) on the same held-out crystals."""
    lines = [
        "| | (a) | (b) | (b) - (a) | structure known | like spacers: (a) | (b) | (b) - (a) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind, words in KINDS.items():
        for target, row in manifest_of(kind)["rungs"].items():
            cells = [*_errors(row), f"{row['relaxed'][0]:.2f}", *_errors(row["like spacers"])]
            lines.append(f"| {target}, {words} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _errors(row: Mapping[str, Sequence[float]]) -> list[str]:
    """Cells of both rungs and of their difference, bold where (b) is better beyond its interval."""
    gap = spanned(row["b - a"], "+")
    better = row["b - a"][2] < 0
    return [f"{row['a'][0]:.2f}", f"{row['b'][0]:.2f}", f"**{gap}**" if better else gap]


def rendered(text: str) -> str:
    """Return the page with the tables as the manifests are now."""
    made = {"accuracy": accuracy, "rungs": rungs}
    return MARKED.sub(lambda block: f"{block[1]}\n{made[block[2]]()}\n\n{block[3]}", text)


def main() -> None:
    """Write or compare."""
    old = PAGE.read_text(encoding="utf-8")
    new = rendered(old)
    if "--check" in sys.argv:
        raise SystemExit(old != new)
    PAGE.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
