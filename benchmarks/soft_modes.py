"""Soft modes of the potential of the labels, by first principles and by other potentials: secants over finite steps.

    python benchmarks/soft_modes.py run --work FOLDER CRYSTAL ...
    python benchmarks/soft_modes.py collect --work FOLDER --out data/reference/first_principles [--potential NAME ...]

The curvature of a soft mode is below the noise of first-principles forces, a secant over a finite displacement is not.
`run` takes the Hessian of the potential at the reference crystals of `load_first_principles`, chooses a few of its
softest directions, displaces the crystal to both sides until that costs the potential 25 meV, and calls first
principles there. Displacements are bent such that bonds keep their lengths: on a straight line they would be stretched
in second order, and the forces that first principles leave at the reference would add to the curvature. One more call,
of the crystal moved as a whole against the grid, tells the noise. Each call is on file at once; run it again to go on;
what the bundled data hold is not repeated. Where a symmetry turns a mode into its negative, one side tells the other.
`collect` asks the potentials for the same configurations and writes the secants, with every call.
"""

from __future__ import annotations

import argparse
import gzip
import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from first_principles import SETTINGS, make_dispersion
from potentials import NITROGEN, POTENTIALS

from perovex._files import write_atomic
from perovex.datasets import data_root, load_first_principles
from perovex.datasets.first_principles import BARE, REFERENCE, secant_errors
from perovex.datasets.paths import write_checksums
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator
from perovex.elasticity.potentials.call_log import SAME, LoggedCalculator
from perovex.elasticity.potentials.first_principles import FirstPrinciples
from perovex.elasticity.relaxation.curvilinear import StiffPairs
from perovex.elasticity.response.symmetry import find_symmetry
from perovex.elasticity.surface import evaluate_many

if TYPE_CHECKING:
    from ase import Atoms

TABLE = "soft_modes"
SYMMETRY = 1e-3  # Angstrom: how well a crystal obeys the operations that spare a side
STEP = 0.01  # Angstrom, of one coordinate, for the Hessian of the potential
BATCH = 16
WANTED = (0.03, 0.08, 0.2, 0.4)  # eV/Angstrom^2: the modes with curvatures nearest to these
WORTH = 1.4  # factor of curvature by which a mode may be further off if it takes half the calls
RISE = 0.025  # eV: what a displacement costs the potential, kT at room temperature
CLOSE = 0.02  # and how nearly
BEND = 0.05  # share of an amplitude over which the tangent is taken
SHIFT = (0.113, 0.317, 0.229)  # Angstrom, of the crystal as a whole: a fraction of the spacing of every grid


@dataclass(frozen=True)
class Mode:
    """A direction of one crystal.

    Attributes
    ----------
    mode : int
        From the softest, the translations left out.
    curvature : float
        Of the potential of the labels, eV/Å².
    amplitude : float
        Å along the direction.
    two_sided : bool
        Whether no symmetry turns the mode into its negative.
    direction : list of list of float, (N, 3)
        Of unit length over the whole cell.
    """

    mode: int
    curvature: float
    amplitude: float
    two_sided: bool
    direction: list[list[float]]

    @property
    def sides(self) -> tuple[int, ...]:
        """Sides that take a call."""
        return (1, -1) if self.two_sided else (1,)


@dataclass(frozen=True)
class Side:
    """Energy (eV) and slope of the energy along the path (eV/Å) at one end of it."""

    energy: float
    slope: float


@dataclass(frozen=True)
class Secants:
    """Curvature between the two ends of a path (eV/Å²), from energies and from forces, each with its error."""

    energy: float
    force: float
    energy_error: float = 0.0
    force_error: float = 0.0


def secants(start: float, sides: list[Side], amplitude: float, noise: tuple[float, float] = (0.0, 0.0)) -> Secants:
    """Secants of a path from its start (energy, eV) to an amplitude (Å) on both sides, or on one that tells the other.

    `noise` is that of an energy (eV) and of a slope (eV/Å), one standard deviation.
    """
    up, down = sides[0], sides[1] if len(sides) == 2 else Side(sides[0].energy, -sides[0].slope)
    energy = (up.energy + down.energy - 2 * start) / amplitude**2
    force = (up.slope - down.slope) / (2 * amplitude)
    variances = 6 if len(sides) == 2 else 8  # of an energy; a side that tells the other errs with it
    energy_error = np.sqrt(variances) * noise[0] / amplitude**2
    return Secants(energy, force, float(energy_error), float(noise[1] / amplitude / np.sqrt(len(sides))))


def noise_of_slope(numbers: np.ndarray, change: np.ndarray, direction: np.ndarray) -> float:
    """Noise of the slope of the energy along a direction (N, 3), eV/Å, from what forces change by as a crystal shifts.

    The change (N, 3) ought to be zero, and has twice the variance of one call. The larger of two estimates: what it is
    along the direction, a single draw, and what it would be if atoms erred independently, all of an element alike.
    """
    centred = change - change.mean(axis=0)
    variances = {z: (centred[numbers == z] ** 2).mean() for z in np.unique(numbers)}
    independent = sum(variances[z] * (d**2).sum() for z, d in zip(numbers, direction, strict=True))
    return float(np.sqrt(max(independent, (centred * direction).sum() ** 2) / 2))


@cache
def default_calculator():
    """The potential of the labels."""
    return make_calculator(DEFAULT_POTENTIAL)


def reference_of(name: str) -> Atoms:
    """Reference crystal, where the potential has it at rest."""
    atoms = load_first_principles().calls(name)[0].copy()
    atoms.calc = None
    return atoms


def moved(atoms: Atoms, displacement: np.ndarray) -> Atoms:
    """Copy with the atoms displaced, Å."""
    copy = atoms.copy()
    copy.positions = atoms.positions + displacement
    return copy


def full_hessian(atoms: Atoms, file: Path) -> np.ndarray:
    """Hessian (3N, 3N) of the potential by central differences, eV/Å², kept in a file."""
    if not file.exists():
        size = 3 * len(atoms)
        rows = np.empty((size, size))
        for first in range(0, size, BATCH // 2):
            units = np.eye(size)[first : first + BATCH // 2].reshape(-1, len(atoms), 3)
            sides = [moved(atoms, sign * STEP * unit) for unit in units for sign in (1, -1)]
            forces = np.array([result["forces"].ravel() for result in evaluate_many(default_calculator(), sides)])
            rows[first : first + len(units)] = (forces[1::2] - forces[::2]) / (2 * STEP)
        np.save(file, (rows + rows.T) / 2)
    return np.load(file)


def chosen(values: np.ndarray, one_sided: np.ndarray) -> list[int]:
    """Numbers of the modes whose curvatures are nearest to the wanted ones, on a logarithmic scale.

    Modes of which one side tells the other, and which take half the calls, are taken where they are nearly as near.
    """
    taken: list[int] = []
    for wanted in WANTED:
        apart = abs(np.log(np.clip(values, 1e-3, None) / wanted)) + np.log(WORTH) * ~one_sided
        apart[taken] = np.inf
        taken.append(int(apart.argmin()))
    return sorted(taken)


def along(atoms: Atoms, direction: np.ndarray, amount: float) -> np.ndarray:
    """Displacements (N, 3) in Å by an amount along a direction, bent such that stiff pairs keep their lengths."""
    cell = np.asarray(atoms.cell)
    step = np.concatenate([amount * direction.ravel(), np.zeros(6)])
    bent, _ = StiffPairs.of(atoms, 1.0).bent(atoms.positions, cell, step)
    shift = bent[:-6].reshape(-1, 3)
    return shift - shift.mean(axis=0)


def amplitude_of(atoms: Atoms, direction: np.ndarray, curvature: float) -> float:
    """Amplitude (Å) that costs the potential `RISE` on the average of both sides."""
    amplitude = np.sqrt(2 * RISE / max(curvature, 0.02))
    for _ in range(20):
        sides = [moved(atoms, along(atoms, direction, step)) for step in (0.0, amplitude, -amplitude)]
        start, up, down = (result["energy"] for result in evaluate_many(default_calculator(), sides))
        ratio = max(((up + down) / 2 - start) / RISE, 0.1)
        if abs(ratio - 1) < CLOSE:
            break
        amplitude *= ratio ** (-1 / 3)  # between a parabola and a quartic
    return float(amplitude)


def soft_directions(atoms: Atoms, hessian: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Curvatures (eV/Å²) and directions (k, 3N), the softest first, translations left out."""
    shift = np.tile(np.eye(3), len(atoms)).T / np.sqrt(len(atoms))
    values, vectors = np.linalg.eigh(hessian + 1e3 * shift @ shift.T)
    return values[:-3], vectors.T[:-3]


def modes_of(name: str, work: Path) -> list[Mode]:
    """Modes of a crystal that are compared, from the file or chosen now."""
    file = work / f"{name}.modes.json"
    if not file.exists():
        atoms = reference_of(name)
        values, vectors = soft_directions(atoms, full_hessian(atoms, work / f"{name}.hessian.npy"))
        images = find_symmetry(atoms, SYMMETRY)[0].images(vectors.T)
        one_sided = np.einsum("gik,ki->gk", images, vectors).min(axis=0) < -0.999
        made = []
        for number in chosen(values, one_sided):
            direction = vectors[number].reshape(-1, 3)
            amplitude = amplitude_of(atoms, direction, values[number])
            two_sided = not one_sided[number]
            made.append(Mode(number, float(values[number]), amplitude, two_sided, direction.tolist()))
        write_atomic(file, json.dumps([asdict(mode) for mode in made]).encode())
    return [Mode(**mode) for mode in json.loads(file.read_text())]


def configurations(name: str, modes: list[Mode]) -> list[tuple[Mode | None, int, Atoms]]:
    """Mode, side and crystal of each call: the shifted crystal (no mode), then the modes, those of one side first."""
    atoms = reference_of(name)
    made: list[tuple[Mode | None, int, Atoms]] = [
        (mode, side, moved(atoms, along(atoms, np.array(mode.direction), side * mode.amplitude)))
        for mode in sorted(modes, key=lambda mode: mode.two_sided)
        for side in mode.sides
    ]
    return [(None, 0, moved(atoms, np.array(SHIFT))), *made]


def restore(work: Path) -> None:
    """Take up the calls and modes that the bundled data hold, as far as the folder has none of a crystal."""
    work.mkdir(parents=True, exist_ok=True)
    bundled = data_root() / "reference" / "first_principles" / f"{TABLE}.jsonl.gz"
    if not bundled.exists():
        return
    calls = [json.loads(line) for line in gzip.decompress(bundled.read_bytes()).splitlines()]
    for name in {call["crystal"] for call in calls}:
        own = [call for call in calls if call["crystal"] == name]
        if not (work / f"{name}.soft.jsonl").exists():
            modes = {
                call["mode"]: {key: call[key] for key in Mode.__dataclass_fields__} for call in own if call["side"]
            }
            write_atomic(work / f"{name}.modes.json", json.dumps([modes[key] for key in sorted(modes)]).encode())
            write_atomic(work / f"{name}.soft.jsonl", "".join(json.dumps(call) + "\n" for call in own).encode())


def log_of(name: str, work: Path) -> LoggedCalculator:
    """First-principles calls of one crystal."""
    return LoggedCalculator(lambda: FirstPrinciples(SETTINGS), work / f"{name}.soft.jsonl")


def run(names: list[str], work: Path) -> None:
    """Make the calls of some crystals, one after another."""
    restore(work)
    for name in names:
        log = log_of(name, work)
        for _, _, crystal in configurations(name, modes_of(name, work)):
            log.evaluate_many([crystal])
            print(f"{name}: {len(log.calls)} calls, the last in {log.calls[-1]['seconds']:.0f} s", flush=True)


def tangent(atoms: Atoms, mode: Mode, side: int) -> np.ndarray:
    """Change of the positions (N, 3) with the coordinate of a path at one of its ends."""
    further, nearer = (
        along(atoms, np.array(mode.direction), side * mode.amplitude * share) for share in (1 + BEND, 1 - BEND)
    )
    return side * (further - nearer) / (2 * BEND * mode.amplitude)


@dataclass(frozen=True)
class Measured:
    """What was called for one crystal: modes, their sides, and what each source says, the reference first."""

    name: str
    atoms: Atoms
    modes: list[Mode]
    keys: list[tuple[int | None, int]]
    results: dict[str, list[dict[str, Any]]]

    def change(self, source: str, key: str) -> Any:
        """Change of energy (eV) or forces (N, 3) as the crystal shifts."""
        results = self.results[source]
        return results[1 + self.keys.index((None, 0))][key] - results[0][key]

    def secants(self, source: str, mode: Mode, noise_of_energy: float) -> Secants:
        """Secants of one mode."""
        results, change = self.results[source], self.change(source, "forces")
        ends, noises = [], []
        for side in mode.sides:
            result, t = results[1 + self.keys.index((mode.mode, side))], tangent(self.atoms, mode, side)
            ends.append(Side(result["energy"], -float((result["forces"] * t).sum())))
            noises.append(noise_of_slope(self.atoms.numbers, change, t))
        return secants(results[0]["energy"], ends, mode.amplitude, (noise_of_energy, float(np.mean(noises))))


def on_file(name: str, work: Path) -> list[tuple[Mode | None, int, dict[str, Any]]]:
    """Mode, side and call of what is on file of a crystal."""
    made, calls = [], log_of(name, work).calls
    for mode, side, crystal in configurations(name, modes_of(name, work)):
        same = [call for call in calls if np.allclose(call["positions"], crystal.positions, rtol=0, atol=SAME)]
        made += [(mode, side, call) for call in same[:1]]
    return made


def measure(name: str, work: Path, potentials: dict[str, Any]) -> Measured | None:
    """What first principles and potentials say of modes whose sides are on file; None without the shifted crystal."""
    calls = {(mode.mode if mode else None, side): call for mode, side, call in on_file(name, work)}
    modes = [mode for mode in modes_of(name, work) if all((mode.mode, side) in calls for side in mode.sides)]
    if not modes or (None, 0) not in calls:
        return None
    reference, atoms = load_first_principles().calls(name)[0], reference_of(name)
    start = {"energy": reference.get_potential_energy(), "forces": reference.get_forces(), "positions": atoms.positions}
    bare = [{key: np.asarray(call[key]) for key in start} for call in (start, *calls.values())]
    crystals = [moved(atoms, call["positions"] - atoms.positions) for call in bare]
    added = evaluate_many(make_dispersion(), [crystal.copy() for crystal in crystals])
    dispersed = [{key: one[key] + d3[key] for key in ("energy", "forces")} for one, d3 in zip(bare, added, strict=True)]
    results = {BARE: bare, REFERENCE: dispersed}
    for potential, calculator in potentials.items():
        results[potential] = evaluate_many(calculator, [crystal.copy() for crystal in crystals])
    return Measured(name, atoms, modes, list(calls), results)


def noise_of_energies(crystals: list[Measured]) -> dict[str, float]:
    """Noise of an energy (eV) of each crystal, one value for all with nitrogen, whose pseudopotential is noisy."""
    noisy = {crystal.name: bool((crystal.atoms.numbers == NITROGEN).any()) for crystal in crystals}
    changes = {crystal.name: crystal.change(BARE, "energy") for crystal in crystals}
    alike = {name: [changes[other] for other in noisy if noisy[other] == noisy[name]] for name in noisy}
    return {name: float(np.sqrt(np.mean(np.square(draws)) / 2)) for name, draws in alike.items()}


def table_of(crystals: list[Measured]) -> pd.DataFrame:
    """One row per crystal, mode and source."""
    noise = noise_of_energies(crystals)
    rows = []
    for crystal in crystals:
        for mode in crystal.modes:
            for source in crystal.results:
                is_noisy = source in (BARE, REFERENCE)
                made = crystal.secants(source, mode, noise[crystal.name] if is_noisy else 0.0)
                rows.append(
                    {
                        "crystal": crystal.name,
                        "mode": mode.mode,
                        "source": source,
                        "calls": len(mode.sides),
                        "amplitude_A": mode.amplitude,
                        "curvature_eV_per_A2": mode.curvature,
                        "secant_energy_eV_per_A2": made.energy,
                        "secant_force_eV_per_A2": made.force,
                        "energy_error_eV_per_A2": made.energy_error,
                        "force_error_eV_per_A2": made.force_error if is_noisy else 0.0,
                    }
                )
    return pd.DataFrame(rows)


def lines_of(name: str, work: Path) -> list[str]:
    """Calls of a crystal as lines of JSON, each with its crystal, mode and side."""
    lines = []
    for mode, side, call in on_file(name, work):
        about = {"crystal": name, "side": side} | (asdict(mode) if mode else {"mode": None})
        lines.append(json.dumps(about | {key: value for key, value in call.items() if key not in about}) + "\n")
    return lines


def collect(work: Path, out: Path, names: list[str]) -> None:
    """Write the table of secants and all calls."""
    restore(work)
    crystals = sorted(file.name.removesuffix(".soft.jsonl") for file in work.glob("*.soft.jsonl"))
    potentials = {name: make_calculator(name) for name in names}
    table = table_of([made for name in crystals if (made := measure(name, work, potentials))])
    print(table.to_string(), secant_errors(table).to_string(), sep="\n")
    text = "".join(line for name in crystals for line in lines_of(name, work))
    write_atomic(out / f"{TABLE}.jsonl.gz", gzip.compress(text.encode(), mtime=0))
    write_atomic(out / f"{TABLE}.csv", table.round(6).to_csv(index=False, lineterminator="\n").encode())
    write_checksums(out)


def main() -> None:
    """Run or collect."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["run", "collect"])
    parser.add_argument("crystals", nargs="*", help="crystals of load_first_principles()")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--potential", nargs="+", default=list(POTENTIALS))
    arguments = parser.parse_intermixed_args()
    if arguments.task == "run":
        run(arguments.crystals, arguments.work)
    else:
        collect(arguments.work, arguments.out, arguments.potential)


if __name__ == "__main__":
    main()
