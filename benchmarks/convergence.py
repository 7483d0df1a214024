"""Stress and components of a tensor against the settings of a first-principles code, one setting changed at a time.

    python benchmarks/convergence.py run --work FOLDER [--crystal CsPbBr3_Pnma]
    python benchmarks/convergence.py collect --work FOLDER --out data/reference/first_principles

Two calls a setting: the reference, and the first strain path of the potential (0.5 %, to one side), whose change of
stress over strain gives the components that the path holds. Calls on file are not repeated.
"""

from __future__ import annotations

import argparse
import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from first_principles import PATHS, SETTINGS, cheap_of, restore

from perovex._files import write_atomic
from perovex.datasets.paths import write_checksums
from perovex.elasticity.potentials.call_log import LoggedCalculator, read_calls
from perovex.elasticity.potentials.first_principles import Cp2kSettings, FirstPrinciples
from perovex.elasticity.response.strain_paths import path_steps
from perovex.elasticity.surface import EV_PER_A3_IN_GPA, Surface

CRYSTAL = "CsPbBr3_Pnma"
VARIED = {
    "as the tensors": SETTINGS,
    "cutoff 300 Ry": replace(SETTINGS, cutoff=300.0),
    "cutoff 500 Ry": replace(SETTINGS, cutoff=500.0),
    "cutoff 600 Ry": replace(SETTINGS, cutoff=600.0),
    "relative cutoff 70 Ry": replace(SETTINGS, relative_cutoff=70.0),
    "k-points 12 Å": replace(SETTINGS, kpoint_length=12.0),
    "k-points 24 Å": replace(SETTINGS, kpoint_length=24.0),
    "precision 1e-12, tolerance 1e-8": replace(SETTINGS, precision=1e-12, tolerance=1e-8),
    "all finer": replace(SETTINGS, cutoff=600.0, relative_cutoff=70.0, kpoint_length=24.0),
}


def log_of(work: Path, crystal: str, settings: Cp2kSettings) -> LoggedCalculator:
    """Calls of a crystal with these settings; the usual ones share the calls of its tensor."""
    name = f"{crystal}.calls.jsonl"
    if settings != SETTINGS:
        changed = {key: value for key, value in settings.to_dict().items() if value != SETTINGS.to_dict()[key]}
        name = "_".join([crystal, *(f"{key}={value:g}" for key, value in changed.items())]) + ".jsonl"
    return LoggedCalculator(lambda: FirstPrinciples(settings), work / "convergence" / name)


def share_usual_calls(work: Path, crystal: str) -> None:
    """Take the calls of the tensor, which are those of the usual settings."""
    restore(work)
    usual, own = work / f"{crystal}.calls.jsonl", work / "convergence" / f"{crystal}.calls.jsonl"
    own.parent.mkdir(exist_ok=True)
    if usual.exists() and not own.exists():
        write_atomic(own, usual.read_bytes())


def stresses(work: Path, crystal: str, settings: Cp2kSettings) -> np.ndarray:
    """Stress (GPa) at the reference and on the first path."""
    cheap = cheap_of(crystal, work)
    surface = Surface(cheap.surface.atoms, log_of(work, crystal, settings))
    reference = surface.evaluate(cheap.point.positions, cheap.point.cell)
    strained = surface.stepped(reference, [path_steps(cheap, PATHS.strain)[0]], 1.0)[0]
    return np.array([reference.stress, strained.stress]) * EV_PER_A3_IN_GPA


def collect(work: Path, crystal: str, out: Path) -> None:
    """Write the table, and the calls behind it."""
    rows, lines = [], []
    for name, settings in VARIED.items():
        log = log_of(work, crystal, settings)
        if len(log.calls) < 2:
            continue
        reference, strained = stresses(work, crystal, settings)
        slopes = (strained - reference) / PATHS.strain
        seconds = float(np.mean([call["seconds"] for call in log.calls[:2]]))
        row = {"crystal": crystal, "settings": name, "seconds": round(seconds)}
        row |= {f"stress_{key}_GPa": value for key, value in zip(("xx", "yy", "zz"), reference, strict=False)}
        row |= {f"slope_{key}_GPa": value for key, value in zip(("xx", "yy", "zz"), slopes, strict=False)}
        rows.append(row)
        lines += [json.dumps({"settings": name} | call) + "\n" for call in read_calls(log.path)[:2]]
    table = pd.DataFrame(rows).round(4)
    print(table.to_string())
    write_atomic(out / "convergence.csv", table.to_csv(index=False, lineterminator="\n").encode())
    write_atomic(out / "convergence.jsonl.gz", gzip.compress("".join(lines).encode(), mtime=0))
    write_checksums(out)


def main() -> None:
    """Run or collect."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["run", "collect"])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--crystal", default=CRYSTAL)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    share_usual_calls(arguments.work, arguments.crystal)
    if arguments.task == "collect":
        collect(arguments.work, arguments.crystal, arguments.out)
        return
    for name, settings in VARIED.items():
        stresses(arguments.work, arguments.crystal, settings)
        print(f"convergence: {name}", flush=True)


if __name__ == "__main__":
    main()
