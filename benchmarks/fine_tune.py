"""Is a potential tuned on first-principles calls better on crystals of spacers that it was not tuned on?

    python benchmarks/fine_tune.py --work FOLDER [--rate 1e-4] [--epochs 5] [--write]

The weights of the default potential are trained on by SevenNet's own trainer, at a small learning rate, on energies,
forces and stresses of the calls on file (PBE; dispersion is added afterwards, as in the labels). Crystals are left out
in folds, all of one spacer in one. Total energies of the two codes have different zeros, so that a crystal's energies
are counted from its first call. Every crystal is then judged by the weights that have not seen its spacer, as in
``benchmarks/potentials.py``, beside the weights as they come. Run it again to go on; a fold with weights is not trained
again. `--write` puts the table beside the calls.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ase.io
import numpy as np
import pandas as pd
import yaml
from ase.calculators.singlepoint import SinglePointCalculator
from potentials import judge

from perovex._files import write_atomic
from perovex.datasets import load_elastic
from perovex.datasets.first_principles import FirstPrinciplesData, load_first_principles
from perovex.datasets.paths import write_checksums
from perovex.elasticity.potentials.by_name import DEFAULT_POTENTIAL, make_calculator

if TYPE_CHECKING:
    from ase import Atoms

MODEL = DEFAULT_POTENTIAL.partition("+")[0]
LOSS = {"force_loss_weight": 1.0, "stress_loss_weight": 0.1}


def folds_of(data: FirstPrinciplesData, n_folds: int) -> list[list[str]]:
    """Crystals in folds of about as many calls each, those of one spacer together."""
    spacers = load_elastic(minima="all").table["spacer_smiles"].fillna("")
    groups: dict[str, list[str]] = {}
    for crystal in data.crystals:
        groups.setdefault(spacers.get(crystal, crystal) or crystal, []).append(crystal)
    calls = {crystal: data.manifest["crystals"][crystal]["calls"] for crystal in data.crystals}
    folds: list[list[str]] = [[] for _ in range(n_folds)]
    for group in sorted(groups.values(), key=lambda group: (-sum(calls[c] for c in group), group)):
        min(folds, key=lambda fold: sum(calls[c] for c in fold)).extend(group)
    return folds


def training_set(data: FirstPrinciplesData, crystals: list[str], potential: Any) -> list[Atoms]:
    """Calls of some crystals with energies counted from the potential's at the first call, and no net force."""
    configurations = []
    for crystal in crystals:
        calls = data.calls(crystal)
        first = calls[0].copy()
        first.calc = potential
        shift = first.get_potential_energy() - calls[0].get_potential_energy()
        for call in calls:
            atoms, forces = call.copy(), call.get_forces()
            atoms.calc = SinglePointCalculator(
                atoms,
                energy=call.get_potential_energy() + shift,
                forces=forces - forces.mean(axis=0),
                stress=call.get_stress(),
            )
            configurations.append(atoms)
    return configurations


def train(configurations: list[Atoms], folder: Path, rate: float, epochs: int) -> Path:
    """Train on from the weights that come with SevenNet; the checkpoint is the result."""
    from sevenn.util import load_checkpoint

    made = folder / f"checkpoint_{epochs}.pth"
    if made.exists():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    ase.io.write(folder / "train.extxyz", configurations)
    checkpoint = load_checkpoint(MODEL)
    settings = checkpoint.yaml_dict("continue")
    settings["model"] |= {"train_shift_scale": False, "train_denominator": False}
    settings["train"] = LOSS | {
        "random_seed": 0,
        "is_train_stress": True,
        "epoch": epochs,
        "per_epoch": epochs,
        "loss": "Huber",
        "loss_param": {"delta": 0.01},
        "optimizer": "adam",
        "optim_param": {"lr": rate},
        "scheduler": "exponentiallr",
        "scheduler_param": {"gamma": 0.9},
        "error_record": [["Energy", "RMSE"], ["Force", "RMSE"], ["Stress_GPa", "RMSE"], ["TotalLoss", "None"]],
        "continue": {
            "reset_optimizer": True,
            "reset_scheduler": True,
            "reset_epoch": True,
            "checkpoint": checkpoint.checkpoint_path,
        },
    }
    settings["data"] = {"batch_size": 1, "load_trainset_path": ["train.extxyz"], "data_format_args": {"index": ":"}}
    (folder / "input.yaml").write_text(yaml.safe_dump(settings))
    command = [sys.executable, "-c", "from sevenn.main.sevenn import main; main()", "train", "input.yaml", "-s"]
    subprocess.run(command, cwd=folder, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    return made


def main() -> None:
    """Train in folds and judge what was left out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    data = load_first_principles()
    untuned = make_calculator(DEFAULT_POTENTIAL)
    unseen_by: dict[str, Any] = {}
    for number, fold in enumerate(folds_of(data, arguments.folds)):
        seen = [crystal for crystal in data.crystals if crystal not in fold]
        folder = arguments.work / f"rate{arguments.rate:g}_epochs{arguments.epochs}_fold{number}"
        print(f"fold {number}: leaves out {', '.join(fold)}", flush=True)
        configurations = training_set(data, seen, make_calculator(MODEL))
        checkpoint = train(configurations, folder, arguments.rate, arguments.epochs)
        unseen_by |= dict.fromkeys(fold, make_calculator(f"{checkpoint}+d3"))
    rows = {}
    for name, calculator_of in (("as it comes", lambda _: untuned), ("tuned", unseen_by.__getitem__)):
        rows[name], moduli = judge(calculator_of, data)
        print(moduli.round(2).to_string(), flush=True)
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("weights")
    table.insert(0, "epochs", [0, arguments.epochs])
    table.insert(0, "rate", [np.nan, arguments.rate])
    print(table.T.round(3).to_string())
    if arguments.write:
        write_atomic(data.folder / "fine_tuned.csv", table.round(5).to_csv(lineterminator="\n").encode())
        write_checksums(data.folder)


if __name__ == "__main__":
    main()
