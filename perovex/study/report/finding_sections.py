"""Sections of the report on the questions of a study: claims, transfer, matched series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex._words import group_words
from perovex.figures import figure, plot_transfer_parity, save_figure
from perovex.figures.data import plot_series
from perovex.report.wording import in_words
from perovex.study.report.summary import add_claims, heading

_LEADING = 2  # findings on transfer that stand in the open

if TYPE_CHECKING:
    from pathlib import Path

    from perovex.report import Section
    from perovex.study.result import StudyResult

#: What the report calls source and target of the transfer.
DOMAINS = ("n = 1", "n >= 2")
_SERIES = (
    "The same spacer and halide at several n: what changes between them is n and what n does to the geometry. Changes "
    "are in the unit of the property. Significance comes from flipping the sign of all differences of a spacer "
    "together; a cluster is a spacer."
)


def add_verdicts(section: Section, result: StudyResult) -> None:
    """Fill the section on published claims."""
    section.text(
        "Each claim has a criterion with the date on which it was set, on made targets, and how often it was right and "
        "wrong on others; they are printed below. None is older than the first look at data: those of 24 November 2026 "
        "came after data 0.2, those of 28 November 2026 after an analysis of data 0.5 and before data 1.0. 'Undecided' "
        "means that these data cannot tell, 'not supported' that the claim fails as it is worded; neither means that a "
        "descriptor does not matter."
    )
    if not result.claims:
        section.note("No claim could be tested; the sections on the models say why.")
        return
    add_claims(section, result.claims, "Verdicts by target.")
    rows = pd.DataFrame(result.claims)
    criteria = rows.drop_duplicates("id")[["id", "claim", "source", "criterion"]]
    section.table(criteria, "The criterion of each claim.", index=False, folded=True)
    shown = ["id", "target", "verdict", "reason", "n_rows", "n_groups"]
    section.table(in_words(rows[shown]), "Evidence behind each verdict.", index=False, folded=True, badges=["verdict"])


def add_transfer(section: Section, result: StudyResult, figures: Path) -> None:
    """Fill the section on transfer from single-layer to multilayer crystals."""
    if "n_layers" not in result.tables.meta:
        section.note("Not tested: the number of layers of the crystals is not known.")
        return
    occurring = result.tables.meta["n_layers"].groupby(result.tables.groups).nunique()
    one, many = group_words(result.tables.group_name)
    section.text(
        f"{int((occurring > 1).sum())} of {len(occurring)} {many} occur at several n, so only the variant with the "
        f"{one} held out tells transfer from recognition. The source are crystals with n = 1, the target those with "
        "n >= 2. Errors, gains and widths of regressions are in the unit of the property; the better mean baseline "
        "predicts the mean of the source or of the target."
    )
    _draw_transfer(section, result, figures)
    for task in result.tasks.values():
        if task.transfer is None:
            if task.task.classify:  # the property behind the classes has a test of its own
                continue
            section.note(f"{heading(task)}: {task.refusals.get('transfer', 'not tested')}")
            continue
        said = task.transfer.sentences(DOMAINS)
        section.text(f"{heading(task)}:").bullets(said[:_LEADING])
        if len(said) > _LEADING:
            more = pd.DataFrame({"finding": said[_LEADING:]})
            section.table(more, f"{heading(task)}: more findings.", index=False, folded=True)
        if task.transfer.possible:
            caption = f"{heading(task)}: every model, on the multilayer crystals."
            section.table(in_words(task.transfer.to_frame()), caption, index=False, folded=True)


def _draw_transfer(section: Section, result: StudyResult, figures: Path) -> None:
    tested = [task for task in result.tasks.values() if task.transfer is not None and task.transfer.possible]
    if not tested:
        return
    made, axes = figure(3.1 * len(tested), 3.4, ncols=len(tested), squeeze=False)
    n_layers = result.tables.meta["n_layers"].rename("n_layers")
    for task, ax in zip(tested, np.ravel(axes), strict=True):
        assert task.transfer is not None
        plot_transfer_parity(task.transfer, by=n_layers, unit=task.task.unit, ax=ax)
        ax.set_title(task.name, fontsize=9)
    section.drawing(
        save_figure(made, figures, "transfer", raster=False),
        "Multilayer crystals predicted by models that have seen single-layer crystals of other "
        f"{group_words(result.tables.group_name)[1]} only.",
        description="Predictions of multilayer crystals by single-layer models against known values",
    )


def add_series(section: Section, result: StudyResult, figures: Path) -> None:
    """Fill the section on matched series, shares of variance and what is tied to what."""
    one, many = group_words(result.tables.group_name)
    if any(outcome.value is not None for outcome in result.series.values()):
        section.text(_SERIES)
    _draw_series(section, result, figures)
    for name, outcome in result.series.items():
        item = outcome.value
        if item is None or not item.possible:
            why = outcome.refusal if item is None else item.reason
            section.note(f"{name}: {why}")
            continue
        section.bullets(item.sentences())
        caption = f"{name} and descriptors: change from one n to another."
        section.table(in_words(item.to_frame()), caption, index=False, folded=True)
        section.table(in_words(item.explained_by), f"Do changes of descriptors go with changes of {name}?", folded=True)
    for name, outcome in result.variance.items():
        if outcome.value is None:
            section.note(f"Variance of {name}: {outcome.refusal}")
            continue
        section.table(
            in_words(outcome.value.rename(columns={"share": "share of variance", "df": "parameters"})),
            f"Share of the variance of {name}: bridging angle, halide, n, source or {one} (variance components by "
            f"REML, {many} a random effect; shares averaged over orders, 90 % intervals by a jackknife over {many}).",
            folded=True,
        )
    if len(result.confounding):
        section.table(
            result.confounding, "What is tied to what, 0 to 1 (Cramér's V, correlation ratio or rank correlation)."
        )


def _draw_series(section: Section, result: StudyResult, figures: Path) -> None:
    names = [name for name, outcome in result.series.items() if outcome.value is not None]
    if not names:
        return
    tables = result.tables
    table = tables.meta.join(tables.values)
    made, axes = figure(3.1 * len(names), 3.4, ncols=len(names))
    for target, ax in zip(names, np.ravel(axes), strict=True):
        plot_series(table.dropna(subset=[target]), target, ax, unit=tables.quantities[target].unit)
    section.drawing(
        save_figure(made, figures, "series"), "The same spacer and halide at several n, one line for each pair."
    )
