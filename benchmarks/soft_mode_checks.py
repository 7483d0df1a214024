"""What the comparison of soft modes hangs on: the basis, and that the directions are those of the potential.

    python benchmarks/soft_mode_checks.py --work FOLDER [--out data/reference/first_principles]

First the softest mode of CsPbBr3 with a triple-zeta basis, two calls (on file they are not repeated; `--out` writes
them). Then, for the caesium crystals, whose forces have next to no noise: the potential's softest directions cannot be
stiffer to it than any others, but to first principles they can, so that first principles seem stiffer along them even
where they have modes as soft elsewhere. The secant forces tell how a direction couples to the others; with the
curvatures of the potential for these, the mode is let mix, and what remains is printed beside what it was.
"""

from __future__ import annotations

import argparse
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from first_principles import SETTINGS
from soft_modes import (
    SYMMETRY,
    Mode,
    Side,
    along,
    default_calculator,
    full_hessian,
    measure,
    modes_of,
    moved,
    reference_of,
    restore,
    secants,
    soft_directions,
    tangent,
)

from perovex._files import write_atomic
from perovex.datasets.first_principles import REFERENCE
from perovex.datasets.paths import write_checksums
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL
from perovex.elasticity.potentials.call_log import LoggedCalculator, read_calls
from perovex.elasticity.potentials.first_principles import FirstPrinciples
from perovex.elasticity.response.symmetry import find_symmetry

CRYSTALS = ("CsPbBr3_Pnma", "CsPbI3_Pnma")
LOG = "soft_mode_basis.jsonl"
LARGER = replace(SETTINGS, basis="TZVP-MOLOPT-SR-GTH", basis_file="BASIS_MOLOPT_UCL")


def check_basis(work: Path, out: Path | None) -> None:
    """Print the secants of the first mode with the larger basis, and write the calls if asked."""
    name = CRYSTALS[0]
    atoms, mode = reference_of(name), modes_of(name, work)[0]
    log = LoggedCalculator(lambda: FirstPrinciples(LARGER), work / LOG)
    displaced = moved(atoms, along(atoms, np.array(mode.direction), mode.amplitude))
    start, end = log.evaluate_many([atoms, displaced])
    slope = -float((end["forces"] * tangent(atoms, mode, 1)).sum())
    print(mode.mode, LARGER.basis, secants(start["energy"], [Side(end["energy"], slope)], mode.amplitude))
    if out is not None:
        about = {"crystal": name, "basis": LARGER.basis, "basis_file": LARGER.basis_file}
        text = "".join(json.dumps(about | call) + "\n" for call in read_calls(log.path))
        write_atomic(out / f"{LOG}.gz", gzip.compress(text.encode(), mtime=0))
        write_checksums(out)


def secant_product(mode: Mode, ends: list[dict[str, Any]], images: Any) -> np.ndarray:
    """Product (3N,) of the secant Hessian with the direction of a mode, eV/Å², from the forces at its ends."""
    forces = [(end["forces"] - end["forces"].mean(axis=0)).ravel() for end in ends]
    if not mode.two_sided:
        direction = np.array(mode.direction).ravel()
        opposite = int((images(direction[:, None])[:, :, 0] @ direction).argmin())
        forces.append(images(forces[0][:, None])[opposite, :, 0])
    return -(forces[0] - forces[1]) / (2 * mode.amplitude)


def mixed(curvatures: np.ndarray, number: int, couplings: np.ndarray) -> float:
    """Eigenvalue of the mode that keeps most of one direction, coupled to all others of given curvatures."""
    matrix = np.diag(curvatures).astype(float)
    matrix[number], matrix[:, number] = couplings, couplings
    values, vectors = np.linalg.eigh(matrix)
    return float(values[abs(vectors[number]).argmax()])


def check_mixing(name: str, work: Path) -> None:
    """Print curvatures along each mode as it is and let mix, by first principles and by the potential."""
    crystal = measure(name, work, {DEFAULT_POTENTIAL: default_calculator()})
    assert crystal is not None
    values, vectors = soft_directions(crystal.atoms, full_hessian(crystal.atoms, work / f"{name}.hessian.npy"))
    images = find_symmetry(crystal.atoms, SYMMETRY)[0].images
    for mode in crystal.modes:
        for source in (REFERENCE, DEFAULT_POTENTIAL):
            ends = [crystal.results[source][1 + crystal.keys.index((mode.mode, side))] for side in mode.sides]
            couplings = vectors @ secant_product(mode, ends, images)
            after = mixed(values, mode.mode, couplings)
            print(f"{name} {mode.mode} {source}: {couplings[mode.mode]:.3f}, mixed {after:.3f}")


def main() -> None:
    """Check basis and mixing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    restore(arguments.work)
    check_basis(arguments.work, arguments.out)
    for name in CRYSTALS:
        check_mixing(name, arguments.work)


if __name__ == "__main__":
    main()
