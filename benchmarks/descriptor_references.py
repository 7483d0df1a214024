"""Compare descriptors with published values, crystal by crystal.

Usage: python benchmarks/descriptor_references.py PAIRS.csv [--tolerance 0.01]

PAIRS.csv has the columns file (a structure file, relative to the table or absolute), key (a descriptor) and
value (the published number). One line is printed per key with the number of crystals compared, the median and
the largest absolute difference, then one line per crystal that differs by more than the tolerance (relative).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from perovex.descriptors import REGISTRY, HOIPFeaturizer


def compare(pairs: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Add the columns `ours`, `difference` and `error`."""
    files = list(dict.fromkeys(pairs["file"]))
    featurizer = HOIPFeaturizer(on_error="row")
    rows, errors = {}, {}
    for name in tqdm(files, desc="describe"):
        rows[name] = featurizer.transform([folder / name]).iloc[0]
        if len(featurizer.errors_):
            errors[name] = featurizer.errors_["kind"].iloc[0]
    pairs = pairs.copy()
    pairs["ours"] = [rows[f][k] for f, k in zip(pairs["file"], pairs["key"], strict=True)]
    pairs["error"] = pairs["file"].map(errors).fillna("")
    pairs["difference"] = pairs["ours"] - pairs["value"]
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--tolerance", type=float, default=0.01)
    options = parser.parse_args()
    pairs = pd.read_csv(options.pairs)
    REGISTRY.families()
    table = compare(pairs, options.pairs.parent)
    for key, group in table.groupby("key"):
        good = group[group["error"] == ""]
        off = good["difference"].abs()
        far = good[off > options.tolerance * good["value"].abs()]
        print(
            f"{key}: {len(good)} compared, {len(group) - len(good)} refused; median {off.median():.2g},"
            f" 95 % {off.quantile(0.95):.2g}, largest {off.max():.3g} {REGISTRY[key].unit}; {len(far)} apart"
        )
        for row in far.itertuples():
            print(f"  {row.file}: published {row.value:.5g}, here {row.ours:.5g}")
    refused = table[table["error"] != ""].drop_duplicates("file")
    for row in refused.itertuples():
        print(f"refused {row.file}: {row.error}")


if __name__ == "__main__":
    main()
