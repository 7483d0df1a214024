"""Write what README prints: the output of its examples, and held-out scores from the manifests of the bundled models.

Usage: python benchmarks/readme.py          writes README.md
       python benchmarks/readme.py --check  says what would change (exit status 1)

A block of ``console`` holds lines that begin with ``$ perovex``, each followed by what it prints. All of them run one
after the other in an empty folder, so that a later line finds the files of earlier ones.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import sys
import tempfile
import warnings
from contextlib import chdir
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"(```console\n)(.*?)(```)", re.DOTALL)
SCORES = re.compile(r"(<!-- scores of the bundled models -->\n).*?(<!-- end -->)", re.DOTALL)
SOURCES = {
    "experiment": "measured structures",
    "search": "made from a measured one",
    "factorial design": "generated",
    "hypothetical": "hypothetical",
    "built": "built from its composition",
}
TARGETS = {"E_in_plane": "in the sheet plane", "E_out_of_plane": "along the normal", "E_vrh": "Hill average"}


def perovex(line: str) -> str:
    """Return what a command line prints on stdout and stderr, in a terminal of 80 columns."""
    from perovex.cli.main import main

    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)]
    before = sys.stdout, sys.stderr
    try:
        sys.stdout, sys.stderr = streams
        with warnings.catch_warnings():
            main(shlex.split(line)[1:])
    except SystemExit as done:
        status = done.code
    finally:
        sys.stdout, sys.stderr = before
    printed = "".join(stream.buffer.getvalue().decode() for stream in streams)
    if status:
        raise SystemExit(f"{line}: exit status {status}\n{printed}")
    return "".join(f"{row.rstrip()}\n" for row in printed.splitlines())


def examples(text: str) -> list[tuple[str, str]]:
    """Return each command of the console blocks with the output that stands below it."""
    commands = []
    for block in BLOCK.findall(text):
        parts = re.split(r"^\$ (.*)\n", block[1], flags=re.MULTILINE)
        commands += list(zip(parts[1::2], parts[2::2], strict=True))
    return commands


def scores() -> str:
    """Return the table of held-out scores from the manifests of the bundled models."""
    lines = [
        "| modulus | moduli | MAE (GPa) | of the mean | R² | 90 % intervals that hold |",
        "|---|---|---|---|---|---|",
    ]
    trainings = []
    for moduli in ("relaxed", "soft_frozen"):
        manifest = json.loads((ROOT / "data" / "models" / moduli / "manifest.json").read_text(encoding="utf-8"))
        trainings.append(manifest["training"])
        for target, words in TARGETS.items():
            task = manifest["metrics"][target]
            by_model = {(row["model"], row["metric"]): row for row in task["scores"]}
            mae, mean, r2 = (by_model[key] for key in (("model", "MAE"), ("mean", "MAE"), ("model", "R2")))
            held = next(row for row in task["coverage"] if row["part"] == "all")
            lines.append(
                f"| {target} ({words}) | {moduli} | {mae['value']:.2f} [{mae['lower']:.2f}, {mae['upper']:.2f}] "
                f"| {mean['value']:.2f} | {r2['value']:.2f} [{r2['lower']:.2f}, {r2['upper']:.2f}] "
                f"| {held['coverage']:.0%} |"
            )
    each = dict.fromkeys(f"{t['n_rows']} crystals of {t['n_groups']} spacers" for t in trainings)
    sizes = " and ".join(each)  # once, where both kinds of moduli have as many
    lines.append(
        f"\n{sizes}, data {trainings[-1]['data_version']}; each spacer held out, 95 % intervals over spacers in "
        "brackets."
    )
    return "\n".join(lines)


def by_source() -> str:
    """Return the table of held-out R2 and coverage by where the crystals come from; empty where none was stored."""
    from perovex._numbers import with_interval
    from perovex.learn.bundle.proven import number, part_score
    from perovex.learn.bundle.words import cautions

    lines, said = [], []
    for moduli in ("relaxed", "soft_frozen"):
        manifest = json.loads((ROOT / "data" / "models" / moduli / "manifest.json").read_text(encoding="utf-8"))
        metrics = manifest["metrics"]
        if moduli == "relaxed":
            said = cautions({**manifest, "metrics": {target: metrics[target] for target in TARGETS}})
        for source, words in SOURCES.items():
            shown = {target: part_score(metrics[target], "source", source, "R2") for target in TARGETS}
            if any(row is None for row in shown.values()):
                continue
            cells = [
                with_interval(*(number(row[key]) for key in ("score", "lower", "upper"))) for row in shown.values()
            ]
            held = [part_score(metrics[target], "source", source, "coverage") for target in TARGETS]
            covered = ", ".join("" if row is None else f"{number(row['score']):.0%}" for row in held)
            crystals = shown["E_vrh"]["n_rows"]
            lines.append(f"| {words} | {moduli} | {crystals} | {' | '.join(cells)} | {covered} |")
    if not lines:
        return ""
    warnings_first = "".join(f"**{text[0].upper()}{text[1:]}.**\n\n" for text in said)
    header = (
        "| crystals | moduli | number | R² of E_in_plane | of E_out_of_plane | of E_vrh | 90 % intervals that hold |"
    )
    return "\n".join([f"{warnings_first}{header}", "|---|---|---|---|---|---|---|", *lines])


def rendered(text: str) -> str:
    """Return the text of README with outputs and scores as they are now."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        os.environ["COLUMNS"] = "80"

        def again(block: re.Match[str]) -> str:
            lines = [line for line, _ in examples(block[0])]
            return block[1] + "".join(f"$ {line}\n{perovex(line)}" for line in lines) + block[3]

        text = BLOCK.sub(again, text)
    tables = "\n\n".join(part for part in (by_source(), scores()) if part)
    return SCORES.sub(lambda block: f"{block[1]}\n{tables}\n\n{block[2]}", text)


def main() -> None:
    """Write or compare."""
    old = README.read_text(encoding="utf-8")
    new = rendered(old)
    if "--check" in sys.argv:
        raise SystemExit(old != new)
    README.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
