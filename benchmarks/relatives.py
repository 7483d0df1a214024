"""Say how far predictions move from a known crystal to what is made of its nearest known relative.

    python benchmarks/relatives.py --out FOLDER                    not relaxed
    python benchmarks/relatives.py --out FOLDER --relax 60         sixty of them relaxed, too, drawn at random
    python benchmarks/relatives.py --out FOLDER --write            and what was measured into the manifest of the models

A compound is asked about as if it were unknown: its relatives are of the same spacer with another halide, metal or n,
each at the lowest of its minima that does not descend from a minimum of the compound. Compounds count where a search
also tried what no relative lent (the given crystal, molecules turned, slabs slid, sheets tilted); of all others nobody
knows whether another pattern lies lower. The answer is the prediction for the lowest minimum of the compound. Models
are trained anew without the spacer. To relax, a compound is made of up to four relatives, and the lowest in energy
counts, as in predictions. Where that lies below the lowest minimum known, it is the answer instead.

To relax, compounds are drawn among cells of at most 100 atoms, so that more only add to fewer; what the search made of
the same relative is taken as it relaxed it. Crystals lie in FOLDER, one file each; an interrupted run goes on, several
may share a folder. What is measured stands in the manifest of the models (``built_geometry``), from where predictions
say it of these models alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import warnings
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from build import POTENTIAL, SAME, SHARE, TARGETS, Store, misses, record_of, show, summary
from held_out import described, layered_crystals, predict_without_spacer
from pymatgen.io.ase import AseAtomsAdaptor
from tqdm import tqdm

from perovex import describe, load_elastic, perceive
from perovex.building import patterns_from_known
from perovex.datasets.elastic import flat_smiles
from perovex.elasticity.labels.records import claimed
from perovex.errors import PerovexError
from perovex.learn import ModelBundle
from perovex.learn.bundle.folder import annotate_model
from perovex.minima.archive import read_packed
from perovex.prediction import default_models
from perovex.prediction.built import N_BUILDS
from perovex.prediction.relaxing import relax_by_potential

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from perovex.crystal import LayeredPerovskite

#: Strategies that take nothing from another compound.
OWN = ("given", "turn", "slide", "tilt", "build")
LARGEST = 100  # atoms
Compound = tuple[str, str, str, int, str]  # spacer, metal, halide, n, cage


@dataclass
class Search:
    """The packed search of a release: minima by compound, and from which compounds each descends."""

    data: Any
    records: dict[str, dict[str, Any]]
    crystals: dict[str, Any]
    minima: dict[Compound, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    tried: dict[Compound, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def read(cls, data: Any) -> Search:
        records, crystals = read_packed(data.folder)
        search = cls(data, {record["id"]: record for record in records}, crystals)
        for record in records:
            compound = compound_of(record)
            if compound is None:
                continue
            search.tried[compound].add(record["strategy"])
            if record["status"] == "minimum":
                search.minima[compound].append(record)
        for found in search.minima.values():
            found.sort(key=lambda record: record["energy_per_metal_eV"])
        return search

    def ancestors(self, record: dict[str, Any]) -> set[Compound | None]:
        """Compounds whose minima a candidate descends from, its own among them."""
        seen: list[str] = []
        while record["id"] not in seen:
            seen.append(record["id"])
            record = self.records.get(record["parent"], record)
        return {compound_of(self.records[name]) for name in seen}

    def structure(self, record: dict[str, Any]) -> Structure:
        """Return a minimum, relaxed to the end where it is labelled."""
        name = record["parent"] if record["strategy"] == "given" else record["id"]
        if name in self.data.table.index:
            return self.data.structures[name]
        return AseAtomsAdaptor.get_structure(self.crystals[record["id"]])


@dataclass(frozen=True)
class Case:
    """A compound, its lowest minimum, and what is made of its relatives, the nearest first."""

    name: str
    group: str
    known: pd.Series
    made: tuple[Structure, ...]
    lent: tuple[dict[str, Any] | None, ...]  # what the search made of the same relatives

    def files(self) -> list[str]:
        """Names under which what was made is kept, relaxed: that of the lowest minimum and that of the relative."""
        return [f"{self.name}.{structure.properties['build']['from']}" for structure in self.made]


def compound_of(record: dict[str, Any]) -> Compound | None:
    """Return what makes a compound, whichever its hand; None for mixtures and crystals with guests."""
    wanted = record["compound"]
    if wanted["guests"] or any("." in wanted[part] for part in ("spacers", "metals", "halides", "cages")):
        return None
    spacer = flat_smiles(wanted["spacers"])
    return spacer, wanted["metals"], wanted["halides"], int(wanted["n_layers"]), wanted["cages"]


def cases(search: Search) -> list[Case]:
    """Return every compound that can be asked about."""

    @cache
    def perceived(name: str) -> LayeredPerovskite | None:
        try:
            return perceive(search.structure(search.records[name]), source=name)
        except PerovexError:
            return None

    found = []
    for compound, minima in tqdm(search.minima.items(), desc="made from relatives"):
        spacer, metal, halide, n, cage = compound
        if not search.tried[compound] & set(OWN):
            continue
        relatives = []
        for other, of_other in search.minima.items():
            if other[0] == spacer and other != compound:
                free = [record for record in of_other if compound not in search.ancestors(record)]
                relatives += [perceived(record["id"]) for record in free[:1]]
        known = [crystal for crystal in relatives if crystal is not None]
        made = tuple(patterns_from_known(known, spacer, metal, halide, n, cage or None, most=N_BUILDS))
        if made:
            lowest = search.structure(minima[0])
            of_parent = {record["parent"]: record for record in minima}
            lent = tuple(of_parent.get(structure.properties["build"]["from"]) for structure in made)
            found.append(Case(minima[0]["id"], spacer, pd.Series(describe(lowest)), made, lent))
    return found


def drawn(found: list[Case]) -> list[Case]:
    """Return crystals of no more atoms than `LARGEST`, in an order that is random and the same in every run."""
    small = [case for case in found if len(case.made[0]) <= LARGEST]
    return sorted(small, key=lambda case: hashlib.sha256(case.name.encode()).digest())


def relax(chosen: list[Case], store: Store) -> None:
    """Relax what was made, as predictions do on request; what another run relaxes just now is left to it."""
    todo = [
        (name, made)
        for case in chosen
        for name, made, lent in zip(case.files(), case.made, case.lent, strict=True)
        if lent is None
    ]
    for name, made in tqdm(todo, desc="relax"):
        with claimed(store.folder / f".{name}.lock") as mine:
            if not mine or store.record(name) is not None:
                continue
            origin = made.properties["build"]["from"]
            try:
                structure = relax_by_potential(made, POTENTIAL)
            except PerovexError as error:
                store.put(name, {"from": origin, "reason": str(error)}, None)
            else:
                store.put(name, {"from": origin, "reason": "", **structure.properties["relaxation"]}, structure)


def lowest(case: Case, store: Store, search: Search, count: int) -> tuple[Structure, float] | None:
    """Return the lowest of what was made of the nearest relatives, and its energy above the lowest minimum known.

    In eV per metal; None before all are relaxed.
    """
    energies: dict[float, Structure] = {}
    for name, lent in list(zip(case.files(), case.lent, strict=True))[:count]:
        record = store.record(name)
        if lent is not None:
            structure = AseAtomsAdaptor.get_structure(search.crystals[lent["id"]])
            energies[lent["energy_per_metal_eV"]] = structure
        elif record is None:
            return None
        elif not record["reason"]:
            structure = store.structure(name)
            metals = structure.composition[search.records[case.name]["compound"]["metals"]]
            energies[record["energy"] / metals] = structure
    if not energies:
        return None
    best = min(energies)
    return energies[best], best - search.records[case.name]["energy_per_metal_eV"]


def relaxed_geometries(
    chosen: list[Case], store: Store, search: Search
) -> tuple[dict[str, dict[str, pd.Series]], pd.Series]:
    """Describe what relaxed of the nearest relative, and the lowest of up to four; say which lie below what was known.

    How far below, in meV per metal.
    """
    geometries: dict[str, dict[str, pd.Series]] = {}
    below: dict[str, float] = {}
    for kind, count in {"nearest_relaxed": 1, "from_known_relaxed": N_BUILDS}.items():
        made = {case.name: lowest(case, store, search, count) for case in chosen}
        relaxed = {name: best for name, best in made.items() if best is not None}
        geometries[kind] = {name: pd.Series(describe(crystal)) for name, (crystal, _) in relaxed.items()}
        below = {name: -1e3 * above for name, (_, above) in relaxed.items() if above < -SAME}
    return geometries, pd.Series(below, dtype=float).sort_values(ascending=False)


def shifts(
    data: Any,
    X: pd.DataFrame,
    models: ModelBundle,
    found: list[Case],
    known: dict[str, pd.Series],
    made: dict[str, pd.Series],
) -> pd.DataFrame:
    """How far models that never saw the spacer move from the lowest minimum to what was made."""
    asked = [case for case in found if case.name in made]
    ways = {
        "known": described({case.name: known[case.name] for case in asked}, models),
        "made": described({case.name: made[case.name] for case in asked}, models),
    }
    groups = {case.name: case.group for case in asked}
    lines = []
    for target in TARGETS:
        told = predict_without_spacer(data, X, models, target, ways, groups)
        move = told["made"] - told["known"]
        lines.append({
            "target": target, "crystals": len(move), "mean |move|": move.abs().mean(),
            "median |move|": move.abs().median(), "80 % |move|": move.abs().quantile(SHARE), "mean move": move.mean(),
        })  # fmt: skip
    return pd.DataFrame(lines).set_index("target")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--relax", type=int, default=0, metavar="N", help="relax N of them, drawn at random")
    parser.add_argument("--moduli", default="relaxed", choices=["relaxed", "soft_frozen"])
    parser.add_argument("--models", type=Path, help="folder of models; default: those that come with the package")
    parser.add_argument("--write", action="store_true", help="write what was measured into the manifest of the models")
    parser.add_argument("--no-report", action="store_true", help="relax only")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    data, store = load_elastic(potential=POTENTIAL, moduli=options.moduli), Store(options.out)
    search = Search.read(data)
    found = cases(search)
    relax(drawn(found)[: options.relax], store)
    if options.no_report:
        return
    folder = options.models or default_models(options.moduli)
    models = ModelBundle.load(folder)
    known = {case.name: case.known for case in found}
    made = {case.name: pd.Series(describe(case.made[0])) for case in found}
    geometries = {"from_known": made}
    relaxed, below = relaxed_geometries(drawn(found)[: options.relax], store, search)
    geometries |= relaxed
    known |= {name: geometries["from_known_relaxed"][name] for name in below.index}
    X = layered_crystals(data, models)
    measured = dict(models.manifest.get("built_geometry") or {"share": SHARE})
    asked = len(relaxed["from_known_relaxed"])
    print(f"{len(below)} of {asked} relaxed lie below the lowest minimum known, meV per metal")
    print(below.round().to_string())
    for kind, crystals in geometries.items():
        if not crystals:
            continue
        show(f"{kind}: descriptors", summary(misses({name: (known[name], crystals[name]) for name in crystals})))
        moved = shifts(data, X, models, found, known, crystals)
        show(f"{kind}: Young's moduli predicted without the spacer in training, GPa", moved)
        measured[kind] = record_of(moved, data.version)
    records = [store.record(name) for case in found for name in case.files()]
    failed = [record["reason"] for record in records if record and record["reason"]]
    print(f"relaxed {sum(record is not None for record in records)}, failed {len(failed)}", *sorted(failed), sep="\n  ")
    if options.write:
        annotate_model(folder, built_geometry=measured)
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
