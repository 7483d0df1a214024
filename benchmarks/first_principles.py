"""First-principles tensors of released crystals, along the strain paths of the potential that labelled them.

    python benchmarks/first_principles.py run --work FOLDER CRYSTAL ...
    python benchmarks/first_principles.py collect --work FOLDER --out data/reference/first_principles

`run` makes the calls, each on file at once: the reference, then one strain after another (one-sided, see
`perovex.elasticity.response.strain_paths`). Run it again to go on; finished calls are not repeated, nor those that the
bundled data hold. `collect` computes the tensors of all crystals whose calls are complete and writes them with every
call, complete or not.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from pymatgen.io.ase import AseAtomsAdaptor

from perovex._files import write_atomic
from perovex.datasets import ElasticData, data_root, load_elastic
from perovex.datasets.paths import write_checksums
from perovex.elasticity import LabelSettings
from perovex.elasticity.labels.preconditioned import cheap_response
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator
from perovex.elasticity.potentials.call_log import LoggedCalculator, read_calls
from perovex.elasticity.potentials.first_principles import Cp2kSettings, FirstPrinciples, cp2k_input, mesh_of
from perovex.elasticity.potentials.names import describe
from perovex.elasticity.relaxation.quasi_newton import RelaxSettings
from perovex.elasticity.response.strain_paths import CheapResponse, PathSettings, path_steps, respond_along_paths
from perovex.elasticity.response.symmetry import CrystalSymmetry
from perovex.elasticity.surface import EV_PER_A3_IN_GPA, Point, Surface, evaluate_many

SYMMETRY = 0.03  # Angstrom: released crystals are relaxed again in the space group that they obey this well
PATHS = PathSettings(strain=5e-3, one_sided=True)
SETTINGS = Cp2kSettings()


@cache
def released() -> ElasticData:
    """The newest release with all minima of each compound."""
    return load_elastic(minima="all")


def normal_of(name: str) -> list[float]:
    """Normal of the sheets of a released crystal."""
    tensors = json.loads((released().folder / "tensors.json").read_text())
    normal: list[float] = tensors[f"{name}@{DEFAULT_POTENTIAL}"]["normal"]
    return normal


def cheap_of(name: str, work: Path) -> CheapResponse:
    """Point, response and Hessian of the potential, computed once and kept in the folder."""
    file = work / f"{name}.response.npz"
    calculator = make_calculator(DEFAULT_POTENTIAL)
    if not file.exists():
        if name not in released().structures:
            raise SystemExit(f"no released crystal {name!r}")
        atoms = AseAtomsAdaptor.get_atoms(released().structures[name])
        settings = LabelSettings(relax=RelaxSettings(fmax=1e-3, smax=2e-3), symmetry=SYMMETRY, max_seconds=1e5)
        made = cheap_response(atoms, calculator, settings, None, None).cheap
        arrays = {key: getattr(made.point, key) for key in ("positions", "cell", "energy", "forces", "stress")}
        arrays |= {key: getattr(made, key) for key in ("solution", "hessian", "tensor")}
        group = {"rotations": made.symmetry.rotations, "images": made.symmetry.images_of_atoms}
        np.savez(file, numbers=atoms.numbers, group=made.symmetry.name, **arrays, **group)
    with np.load(file) as stored:
        z = {key: stored[key] for key in stored.files}
    crystal = Atoms(numbers=z["numbers"], positions=z["positions"], cell=z["cell"], pbc=True)
    point = Point(z["positions"], z["cell"], float(z["energy"]), z["forces"], z["stress"])
    group = CrystalSymmetry(z["rotations"], z["images"], str(z["group"]))
    surface = Surface(crystal, calculator)
    return CheapResponse(surface, point, z["solution"], z["hessian"], z["tensor"], group)


def restore(work: Path) -> None:
    """Take up what the bundled data hold, as far as the folder has none of it."""
    work.mkdir(parents=True, exist_ok=True)
    bundled = data_root() / "reference" / "first_principles"
    for packed in bundled.glob("*.calls.jsonl.gz"):
        log = work / packed.name.removesuffix(".gz")
        paths = packed.name.replace(".calls.jsonl.gz", ".response.npz")
        if not log.exists() and not (work / paths).exists():
            write_atomic(log, gzip.decompress(packed.read_bytes()))
            write_atomic(work / paths, (bundled / paths).read_bytes())


def run(names: list[str], work: Path) -> None:
    """Make the calls of some crystals, one after another."""
    restore(work)
    for name in names:
        cheap = cheap_of(name, work)
        log = LoggedCalculator(lambda: FirstPrinciples(SETTINGS), work / f"{name}.calls.jsonl")
        surface = Surface(cheap.surface.atoms, log)
        point = surface.evaluate(cheap.point.positions, cheap.point.cell)
        for step in path_steps(cheap, PATHS.strain):
            surface.stepped(point, [step], 1.0)
            print(f"{name}: {len(log.calls)} calls, the last in {log.calls[-1]['seconds']:.0f} s", flush=True)


class Recorded:
    """Calls on file with dispersion added; a call that is missing is an error."""

    def __init__(self, log: Path) -> None:
        self.log, self.dispersion = LoggedCalculator(self._missing, log), make_dispersion()

    @staticmethod
    def _missing() -> Any:
        raise LookupError("the calls are not complete")

    def evaluate_many(self, crystals: list[Atoms]) -> list[dict[str, Any]]:
        """Energies, forces and stresses of PBE-D3(BJ)."""
        parts = [self.log.evaluate_many(crystals), evaluate_many(self.dispersion, crystals)]
        return [{key: sum(part[key] for part in rows) for key in rows[0]} for rows in zip(*parts, strict=True)]


def make_dispersion() -> Any:
    """D3(BJ) with the parameters of PBE, as in the potential of the labels."""
    return make_calculator(DEFAULT_POTENTIAL).mixer.calcs[1]


def noise_of(calls: list[dict[str, Any]]) -> float:
    """Noise of a force component in differences between calls, eV/Å, from the net force that ought to be zero.

    The noise of neighbouring configurations is alike, as the atoms have hardly moved against the grid; what counts is
    by how much it changes.
    """
    net = np.array([np.sum(call["forces"], axis=0) for call in calls])
    changes = (net[1:] - net[0]) / np.sqrt(2 * len(calls[0]["numbers"]))
    return float(np.sqrt((changes**2).mean()))


def tensor_of(name: str, work: Path) -> dict[str, Any]:
    """Tensor of one crystal from its calls, with that of the potential along the same paths."""
    cheap = cheap_of(name, work)
    log = work / f"{name}.calls.jsonl"
    surface = Surface(cheap.surface.atoms, Recorded(log))
    point = surface.evaluate(cheap.point.positions, cheap.point.cell)
    noise = noise_of(read_calls(log))
    made = respond_along_paths(surface, point, cheap, replace(PATHS, force_noise=noise))
    tensors = {
        key: getattr(made, key)
        for key in ("tensor", "stress_alone", "along_path", "second_order", "error", "asymmetry")
    }
    record: dict[str, Any] = {f"C_{key}_GPa": np.round(value, 4).tolist() for key, value in tensors.items()}
    record |= {
        "C_potential_along_path_GPa": np.round(made.cheap, 4).tolist(),
        "C_potential_GPa": np.round(cheap.tensor, 4).tolist(),
        "stress_GPa": np.round(point.stress * EV_PER_A3_IN_GPA, 4).tolist(),
        "max_force_eV_per_A": round(point.max_force, 4),
        "force_noise_eV_per_A": round(noise, 5),
        "space_group": cheap.symmetry.name,
        "rotations": np.round(cheap.symmetry.rotations, 12).tolist(),
        "images": cheap.symmetry.images_of_atoms.tolist(),
        "strains": [(step[-6:] / PATHS.strain).round(12).tolist() for step in path_steps(cheap, PATHS.strain)],
    }
    return record


def packed_response(file: Path) -> bytes:
    """Archive of what the paths need to be met again, the Hessian in single precision."""
    kept = ("numbers", "positions", "cell", "energy", "forces", "stress", "solution", "tensor", "group", "rotations")
    with np.load(file) as stored:
        arrays = {key: stored[key] for key in (*kept, "images")} | {"hessian": stored["hessian"].astype(np.float32)}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def collect(work: Path, out: Path) -> None:
    """Write tensors, inputs and all calls."""
    out.mkdir(parents=True, exist_ok=True)
    crystals: dict[str, Any] = {}
    for log in sorted(work.glob("*.calls.jsonl")):
        name = log.name.removesuffix(".calls.jsonl")
        calls = read_calls(log)
        mesh = mesh_of(np.array(calls[0]["cell"]), SETTINGS.kpoint_length)
        record: dict[str, Any] = {"calls": len(calls), "kpoints": mesh}
        label_id = f"{name}@{DEFAULT_POTENTIAL}"
        record |= {"label_id": label_id, "release": released().version, "normal": normal_of(name)}
        try:
            record |= tensor_of(name, work)
        except LookupError:
            record["calls_missing"] = True
        crystals[name] = record
        text = "".join(json.dumps(call) + "\n" for call in calls)
        write_atomic(out / f"{name}.calls.jsonl.gz", gzip.compress(text.encode(), mtime=0))
        write_atomic(out / f"{name}.inp", cp2k_input(SETTINGS, mesh).encode())
        write_atomic(out / f"{name}.response.npz", packed_response(work / f"{name}.response.npz"))
        print(name, json.dumps(record), flush=True)
    manifest = {
        "functional": "PBE",
        "settings": SETTINGS.to_dict(),
        "paths": {"strain": PATHS.strain, "one_sided": PATHS.one_sided, "potential": describe(DEFAULT_POTENTIAL)},
        "dispersion_of_tensors": describe(DEFAULT_POTENTIAL)["dispersion"],
        "crystals": crystals,
    }
    write_atomic(out / "tensors.json", (json.dumps(manifest, indent=1) + "\n").encode())
    write_checksums(out)


def main() -> None:
    """Run or collect."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["run", "collect"])
    parser.add_argument("crystals", nargs="*", help="crystal_id of the released data")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_intermixed_args()
    if arguments.task == "run":
        run(arguments.crystals, arguments.work)
    else:
        collect(arguments.work, arguments.out)


if __name__ == "__main__":
    main()
