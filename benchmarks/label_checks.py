"""Are the released tensors right? Each against two direct ways to the same tensor, with the same potential.

Crystals are names of the data set. ``finite-strain`` strains the released crystal to both sides, relaxes its ions at
fixed cell and subtracts the stresses (108 calls or so for 44 atoms); nothing is shared with the linear response but
the potential. ``full-hessian`` computes all 3N columns of the Hessian (6 calls an atom) and inverts it. Differences are
the largest of all components, in percent of the largest component.

``python benchmarks/label_checks.py MAPbBr3_cubic s01_PbI_n1 --out FILE``: FILE is written after every column, and
what it holds is not computed again.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from pymatgen.io.ase import AseAtomsAdaptor
from tqdm import tqdm

from perovex._files import write_atomic
from perovex.datasets import load_elastic
from perovex.elasticity.labels.records import package_versions
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator
from perovex.elasticity.response.differences import clamped_response, hessian_products
from perovex.elasticity.response.finite_strain import finite_strain_columns
from perovex.elasticity.response.symmetry import Packed
from perovex.elasticity.surface import EV_PER_A3_IN_GPA, Surface, without_translations

PART = 12  # columns of the Hessian computed between two writes


def by_finite_strain(atoms, calculator, record, save, args):
    """Fill `record` with the columns that it lacks."""
    columns = record.setdefault("columns_GPa", {})
    missing = [k for k in range(6) if str(k) not in columns]
    steps = finite_strain_columns(atoms, calculator, missing, amplitude=args.strain, fmax=args.fmax)
    for step in tqdm(steps, total=len(missing), desc="strains", leave=False) if missing else ():
        columns[str(step.strain)] = step.column.round(4).tolist()
        record["calls"] = record.get("calls", 0) + step.calls
        save()
    tensor = np.array([columns[str(k)] for k in range(6)]).T
    record["asymmetry_GPa"] = float(abs(tensor - tensor.T).max())
    return 0.5 * (tensor + tensor.T)


def hessian_by_rows(surface, point, rows, save, displacement):
    """Append the rows of the Hessian that are missing, a part at a time, and return it symmetric, at rest in space."""
    size = 3 * len(surface.atoms)
    for first in tqdm(range(len(rows), size, PART), desc="Hessian", leave=False):
        part = [Packed(row, None) for row in np.eye(size)[first : first + PART]]
        rows += hessian_products(surface, point, part, displacement).T.round(7).tolist()
        save()
    H = without_translations(0.5 * (np.array(rows) + np.array(rows).T))
    return without_translations(H.T)


def modes_of(H, clamped):
    """Curvatures of all modes but the three translations, ascending, with their six couplings to strain."""
    values, vectors = np.linalg.eigh(H)
    keep = np.sort(np.argsort(abs(values))[3:])
    return np.column_stack([values[keep], vectors[:, keep].T @ clamped.forces])


def relaxed_along(clamped, modes, volume):
    """Tensor (GPa) of clamped ions less what they give way along modes."""
    couplings = modes[:, 1:]
    return clamped.tensor - couplings.T @ (couplings / modes[:, :1]) * EV_PER_A3_IN_GPA / volume


def by_full_hessian(atoms, calculator, record, save, args):
    """Fill `record` with the columns of the Hessian that it lacks and invert it."""
    surface = Surface(atoms, calculator, 4)
    point = surface.evaluate(atoms.positions, atoms.cell[:])
    H = hessian_by_rows(surface, point, record.setdefault("hessian_rows", []), save, args.displacement)
    clamped = clamped_response(surface, point, args.strain)
    modes = modes_of(H, clamped)
    record["lowest_curvatures"] = modes[:4, 0].round(5).tolist()
    return relaxed_along(clamped, modes, point.volume)


WAYS = {"finite-strain": by_finite_strain, "full-hessian": by_full_hessian}


def check(name, way, data, calculator, record, save, args):
    """One check of one crystal; returns its line for the table."""
    atoms = AseAtomsAdaptor.get_atoms(data.structures[name])
    atoms.calc = None
    released = data.tensors[name]
    tensor = WAYS[way](atoms, calculator, record, save, args)
    record["C_GPa"] = tensor.round(4).tolist()
    record["largest_difference_percent"] = round(100 * abs(tensor - released).max() / abs(released).max(), 3)
    record.pop("hessian_rows", None)
    save()
    line = {"crystal": name, "atoms": len(atoms), "way": way}
    line |= {key: value for key, value in record.items() if not isinstance(value, dict | list)}
    if "lowest_curvatures" in record:
        line["lowest_curvature"] = [record["lowest_curvatures"][0], float(data.table.loc[name, "lowest_eigenvalue"])]
    return line


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crystals", nargs="+", help="names of the data set")
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--potential", default=DEFAULT_POTENTIAL)
    parser.add_argument("--strain", type=float, default=2e-3)
    parser.add_argument("--fmax", type=float, default=1e-4, help="force left on the ions of a strained cell, eV/A")
    parser.add_argument("--displacement", type=float, default=6e-3, help="of an atom for the Hessian, A")
    parser.add_argument("--out", type=Path, required=True, help="JSON")
    args = parser.parse_args()
    data = load_elastic(potential=args.potential)
    results = json.loads(args.out.read_text()) if args.out.exists() else {}
    results |= {"potential": args.potential, "release": data.version, "versions": package_versions()}

    def save():
        write_atomic(args.out, (json.dumps(results) + "\n").encode())

    settings = {
        "finite-strain": {"strain": args.strain, "fmax_eV_per_A": args.fmax},
        "full-hessian": {"strain": args.strain, "displacement_A": args.displacement},
    }
    calculator = make_calculator(args.potential)
    for name in args.crystals:
        for way in args.ways:
            record = results.setdefault("crystals", {}).setdefault(name, {}).setdefault(way, {})
            if record.get("settings") != settings[way]:
                record.clear()
                record["settings"] = settings[way]
            if "C_GPa" in record:
                continue
            print(json.dumps(check(name, way, data, calculator, record, save, args)), flush=True)


if __name__ == "__main__":
    main()
