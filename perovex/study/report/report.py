"""The report of a study: its sections, in the order in which a reader asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from perovex._words import group_words
from perovex.descriptors import REGISTRY
from perovex.explain.names import name_of
from perovex.figures import figure, plot_answer, plot_scores, save_figure, style
from perovex.learn.bundle.words import cautions
from perovex.report import Document
from perovex.report.glossary import terms_in
from perovex.report.wording import in_words
from perovex.study.report.abstract_section import add_abstract
from perovex.study.report.data_section import add_data
from perovex.study.report.explorer import explorer_payload
from perovex.study.report.finding_sections import add_series, add_transfer, add_verdicts
from perovex.study.report.findings import best_explained, crystals_of, lead_sentences, ways_of, words_for
from perovex.study.report.label_section import add_labels
from perovex.study.report.methods_section import add_methods
from perovex.study.report.model_section import add_model
from perovex.study.report.summary import heading, summary_html
from perovex.study.words import not_offered_in_words

if TYPE_CHECKING:
    from pathlib import Path

    from perovex.report import Section
    from perovex.study.modelling import TaskResult
    from perovex.study.result import StudyResult


def build_report(
    result: StudyResult, figures: Path, *, title: str = "", authors: str = "", notes: str = ""
) -> Document:
    """Compose the report of a study and write its figures.

    Parameters
    ----------
    result : StudyResult
    figures : path
        Folder for the SVG and PNG files.
    title, authors, notes : str
        Of the reader's own.

    Returns
    -------
    Document
    """
    own_title, subtitle = _titles(result)
    document = Document(title or own_title, subtitle, authors=authors, notes=notes)
    with style():
        _answer(document.section("Answer"), result, figures)
        document.payload = explorer_payload(result, result.small)
        if document.payload:
            _explorer(document.section("Explore"))
        _summary(document.section("In numbers"), result, figures)
        for task in result.tasks.values():
            add_model(document.section(_title_of(task)), task, result, figures)
        if any(task.associations is not None for task in result.tasks.values()):
            add_abstract(document.section("The abstract, as it was meant"), result, figures)
        if result.claims or result.elastic is not None:
            add_verdicts(document.section("Published claims, tested"), result)
        add_transfer(document.section("From single-layer to multilayer"), result, figures)
        add_series(document.section("Same spacer, several n"), result, figures)
        add_data(document.section("Data"), result, figures)
        if result.elastic is not None and result.labels is not None:
            add_labels(document.section("How good the labels are"), result.elastic, result.labels, figures)
        _descriptors(document.section("Descriptors"), result)
        told = [block for section in document.sections for block in section.blocks]
        document.section("Terms").glossary(among=terms_in(told))
        add_methods(document.section("Methods and citations"), result)
    return document


def _title_of(task: TaskResult) -> str:
    return heading(task) if task.task.classify else f"What decides {task.name}"


def _titles(result: StudyResult) -> tuple[str, str]:
    elastic = result.elastic
    if elastic is None:
        names = ", ".join(result.tables.quantities)
        return f"What decides {names}", f"perovex study of {result.data.version}, seed {result.options.seed}"
    return (
        "Stiffness of layered hybrid perovskites",
        f"perovex study of data {elastic.version} ({elastic.potential}{elastic.kind}), seed {result.options.seed}",
    )


def _answer(section: Section, result: StudyResult, figures: Path) -> None:
    """Say before scrolling what was found, with one figure."""
    first, *others = lead_sentences(result) or [
        "These data do not support a model, so that there is nothing to explain."
    ]
    section.lead(first)
    for caution in cautions(result.bundle.manifest):
        section.note(f"{caution[0].upper()}{caution[1:]}.")
    section.bullets(others)
    best = best_explained(result)
    if best is None:
        return
    assert best.ranking is not None
    made, ax = figure(6.0, 4.2)
    plot_answer(best.ranking, ways_of(best), words=words_for(best), ax=ax)
    small, large = crystals_of(best)
    _, many = group_words(result.tables.group_name)
    section.drawing(
        save_figure(made, figures, "answer"),
        f"What predictions of {best.target} rest on, and which way. Orange: more of it goes with {large}; blue: with "
        f"{small}; grey: no sure direction. Hollow bars do not stand out of the noise; black lines are 90 % intervals "
        f"over {many}.",
        description=f"Bars of the leading groups of descriptors for {best.target}, by the direction of their effect",
    ).answer()


def _summary(section: Section, result: StudyResult, figures: Path) -> None:
    shown = [task for task in result.tasks.values() if task.evaluation is not None and not task.task.classify]
    if shown:
        many = group_words(result.tables.group_name)[1]
        made, axes = figure(2.9 * len(shown), 2.3, ncols=len(shown), squeeze=False)
        for task, ax in zip(shown, axes.ravel(), strict=True):
            assert task.evaluation is not None
            own = task.evaluation.scores.query("metric == 'R2'").set_index("model")[["value", "lower", "upper"]]
            plot_scores(own, "R2", ax)
            ax.set_title(task.name)
            if ax is not axes.ravel()[0]:
                ax.set_yticklabels([])
        section.drawing(
            save_figure(made, figures, "scores", raster=False),
            f"Share of variance explained on {many} that no model has seen (1: all, 0: no better than the mean), the "
            f"model in blue; bars: 95 % intervals over {many}.",
            description="R2 of the model and its baselines for each property",
        )
    section.raw(summary_html(result, claims=False))


def _explorer(section: Section) -> None:
    section.text(
        "Every crystal of the study. Choose what to see along each axis; point at a crystal for its name, click it to "
        "see it below; draw a box or lasso to see how the importances of the chosen crystals differ from those of all."
    )
    section.raw('<div class="explorer screen-only" id="explorer"></div>')
    section.raw(
        '<noscript><p class="note">This part needs scripts; the tables below hold the same numbers.</p></noscript>'
    )


def _descriptors(section: Section, result: StudyResult) -> None:
    rows = [_entry(key) for key in result.tables.X.columns]
    section.table(pd.DataFrame(rows), f"The {len(rows)} descriptors offered to the models.", index=False, folded=True)
    reasons = {key: not_offered_in_words(refusal) for key, refusal in result.tables.dropped.items()}
    dropped = pd.Series(reasons, name="reason", dtype=object).rename_axis("key").reset_index()
    if len(dropped):
        section.table(dropped, f"{len(dropped)} descriptors not offered, and why.", index=False, folded=True)
    if len(result.tables.failures):
        section.table(in_words(result.tables.failures), "Crystals that could not be described.")


def _entry(key: str) -> dict[str, str]:
    if key not in REGISTRY:
        return {"name": key, "key": key, "family": "", "unit": "", "definition": "a column of the table"}
    known = REGISTRY[key]
    return {
        "name": name_of(key),
        "key": key,
        "family": known.family,
        "unit": known.unit,
        "definition": known.definition,
    }
