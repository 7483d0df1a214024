"""Ask whether a compound of an unknown spacer is better made from a crystal of a like spacer than built from nothing.

    python benchmarks/like_spacers.py --built FOLDER [--crystals 60] [--moduli relaxed] [--write]

Released crystals are drawn at random and made as if nothing were known of their spacer: of the most alike other spacer
with this metal and n (`perovex.building.shape_difference`) the lowest known crystal, its cations exchanged and its
halide swapped where needed. Beside it stands the crystal that ``benchmarks/build.py --out FOLDER`` built from nothing,
and the mean of both predictions. Models are trained anew without the spacer. Five minutes on two processors; --write
puts how far predictions move into the manifest of the models (``built_geometry``).
"""

from __future__ import annotations

import argparse
import hashlib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from build import POTENTIAL, SHARE, TARGETS, Case, Store, cases
from held_out import described, layered_crystals, predict_without_spacer
from joblib import Parallel, delayed
from tqdm import tqdm

from perovex import describe, load_elastic
from perovex.building.compound import Compound
from perovex.learn import ModelBundle
from perovex.learn.bundle.folder import annotate_model
from perovex.prediction import default_models
from perovex.prediction.relatives import patterns_of_like_spacers

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAWS = 4000


def made_of_like(case: Case) -> pd.Series | None:
    """Describe what is made of the most alike other spacer; None if nothing is."""
    compound = Compound.read(case.smiles, case.metal, case.halide, case.n, case.cage or "MA")
    made = patterns_of_like_spacers(compound, most=1)
    return pd.Series(describe(made[0])) if made else None


def compare(told: Mapping[str, pd.Series], label: pd.Series) -> pd.DataFrame:
    """Compare ways: how far predictions move, how wrong they are, and both less what building from nothing does."""
    moves = {way: (told[way] - told["known"]).abs() for way in told}
    errors = {way: (told[way] - label).abs() for way in told}
    drawn = np.random.default_rng(0).integers(0, len(label), (DRAWS, len(label)))
    lines = {}
    for way in told:
        line = {"80 % move": moves[way].quantile(SHARE), "mean move": moves[way].mean(), "MAE": errors[way].mean()}
        for kind, values in {"move": moves, "error": errors}.items():
            gained = (values[way] - values["from nothing"]).to_numpy()
            low, high = np.quantile(gained[drawn].mean(axis=1), [0.025, 0.975])
            line[f"{kind} less that from nothing"] = f"{gained.mean():+.2f} [{low:+.2f}, {high:+.2f}]"
        lines[way] = line
    return pd.DataFrame(lines).T


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--built", type=Path, required=True, help="folder of benchmarks/build.py")
    parser.add_argument("--crystals", type=int, default=60)
    parser.add_argument("--moduli", default="relaxed", choices=["relaxed", "soft_frozen"])
    parser.add_argument("--models", type=Path, help="folder of models; default: those that come with the package")
    parser.add_argument("--write", action="store_true", help="write what was measured into the manifest of the models")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    data, store = load_elastic(potential=POTENTIAL, moduli=options.moduli), Store(options.built)
    folder = options.models or default_models(options.moduli)
    models = ModelBundle.load(folder)
    known = [case for case in cases(data) if case.original and "." not in case.metal + case.smiles]
    drawn = sorted(known, key=lambda case: hashlib.sha256(case.name.encode()).digest())[: options.crystals]
    drawn = [case for case in drawn if (store.record(case.name) or {"reason": "not built"})["reason"] == ""]
    made = Parallel(2)(delayed(made_of_like)(case) for case in tqdm(drawn, desc="like spacers"))
    like = {case.name: one for case, one in zip(drawn, made, strict=True) if one is not None}
    X = layered_crystals(data, models)
    nothing = {name: pd.Series(describe(store.structure(name))) for name in like}
    ways = {
        "known": X.loc[list(like)],
        "like spacer": described(like, models),
        "from nothing": described(nothing, models),
    }
    print(f"{len(drawn)} drawn and built from nothing, {len(like)} made from a like spacer")
    moves = {}
    for target in TARGETS:
        told = predict_without_spacer(data, X, models, target, ways, data.groups)
        told["mean of both"] = np.sqrt(told["like spacer"] * told["from nothing"])
        table = compare(told, data.table.loc[list(like), target])
        moves[target] = round(float(table.loc["like spacer", "80 % move"]), 1)
        print(f"\n{target}, GPa\n{table.infer_objects().round(2).to_string()}")
    if options.write:
        measured = dict(models.manifest.get("built_geometry") or {"share": SHARE})
        annotate_model(folder, built_geometry=measured | {"like_spacer": {"moves": moves, "n_crystals": len(like)}})


if __name__ == "__main__":
    main()
