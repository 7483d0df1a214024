"""Ask how a compound of an unknown spacer is best made: from crystals of like spacers, from nothing, or from both.

    python benchmarks/like_spacers.py --out FOLDER                 not relaxed
    python benchmarks/like_spacers.py --out FOLDER --relax 80      eighty of them relaxed, too
    python benchmarks/like_spacers.py --out FOLDER --write         and what is measured into the manifest of the models

Released crystals are drawn at random and made as if nothing were known of their spacer: four times from nothing, and of
each of the four most alike other spacers with this metal and n (`perovex.building.shape_difference`) from the lowest
known crystal, its cations exchanged and its halide swapped where needed. Predictions of several are averaged as
`perovex predict` does. Models are trained anew without the spacer. Two of each are relaxed, in cells of at most 112
atoms: their mean, and the one that lies lowest in energy. Where that lies below the released crystal, it is the
answer instead; errors are against the label of the released one.

Crystals lie in FOLDER, one file each; an interrupted run goes on, several may share a folder to relax. What is measured
stands in the manifest of the models (``built_geometry``), from where predictions say it of these models alone. To make
240 compounds takes a quarter of an hour on two processors, to relax one crystal half a minute, to compare two minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from build import POTENTIAL, SAME, SHARE, TARGETS, Case, Store, cases
from held_out import described, layered_crystals, predict_without_spacer
from joblib import Parallel, delayed
from tqdm import tqdm

from perovex import describe, load_elastic
from perovex._seeds import seeds_of_builds
from perovex.building import build_layered
from perovex.building.compound import Compound
from perovex.elasticity.labels.records import claimed
from perovex.errors import PerovexError
from perovex.learn import ModelBundle
from perovex.learn.bundle.folder import annotate_model
from perovex.prediction import default_models
from perovex.prediction.built import N_BUILDS
from perovex.prediction.relatives import patterns_of_like_spacers
from perovex.prediction.relaxing import relax_by_potential

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymatgen.core import Structure

    from perovex.datasets.elastic import ElasticData

DRAWS = 4000
LARGEST = 112  # atoms
FROM_NOTHING = [f"nothing{k}" for k in range(N_BUILDS)]
OF_LIKE = [f"like{k}" for k in range(N_BUILDS)]
BOTH = [*FROM_NOTHING[: N_BUILDS // 2], *OF_LIKE[: N_BUILDS // 2]]
#: Which crystals are averaged; all is compared with the first.
WAYS = {
    "four from nothing": FROM_NOTHING,
    "one from nothing": FROM_NOTHING[:1],
    "one of a like spacer": OF_LIKE[:1],
    "two of like spacers": OF_LIKE[:2],
    "four of like spacers": OF_LIKE,
    "two of each": BOTH,
    "four of each": FROM_NOTHING + OF_LIKE,
}
RELAXED_WAYS = {
    "two of each": BOTH,
    "two from nothing": BOTH[: N_BUILDS // 2],
    "the lowest of all four": ["lowest"],
}
#: What goes into the manifest of the models, as predictions name it.
WRITTEN = {"like_spacer": "one of a like spacer", "built_and_like": "two of each"}
WRITTEN_RELAXED = {"relaxed": "the lowest of all four"}


def make(case: Case, store: Store) -> None:
    """Make a compound in all ways, unless that was done."""
    if store.record(case.name) is not None:
        return
    try:
        compound = Compound.read(case.smiles, case.metal, case.halide, case.n, case.cage or "MA")
    except PerovexError as error:  # a spacer that nothing is built with
        store.put(case.name, {"made": [], "reason": str(error)}, None)
        return
    made = dict(zip(OF_LIKE, patterns_of_like_spacers(compound, most=N_BUILDS), strict=False))
    for name, seed in zip(FROM_NOTHING, seeds_of_builds(0, N_BUILDS), strict=True):
        try:
            made[name] = build_layered(
                compound.spacer, compound.metal, compound.halide, compound.n, compound.cage, compound.stacking,
                random_state=seed,
            )  # fmt: skip
        except PerovexError:
            continue
    for name, structure in made.items():
        store.put(f"{case.name}.{name}", structure.properties["build"], structure)
    store.put(case.name, {"made": sorted(made)}, None)


def relax(drawn: list[Case], store: Store) -> None:
    """Relax two crystals of each sort; what another run relaxes just now is left to it."""
    for name in tqdm([f"{case.name}.{way}" for case in drawn for way in BOTH], desc="relax"):
        with claimed(store.folder / f".{name}.lock") as mine:
            if not mine or store.record(f"{name}.relaxed") is not None:
                continue
            try:
                structure = relax_by_potential(store.structure(name), POTENTIAL)
            except PerovexError as error:
                store.put(f"{name}.relaxed", {"reason": str(error)}, None)
            else:
                store.put(f"{name}.relaxed", {"reason": "", **structure.properties["relaxation"]}, structure)


def small(drawn: list[Case], store: Store) -> list[Case]:
    """Return compounds made in both ways, in cells of no more atoms than `LARGEST`."""
    made = [case for case in drawn if set(BOTH) <= set(store.record(case.name)["made"])]
    return [case for case in made if max(len(store.structure(f"{case.name}.{way}")) for way in BOTH) <= LARGEST]


def compare(told: Mapping[str, pd.Series], label: pd.Series, base: str) -> pd.DataFrame:
    """Compare ways: how far predictions move, how wrong they are, and both less what one of them does."""
    moves = {way: (told[way] - told["known"]).abs() for way in told}
    errors = {way: (told[way] - label).abs() for way in told}
    drawn = np.random.default_rng(0).integers(0, len(label), (DRAWS, len(label)))
    lines = {}
    for way in told:
        line = {
            "80 % move": moves[way].quantile(SHARE), "mean move": moves[way].mean(),
            "bias": (told[way] - told["known"]).mean(), "MAE": errors[way].mean(),
        }  # fmt: skip
        for kind, values in {"move": moves, "error": errors}.items():
            gained = (values[way] - values[base]).to_numpy()
            low, high = np.quantile(gained[drawn].mean(axis=1), [0.025, 0.975])
            line[f"{kind} less"] = f"{gained.mean():+.2f} [{low:+.2f}, {high:+.2f}]"
        lines[way] = line
    return pd.DataFrame(lines).T.infer_objects().round(2)


def averaged(told: Mapping[str, pd.Series], ways: Mapping[str, list[str]]) -> dict[str, pd.Series]:
    """Average predictions of several crystals of a compound by their logarithms, as predictions of builds are."""
    means = {way: np.exp(np.mean([np.log(told[one]) for one in several], axis=0)) for way, several in ways.items()}
    return {"known": told["known"], **{way: pd.Series(mean, told["known"].index) for way, mean in means.items()}}


def relaxed_crystals(data: ElasticData, chosen: list[Case], store: Store) -> dict[str, dict[str, Structure]]:
    """Return, way by way, the crystals of compounds of which all were relaxed; the lowest of each, and the answer."""
    ways: dict[str, dict[str, Structure]] = {way: {} for way in (*BOTH, "lowest", "known")}
    for case in chosen:
        records = {way: store.record(f"{case.name}.{way}.relaxed") for way in BOTH}
        energies = {
            way: record["energy_per_atom"] for way, record in records.items() if record and not record["reason"]
        }
        if None in records.values() or not energies:
            continue
        best = min(energies, key=lambda way: energies[way])
        for way in BOTH:  # one that was lost counts as the lowest does, which is what remains of it
            ways[way][case.name] = store.structure(f"{case.name}.{way if way in energies else best}.relaxed")
        ways["lowest"][case.name] = store.structure(f"{case.name}.{best}.relaxed")
        released = data.structures[case.name]
        of_released = float(data.table.loc[case.name, "energy"]) / len(released)
        per_metal = len(released) / released.composition[case.metal]
        lower = (of_released - energies[best]) * per_metal > SAME
        ways["known"][case.name] = ways["lowest"][case.name] if lower else released
    return ways


def describe_all(structures: Mapping[str, Structure], models: ModelBundle) -> pd.DataFrame:
    """Describe crystals: what models take."""
    return described({name: pd.Series(describe(structure)) for name, structure in structures.items()}, models)


def unrelaxed(drawn: list[Case], store: Store) -> dict[str, dict[str, Structure]]:
    """Return, way by way, the crystals of compounds that were made in all of them."""
    whole = set(FROM_NOTHING + OF_LIKE)
    made = [case.name for case in drawn if whole <= set((store.record(case.name) or {"made": ()})["made"])]
    return {way: {name: store.structure(f"{name}.{way}") for name in made} for way in sorted(whole)}


def tell(
    data: ElasticData,
    models: ModelBundle,
    crystals: dict[str, dict[str, Structure]],
    ways: Mapping[str, list[str]],
    written: Mapping[str, str],
) -> dict[str, dict]:
    """Print how ways compare, and return the entries of a manifest."""
    X = layered_crystals(data, models)
    made = {one: describe_all(structures, models) for one, structures in crystals.items()}
    names = list(next(iter(made.values())).index)
    made = {"known": X.loc[names], **made}
    base = next(iter(ways))
    entries = {kind: {"moves": {}, "n_crystals": len(names), "data": data.version} for kind in written}
    for target in TARGETS:
        told = predict_without_spacer(data, X, models, target, made, data.groups)
        table = compare(averaged(told, ways), data.table.loc[names, target], base)
        print(f"\n{target} of {len(names)} compounds, GPa; less than {base}\n{table.to_string()}")
        for kind, way in written.items():
            entries[kind]["moves"][target] = round(float(table.loc[way, "80 % move"]), 1)
    return entries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--crystals", type=int, default=240)
    parser.add_argument("--relax", type=int, default=0, metavar="N", help="relax N of them, drawn at random")
    parser.add_argument("--moduli", default="relaxed", choices=["relaxed", "soft_frozen"])
    parser.add_argument("--models", type=Path, help="folder of models; default: those that come with the package")
    parser.add_argument("--write", action="store_true", help="write what was measured into the manifest of the models")
    parser.add_argument("--no-report", action="store_true", help="make and relax only")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    data, store = load_elastic(potential=POTENTIAL, moduli=options.moduli), Store(options.out)
    known = [case for case in cases(data) if case.original and "." not in case.metal + case.smiles]
    drawn = sorted(known, key=lambda case: hashlib.sha256(case.name.encode()).digest())[: options.crystals]
    Parallel(2)(delayed(make)(case, store) for case in tqdm(drawn, desc="make"))
    chosen = small(drawn, store)[: options.relax] if options.relax else []
    relax(chosen, store)
    if options.no_report:
        return
    folder = options.models or default_models(options.moduli)
    models = ModelBundle.load(folder)
    measured = dict(models.manifest.get("built_geometry") or {"share": SHARE})
    measured |= tell(data, models, unrelaxed(drawn, store), WAYS, WRITTEN)
    if chosen:
        crystals = relaxed_crystals(data, chosen, store)
        below = sum(crystals["known"][name] is crystal for name, crystal in crystals["lowest"].items())
        print(f"\nrelaxed; the lowest of four lies below the released crystal in {below} of {len(crystals['known'])}")
        measured |= tell(data, models, crystals, RELAXED_WAYS, WRITTEN_RELAXED)
    if options.write:
        annotate_model(folder, built_geometry=measured)


if __name__ == "__main__":
    main()
