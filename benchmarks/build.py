"""Rebuild known crystals from their SMILES, relax them, and say how far they miss.

    python benchmarks/build.py --out FOLDER                build all bundled layered crystals, compare unrelaxed
    python benchmarks/build.py --out FOLDER --relax        relax ten of them and a few Ruddlesden-Popper crystals, too
    python benchmarks/build.py --out FOLDER --relax --sample 30     and thirty drawn at random, of at most 90 atoms

Each crystal is one file in FOLDER; an interrupted run goes on where it stopped, and several may share a folder.
``index.csv`` lists the relaxed crystals. How far built geometries move predictions is asked of the models that come
with the package (or ``--models``), trained anew without the spacer; with ``--write`` it goes into their manifest
(``built_geometry``), from where predictions say it of these models alone. The reference is the bundled data: crystals
relaxed with the same potential, most of them from generated Dion-Jacobson models. The builder sees SMILES, metal,
halide and n, nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import io
import json
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import ase.io
import numpy as np
import pandas as pd
from held_out import described, predict_without_spacer
from pymatgen.io.ase import AseAtomsAdaptor
from pyrovskite_peer import peer_table
from tqdm import tqdm

from perovex import describe, load_elastic, perceive
from perovex._files import write_atomic
from perovex.building import build_layered, relax_built
from perovex.errors import PerovexError
from perovex.learn import ModelBundle
from perovex.learn.bundle.folder import annotate_model
from perovex.prediction import default_models

if TYPE_CHECKING:
    from pymatgen.core import Structure

POTENTIAL = "7net-l3i5+d3"
#: Rebuilt, relaxed and compared with the relaxed original: spacers of the factorial, three halides, n = 1 and 2.
RELAXED = (
    "s01_PbI_n1", "s02_PbI_n1", "s11_PbI_n1", "s01_PbCl_n1", "s07_PbBr_n1", "s14_PbI_n1", "s04_PbBr_n1",
    "s05_PbCl_n1", "s13_PbI_n1", "s07_PbBr_n2",
)  # fmt: skip
#: Ruddlesden-Popper crystals without an original here: name, SMILES, metal, halide, n, cage.
MORE = (
    ("BA2PbI4", "CCCC[NH3+]", "Pb", "I", 1, ""),
    ("BA2CsPb2I7", "CCCC[NH3+]", "Pb", "I", 2, "Cs"),
    ("PEA2PbI4", "[NH3+]CCc1ccccc1", "Pb", "I", 1, ""),
    ("BA2MAPb2I7", "CCCC[NH3+]", "Pb", "I", 2, "MA"),
    ("BA2FAPb2I7", "CCCC[NH3+]", "Pb", "I", 2, "FA"),
    ("PEA2SnI4", "[NH3+]CCc1ccccc1", "Sn", "I", 1, ""),
    ("PEA2CsPb2I7", "[NH3+]CCc1ccccc1", "Pb", "I", 2, "Cs"),
    ("BA2PbBr4", "CCCC[NH3+]", "Pb", "Br", 1, ""),
)  # fmt: skip
LARGEST_DRAWN = 90  # atoms
#: Compared one by one; all others by family.
SHOWN = {
    "layer_period": "%",
    "area_per_metal": "%",
    "volume_per_metal": "%",
    "bridge_angle_equatorial_mean": "deg",
    "tilt_in_plane_mean": "deg",
    "tilt_out_of_plane_mean": "deg",
    "layer_shift_max": "",
    "penetration_mean": "Å",
    "nitrogen_halide_distance_mean": "Å",
    "spacer_tilt": "deg",
}
TARGETS = ("E_in_plane", "E_out_of_plane", "E_vrh")
SHARE = 0.8  # of known crystals whose prediction moves by no more than what is reported
SAME = 3e-3  # eV per metal within which two minima count as equally low


@dataclass(frozen=True)
class Case:
    """One crystal to build; `original` names it in the bundled data."""

    name: str
    smiles: str
    metal: str
    halide: str
    n: int
    cage: str = ""
    original: bool = True


class Store:
    """Files of one run: NAME.json and NAME.extxyz, or NAME.relaxed.json and NAME.relaxed.extxyz."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def record(self, name: str) -> dict | None:
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text()) if path.is_file() else None

    def structure(self, name: str) -> Structure:
        return AseAtomsAdaptor.get_structure(ase.io.read(self.folder / f"{name}.extxyz"))

    def put(self, name: str, record: dict, structure: Structure | None) -> None:
        if structure is not None:
            plain = structure.copy()
            plain.properties = {}
            text = io.StringIO()
            ase.io.write(text, plain.to_ase_atoms(), format="extxyz")
            write_atomic(self.folder / f"{name}.extxyz", text.getvalue().encode())
        write_atomic(self.folder / f"{name}.json", (json.dumps(record) + "\n").encode())


def cases(data) -> list[Case]:
    """All layered crystals of the data, then those without an original."""
    table = data.table[np.isfinite(data.table["n_layers"])]
    known = [
        Case(str(name), row.spacer_smiles, row.metal, row.halide, int(row.n_layers), "MA" if row.n_layers > 1 else "")
        for name, row in table.iterrows()
    ]
    order = {name: k for k, name in enumerate(RELAXED)}
    known.sort(key=lambda case: order.get(case.name, len(order)))
    return known + [Case(*fields, original=False) for fields in MORE]


def chosen(todo: list[Case], data, sample: int) -> list[Case]:
    """Return the crystals to relax: those named above, and a random sample that more data only adds to."""
    named = [case for case in todo if case.name in RELAXED or not case.original]
    small = [c for c in todo if c.original and c not in named and len(data.structures[c.name]) <= LARGEST_DRAWN]
    return named + sorted(small, key=lambda case: hashlib.sha256(case.name.encode()).digest())[:sample]


def build(case: Case, store: Store) -> None:
    """Build one crystal unless that was done."""
    if store.record(case.name) is not None:
        return
    start = time.process_time()
    record = asdict(case) | {"reason": ""}
    structure = None
    try:
        structure = build_layered(case.smiles, case.metal, case.halide, case.n, case.cage or "MA")
        record["stacking"] = structure.properties["build"]["stacking"]
    except PerovexError as error:
        record["reason"] = str(error)
    store.put(case.name, record | {"cpu_seconds": round(time.process_time() - start, 2)}, structure)


def relax(case: Case, store: Store, calculator) -> None:
    """Relax one built crystal unless that was done; perception must find the same crystal again."""
    from perovex.elasticity import relax_atoms

    name = f"{case.name}.relaxed"
    if store.record(name) is not None or store.record(case.name)["reason"]:
        return
    record, structure = {"reason": ""}, None
    start = time.process_time()
    try:
        structure = relax_built(store.structure(case.name), calculator, engine=relax_atoms)
        record |= structure.properties["relaxation"] | {"stacking": perceive(structure).stacking}
        if not record["converged"]:
            record["reason"] = f"not converged in {record['steps']} steps"
    except PerovexError as error:
        record["reason"] = str(error)
    store.put(name, record | {"cpu_seconds": round(time.process_time() - start, 2)}, structure)


def difference(key: str, new: float, old: float) -> float:
    """Relative in percent where the table says so, else absolute."""
    return 100 * (new / old - 1) if SHOWN[key] == "%" else new - old


def misses(rows: dict[str, tuple[pd.Series, pd.Series]]) -> pd.DataFrame:
    """Differences new - old of the shown descriptors, one row a crystal."""
    return pd.DataFrame({
        name: {key: difference(key, new[key], old[key]) for key in SHOWN} for name, (old, new) in rows.items()
    }).T  # fmt: skip


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Mean, median, bias and worst of absolute differences."""
    size = table.abs()
    return pd.DataFrame({
        "unit": pd.Series(SHOWN), "mean |miss|": size.mean(), "median |miss|": size.median(), "bias": table.mean(),
        "worst": size.max(),
    }).loc[list(table.columns)]  # fmt: skip


def family_shifts(rows: dict[str, tuple[pd.Series, pd.Series]]) -> pd.DataFrame:
    """Mean absolute difference of each descriptor in its own standard deviation over the originals, by family."""
    from perovex.descriptors.registry import REGISTRY

    old, new = (pd.DataFrame({name: pair[k] for name, pair in rows.items()}).T.astype(float) for k in (0, 1))
    spread = old.std().replace(0.0, np.nan)
    shift = ((new - old).abs() / spread).mean().dropna()
    families = pd.Series({key: REGISTRY[key].family for key in shift.index})
    grouped = shift.groupby(families)
    return pd.DataFrame(
        {"mean shift / spread": grouped.mean(), "worst descriptor": grouped.idxmax(), "its": grouped.max()}
    )


def prediction_shifts(
    data, models: ModelBundle, old: dict[str, pd.Series], built: dict[str, pd.Series]
) -> pd.DataFrame:
    """Errors of models that never saw the spacer, asked about the original and about the built crystal.

    The models of a bundle, trained anew on all originals of other spacers; as they are they would know the answers.
    """
    X, new = described(old, models), described(built, models)
    ways, lines = {"original": X.loc[new.index], "rebuilt": new}, []
    for target in TARGETS:
        true = data.table.loc[new.index, target]
        told = predict_without_spacer(data, X, models, target, ways, data.groups)
        at_old, at_new = told["original"], told["rebuilt"]
        move = at_new - at_old
        lines.append({
            "target": target, "crystals": len(new), "MAE original": (at_old - true).abs().mean(),
            "MAE rebuilt": (at_new - true).abs().mean(), "mean |move|": move.abs().mean(),
            "80 % |move|": move.abs().quantile(SHARE), "mean move": move.mean(), "std of label": true.std(),
        })  # fmt: skip
    return pd.DataFrame(lines).set_index("target")


def record_of(moved: pd.DataFrame, version: str) -> dict[str, object]:
    """Return the entry of a manifest: how far built geometries moved predictions in four of five known crystals."""
    moves = {target: round(float(moved.loc[target, "80 % |move|"]), 1) for target in TARGETS}
    return {"moves": moves, "n_crystals": int(moved["crystals"].iloc[0]), "data": version}


def relaxed_table(data, todo: list[Case], store: Store) -> pd.DataFrame:
    """One row for each relaxed crystal: verdict, energy against the original, phases."""
    lines = []
    for case in todo:
        record, built = store.record(f"{case.name}.relaxed"), store.record(case.name)
        if record is None:
            continue
        line = {k: asdict(case)[k] for k in ("name", "smiles", "metal", "halide", "n", "cage")}
        line |= {"stacking_built": built.get("stacking", ""), "stacking": record.get("stacking", "")}
        line |= {k: record.get(k) for k in ("energy", "fmax", "smax", "calls", "cpu_seconds")}
        line["energy_above_original_meV_per_atom"] = np.nan
        if case.original and not record["reason"]:
            old, new = data.structures[case.name], store.structure(f"{case.name}.relaxed")
            per_atom = record["energy"] / len(new) - data.table.loc[case.name, "energy"] / len(old)
            line["energy_above_original_meV_per_atom"] = 1e3 * per_atom
            line["energy_above_original_eV_per_formula"] = per_atom * len(new) / new.composition[case.metal] * case.n
        line["verdict"] = record["reason"] or "accepted"
        lines.append(line)
    return pd.DataFrame(lines)


def report(data, models: ModelBundle, todo: list[Case], store: Store) -> dict[str, object]:
    """Print everything that is there, and return what a manifest says of it."""
    known = [case for case in todo if case.original]
    old = {case.name: describe(data.structures[case.name]) for case in tqdm(known, desc="originals", leave=False)}
    built, failed = {}, {}
    for case in tqdm(known, desc="built", leave=False):
        record = store.record(case.name)
        if record is None:
            continue
        if record["reason"]:
            failed[case.name] = record["reason"]
        else:
            built[case.name] = (old[case.name], describe(store.structure(case.name)))
    print(f"\nBuilt {len(built)} of {len(built) + len(failed)} bundled crystals")
    for name, reason in failed.items():
        print(f"  {name}: {reason}")
    show("Unrelaxed against the relaxed originals", summary(misses(built)))
    show("Shift of the descriptors by family, in units of their spread", family_shifts(built))
    moved = prediction_shifts(data, models, old, {name: new for name, (_, new) in built.items()})
    show("Young's moduli predicted without the spacer in training, GPa", moved)
    measured = dict(models.manifest.get("built_geometry") or {"share": SHARE})
    measured["built"] = record_of(moved, data.version)
    relaxed = relaxed_table(data, todo, store)
    if relaxed.empty:
        return measured
    write_atomic(store.folder / "index.csv", relaxed.to_csv(index=False).encode())
    show("Relaxed", relaxed.drop(columns=["smiles"]).set_index("name").T)
    relaxed_pairs = {
        case.name: (old[case.name], describe(store.structure(f"{case.name}.relaxed")))
        for case in known
        if case.name in set(relaxed.loc[relaxed["verdict"] == "accepted", "name"])
    }
    if relaxed_pairs:
        show("Relaxed against the relaxed originals, one by one", misses(relaxed_pairs))
        show("Relaxed against the relaxed originals", summary(misses(relaxed_pairs)))
        same = {name: built[name] for name in relaxed_pairs}
        show("The same crystals unrelaxed", summary(misses(same)))
        for title, rows in (("relaxed", relaxed_pairs), ("unrelaxed", same)):
            moved = prediction_shifts(data, models, old, {name: new for name, (_, new) in rows.items()})
            show(f"Moduli predicted for these crystals, {title}, GPa", moved)
            if title == "relaxed":
                measured["built_relaxed"] = record_of(moved, data.version)
    return measured


def show(title: str, table: pd.DataFrame) -> None:
    """Print a table."""
    print(f"\n{title}\n{table.round(3).to_string()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--relax", action="store_true")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="relax N more, drawn at random")
    parser.add_argument("--moduli", default="relaxed", choices=["relaxed", "soft_frozen"])
    parser.add_argument("--models", type=Path, help="folder of models; default: those that come with the package")
    parser.add_argument("--write", action="store_true", help="write what was measured into the manifest of the models")
    parser.add_argument("--no-report", action="store_true")
    parser.add_argument("--only", nargs="*", help="names of crystals")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    data = load_elastic(potential=POTENTIAL, moduli=options.moduli)
    todo = [case for case in cases(data) if not options.only or case.name in options.only]
    store = Store(options.out)
    if options.relax:
        from perovex.elasticity.potentials.by_name import make_calculator

        calculator = make_calculator(POTENTIAL)
        for case in tqdm(chosen(todo, data, options.sample), desc="relax"):
            build(case, store)
            relax(case, store, calculator)
    for case in tqdm(todo, desc="build"):
        build(case, store)
    if not options.no_report:
        folder = options.models or default_models(options.moduli)
        measured = report(data, ModelBundle.load(folder), todo, store)
        if options.write:
            annotate_model(folder, built_geometry=measured)
        if importlib.util.find_spec("pyrovskite"):
            show("pyrovskite on the same requests", peer_table(data, chosen(todo, data, 0)))


if __name__ == "__main__":
    main()
