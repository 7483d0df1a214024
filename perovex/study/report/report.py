"""The sections of the report, in the order in which a reader asks."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex import __version__
from perovex.figures import figure, save_figure, style
from perovex.figures.data import plot_distribution, plot_moduli, plot_series
from perovex.report import Document
from perovex.report.wording import in_words
from perovex.study.questions import SOURCE, TARGET
from perovex.study.report.explorer import explorer_payload
from perovex.study.report.findings import PACKING, SHEET, lead_sentences, plot_main, small_models
from perovex.study.report.model_section import add_model
from perovex.study.report.summary import add_claims, summary_html, task_title
from perovex.study.tables import TARGETS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from perovex.learn import YoungModulusRegressor
    from perovex.report import Section
    from perovex.study.modelling import TaskResult
    from perovex.study.run import StudyResult

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

_AUDITED = {
    "outliers": "Moduli far from those of like crystals",
    "volume_changes": "Crystals whose volume changed much on relaxing",
    "stacking_changes": "Crystals whose stacking changed on relaxing",
    "unconverged": "Crystals that are not fully relaxed",
    "duplicates": "Crystals that are in the data twice",
}


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
    data = result.data
    document = Document(
        title or "Stiffness of layered hybrid perovskites",
        f"perovex study of data {data.version} ({data.potential}{data.kind}), seed {result.options.seed}",
        authors=authors,
        notes=notes,
    )
    with style():
        small = small_models(result)
        _answer(document.section("Answer"), result, small, figures)
        document.section("Summary").raw(summary_html(result))
        document.payload = explorer_payload(result, small)
        if document.payload:
            _explorer(document.section("Explore"))
        _data(document.section("Data"), result, figures)
        _labels(document.section("How good the labels are"), result)
        for task in result.tasks.values():
            add_model(document.section(_title(task)), task, result, figures)
        _claims(document.section("Published claims, tested"), result)
        _transfer(document.section("From single-layer to multilayer"), result)
        _series(document.section("Matched series"), result, figures)
        _descriptors(document.section("Descriptors"), result)
        document.section("Terms").glossary()
        _reproduce(document.section("Reproduce and cite"), result)
    return document


def _answer(section: Section, result: StudyResult, small: Mapping[str, YoungModulusRegressor], figures: Path) -> None:
    """Say before scrolling what was found, with one figure."""
    first, *others = lead_sentences(result, small) or [
        "These data do not support a model, so that there is nothing to explain."
    ]
    section.lead(first).bullets(others)
    X = result.tables.X
    if not {PACKING, SHEET} <= set(X.columns):
        return
    modulus = result.tables.moduli[TARGETS[-1]]
    together = X[PACKING].corr(modulus, method="spearman")
    made, ax = figure(6.4, 4.2)
    plot_main(X, modulus, result.tables.meta["halide"], ax=ax)
    section.drawing(
        save_figure(made, figures, "main"),
        f"{TARGETS[-1]} of every layered crystal against its free volume (rank correlation {together:+.2f}). "
        "Labels are computed, not measured.",
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


def _title(task: TaskResult) -> str:
    title = task_title(task)
    return title[0].upper() + title[1:]


def _data(section: Section, result: StudyResult, figures: Path) -> None:
    table = result.data.table
    counts = pd.crosstab(table["n_layers"].map(lambda n: "3D" if np.isinf(n) else f"n = {n:g}"), table["halide"])
    section.table(
        counts.rename_axis(index="layers", columns=None),
        "Crystals with an accepted label, by layers per slab and halide.",
    )
    rejected = result.data.rejected
    if len(rejected):
        caption = f"{len(rejected)} rejected labels and why; they are kept in the data."
        section.table(in_words(rejected[["reason"]]), caption, folded=True)
    made, ax = figure(6.0, 4.6)
    plot_moduli(table, ax)
    section.drawing(
        save_figure(made, figures, "moduli"),
        "Out-of-plane against in-plane Young's modulus. Open symbols are 3D networks, for comparison only.",
    )
    made, axes = figure(9.6, 6.4, nrows=2, ncols=3)
    for target, row in zip(("E_in_plane", "E_out_of_plane"), axes, strict=True):
        for by, ax in zip(("n_layers", "halide", "stacking"), row, strict=True):
            plot_distribution(table, target, by, ax)
    section.drawing(
        save_figure(made, figures, "distributions"),
        "Moduli by layers per slab, halide and stacking: every crystal, quartiles (grey) and median; counts in "
        "brackets. Colours and symbols are those of the halides above.",
    )
    spread = table.loc[np.isfinite(table["n_layers"]), list(TARGETS)].quantile([0, 0.25, 0.5, 0.75, 1])
    spread.index = pd.Index(["smallest", "lower quartile", "median", "upper quartile", "largest"])
    section.table(spread, "Distribution of the moduli of layered crystals, GPa.")


def _labels(section: Section, result: StudyResult) -> None:
    from perovex.datasets.quality.audit import audit
    from perovex.datasets.quality.references import validate_labels_against_references
    from perovex.datasets.schema import SOFT_FROZEN

    section.text(
        "Relaxed-ion elastic tensors by linear response: ions and cell are relaxed, the response of the ions to strain "
        "is solved with Hessian products, and a crystal with a negative mode or an unstable tensor is followed "
        "downhill or rejected. Soft but positive modes count fully; their influence is listed below."
    )
    data = result.data.relaxed()
    truth = validate_labels_against_references(data)
    section.table(
        in_words(truth.errors),
        "Labels against first-principles values (PBE without dispersion), 3D crystals.",
        index=False,
    )
    section.table(in_words(truth.moduli), "The same, crystal by crystal; GPa.", index=False, folded=True)
    if len(truth.lattice_errors):
        section.table(
            in_words(truth.lattice_errors.rename(columns={"method": "reference"})),
            "Relaxed lattice parameters of the labels against experiment and DFT: deviation of the label from the "
            "reference in percent. The last two columns compare the reference itself with experiment.",
            index=False,
        )
    if len(truth.enantiomers):
        apart = {f"{target} apart (%)": truth.enantiomers[f"{target}_percent"] for target in TARGETS}
        section.table(
            in_words(truth.enantiomers[["right", "left", "energy_meV_per_atom"]]).assign(**apart),
            "Crystals and their mirror images, whose labels should be equal. What separates them is the error of the "
            "potential, which tells left from right, and of convergence.",
            index=False,
        )
    trends = truth.trends
    shown = pd.DataFrame(
        {
            "trend": trends["trend"],
            "answer": trends["answer"],
            "pairs that agree": [f"{r.agreeing} of {r.comparisons}" for r in trends.itertuples()],
            "spacers that agree": [f"{r.groups_agreeing} of {r.groups}" for r in trends.itertuples()],
            "p": trends["p_value"],
            "median difference (GPa)": trends["median_difference_GPa"],
        }
    )
    section.table(
        shown,
        "Trends that the literature reports, tested on the labels; the answer is that of a sign test over groups "
        "(spacers), undecided where p is 0.05 or more.",
        index=False,
    )
    findings = audit(data)
    if len(findings.second_potential):
        pairs = in_words(findings.second_potential.reset_index())
        main = pairs["modulus"].isin([*TARGETS, *SOFT_FROZEN])
        section.table(
            pairs[main],
            "The same crystals labelled with two potentials (or two protocols), each relaxing the crystal by itself: "
            "the spread is a lower bound of the error of a label. 'soft_frozen' marks moduli without soft modes.",
            index=False,
        )
        section.table(pairs[~main], "The same for the other moduli.", index=False, folded=True)
    if len(findings.soft_modes):
        count = f"{len(findings.soft_modes)} of {len(data)} crystals"
        caption = f"Soft crystals: {count}, whose E_vrh rises by more than 25 % when soft modes are frozen."
        section.table(in_words(findings.soft_modes), caption, folded=True)
    for name, found in _AUDITED.items():
        frame = findings.tables()[name]
        if len(frame):
            section.table(in_words(frame).rename(columns={"X": "halide"}), f"{found}: {len(frame)}.", folded=True)


def _claims(section: Section, result: StudyResult) -> None:
    section.text(
        "Each claim has a criterion, set on made targets and printed below. The first thresholds of dominance were "
        "reset on 24 November 2026, on simulations, after a first look at data 0.2; judging each descriptor by its own "
        "SHAP values and leaving undecided what lies inside the Monte-Carlo error came on 28 November 2026, before "
        "data release 1.0. 'Undecided' means that these data cannot tell; it is not a polite no."
    )
    if not result.claims:
        section.note("No claim could be tested; the sections on the models say why.")
        return
    add_claims(section, result.claims, "Verdicts by target.")
    rows = pd.DataFrame(result.claims)
    criteria = rows.drop_duplicates("id")[["id", "claim", "criterion"]]
    section.table(criteria, "Criteria.", index=False)
    shown = ["id", "target", "verdict", "reason", "n_rows", "n_groups"]
    section.table(in_words(rows[shown]), "Evidence behind each verdict.", index=False, folded=True, badges=["verdict"])


def _transfer(section: Section, result: StudyResult) -> None:
    occurring = result.tables.meta["n_layers"].groupby(result.tables.groups).nunique()
    section.text(
        f"{int((occurring > 1).sum())} of {len(occurring)} spacers occur at several n, so only the variant with the "
        "spacer held out tells transfer from recognition. The source are crystals with n = 1, the target those with "
        "n >= 2. Errors, gains and widths of regressions are in GPa; the better mean baseline predicts the mean of the "
        "source or of the target."
    )
    for task in result.tasks.values():
        if task.transfer is None:
            section.note(f"{_title(task)}: {task.refusals.get('transfer', 'not tested')}")
            continue
        section.text(f"{_title(task)}:").bullets(
            sentence.replace(SOURCE, "n = 1").replace(TARGET, "n >= 2") for sentence in task.transfer.sentences()
        )
        if task.transfer.possible:
            caption = f"{_title(task)}: every model, on the multilayer crystals."
            section.table(in_words(task.transfer.to_frame()), caption, index=False, folded=True)


def _series(section: Section, result: StudyResult, figures: Path) -> None:
    section.text(
        "The same spacer and halide at several n: what changes between them is n and what n does to the geometry. "
        "Changes of moduli are in GPa. Significance comes from flipping the sign of all differences of a spacer "
        "together; a cluster is a spacer."
    )
    made, axes = figure(9.2, 3.4, ncols=3)
    for target, ax in zip(TARGETS, np.ravel(axes), strict=True):
        plot_series(result.data.table, target, ax)
    section.drawing(
        save_figure(made, figures, "series"), "The same spacer and halide at several n, one line for each pair."
    )
    for name, item in result.series.items():
        if item.reason:
            section.note(f"{name}: {item.reason}")
            continue
        section.bullets(item.sentences())
        caption = f"{name} and descriptors: change from one n to another."
        section.table(in_words(item.to_frame()), caption, index=False, folded=True)
        section.table(in_words(item.explained_by), f"Do changes of descriptors go with changes of {name}?", folded=True)
    for name, item in result.variance.items():
        if isinstance(item, str):
            section.note(f"Variance of {name}: {item}")
            continue
        section.table(
            in_words(item.rename(columns={"share": "share of variance", "df": "parameters"})),
            f"Share of the variance of {name}: bridging angle, halide, spacer or n (Shapley shares of adjusted R2).",
        )
    section.table(
        result.confounding, "What is tied to what, 0 to 1 (Cramér's V, correlation ratio or rank correlation)."
    )


def _descriptors(section: Section, result: StudyResult) -> None:
    from perovex.descriptors import REGISTRY

    rows = [
        {"key": key, "family": REGISTRY[key].family, "unit": REGISTRY[key].unit, "definition": REGISTRY[key].definition}
        for key in result.tables.X.columns
    ]
    section.table(pd.DataFrame(rows), f"The {len(rows)} descriptors offered to the models.", index=False, folded=True)
    dropped = pd.Series(result.tables.dropped, name="reason", dtype=object).rename_axis("key").reset_index()
    if len(dropped):
        section.table(dropped, f"{len(dropped)} descriptors not offered, and why.", index=False, folded=True)
    if len(result.tables.failures):
        section.table(in_words(result.tables.failures), "Crystals that could not be described.")


def _reproduce(section: Section, result: StudyResult) -> None:
    from perovex.learn import environment

    options = result.options
    section.text(
        f"perovex study --out DIR --moduli {result.data.moduli} --target {options.target} "
        f"--threshold {options.threshold} --algorithm {options.algorithm} --seed {options.seed}"
        + (" --quick" if options.quick else ""),
        f"Data checksum: {result.data.checksum}",
        "Methods, in words that can be copied: crystals were perceived and described with perovex; models of Young's "
        f"moduli were validated in {result.options.n_repeats} repeats of five folds that keep a spacer together; "
        "explanations are SHAP values of held-out crystals, with ranks over resampled spacers.",
    )
    section.raw(f"<pre>{html.escape(_BIBTEX)}</pre>")
    versions: dict[str, Any] = environment()
    section.table(
        pd.DataFrame(versions.items(), columns=["package", "version"]), "Environment.", index=False, folded=True
    )
