"""Label crystals anew by their whole Hessian, at the geometries of a release, as records for `perovex collect`.

The labels whose potential ends in ``-full-hessian`` check the Krylov solution of all others: three columns of the
Hessian for every atom by central differences, nothing estimated. Their relaxation is not repeated.

``python benchmarks/full_hessian_labels.py data/elastic/0.8 --out DIR``: goes on where it was interrupted.
"""

import argparse
import json
import time
from pathlib import Path

import ase.io
import numpy as np
from label_checks import hessian_by_rows, modes_of, relaxed_along
from pymatgen.io.ase import AseAtomsAdaptor

from perovex._files import write_atomic
from perovex.datasets import load_elastic
from perovex.elasticity import ElasticTensor
from perovex.elasticity.labels.causes import NEGATIVE_MODE
from perovex.elasticity.labels.label import outcome
from perovex.elasticity.labels.records import claimed, package_versions, write_record
from perovex.elasticity.labels.run import LabelSettings
from perovex.elasticity.potentials.by_name import make_calculator
from perovex.elasticity.response.differences import clamped_response
from perovex.elasticity.surface import Surface

WAY = "-full-hessian"
DISPLACEMENT, STRAIN = 0.01, 0.005


def tensors(atoms, calculator, rows, save):
    """What a record says of the tensor at a relaxed geometry."""
    settings = LabelSettings()
    surface = Surface(atoms, calculator, settings.batch)
    point = surface.evaluate(atoms.positions, atoms.cell[:])
    started, calls_before = time.monotonic(), 2 * len(rows)  # each row is a central difference
    H = hessian_by_rows(surface, point, rows, save, DISPLACEMENT)
    clamped = clamped_response(surface, point, STRAIN)
    modes = modes_of(H, clamped)
    curvatures = modes[:, 0]
    tensor = relaxed_along(clamped, modes, point.volume)
    frozen = relaxed_along(clamped, modes[curvatures > settings.response.soft], point.volume)
    cause = NEGATIVE_MODE if curvatures[0] < settings.negative else ""
    return outcome(cause) | {
        "energy_eV": point.energy,
        "volume_A3": point.volume,
        "volume_change": 0.0,
        "max_force_eV_per_A": point.max_force,
        "max_stress_GPa": point.max_stress,
        "calls": calls_before + surface.calls,
        "seconds": round(time.monotonic() - started, 2),
        "C_GPa": tensor.round(5).tolist(),
        "C_clamped_GPa": clamped.tensor.round(5).tolist(),
        "C_soft_modes_frozen_GPa": frozen.round(5).tolist(),
        "lowest_eigenvalues": curvatures[:8].round(5).tolist(),
        "modes": [[float(f"{v:.6g}") for v in mode] for mode in modes[curvatures < settings.response.stored]],
        "settings": {
            "method": f"whole Hessian, displacements of {DISPLACEMENT} A to both sides, strain {STRAIN}",
            "negative": settings.negative,
            "soft": settings.response.soft,
            "stored": settings.response.stored,
        },
        "versions": package_versions(),
    }


def label(row, atoms, calculator, out):
    """Label one crystal and write its record."""
    base = out / row.label_id
    kept = out / f".{row.label_id}.rows.json"
    rows = json.loads(kept.read_text()) if kept.exists() else []

    def save():
        write_atomic(kept, json.dumps(rows).encode())

    record = {"name": row.crystal_id, "potential": row.potential, "parent": row.parent, "origin": row.origin}
    n_layers = "inf" if np.isinf(row.n_layers) else row.n_layers
    record |= {"n": n_layers, "metal": row.metal, "halide": row.halide, "spacer_smiles": row.spacer_smiles}
    record |= tensors(atoms, calculator, rows, save)
    ase.io.write(f"{base}.extxyz", atoms, format="extxyz")
    write_record(Path(f"{base}.json"), json.loads(json.dumps(record, default=float)))
    kept.unlink(missing_ok=True)
    return record


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", type=Path, help="folder with labels by whole Hessians")
    parser.add_argument("--out", type=Path, required=True, help="folder of records")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    data = load_elastic(args.release, minima="all")
    labels = data.labels.reset_index()
    wanted = labels[labels["potential"].str.endswith(WAY) & (labels["status"] == "accepted")].sort_values("n_atoms")
    for potential, rows in wanted.groupby("potential"):
        calculator = make_calculator(potential.removesuffix(WAY))
        for row in rows.itertuples():
            if (args.out / f"{row.label_id}.json").exists():
                continue
            with claimed(args.out / f".{row.label_id}.lock") as mine:
                if not mine:
                    continue
                atoms = AseAtomsAdaptor.get_atoms(data.structure(row.label_id))
                atoms.calc, atoms.info = None, {}
                record = label(row, atoms, calculator, args.out)
            after = ElasticTensor(np.array(record["C_GPa"])).hill.E
            line = f"{row.label_id}: {record['status']} {record['reason']} lowest {record['lowest_eigenvalues'][0]:.4f}"
            print(f"{line} eV/A^2, E_vrh {row.E_vrh:.3f} before, {after:.3f} GPa", flush=True)


if __name__ == "__main__":
    main()
