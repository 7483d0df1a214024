"""The report of a study: its sections, in the order in which a reader asks."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pandas as pd

from perovex import __version__
from perovex.descriptors import REGISTRY
from perovex.figures import figure, save_figure, style
from perovex.learn.bundle.proven import unproven
from perovex.report import Document
from perovex.report.wording import in_words
from perovex.study.config import write_config
from perovex.study.report.abstract_section import add_abstract
from perovex.study.report.data_section import add_data
from perovex.study.report.explorer import explorer_payload
from perovex.study.report.finding_sections import add_series, add_transfer, add_verdicts
from perovex.study.report.findings import PACKING, SHEET, lead_sentences, plot_main
from perovex.study.report.label_section import add_labels
from perovex.study.report.model_section import add_model
from perovex.study.report.summary import heading, summary_html

if TYPE_CHECKING:
    from pathlib import Path

    from perovex.report import Section
    from perovex.study.result import StudyResult


_BIBTEX = f"""@software{{perovex,
  author  = {{{{The perovex developers}}}},
  title   = {{perovex: explainable tabular machine learning for the mechanics of hybrid perovskites}},
  version = {{{__version__}}},
}}
@inproceedings{{lundberg2017shap,
  author    = {{Lundberg, Scott M. and Lee, Su-In}},
  title     = {{A Unified Approach to Interpreting Model Predictions}},
  booktitle = {{Advances in Neural Information Processing Systems 30}},
  year      = {{2017}},
}}
@article{{robinson1971,
  author  = {{Robinson, K. and Gibbs, G. V. and Ribbe, P. H.}},
  title   = {{Quadratic Elongation: A Quantitative Measure of Distortion in Coordination Polyhedra}},
  journal = {{Science}}, volume = {{172}}, pages = {{567}}, year = {{1971}}, doi = {{10.1126/science.172.3983.567}},
}}"""


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
        document.section("Summary").raw(summary_html(result))
        document.payload = explorer_payload(result, result.small)
        if document.payload:
            _explorer(document.section("Explore"))
        add_data(document.section("Data"), result, figures)
        if result.elastic is not None and result.labels is not None:
            add_labels(document.section("How good the labels are"), result.elastic, result.labels)
        for task in result.tasks.values():
            add_model(document.section(heading(task)), task, result, figures)
        if any(task.associations is not None for task in result.tasks.values()):
            add_abstract(document.section("The abstract, as it was meant"), result, figures)
        if result.claims or result.elastic is not None:
            add_verdicts(document.section("Published claims, tested"), result)
        add_transfer(document.section("From single-layer to multilayer"), result)
        add_series(document.section("Matched series"), result, figures)
        _descriptors(document.section("Descriptors"), result)
        document.section("Terms").glossary()
        _reproduce(document.section("Reproduce and cite"), result)
    return document


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
    first, *others = lead_sentences(result, result.small) or [
        "These data do not support a model, so that there is nothing to explain."
    ]
    section.lead(first)
    held_out = {task.name: task.evaluation.to_dict() for task in result.tasks.values() if task.evaluation is not None}
    lacking = unproven(held_out)
    if lacking:
        section.note(f"{lacking[0].upper()}{lacking[1:]}.")
    section.bullets(others)
    X = result.tables.X
    if not {PACKING, SHEET} <= set(X.columns) or "halide" not in result.tables.meta:
        return
    name = list(result.tables.values)[-1]
    modulus = result.tables.values[name]
    together = X[PACKING].corr(modulus, method="spearman")
    made, ax = figure(6.4, 4.2)
    plot_main(X, modulus, result.tables.meta["halide"], ax=ax)
    section.drawing(
        save_figure(made, figures, "main"),
        f"{name} of every layered crystal against its free volume (rank correlation {together:+.2f}). "
        + ("Labels are computed, not measured." if result.elastic is not None else ""),
        description="Scatter of a modulus against free volume, coloured by halide, sized by the share of sheets",
    )


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
    dropped = pd.Series(result.tables.dropped, name="reason", dtype=object).rename_axis("key").reset_index()
    if len(dropped):
        section.table(dropped, f"{len(dropped)} descriptors not offered, and why.", index=False, folded=True)
    if len(result.tables.failures):
        section.table(in_words(result.tables.failures), "Crystals that could not be described.")


def _entry(key: str) -> dict[str, str]:
    if key not in REGISTRY:
        return {"key": key, "family": "", "unit": "", "definition": "a column of the table"}
    known = REGISTRY[key]
    return {"key": key, "family": known.family, "unit": known.unit, "definition": known.definition}


def _reproduce(section: Section, result: StudyResult) -> None:
    options = "; ".join(write_config(result.asked).splitlines()) or "defaults"
    section.text(
        "perovex study --config study.yaml --out DIR, with the study.yaml beside this report.",
        f"Options: {options}.",
        f"Data checksum: {result.data.checksum}",
        "Methods, in words that can be copied: crystals were perceived and described with perovex; models were "
        f"validated in {result.options.n_repeats} repeats of five folds that keep a spacer together; explanations are "
        "SHAP values of held-out crystals, with ranks over resampled spacers.",
    )
    section.raw(f"<pre>{html.escape(_BIBTEX)}</pre>")
    versions = pd.DataFrame(result.software.items(), columns=["package", "version"])
    section.table(versions, "Environment.", index=False, folded=True)
