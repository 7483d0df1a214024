"""Bundled models on crystals from experiment that they never saw, and what it helps to train on such crystals.

    python benchmarks/unseen.py OLD NEW [--models FOLDER] [--repeats 2]

with the folders of two data releases: the one that the models were trained on, and a later one with more crystals from
experiment; and the folder of the models, such as `study/models` of `perovex study --data OLD` (default: those that come
with the package, which must have been trained on OLD). First what the models say of the crystals that are new. Then
scores held out by spacer over the layered crystals of the later release, with the training parts as they are and with
the new crystals from experiment taken out of them, in the same folds: over crystals from experiment that are new, that
are not, and over all others.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold
from tqdm import tqdm

from perovex import predict
from perovex.datasets import load_elastic
from perovex.learn import YoungModulusRegressor
from perovex.learn.metrics import bootstrap_counts, bootstrap_interval, mae, r2, resampled, spearman
from perovex.study.tables import build_tables

if TYPE_CHECKING:
    from perovex.study.tables import StudyTables

MODULI = ("E_in_plane", "E_out_of_plane", "E_vrh")
SCORES = {"MAE": mae, "R2": r2, "Spearman": spearman}
EXPERIMENT = "experiment"


def asked(tables: StudyTables, structures: dict, new: pd.Index, known: set[str], models: str | None) -> pd.DataFrame:
    """What models say of the new crystals, beside the labels."""
    predicted = predict({name: structures[name] for name in new}, models=models)
    predicted["spacer known"] = [spacer in known for spacer in tables.groups[new]]
    rows = []
    parts = {"all new crystals": predicted}
    for column, words in (("spacer known", "spacer known"), ("in_domain", "in domain")):
        parts |= {f"{words}: {answer}": part for answer, part in predicted.groupby(column)}
    for name, part in parts.items():
        for key in MODULI:
            truth, said = tables.values.loc[part.index, key], part[key].astype(float)
            inside = (truth >= part[f"{key}_lower"]) & (truth <= part[f"{key}_upper"])
            row = {"part": name, "modulus": key, "crystals": len(part)}
            row |= {"mean error": (said - truth).mean(), "MAE": (said - truth).abs().mean()}
            row |= {"Spearman": said.corr(truth, method="spearman"), "inside interval": inside.mean()}
            rows.append(row)
    labels = tables.values[list(MODULI)].add_suffix(" label")
    print(predicted[["spacer known", "in_domain", *MODULI]].join(labels).to_string())
    return pd.DataFrame(rows)


def held_out(tables: StudyTables, new: pd.Index, key: str, n_repeats: int) -> pd.DataFrame:
    """Predictions held out by spacer, with all crystals in training and without the new ones."""
    is_new = tables.X.index.isin(new)
    y, predictions = tables.values[key], []
    for repeat in range(n_repeats):
        folds = GroupKFold(5, shuffle=True, random_state=repeat).split(tables.X, groups=tables.groups)
        table = pd.DataFrame(np.nan, index=tables.X.index, columns=["with", "without", "mean"])
        for train, test in tqdm(list(folds), desc=f"{key} {repeat}"):
            for name, rows in (("with", train), ("without", train[~is_new[train]])):
                model = YoungModulusRegressor("average", target=key, interval_folds=0)
                model.fit(tables.X.iloc[rows], y.iloc[rows], tables.groups.iloc[rows])
                table.iloc[test, table.columns.get_loc(name)] = model.predict(tables.X.iloc[test])
            table.iloc[test, table.columns.get_loc("mean")] = y.iloc[train].mean()
        predictions.append(table)
    return sum(predictions) / n_repeats


def score(tables: StudyTables, new: pd.Index, key: str, predictions: pd.DataFrame) -> list[dict]:
    """Scores by part of the data, with intervals over spacers."""
    experiment = tables.meta["source"] == EXPERIMENT
    is_new = tables.X.index.isin(new)
    parts = {
        "experiment, new": experiment & is_new,
        "experiment, all": experiment,
        "others": ~experiment,
        "all": experiment | ~experiment,
    }
    rows = []
    for part, chosen in parts.items():
        y, (codes, names) = tables.values.loc[chosen, key].to_numpy(), pd.factorize(tables.groups[chosen])
        for model in predictions:
            row = {"modulus": key, "part": part, "crystals": len(y), "training": model}
            for name, function in SCORES.items():
                said = predictions.loc[chosen, model].to_numpy()
                weights = np.ones((1, len(y)))
                row[name] = float(function(y, said, weights)[0])
                draws = resampled(function, y, said, bootstrap_counts(len(names), 1000), codes)
                lower, upper = bootstrap_interval(draws, len(names))
                row[f"{name} interval"] = f"{lower:.2f} to {upper:.2f}"
            rows.append(row)
    return rows


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--models")
    parser.add_argument("--repeats", type=int, default=2)
    arguments = parser.parse_args()
    old, data = load_elastic(arguments.old), load_elastic(arguments.new)
    tables = build_tables(data, progress=True)
    fresh = ~tables.X.index.isin(old.table.index) & (tables.meta["source"] == EXPERIMENT).to_numpy()
    new = tables.X.index[fresh]
    known = set(old.table["spacer_smiles"])
    print(asked(tables, data.structures, new, known, arguments.models).round(2).to_string(), flush=True)
    rows = []
    for key in MODULI:
        rows += score(tables, new, key, held_out(tables, new, key, arguments.repeats))
    print(pd.DataFrame(rows).round(2).to_string())


if __name__ == "__main__":
    main()
