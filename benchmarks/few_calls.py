"""Few calls against the converged response: one potential as if it were expensive, preconditioned by another.

    python benchmarks/few_calls.py --expensive 7net-0_22May2024+d3 --precondition 7net-l3i5+d3 --out folder CRYSTAL ...

From the released crystals. Every call is kept in the folder, so that an interrupted run goes on. Prints, per crystal,
calls and the error in percent of E_vrh, and of the components in percent of the largest one, against the converged
linear response of the same potential at the same point: of the tensor of the cheap potential, of stress alone along the
paths, of the energy along the paths, of the tensor with all corrections; and the share of components within the bar.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from pymatgen.io.ase import AseAtomsAdaptor

from perovex.datasets import load_elastic
from perovex.elasticity import ElasticTensor, LabelSettings
from perovex.elasticity.labels.preconditioned import PreconditionedSettings, label_preconditioned
from perovex.elasticity.labels.records import Checkpoint
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings
from perovex.elasticity.response.linear_response import ResponseSettings
from perovex.elasticity.response.strain_paths import PathSettings

ESTIMATES = {
    "cheap": "C_cheap_GPa",
    "stress alone": "C_stress_alone_GPa",
    "along path": "C_along_path_GPa",
    "corrected": "C_GPa",
}


def compare(name: str, arguments: argparse.Namespace, cheap: object, expensive: object) -> dict[str, object]:
    """Label one crystal with few calls and with the converged response, from one log of calls."""
    atoms = AseAtomsAdaptor.get_atoms(load_elastic().structures[name])
    relax = RelaxSettings(fmax=arguments.fmax, smax=arguments.smax, max_steps=30)
    start = LabelSettings(relax=RelaxSettings(fmax=1e-3, smax=2e-3), symmetry=arguments.symmetry)
    records = []
    for converge in (None, arguments.tolerance, 0.005):
        settings = PreconditionedSettings(
            cheap=start,
            relax=relax,
            converge=converge,
            response=ResponseSettings(mode_tolerance=0.004 if converge == 0.005 else 0.05),
            paths=PathSettings(strain=arguments.strain, one_sided=arguments.one_sided),
        )
        log, state = (arguments.out / f"{name}.{kind}" for kind in ("calls.jsonl", "cheap.npz"))
        made = label_preconditioned(atoms, lambda: expensive, cheap, log, settings, checkpoint=Checkpoint(state))
        records.append(made.record)
    few, some, full = records
    exact = np.array(full["C_GPa"])
    row: dict[str, object] = {"crystal": name, "calls": few["calls"], "calls_relax": few["calls_relax"]}
    row |= {"calls_converged": full["calls"], "status": full["status"], "E_vrh": ElasticTensor(exact).hill.E}
    estimates = {title: few[key] for title, key in ESTIMATES.items()} | {"subspace": some["C_GPa"]}
    row["calls_subspace"] = some["calls"]
    for title, components in estimates.items():
        tensor = np.array(components)
        row[f"{title}: E %"] = 100 * (ElasticTensor(tensor).hill.E / ElasticTensor(exact).hill.E - 1)
        row[f"{title}: C %"] = 100 * abs(tensor - exact).max() / abs(exact).max()
    for title, record in {"corrected": few, "subspace": some}.items():
        within = abs(np.array(record["C_GPa"]) - exact) <= np.array(record["C_error_GPa"]) + 0.01
        row[f"{title}: within bar"] = float(within[np.triu_indices(6)].mean())
        row[f"{title}: bar"] = float(np.max(record["C_error_GPa"]))
    (arguments.out / f"{name}.json").write_text(
        json.dumps({"few": few, "subspace": some, "converged": full, "row": row}, default=float)
    )
    return row


def main() -> None:
    """Compare all crystals asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crystals", nargs="+", help="crystal_id of the released data")
    parser.add_argument("--expensive", default="7net-0_22May2024+d3")
    parser.add_argument("--precondition", default=DEFAULT_POTENTIAL)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--strain", type=float, default=2e-3)
    parser.add_argument("--tolerance", type=float, default=0.3, help="of the subspace, GPa")
    parser.add_argument("--one-sided", action="store_true")
    parser.add_argument("--fmax", type=float, default=5e-3)
    parser.add_argument("--smax", type=float, default=2e-2)
    parser.add_argument("--symmetry", type=float, default=0.03)
    arguments = parser.parse_args()
    cheap, expensive = make_calculator(arguments.precondition), make_calculator(arguments.expensive)
    rows = []
    for name in arguments.crystals:
        rows.append(compare(name, arguments, cheap, expensive))
        print(json.dumps(rows[-1], default=float), flush=True)
    print(pd.DataFrame(rows).set_index("crystal").T.round(2).to_string())


if __name__ == "__main__":
    main()
