"""Interatomic potentials against the first-principles calls on file: forces, stress, and moduli along the same paths.

    python benchmarks/potentials.py [POTENTIAL ...] [--write]

Each potential is asked for the very configurations of the calls. Forces are compared without the nitrogen atoms, whose
first-principles forces are noisy, and with them. Moduli are those of stress alone, one-sided, along the strain paths of
the calls, the curvature of the default potential taken off, for all alike. `--write` puts the rows into the table
beside the calls. Other packages that carry weights: ``chgnet.model.dynamics:CHGNetCalculator+d3`` (chgnet 0.4.2) and
``diep.pretrained:make_calculator+d3`` (diep 2.0.0).
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from perovex._files import write_atomic
from perovex.datasets.first_principles import (
    COMPONENTS,
    MODULI,
    FirstPrinciplesData,
    load_first_principles,
    moduli_of,
    one_factor,
)
from perovex.datasets.paths import write_checksums
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator
from perovex.elasticity.response.differences import Strains, spread
from perovex.elasticity.response.symmetry import CrystalSymmetry
from perovex.elasticity.surface import EV_PER_A3_IN_GPA, evaluate_many

if TYPE_CHECKING:
    from collections.abc import Callable

POTENTIALS = (
    DEFAULT_POTENTIAL,
    "7net-0_11Jul2024+d3",
    "7net-0_22May2024+d3",
    "7net-mf-0:PBE+d3",
    "7net-mf-0:R2SCAN+d3",
)
NITROGEN = 7


def slopes(stresses: np.ndarray, record: dict[str, Any], strain: float) -> np.ndarray:
    """Tensor (6, 6) in GPa of one-sided stresses along the paths, the reference first."""
    size = 3 * len(record["images"][0])
    group = CrystalSymmetry(np.array(record["rotations"]), np.array(record["images"]))
    strains = np.array(record["strains"])
    changes = (stresses[1:] - stresses[0]) / strain
    return spread(Strains(strains, changes, np.zeros((len(strains), size))), group).tensor


def judge(calculator_of: Callable[[str], Any], data: FirstPrinciplesData) -> tuple[dict[str, float], pd.DataFrame]:
    """Errors of a potential over all calls, and its moduli beside those of first principles.

    `calculator_of` gives the calculator to ask about a crystal: the same for all, or one that has not seen it.
    """
    dispersion = make_calculator(DEFAULT_POTENTIAL).mixer.calcs[1]
    forces, quiet, stresses, moduli, components = [], [], [], {}, []
    for crystal, record in data.manifest["crystals"].items():
        calls, calculator = data.calls(crystal), calculator_of(crystal)
        numbers = calls[0].numbers
        added = evaluate_many(dispersion, [call.copy() for call in calls])
        made = evaluate_many(calculator, [call.copy() for call in calls])
        exact_stress = np.array([call.get_stress() + d3["stress"] for call, d3 in zip(calls, added, strict=True)])
        own_stress = np.array([result["stress"] for result in made])
        stresses.append((own_stress - exact_stress) * EV_PER_A3_IN_GPA)
        for call, d3, result in zip(calls, added, made, strict=True):
            raw = call.get_forces()
            difference = result["forces"] - (raw - raw.mean(axis=0) + d3["forces"])
            forces.append(difference.ravel())
            quiet.append(difference[numbers != NITROGEN].ravel())
        if record.get("calls_missing"):
            continue
        strain = data.manifest["paths"]["strain"]
        raw_exact, raw_own = (slopes(s, record, strain) for s in (exact_stress, own_stress))
        curvature = data.tensor(crystal, "stress_alone") - raw_exact
        pair = {"first principles": raw_exact + curvature, "potential": raw_own + curvature}
        normal = np.array(record["normal"])
        for source, tensor in pair.items():
            moduli[crystal, source] = moduli_of(tensor, normal)
        components.append([[tensor[k] for k in COMPONENTS] for tensor in pair.values()])
    row = {
        "crystals": len({crystal for crystal, _ in moduli}),
        "calls": sum(map(len, stresses)),
        "force_mae_eV_per_A": float(abs(np.concatenate(forces)).mean()),
        "force_mae_without_nitrogen_eV_per_A": float(abs(np.concatenate(quiet)).mean()),
        "stress_mae_GPa": float(abs(np.concatenate(stresses)).mean()),
    }
    table = pd.DataFrame.from_dict(moduli, orient="index")
    if components:
        exact, own = np.hstack([np.array(pair) for pair in components])
        row["component_mae_GPa"] = float(abs(exact - own).mean())
        row["component_correlation"] = float(np.corrcoef(exact, own)[0, 1])
        for key in MODULI:
            values = table[key].unstack().dropna()  # noise leaves some tensors without averages that need stability
            row[f"{key}_mape_percent"] = float(100 * abs(values["potential"] / values["first principles"] - 1).mean())
            if len(values) >= 4:
                row[f"{key}_spearman"] = float(spearmanr(values["potential"], values["first principles"]).statistic)
                scaled = one_factor(values["first principles"], values["potential"])
                row |= {f"{key}_{name}": scaled[name] for name in ("factor", "left_out_percent")}
    return row, table


def main() -> None:
    """Judge the potentials."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("potentials", nargs="*", default=POTENTIALS)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    data, rows = load_first_principles(), {}
    for name in arguments.potentials:
        calculator = make_calculator(name)
        rows[name], moduli = judge(lambda _, calculator=calculator: calculator, data)
        print(json.dumps({name: rows[name]}), moduli.round(2).to_string(), sep="\n", flush=True)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("potential")
    print(table.T.round(3).to_string())
    if arguments.write:
        others = data.potentials.drop(index=table.index, errors="ignore")
        table = pd.concat([others, table.round(5)]).rename_axis("potential")
        write_atomic(data.folder / "potentials.csv", table.to_csv(lineterminator="\n").encode())
        write_checksums(data.folder)


if __name__ == "__main__":
    main()
