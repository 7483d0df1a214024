"""Cost of relaxed-ion elastic tensors: this engine against the finite strains of matcalc.

Same potential object, same start, same thresholds of what is compared: each relaxes the crystal and computes
the tensor; matcalc relaxes the ions of every deformed cell. Crystals are names of the data set, moved off
their minimum (volume +1 %, atoms by 0.02 Å; symmetric crystals by volume alone, so that matcalc profits
from the symmetry too), or structure files, taken as they are. Finite strains of a soft crystal need forces ten
times smaller for the same tensor (at 2e-3 eV/Å that of gamma-CsPbI3 is 13 % off), hence
``--matcalc-fmax``. Seconds are of the processor, not of the wall, so that a busy machine does not distort them.

``python benchmarks/labels.py s01_PbI_n1 CsPbI3_Pnma --out FILE`` runs both engines (matcalc must be installed);
``python benchmarks/labels.py`` prints the calls that the labels of the data set took. ``--relax-only`` relaxes each
crystal by straight and by bent steps and compares those two instead.
"""

import argparse
import json
import time
from pathlib import Path

import ase.io
import numpy as np
from pymatgen.io.ase import AseAtomsAdaptor

from perovex.datasets import load_elastic
from perovex.elasticity import label
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings
from perovex.elasticity.relaxation.relax_atoms import relax_atoms
from perovex.elasticity.response.symmetry import find_symmetry
from perovex.elasticity.surface import EV_PER_A3_IN_GPA

FULL_HESSIAN = 6  # calls per atom of a full Hessian by central differences


class Counter:
    """Counts the calls of a calculator."""

    def __init__(self, calculator):
        self.calls = 0
        inner = calculator.calculate

        def calculate(*args, **kwargs):
            self.calls += 1
            inner(*args, **kwargs)

        calculator.calculate = calculate


def start_of(name):
    """Crystal of a file, or one of the data set moved off its minimum."""
    if Path(name).exists():
        atoms = ase.io.read(name)
        atoms.calc = None
        return atoms
    atoms = AseAtomsAdaptor.get_atoms(load_elastic().structures[name])
    atoms.calc = None
    if load_elastic().table.loc[name, "n_layers"] < np.inf:
        atoms.rattle(0.02, seed=0)
    else:  # the released crystals were relaxed without symmetry and are symmetric to a few hundredths only
        _, positions, cell = find_symmetry(atoms, 0.05)
        atoms.set_cell(cell)
        atoms.set_positions(positions)
    atoms.set_cell(atoms.cell[:] * 1.01 ** (1 / 3), scale_atoms=True)
    return atoms


def by_matcalc(atoms, calculator, counter, *, fmax, strain):
    """Tensor in GPa, calls and processor seconds of matcalc's finite strains with relaxed ions."""
    from matcalc import ElasticityCalc

    before, start = counter.calls, time.process_time()
    engine = ElasticityCalc(
        calculator,
        norm_strains=(-strain, strain),
        shear_strains=(-strain, strain),
        fmax=fmax,
        relax_structure=True,
        relax_deformed_structures=True,
        use_equilibrium=False,
        relax_calc_kwargs={"max_steps": 2000},
    )
    result = engine.calc(AseAtomsAdaptor.get_structure(atoms))
    tensor = np.array(result["elastic_tensor"].voigt) * EV_PER_A3_IN_GPA
    return 0.5 * (tensor + tensor.T), counter.calls - before, time.process_time() - start


def compare(name, calculator, counter, args):
    """One row: calls, seconds and tensors of both engines."""
    atoms = start_of(name)
    warm = atoms.copy()
    warm.calc = calculator
    warm.get_forces()  # compiles the kernels
    start = time.process_time()
    made = label(atoms, calculator)
    calls, seconds = made.record["calls"], time.process_time() - start
    row = {
        "crystal": Path(name).stem,
        "atoms": len(atoms),
        "status": made.record["status"],
        "calls": calls,
        "calls_relax": made.record["calls_relax"],
        "seconds": round(seconds, 1),
        "C_GPa": np.round(made.record["C_GPa"], 3).tolist(),
    }
    print(json.dumps(row), flush=True)
    ours = np.array(made.record["C_GPa"])
    theirs, their_calls, their_seconds = by_matcalc(
        atoms, calculator, counter, fmax=args.matcalc_fmax, strain=args.strain
    )
    return row | {
        "matcalc_calls": their_calls,
        "matcalc_seconds": round(their_seconds, 1),
        "matcalc_C_GPa": np.round(theirs, 3).tolist(),
        "times_fewer_calls": round(their_calls / calls, 2),
        "times_fewer_seconds": round(their_seconds / seconds, 2),
        "largest_difference_percent": round(100 * abs(ours - theirs).max() / abs(ours).max(), 2),
    }


def compare_steps(name, calculator):
    """One row: calls and energies of relaxations by straight and by bent steps."""
    atoms = start_of(name)
    row = {"crystal": Path(name).stem, "atoms": len(atoms)}
    for way, curvilinear in (("straight", False), ("bent", True)):
        _, relaxation = relax_atoms(
            atoms, calculator, RelaxSettings(curvilinear=curvilinear), rattle=0.01, progress=True
        )
        row |= {f"{way}_{key}": relaxation[key] for key in ("calls", "energy", "converged")}
    return row


def calls_of_the_data():
    """Calls of every label of the data set by this engine, and what a full Hessian alone would take."""
    data = load_elastic()
    table = data.labels[(data.labels["potential"] == data.potential) & data.labels["calls"].notna()]
    table = table[~table["crystal_id"].str.startswith("dj")]  # these came from an earlier protocol
    table = table[["n_atoms", "calls", "seconds"]].copy()
    table["full_hessian_calls"] = FULL_HESSIAN * table["n_atoms"]
    table["size"] = np.select(
        [table["n_atoms"] < 40, table["n_atoms"] < 60, table["n_atoms"] <= 76], ["<40", "40-59", "60-76"], ">76"
    )
    groups = table.groupby("size")
    summary = groups["calls"].describe(percentiles=[0.5, 0.9]).round(0)
    summary["within_250"] = groups["calls"].apply(lambda c: f"{(c <= 250).sum()} of {len(c)}")
    summary["full_hessian_calls"] = groups["full_hessian_calls"].median()
    return summary


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crystals", nargs="*", help="names of the data set or files; none: calls of the data set")
    parser.add_argument("--potential", default=DEFAULT_POTENTIAL)
    parser.add_argument("--strain", type=float, default=2e-3)
    parser.add_argument("--matcalc-fmax", type=float, default=2e-4, help="looser forces spoil finite strains")
    parser.add_argument("--relax-only", action="store_true", help="straight against bent steps of a relaxation")
    parser.add_argument("--out", type=Path, help="JSON, written after every crystal")
    args = parser.parse_args()
    if not args.crystals:
        print(calls_of_the_data().to_string())
        return
    calculator = make_calculator(args.potential)
    counter, rows = Counter(calculator), []
    for name in args.crystals:
        rows.append(compare_steps(name, calculator) if args.relax_only else compare(name, calculator, counter, args))
        print(json.dumps(rows[-1]), flush=True)
        if args.out:
            args.out.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
