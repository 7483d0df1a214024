"""Do two first-principles codes agree? The tensor of cubic CsPbBr3, of which no ion moves under strain, by each.

    python benchmarks/two_codes.py --work FOLDER [--out data/reference/first_principles]

Three calls a code, without dispersion: the released crystal, a strain along an axis and a shear, 0.5 % each. Calls on
file are not repeated; `--out` writes table and calls.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
from pymatgen.io.ase import AseAtomsAdaptor

from perovex._files import write_atomic
from perovex.datasets import load_elastic
from perovex.datasets.paths import write_checksums
from perovex.elasticity.potentials.call_log import LoggedCalculator, read_calls
from perovex.elasticity.potentials.first_principles import FirstPrinciples, settings_of
from perovex.elasticity.surface import EV_PER_A3_IN_GPA, Surface

CRYSTAL = "CsPbBr3_Pm-3m"
CODES = ("cp2k-pbe", "gpaw-pbe")
STRAIN = 5e-3
XX, YZ = 0, 3  # Voigt


def log_of(work: Path, code: str) -> LoggedCalculator:
    """Calls of one code."""
    return LoggedCalculator(lambda: FirstPrinciples(settings_of(code)), work / f"{CRYSTAL}@{code}.jsonl")


def judge(work: Path, code: str) -> dict[str, float | str]:
    """Stress of the crystal and its three elastic constants by one code, GPa."""
    atoms = AseAtomsAdaptor.get_atoms(load_elastic().structures[CRYSTAL])
    log = log_of(work, code)
    surface = Surface(atoms, log)
    reference = surface.evaluate(atoms.positions, np.asarray(atoms.cell))
    steps = [np.zeros(3 * len(atoms) + 6) for _ in range(2)]
    steps[0][XX - 6] = STRAIN
    steps[1][YZ - 6] = STRAIN
    stretched, sheared = surface.stepped(reference, steps, 1.0)
    along = (stretched.stress - reference.stress) / STRAIN * EV_PER_A3_IN_GPA
    across = (sheared.stress - reference.stress) / STRAIN * EV_PER_A3_IN_GPA
    seconds = float(np.mean([call["seconds"] for call in log.calls]))
    row: dict[str, float | str] = {"crystal": CRYSTAL, "code": code, "seconds": round(seconds)}
    row["stress_xx_GPa"] = float(reference.stress[XX] * EV_PER_A3_IN_GPA)
    return row | {"C11_GPa": float(along[0]), "C12_GPa": float(along[1:3].mean()), "C44_GPa": float(across[YZ])}


def main() -> None:
    """Call both codes, print the table, and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    table = pd.DataFrame([judge(arguments.work, code) for code in CODES]).round(4)
    print(table.to_string(index=False))
    if arguments.out is None:
        return
    calls = [
        json.dumps({"code": code} | call) for code in CODES for call in read_calls(log_of(arguments.work, code).path)
    ]
    write_atomic(arguments.out / "two_codes.csv", table.to_csv(index=False, lineterminator="\n").encode())
    write_atomic(arguments.out / "two_codes.jsonl.gz", gzip.compress("\n".join([*calls, ""]).encode(), mtime=0))
    write_checksums(arguments.out)


if __name__ == "__main__":
    main()
