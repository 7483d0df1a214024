"""How well labels repeat: labels of two releases that have one name and potential but were made twice.

Usage: python benchmarks/repeated_labels.py data/elastic/0.8 data/elastic/1.0

The second ones start from the crystals that the first ones relaxed, so that they tell what protocol and convergence
leave open, not which minimum a crystal falls into.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from perovex.datasets import load_elastic
from perovex.datasets.elastic import TENSORS

MODULI = ("E_in_plane", "E_out_of_plane", "E_vrh", "E_vrh_soft_frozen")
LARGE = 5  # per cent


def made_twice(before: Path, after: Path) -> pd.DataFrame:
    """Rows of both releases side by side where the tensors differ; layered crystals."""
    stored = [json.loads((folder / TENSORS).read_text(encoding="utf-8")) for folder in (before, after)]
    labels = [load_elastic(folder, minima="all").labels for folder in (before, after)]
    accepted = [frame.index[(frame["status"] == "accepted") & np.isfinite(frame["n_layers"])] for frame in labels]
    shared = accepted[0].intersection(accepted[1])
    again = [name for name in shared if stored[0][name]["C_GPa"] != stored[1][name]["C_GPa"]]
    return labels[0].loc[again].add_suffix("_first").join(labels[1].loc[again].add_suffix("_second"))


def main() -> None:
    """Print the differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    asked = parser.parse_args()
    pairs = made_twice(asked.before, asked.after)
    for potential, frame in pairs.groupby("potential_second"):
        apart = 1e3 * ((frame["energy_second"] - frame["energy_first"]) / frame["n_atoms_second"]).abs().max()
        known = "" if np.isnan(apart) else f", energies at most {apart:.3f} meV an atom apart"
        print(f"\n{potential}: {len(frame)} labels made twice{known}")
        rows = {}
        for modulus in MODULI:
            change = 100 * (frame[f"{modulus}_second"].astype(float) / frame[f"{modulus}_first"].astype(float) - 1)
            size = change.abs()
            rows[modulus] = {
                "median, %": size.median(),
                "in nine of ten below, %": size.quantile(0.9),
                "largest, %": size.max(),
                "mean with sign, %": change.mean(),
                f"above {LARGE} %": int((size > LARGE).sum()),
            }
        print(pd.DataFrame(rows).T.round(2).to_markdown())
        far = frame[(frame["E_vrh_second"] / frame["E_vrh_first"] - 1).abs() > LARGE / 100]
        columns = ["lowest_eigenvalue_first", "lowest_eigenvalue_second", "E_vrh_first", "E_vrh_second"]
        print(far[columns].round(3).to_markdown() if len(far) else "none differs by more in E_vrh")


if __name__ == "__main__":
    main()
