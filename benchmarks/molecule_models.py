"""Train the models of rung (a), measure them on spacers held out, and compare rung (b) with them.

    python benchmarks/molecule_models.py                      writes data/models/molecule_relaxed and _soft_frozen
    python benchmarks/molecule_models.py --out FOLDER         writes them elsewhere
    python benchmarks/molecule_models.py --built FILE         also compares with rung (b): every layered crystal of the
                                                              data is built from SMILES, metal, halide and n alone,
                                                              described, and predicted by models that did not see its
                                                              spacer; FILE (.parquet) keeps what was built, and an
                                                              interrupted run goes on with it
    python benchmarks/molecule_models.py --relatives FILE     only compares: crystals made from known crystals of the
                                                              same spacer with another composition, predicted by models
                                                              that saw no label of it

The comparison with --built goes into the manifests (``rungs``), from where `perovex screen` says which rung it uses and
why.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tqdm import tqdm

from perovex._bundled import data_root
from perovex._files import write_atomic
from perovex.building import from_known
from perovex.building.cation import CAGE_SMILES
from perovex.building.compound import Compound
from perovex.datasets import load_elastic
from perovex.datasets.relatives import known_crystals
from perovex.descriptors.batch import describe_item
from perovex.errors import BuildError, PerovexError
from perovex.prediction.built import build_and_describe
from perovex.screening import fit_molecule_models
from perovex.screening.comparison import compare_rungs
from perovex.screening.model import cage_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from perovex.descriptors.batch import Described

KINDS = ("relaxed", "soft_frozen")


def of_each(store: Path, make: Callable[[pd.Series], Described]) -> pd.DataFrame:
    """Describe what is made of every layered crystal of the data; rows that exist are kept."""
    done = pd.read_parquet(store) if store.is_file() else pd.DataFrame({"crystal_id": []})
    table = load_elastic().table
    layered = table[np.isfinite(table["n_layers"])]
    rows = done.to_dict("records")
    for name, row in tqdm(layered.drop(index=list(done["crystal_id"]), errors="ignore").iterrows()):
        start = time.process_time()
        try:
            described = make(row)
            values, error = dict(described.values or {}), str(described.error or "")
        except PerovexError as refused:
            values, error = {}, str(refused)
        rows.append({"crystal_id": name, "error": error, "cpu": time.process_time() - start, **values})
        write_atomic(store, pd.DataFrame(rows).to_parquet())
    return pd.DataFrame(rows).set_index("crystal_id")


def build(row: pd.Series) -> Described:
    """Build a crystal from nothing."""
    spacer = row["spacer_smiles"].split(".")[0]
    compound = Compound.read(spacer, row["metal"], row["halide"], row["n_layers"], cage_name(row["cage"]))
    return build_and_describe(compound, 0)


def make_from_relatives(row: pd.Series) -> Described:
    """Make a crystal from another composition of its spacer."""
    spacer, own = row["spacer_smiles"].split(".")[0], (row["metal"], row["halide"], float(row["n_layers"]))
    relatives = [
        crystal
        for crystal in known_crystals(spacer)
        if ("/".join(crystal.metals), "/".join(crystal.halides), crystal.n_layers) != own
    ]
    cage = CAGE_SMILES[cage_name(row["cage"])] if own[2] > 1 else None
    made = from_known(relatives, spacer, own[0], own[1], round(own[2]), cage)
    if made is None:
        raise BuildError("no known relative")
    return describe_item(made)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=data_root() / "models")
    parser.add_argument("--built", type=Path, help="compare with rung (b), keeping what was built here")
    parser.add_argument("--relatives", type=Path, help="compare crystals made from known relatives, kept here")
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    if given.relatives is not None:
        made = of_each(given.relatives, make_from_relatives)
        for kind in KINDS:
            compared = compare_rungs(load_elastic(moduli=kind), made, n_repeats=given.repeats)
            for target, measured in compared.items():
                print(f"{kind}, {target}: " + ", ".join(f"{key} {_shown(value)}" for key, value in measured.items()))
        return
    built = None if given.built is None else of_each(given.built, build)
    for kind in KINDS:
        data = load_elastic(moduli=kind)
        bundle = fit_molecule_models(data, n_repeats=given.repeats, progress=True)
        if built is not None:
            bundle.manifest["rungs"] = compare_rungs(data, built, n_repeats=given.repeats)
        folder = bundle.save(given.out / f"molecule_{kind}")
        print(f"{folder}:")
        for target, measured in bundle.manifest["accuracy"].items():
            print(f"  {target}: " + ", ".join(f"{key} {_shown(value)}" for key, value in measured.items()))
        for target, measured in bundle.manifest.get("rungs", {}).items():
            print(f"  rungs, {target}: " + ", ".join(f"{key} {_shown(value)}" for key, value in measured.items()))


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} {_shown(one)}" for key, one in value.items()) + "}"
    return "[" + ", ".join(f"{one:.3f}" for one in value) + "]" if isinstance(value, list) else str(value)


if __name__ == "__main__":
    main()
