"""Cost of a relaxed-ion elastic tensor: this engine against the finite strains of matcalc.

Same potential object, same crystals, both from the given file; matcalc relaxes the ions of every deformed
cell. Finite strains of a soft crystal need forces ten times smaller for the same tensor (at 2e-3 eV/A that of
gamma-CsPbI3 is 13 % off), hence ``--matcalc-fmax``. Where symmetry leaves the ions no freedom (cubic, five
atoms) there is nothing to gain. Usage: ``python benchmarks/labels.py FILE... [--out FILE]``.
"""

import argparse
import json
import time
from pathlib import Path

import ase.io
import numpy as np

from perovex.elasticity import label
from perovex.elasticity.potentials import DEFAULT_POTENTIAL, make_calculator
from perovex.elasticity.surface import EV_PER_A3_IN_GPA


class Counter:
    """Counts the calls of a calculator."""

    def __init__(self, calculator):
        self.calls = 0
        inner = calculator.calculate

        def calculate(*args, **kwargs):
            self.calls += 1
            inner(*args, **kwargs)

        calculator.calculate = calculate


def by_matcalc(atoms, calculator, counter, *, fmax, strain):
    """Tensor in GPa, calls and seconds of matcalc's finite strains with relaxed ions."""
    from matcalc import ElasticityCalc
    from pymatgen.io.ase import AseAtomsAdaptor

    before, start = counter.calls, time.perf_counter()
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
    return 0.5 * (tensor + tensor.T), counter.calls - before, time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--potential", default=DEFAULT_POTENTIAL)
    parser.add_argument("--strain", type=float, default=2e-3)
    parser.add_argument("--matcalc-fmax", type=float, default=2e-4, help="looser forces spoil finite strains")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    calculator = make_calculator(args.potential)
    counter, rows = Counter(calculator), []
    for path in args.files:
        atoms = ase.io.read(path)
        atoms.calc = None
        before, start = counter.calls, time.perf_counter()
        made = label(atoms, calculator)
        ours = np.array(made.record["C_GPa"])
        calls, seconds = counter.calls - before, time.perf_counter() - start
        theirs, their_calls, their_seconds = by_matcalc(
            atoms, calculator, counter, fmax=args.matcalc_fmax, strain=args.strain
        )
        row = {
            "crystal": path.stem,
            "atoms": len(atoms),
            "calls": calls,
            "matcalc_calls": their_calls,
            "seconds": round(seconds, 1),
            "matcalc_seconds": round(their_seconds, 1),
            "times_fewer_calls": round(their_calls / calls, 2),
            "largest_difference_percent": round(100 * abs(ours - theirs).max() / abs(ours).max(), 2),
        }
        rows.append(row)
        print(json.dumps(row), flush=True)
    if args.out:
        args.out.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
