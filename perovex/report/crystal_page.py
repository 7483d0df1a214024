"""One page for each predicted crystal: drawing, prediction, reasons, neighbours, descriptors, cautions."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex._words import group_words
from perovex.crystal.drawing import rows, svg
from perovex.errors import ModelInputError
from perovex.explain.names import name_of, unit_of
from perovex.figures import figure, plot_reasons, style
from perovex.figures.style import embed_svg
from perovex.prediction.words import probability_column
from perovex.report.document import Document

if TYPE_CHECKING:
    from perovex.learn import ModelBundle
    from perovex.prediction import Reasons
    from perovex.report.document import Section

_N_DESCRIPTORS = 25


def crystal_page(table: pd.DataFrame, bundle: ModelBundle) -> Document:
    """Make the page of one or several predicted crystals.

    Parameters
    ----------
    table : DataFrame
        Of `perovex.predict(..., explain=True)` or `perovex.predict_new(..., explain=True)`.
    bundle : ModelBundle
        That predicted.

    Returns
    -------
    Document

    Raises
    ------
    ModelInputError
        If predictions were not explained, or there is none.
    """
    if "why" not in table:
        raise ModelInputError("the predictions were not explained", remedy="predict with explain=True")
    sound = table[table["error"] == ""]
    if sound.empty:
        raise ModelInputError("no crystal was predicted, so there is no page to write")
    formulas = ", ".join(dict.fromkeys(sound["formula"]))
    training = bundle.manifest["training"]
    _, many = group_words(training.get("group", "spacer"))
    made = Document(
        f"Predicted stiffness of {formulas}",
        subtitle=f"Models of {training['n_rows']} crystals of {training['n_groups']} {many}; labels by "
        f"{training.get('potential', 'an unnamed source')}",
    )
    for position in range(len(sound)):
        row = sound.iloc[position]
        title = str(sound.index[position]) if len(sound) > 1 else ""
        _prediction(made.section(" ".join(filter(None, ["Prediction", title]))), row, bundle)
        _reasons(made.section(" ".join(filter(None, ["Why", title]))), row["why"], position)
        _descriptors(made.section(" ".join(filter(None, ["Descriptors", title]))), row["why"], bundle)
    return made


def _prediction(section: Section, row: pd.Series, bundle: ModelBundle) -> None:
    """Say what is predicted, and first of all what speaks against it."""
    unit = bundle.manifest.get("unit", "")
    probability = probability_column(row.index)
    if probability:
        section.lead(
            f"{row['formula']} is predicted to be {row['class']}: a probability of {row[probability]:.2f} of more than "
            f"{row['threshold']:.4g} {unit} in {bundle.manifest['target']}."
        )
    for note in row["warnings"]:
        section.note(note)
    lines = {}
    for target in bundle.regressors:
        line = {"predicted": row[target]}
        if f"{target}_lower" in row:
            line |= {"lower": row[f"{target}_lower"], "upper": row[f"{target}_upper"]}
        if f"{target}_min_of_builds" in row and row["builds"] > 1:
            line |= {"lowest build": row[f"{target}_min_of_builds"], "highest build": row[f"{target}_max_of_builds"]}
        if np.isfinite(row[f"{target}_label"]):
            line["label of the known crystal"] = row[f"{target}_label"]
        lines[target] = line
    _, many = group_words(bundle.manifest["training"].get("group", "spacer"))
    claimed = f"{row['coverage']:.0%} of new {many} inside the domain" if row["coverage"] > 0 else "no coverage claimed"
    section.table(pd.DataFrame.from_dict(lines, orient="index"), f"Moduli, {unit}; intervals: {claimed}")
    reasons: Reasons = row["why"]
    if reasons.perceived is not None:
        section.drawing(svg(reasons.perceived), f"{row['formula']}, seen along the sheets")
        section.table(pd.DataFrame(rows(reasons.perceived), columns=["property", "value"]), "The crystal", index=False)


def _reasons(section: Section, reasons: Reasons, number: int) -> None:
    section.bullets(reasons.sentences())
    made, ax = figure(height=4.6)
    with style():
        plot_reasons(reasons, ax=ax)
        stream = io.StringIO()
        made.savefig(stream, format="svg", metadata={"Date": None, "Creator": "perovex"})
    section.drawing(
        embed_svg(stream.getvalue(), f"waterfall-{number}"),
        f"What carries the predicted {reasons.target} from what is typical; correlated descriptors are added up",
    )
    section.table(reasons.neighbours, "Nearest known crystals, with their labels")
    if reasons.change is not None:
        section.table(
            reasons.change.changes,
            "Smallest change found that carries the prediction across the threshold",
            folded=True,
        )


def _descriptors(section: Section, reasons: Reasons, bundle: ModelBundle) -> None:
    """Show the weightiest descriptors beside their distribution in training."""
    assert bundle.known is not None
    lines = {}
    for name, row in reasons.contributions.head(_N_DESCRIPTORS).iterrows():
        key = str(name)
        trained = bundle.known.X[key].dropna()
        lines[key] = {
            "descriptor": name_of(key),
            "unit": unit_of(key),
            "this crystal": row["value"],
            "lowest in training": trained.min(),
            "median": trained.median(),
            "highest": trained.max(),
            "share of training below (%)": 100 * float((trained < row["value"]).mean()),
            f"contribution ({reasons.scale})": row["contribution"],
        }
    section.table(
        pd.DataFrame.from_dict(lines, orient="index"),
        "Descriptors beside the training crystals, the weightiest groups first",
        index=False,
    )
