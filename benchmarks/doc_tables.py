"""Write the tables of docs/screening.md from the manifests of models, and that of docs/verdicts.md from a study.

Usage: python benchmarks/doc_tables.py                 writes the page on screening
       python benchmarks/doc_tables.py --check         says whether it would change (exit status 1)
       python benchmarks/doc_tables.py --study FOLDER  writes the verdicts of a study, `perovex study --out FOLDER`

A table stands between a comment that names it and ``<!-- end -->``.
"""

from __future__ import annotations

import argparse
import json
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "screening.md"
VERDICTS = ROOT / "docs" / "verdicts.md"
KINDS = {"relaxed": "relaxed ions", "soft_frozen": "soft modes frozen"}
TARGETS = ("E_in_plane", "E_out_of_plane", "E_vrh")
CLAIMS = {
    "dominant-descriptors": "angle; STEI lead (share of draws in the top three)",
    "inverse-with-non-stiffness": "mean angle; STEI (three kinds) stiffen in the model",
    "smallest-angle": "smallest angle stiffens in the model",
    "beyond-halide-n-and-source": "smallest angle; STEI (two kinds) stiffen among like crystals",
    "mean-angle-beyond-halide-n-and-source": "mean angle stiffens among like crystals",
    "octahedral-deformation": "octahedral deformation carries 20 %",
    "single-to-multilayer": "octahedra order n >= 2 by n = 1",
    "single-to-multilayer-beyond-halide": "the same within one halide",
    "single-to-multilayer-level": "octahedra predict its level",
    "longer-spacers-softer": "longer spacers softer",
    "more-layers-stiffer": "more layers stiffer (by 1/n)",
    "dion-jacobson-stiffer": "DJ stiffer than RP (by the charge of the spacer)",
}
#: Claims about transfer, by the number that they are judged by and its unit.
TRANSFER = {
    "single-to-multilayer": ("spearman", ""),
    "single-to-multilayer-beyond-halide": ("spearman given halide", ""),
    "single-to-multilayer-level": ("gain", " GPa"),
}
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
    sentence = (
        f"{training['n_rows']} layered crystals of {training['n_groups']} spacers, data {training['data_version']}; "
        f"intervals asked to hold 90 % held {min(covered):.0%} to {max(covered):.0%} of the labels of held-out spacers."
    )
    tables.append(textwrap.fill(sentence, 120))
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


def claims(study: Path) -> str:
    """Write what a study says of every claim, for each modulus."""
    results = json.loads((study / "results.json").read_text(encoding="utf-8"))
    by_claim: dict[str, dict[str, str]] = {}
    rows = groups = 0
    for verdict in results["claims"]:
        if verdict["target"] in TARGETS:
            by_claim.setdefault(verdict["id"], {})[verdict["target"]] = _cell(verdict)
            rows, groups = verdict["n_rows"], verdict["n_groups"]
    lines = ["| claim | in plane | out of plane | E_vrh |", "|---|---|---|---|"]
    for name, cells in by_claim.items():
        lines.append(f"| {CLAIMS[name]} | {' | '.join(cells.get(target, '') for target in TARGETS)} |")
    kind = KINDS[results["data"]["moduli"]]
    head = f"{rows} layered crystals, {groups} spacers, data {results['data']['version']}, {kind}:"
    return "\n".join([head, "", *lines])


def _cell(verdict: Mapping[str, Any]) -> str:
    """Verdict, bold where there is one, and the numbers behind it."""
    word = verdict["verdict"]
    evidence = verdict["evidence"]
    if verdict["id"] in TRANSFER:
        key, unit = TRANSFER[verdict["id"]]
        numbers = [_with_ends(evidence[key], evidence[f"{key}_lower"], evidence[f"{key}_upper"], unit)]
    else:
        numbers = [text for concept in evidence.values() if "descriptors" in concept for text in _numbers_of(concept)]
    return f"{word if word == 'undecided' else f'**{word}**'} ({'; '.join(numbers)})"


def _numbers_of(concept: Mapping[str, Any]) -> list[str]:
    if "p_top_k" in concept:
        return [f"{concept['p_top_k']:.0%}"]
    if "share" in concept:
        return [f"{concept['share']:.0%}, {concept['lower']:.0%} to {concept['upper']:.0%}"]
    found = concept["descriptors"].values()
    return [_with_ends(row.get("spearman", row.get("estimate")), row["lower"], row["upper"]) for row in found]


def _with_ends(value: float, lower: float, upper: float, unit: str = "") -> str:
    return f"{value:.2f}{unit}, {lower:.2f} to {upper:.2f}"


def rendered(text: str, study: Path | None = None) -> str:
    """Return a page with the tables as the manifests are now, or the study is."""
    made = {"accuracy": accuracy, "rungs": rungs, "claims": lambda: claims(study)}
    return MARKED.sub(lambda block: f"{block[1]}\n{made[block[2]]()}\n\n{block[3]}", text)


def main() -> None:
    """Write or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--study", type=Path, metavar="FOLDER")
    given = parser.parse_args()
    page = PAGE if given.study is None else VERDICTS
    old = page.read_text(encoding="utf-8")
    new = rendered(old, given.study)
    if given.check:
        raise SystemExit(old != new)
    page.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
