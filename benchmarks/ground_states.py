"""What a search for minima buys: energies, exchange energies, moduli and trends before it and after it.

Usage: python benchmarks/ground_states.py BEFORE AFTER, with the folder of a release without a search and of the release
that packs the search. Only compounds that were searched count, the same ones before and after.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from perovex.datasets import load_elastic
from perovex.datasets.minima import starts_of
from perovex.datasets.quality.exchange import ALARM, energy_per_metal, too_high
from perovex.learn.metrics import bootstrap_interval, bootstrap_weights
from perovex.minima import candidate_table, open_search, statement_table, unpack_search
from perovex.minima.compound import without_hand

if TYPE_CHECKING:
    from perovex.datasets import ElasticData

MODULI = ("E_in_plane", "E_out_of_plane", "E_vrh", "E_in_plane_soft_frozen", "E_vrh_soft_frozen")
STEPS = (("Cl", "Br"), ("Br", "I"), ("Cl", "I"))


def best_labels(data, compounds: dict[str, str]) -> pd.DataFrame:
    """Moduli of the lowest accepted label of every compound, indexed by compound; mirror images are one."""
    table = data.table.assign(per_metal=energy_per_metal(data.table))
    table["spacer_smiles"] = [without_hand(tuple(text.split("."))) for text in table["spacer_smiles"].fillna("")]
    table["compound"] = [compounds.get(name) for name in table.index]
    return table.sort_values("per_metal").dropna(subset=["compound"]).drop_duplicates("compound").set_index("compound")


def compound_of_crystals(data) -> dict[str, str]:
    return {start.name: start.compound.name for start in starts_of(data)}


def scatter(energies: pd.DataFrame) -> pd.DataFrame:
    """Standard deviation over spacers of each exchange energy, meV per metal, by n."""
    rows = []
    for n, frame in energies.groupby("n_layers"):
        wide = frame.pivot_table(index="spacer_smiles", columns="halide", values="energy", aggfunc="min")
        for one, other in STEPS:
            if one in wide and other in wide:
                step = 1e3 * (wide[other] - wide[one]).dropna()
                rows.append({"n": n, "exchange": f"{one} to {other}", "spacers": len(step), "std": step.std()})
    return pd.DataFrame(rows)


def trends(frame: pd.DataFrame, modulus: str) -> list[str]:
    """Sign tests of Cl > Br > I over spacers (n = 1), and how many trios fall monotonically."""
    wide = frame[frame["n_layers"] == 1].pivot_table(index="spacer_smiles", columns="halide", values=modulus)
    trios = wide.dropna()
    falls = int(((trios["Cl"] > trios["Br"]) & (trios["Br"] > trios["I"])).sum())
    parts = [f"{falls} of {len(trios)} trios fall from Cl over Br to I"]
    for one, other in STEPS:
        wins = int((trios[one] > trios[other]).sum())
        parts.append(f"{one} > {other} in {wins} of {len(trios)} (p {binomtest(wins, len(trios)).pvalue:.2g})")
    return parts


def interaction_share(frame: pd.DataFrame, modulus: str) -> float:
    """Share of the variance of log modulus that spacer and halide leave when they add up (complete trios, n = 1)."""
    wide = np.log(
        frame[frame["n_layers"] == 1].pivot_table(index="spacer_smiles", columns="halide", values=modulus).dropna()
    )
    left = wide.sub(wide.mean(axis=1), axis=0) - wide.mean() + wide.to_numpy().mean()
    total = wide - wide.to_numpy().mean()
    return float((left**2).to_numpy().sum() / (total**2).to_numpy().sum())


@dataclass
class Both:
    """Labels before the search, what it found, labels after it; `shared` are the compounds that have all."""

    old: ElasticData
    labels: pd.DataFrame
    named: dict[str, str]
    candidates: pd.DataFrame
    found: pd.DataFrame
    renewed: pd.DataFrame
    shared: list[str]


def read(before: str, after: str) -> Both:
    old, new = load_elastic(before), load_elastic(after, minima="all")
    with tempfile.TemporaryDirectory() as folder:
        unpack_search(after, folder)
        known = open_search([], folder)
        compounds = sorted({outcome.compound for outcome in known.store.all()})
        candidates = candidate_table(known, known.store.all())
        found = statement_table(known, compounds).dropna(subset=["energy_per_metal"])
    # Families of which more than the given crystals was tried (a compound that lends its own pattern has no other).
    tried = candidates["compound"][candidates["strategy"] != "given"].map(found["spacer_smiles"])
    found = found[found["spacer_smiles"].isin(set(tried))]
    named = compound_of_crystals(old)
    labels, renewed = best_labels(old, named), best_labels(new, compound_of_crystals(new))
    shared = [name for name in found.index if name in labels.index]
    return Both(old, labels, named, candidates, found, renewed, shared)


def tell_energies(both: Both) -> None:
    labels, found, shared = both.labels, both.found, both.shared
    above = 1e3 * (labels.loc[shared, "per_metal"] - found.loc[shared, "energy_per_metal"])
    print(f"\nReleased label above the lowest found, {len(above)} compounds (meV per metal):")
    print(above.describe(percentiles=[0.5, 0.9]).round(1).to_string())
    for limit in (10, 25, 50, 100, 200):
        print(f"  above by more than {limit}: {(above > limit).sum()} of {len(above)}")

    alarmed = too_high(both.old.table, both.old.groups, alarm=0.0)["too_high"]
    expected = pd.Series({both.named[name]: value for name, value in alarmed.items() if name in both.named})
    pair = pd.DataFrame({"alarm": expected, "found": above}).dropna()
    loud, quiet = pair[pair["alarm"] > ALARM], pair[pair["alarm"] <= ALARM]
    print(f"\nAlarm of exchange energies: {len(loud)} of these compounds are called more than {ALARM:g} meV too high,")
    print(f"  {(loud['found'] > 25).sum()} of them had a minimum more than 25 meV lower;", end=" ")
    print(f"of {len(quiet)} others {(quiet['found'] > 25).sum()}; Spearman {pair.corr('spearman').iloc[0, 1]:.2f}")

    print("\nExchange energies, standard deviation over spacers, meV per metal")
    columns = ["n_layers", "spacer_smiles", "halide"]
    first = labels.loc[shared, columns].assign(
        energy=labels.loc[shared, "per_metal"], spacer_smiles=found.loc[shared, "spacer_smiles"]
    )
    last = found.loc[shared, columns].assign(energy=found.loc[shared, "energy_per_metal"])
    steps = scatter(first).merge(scatter(last), on=["n", "exchange", "spacers"], suffixes=("_before", "_after"))
    print(steps.round(1).to_string(index=False))

    # One metal, energies per metal: what the alarm still says of the lowest minima.
    plain = found.assign(
        energy=found["energy_per_metal"], formula=found["metal"], n_atoms=1, cage=found["cage"].fillna("")
    )
    left = too_high(plain.rename_axis("crystal_id"), plain["spacer_smiles"])
    print(f"\nStill more than {ALARM:g} meV too high by the exchange energies of the lowest minima: {len(left)}")
    print(left.round(0).to_string())


def tell_strategies(candidates: pd.DataFrame) -> None:
    print("\nStrategies: candidates, those that ended in the lowest minimum, compounds whose lowest nothing else found")
    lowest = candidates[candidates["minimum"] == 0]
    alone = lowest.groupby("compound")["strategy"].agg(lambda names: names.iloc[0] if names.nunique() == 1 else "")
    columns = {
        "candidates": candidates["strategy"].value_counts(),
        "ended in the lowest": lowest["strategy"].value_counts(),
        "alone": alone[alone != ""].value_counts(),
    }
    print(pd.DataFrame(columns).fillna(0).astype(int).to_string())


def tell_moduli(both: Both) -> None:
    labels, found, renewed = both.labels, both.found, both.renewed
    # A compound counts where the label that it has now is that of the lowest minimum known.
    at_lowest = [n for n in both.shared if n in renewed.index and renewed.loc[n, "energy_above_lowest"] < 3]
    families = pd.Series({n: found.loc[n, "spacer_smiles"] for n in at_lowest if found.loc[n, "n_layers"] == 1})
    trios = [n for n in families.index if (families == families[n]).sum() == 3]
    changed = [n for n in at_lowest if renewed.loc[n, "label_id"] != labels.loc[n, "label_id"]]
    print(f"\n{len(at_lowest)} compounds labelled at the lowest found, {len(changed)} of them anew")
    print(f"{len(trios) // 3} trios of n = 1 among them")
    for modulus in MODULI:
        ratio = renewed.loc[changed, modulus] / labels.loc[changed, modulus]
        move = (renewed.loc[changed, modulus] - labels.loc[changed, modulus]).dropna()
        print(
            f"  {modulus}: new less old {move.mean():+.2f} GPa (absolute {move.abs().mean():.2f}, "
            f"largest {move.abs().max():.2f}), ratio {ratio.min():.2f} to {ratio.max():.2f}; "
            f"stiffer in {(move > 0).sum()} of {len(move)}"
        )
    if not trios:
        return
    spacers = {"spacer_smiles": found.loc[trios, "spacer_smiles"]}
    for when, chosen in (("before", labels.loc[trios]), ("after", renewed.loc[trios])):
        frame = chosen.assign(**spacers)
        for modulus in MODULI:
            share = interaction_share(frame, modulus)
            print(f"  {when}, {modulus}: {'; '.join(trends(frame, modulus))}; interaction {100 * share:.0f} %")


def tell_trends(renewed: pd.DataFrame) -> None:
    """Halide trends of all lead compounds with n = 1 of the later release, searched or not."""
    plain = renewed[(renewed["n_layers"] == 1) & (renewed["metal"] == "Pb") & renewed["halide"].isin(["Cl", "Br", "I"])]
    frame = plain[plain.groupby("spacer_smiles")["halide"].transform("nunique") == 3]
    print(f"\n{frame['spacer_smiles'].nunique()} complete trios of n = 1 in the later release")
    for modulus in MODULI:
        share = interaction_share(frame, modulus)
        print(f"  {modulus}: {'; '.join(trends(frame, modulus))}; interaction {100 * share:.0f} %")


def tell_tin(renewed: pd.DataFrame) -> None:
    """Tin iodides beside the lead iodides of the same spacers, n = 1."""
    plain = renewed[(renewed["n_layers"] == 1) & (renewed["halide"] == "I")]
    for modulus in MODULI:
        pairs = plain.pivot_table(index="spacer_smiles", columns="metal", values=modulus)[["Pb", "Sn"]].dropna()
        wins, means = int((pairs["Sn"] > pairs["Pb"]).sum()), pairs.mean()
        print(f"  {modulus}: Sn > Pb in {wins} of {len(pairs)} (means {means['Sn']:.1f} and {means['Pb']:.1f} GPa)")


def tell_layers(renewed: pd.DataFrame) -> None:
    """How moduli go with the number of layers, in series of one spacer and halide with n = 1, 2 and 3."""
    lead = renewed[(renewed["metal"] == "Pb") & renewed["n_layers"].isin([1, 2, 3])]
    for modulus in (*MODULI, "E_out_of_plane_soft_frozen"):
        series = lead.pivot_table(index=["spacer_smiles", "halide"], columns="n_layers", values=modulus).dropna()
        first, second, third = (series[n] for n in (1, 2, 3))
        rises, falls = (first < second) & (second < third), (first > second) & (second > third)
        peaks, dips = (second > first) & (second > third), (second < first) & (second < third)
        print(
            f"  {modulus}: of {len(series)} series of n = 1, 2, 3: {rises.sum()} rise, {falls.sum()} fall,"
            f" {peaks.sum()} are highest at n = 2, {dips.sum()} lowest; n = 3 above n = 1 in {(third > first).sum()}"
        )


def tell_phases(renewed: pd.DataFrame) -> None:
    """Dion-Jacobson beside Ruddlesden-Popper crystals with one sheet of lead and one halide, halides held equal.

    All crystals of RP spacers and of DJ spacers differ in more than their phase; nothing here matches spacers.
    """
    lead = renewed[(renewed["metal"] == "Pb") & (renewed["n_layers"] == 1) & renewed["phase"].isin(["RP", "DJ"])]
    lead = lead[lead["halide"].isin(["Cl", "Br", "I"])]
    for kind, frame in (("all", lead), ("measured", lead[lead["source"] == "experiment"])):
        counts = frame["phase"].value_counts()
        print(f"\n{kind}: {counts['DJ']} DJ and {counts['RP']} RP crystals, n = 1")
        for modulus in (*MODULI, "E_out_of_plane_soft_frozen"):
            ratio, lower, upper = ratio_of_phases(frame.dropna(subset=[modulus]), modulus)
            print(f"  {modulus}: DJ over RP {ratio:.2f} [{lower:.2f}, {upper:.2f}]")


def ratio_of_phases(frame: pd.DataFrame, modulus: str) -> tuple[float, float, float]:
    """Ratio of geometric means of DJ to RP within halides, with a 95 % interval over spacers."""
    design = pd.get_dummies(frame["halide"]).assign(dj=frame["phase"] == "DJ").to_numpy(dtype=float)
    logs, spacers = np.log(frame[modulus].to_numpy()), frame["spacer_smiles"]

    def difference(weights: np.ndarray) -> float:
        root = np.sqrt(weights)
        return float(np.linalg.lstsq(design * root[:, None], logs * root)[0][-1])

    drawn = np.array([difference(weights) for weights in bootstrap_weights(spacers, 2000)])
    lower, upper = bootstrap_interval(drawn, spacers.nunique())
    return float(np.exp(difference(np.ones(len(logs))))), float(np.exp(lower)), float(np.exp(upper))


def main(before: str, after: str) -> None:
    both = read(before, after)
    print(
        f"{len(both.candidates)} candidates of {len(both.found)} compounds; {both.candidates['calls'].sum():.0f} calls"
    )
    tell_energies(both)
    tell_strategies(both.candidates)
    tell_moduli(both)
    tell_trends(both.renewed)
    tell_tin(both.renewed)
    tell_layers(both.renewed)
    tell_phases(both.renewed)


if __name__ == "__main__":
    main(*sys.argv[1:3])
