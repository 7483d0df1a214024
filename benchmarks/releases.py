"""The same models, spacers and folds on two data releases: what better labels and more compounds are worth, by source.

Usage: python benchmarks/releases.py OLD NEW [--repeats 2] [--figure FILE], with the folders of two releases, such as
data/elastic/0.5 and data/elastic/0.8. Three tables are learnt: the old release; the new labels of the compounds that
the old one has; and all crystals of the new release that have a spacer of the old one. Scores are held out by spacer,
of the model that predicts, with 95 % intervals over spacers; Markdown. Crystals that have one label in both releases
are compared one by one, too, which tells smaller differences.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from ground_states import compound_of_crystals

from perovex.datasets import load_elastic
from perovex.explain.statistics import group_mean_interval
from perovex.figures.style import CYCLE, style
from perovex.learn import YoungModulusRegressor, evaluate
from perovex.minima.compound import without_hand
from perovex.study.tables import build_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perovex.learn import Evaluation
    from perovex.study.tables import StudyTables

MODULI = ("E_in_plane", "E_out_of_plane", "E_vrh")


def named_tables(old: str, new: str) -> dict[str, StudyTables]:
    """Tables to learn, by what they are."""
    before, after = load_elastic(old), load_elastic(new)
    compounds = {"old": compound_of_crystals(before), "new": compound_of_crystals(after)}
    tables = {"old": build_tables(before, progress=True), "new": build_tables(after, progress=True)}
    known = {compounds["old"][row] for row in tables["old"].X.index}
    again = [row for row in tables["new"].X.index if compounds["new"][row] in known]
    spacers = {of_one_hand(name) for name in tables["old"].groups}
    kin = [row for row, name in tables["new"].groups.items() if of_one_hand(name) in spacers]
    return {
        f"{before.version}": tables["old"],
        f"{after.version}, compounds of {before.version}": only(tables["new"], again),
        f"{after.version}, spacers of {before.version}": only(tables["new"], kin),
    }


def only(tables: StudyTables, rows: list[str]) -> StudyTables:
    return replace(tables, **{name: getattr(tables, name).loc[rows] for name in ("X", "values", "groups", "meta")})


def of_one_hand(spacer: str) -> str:
    return without_hand(tuple(spacer.split(".")))


def held_out(tables: StudyTables, key: str, n_repeats: int) -> Evaluation:
    """Predictions of the model that predicts, each spacer held out."""
    model = YoungModulusRegressor("average", target=key, interval_folds=0)
    return evaluate(
        model,
        tables.X,
        tables.values[key].astype(float),
        tables.groups,
        meta=tables.meta[["source"]],
        n_repeats=n_repeats,
        baselines=False,
    )


def scores(validated: Evaluation) -> pd.DataFrame:
    """R2 and mean absolute error over all crystals and over those of every source."""
    everything = (
        validated.scores[validated.scores["model"] == "model"].rename(columns={"value": "score"}).assign(value="all")
    )
    by_source = validated.by_part("source")
    found = pd.concat([everything, by_source[by_source["model"] == "model"]])
    return found[found["metric"].isin(["R2", "MAE"])]


def as_text(rows: Mapping[str, pd.DataFrame], metric: str) -> pd.DataFrame:
    """One line a source, one column a table."""
    columns = {}
    for name, found in rows.items():
        part = found[found["metric"] == metric].set_index("value")
        columns[name] = part.apply(lambda row: f"{row['score']:.2f} [{row['lower']:.2f}, {row['upper']:.2f}]", axis=1)
    return pd.DataFrame(columns).fillna("")


def change_of_errors(old: Evaluation, new: Evaluation, tables: StudyTables) -> list[str]:
    """Absolute error in the new release less that in the old one, of crystals with one label in both, by source."""
    parts = [validated.predictions.query("model == 'model'") for validated in (old, new)]
    means = [part.groupby("id")[["truth", "prediction"]].mean() for part in parts]
    pairs = means[0].add_suffix("_old").join(means[1].add_suffix("_new"), how="inner")
    pairs = pairs[np.isclose(pairs["truth_old"], pairs["truth_new"], rtol=1e-6)]
    errors = [(pairs[f"prediction_{which}"] - pairs[f"truth_{which}"]).abs() for which in ("old", "new")]
    change, source = errors[1] - errors[0], tables.meta.loc[pairs.index, "source"]
    lines = []
    for name in ("all", *sorted(source.unique())):
        part = change if name == "all" else change[source == name]
        codes, _ = pd.factorize(tables.groups.loc[part.index])
        mean, lower, upper = group_mean_interval(part.to_numpy()[None, :], codes, level=0.95)
        lines.append(f"{name} ({len(part)}): {mean:+.2f} [{lower:+.2f}, {upper:+.2f}] GPa")
    return lines


def draw(found: Mapping[str, Mapping[str, pd.DataFrame]], file: Path) -> None:
    """Draw R2 with its interval, one panel a modulus, one line a source, one colour a table."""
    with style():
        made, axes = plt.subplots(1, len(found), figsize=(10.5, 3.6), sharey=True)
        for ax, (key, rows) in zip(axes, found.items(), strict=True):
            for number, (name, scored) in enumerate(rows.items()):
                part = scored[scored["metric"] == "R2"].set_index("value")
                places = -np.arange(len(part)) - 0.2 * (number - 1)
                reach = [part["score"] - part["lower"], part["upper"] - part["score"]]
                ax.errorbar(part["score"], places, xerr=reach, fmt="o", ms=4, lw=1.2, color=CYCLE[number], label=name)
                ax.set_yticks(-np.arange(len(part)), list(part.index))
            ax.axvline(0, color="black", linewidth=0.8)
            ax.set(xlim=(-1, 1), xlabel="R², held out by spacer", title=key)
        made.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(CYCLE))
        made.savefig(file, dpi=110, metadata={"Software": None})
        plt.close(made)


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--figure", type=Path, help="PNG to draw R2 into")
    asked = parser.parse_args()
    learnt = named_tables(asked.old, asked.new)
    for name, tables in learnt.items():
        print(f"{name}: {len(tables.X)} crystals, {tables.meta['source'].value_counts().to_dict()}")
    found = {}
    for key in MODULI:
        validated = {name: held_out(tables, key, asked.repeats) for name, tables in learnt.items()}
        found[key] = {name: scores(one) for name, one in validated.items()}
        for metric in ("R2", "MAE"):
            print(f"\n{key}, {metric}\n{as_text(found[key], metric).to_markdown()}", flush=True)
        first, *others = learnt
        for name in others:
            print(f"\n{key}, absolute errors of {name} less those of {first}, crystals with one label in both")
            print("\n".join(change_of_errors(validated[first], validated[name], learnt[name])), flush=True)
    if asked.figure:
        draw(found, asked.figure)


if __name__ == "__main__":
    main()
