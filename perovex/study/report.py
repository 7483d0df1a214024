"""The sections of the report, in the order in which a reader asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.report import Document, figure, save_figure, style
from perovex.report.figures import plot_moduli, plot_parity, plot_scores, plot_series
from perovex.study.modelling import CLASSIFIER
from perovex.study.summary import MAIN_METRIC, score_line, summary_lines
from perovex.study.tables import TARGETS

if TYPE_CHECKING:
    from pathlib import Path

    from perovex.report import Section
    from perovex.study.modelling import TaskResult
    from perovex.study.run import StudyResult


def build_report(result: StudyResult, figures: Path) -> Document:
    """Compose the report of a study and write its figures.

    Parameters
    ----------
    result : StudyResult
    figures : path
        Folder for the SVG and PNG files.

    Returns
    -------
    Document
    """
    data = result.data
    document = Document(
        "Stiffness of layered hybrid perovskites",
        f"perovex study of data {data.version} ({data.potential}), seed {result.options.seed}",
    )
    with style():
        _summary(document.section("Summary"), result)
        _data(document.section("Data"), result, figures)
        _labels(document.section("How good the labels are"), result)
        for task in result.tasks.values():
            _model(document.section(_title(task)), task, result, figures)
        _claims(document.section("Published claims, tested"), result)
        _transfer(document.section("From single-layer to multilayer"), result)
        _series(document.section("Matched series"), result, figures)
        _descriptors(document.section("Descriptors"), result)
        _reproduce(document.section("Reproduce"), result)
    return document


def _title(task: TaskResult) -> str:
    return f"Stiff or not ({task.target})" if task.name == CLASSIFIER else f"Regression of {task.name}"


def _summary(section: Section, result: StudyResult) -> None:
    section.text(*summary_lines(result))
    section.note(
        "Every label is computed with an interatomic potential at 0 K. It is not a measurement; the section on labels "
        "says how far it is from first-principles values."
    )


def _data(section: Section, result: StudyResult, figures: Path) -> None:
    table = result.data.table
    counts = pd.crosstab(table["n_layers"].map(lambda n: "3D" if np.isinf(n) else f"n = {n:g}"), table["halide"])
    section.table(counts, "Crystals with an accepted label, by layers per slab and halide.")
    rejected = result.data.rejected
    if len(rejected):
        section.table(rejected[["reason"]], "Rejected labels and why; they are kept in the data.")
    made, ax = figure(6.0, 4.6)
    plot_moduli(table, ax)
    section.drawing(
        save_figure(made, figures, "moduli"),
        "Out-of-plane against in-plane Young's modulus. Open symbols are 3D networks, for comparison only.",
    )
    spread = table.loc[np.isfinite(table["n_layers"]), list(TARGETS)].quantile([0, 0.25, 0.5, 0.75, 1])
    section.table(spread, "Distribution of the moduli of layered crystals, GPa.")


def _labels(section: Section, result: StudyResult) -> None:
    from perovex.datasets.audit import audit
    from perovex.datasets.validation import validate_labels_against_references

    section.text(
        "Relaxed-ion elastic tensors by linear response: ions and cell are relaxed, the response of the ions to strain "
        "is solved with Hessian products, and a crystal with a negative mode or an unstable tensor is followed "
        "downhill or rejected. Soft but positive modes count fully; their influence is listed below."
    )
    truth = validate_labels_against_references(result.data)
    section.table(
        truth.errors, "Labels against first-principles values (PBE without dispersion), 3D crystals.", index=False
    )
    section.table(truth.moduli, "The same, crystal by crystal; GPa.", index=False)
    if len(truth.lattice_errors):
        section.table(
            truth.lattice_errors,
            "Relaxed lattice parameters against experiment and DFT: deviation of the label in percent; the last two "
            "columns compare the method itself with experiment.",
            index=False,
        )
    section.table(
        truth.trends,
        "Trends that the literature reports, tested on the labels; the answer is that of a sign test over groups "
        "(spacers), undecided where p is 0.05 or more.",
        index=False,
    )
    findings = audit(result.data)
    if len(findings.second_potential):
        section.table(
            findings.second_potential.reset_index(),
            "The same crystals labelled with two potentials: the spread is a lower bound of the error of a label. Each "
            "potential relaxes the crystal by itself and may end in another minimum.",
            index=False,
        )
    if len(findings.soft_modes):
        section.table(findings.soft_modes, "Crystals whose E_vrh rises by more than 25 % when soft modes are frozen.")
    for name in ("outliers", "volume_changes", "duplicates"):
        frame = findings.tables()[name]
        if len(frame):
            section.table(frame, f"Audit: {name.replace('_', ' ')}.")


def _model(section: Section, task: TaskResult, result: StudyResult, figures: Path) -> None:
    classify = task.name == CLASSIFIER
    section.text(score_line(task))
    for step, reason in task.refusals.items():
        section.note(f"No {step}: {reason}")
    if task.evaluation is not None:
        _scores(section, task, figures, classify=classify, result=result)
    if task.ranking is not None:
        _ranking(section, task, figures)


def _scores(section: Section, task: TaskResult, figures: Path, *, classify: bool, result: StudyResult) -> None:
    evaluation = task.evaluation
    assert evaluation is not None
    for warning in evaluation.warnings:
        section.note(warning)
    metric = MAIN_METRIC[classify]
    own = evaluation.scores.query("metric == @metric").set_index("model")[["value", "low", "high"]]
    made, ax = figure(5.4, 2.2)
    plot_scores(own, metric if classify else f"{metric} (GPa)", ax)
    section.drawing(
        save_figure(made, figures, f"scores_{task.name}"),
        "Held-out score of the model and its baselines in the same folds; folds keep a spacer together, bars are "
        "bootstrap intervals over spacers.",
    )
    wide = evaluation.scores.assign(
        score=[f"{r.value:.2f} [{r.low:.2f}, {r.high:.2f}]" for r in evaluation.scores.itertuples()]
    ).pivot(index="model", columns="metric", values="score")
    section.table(wide, "All held-out scores with 95 % bootstrap intervals over spacers.")
    section.table(evaluation.differences, "Model minus baseline on the same resamples.", index=False)
    if task.scrambling:
        flat = {k: v for k, v in task.scrambling.items() if isinstance(v, (int, float, str))}
        section.table(pd.DataFrame([flat]), "y-scrambling: the same procedure on shuffled targets.", index=False)
    held = evaluation.out_of_fold()
    if classify:
        section.table(
            evaluation.reliability_table(5), "Predicted against observed share of stiff crystals.", index=False
        )
        return
    made, ax = figure(4.8, 4.4)
    plot_parity(held["truth"], held["prediction"], result.tables.meta["halide"].loc[held.index], ax)
    section.drawing(save_figure(made, figures, f"parity_{task.name}"), "Held-out predictions against labels.")
    asked = evaluation.settings["coverage"]
    if asked is None:
        section.note("Too few spacers for prediction intervals.")
        return
    section.table(
        evaluation.coverage_table(), f"Share of held-out crystals inside the {asked:.0%} interval.", index=False
    )


def _ranking(section: Section, task: TaskResult, figures: Path) -> None:
    from perovex.explain.plots import plot_beeswarm, plot_ranking

    ranking, explanation = task.ranking, task.explanation
    assert ranking is not None
    assert explanation is not None
    section.text(explanation.skill.sentence())
    if not explanation.skill.above_chance:
        section.note("The model is not distinguishable from chance, so its ranking explains nothing reliable.")
    made, ax = figure(6.4, 4.4)
    plot_ranking(ranking, ax=ax)
    section.drawing(
        save_figure(made, figures, f"ranking_{task.name}"),
        f"Share of all SHAP importance on held-out crystals with {ranking.coverage:.0%} intervals over spacers and "
        "seeds.",
    )
    made, ax = figure(6.8, 4.6)
    plot_beeswarm(explanation, ax=ax)
    section.drawing(
        save_figure(made, figures, f"beeswarm_{task.name}"), "SHAP value of each held-out crystal, coloured by value."
    )
    shown = [
        "rank",
        "rank_lower",
        "rank_upper",
        "p_top_k",
        "share",
        "p_above_noise",
        "permutation",
    ]
    section.table(
        ranking.table[[c for c in shown if c in ranking.table]].head(15),
        f"Ranks with intervals; stability of the top {ranking.top_k}: {ranking.stability:.2f} (1 always the same, 0 "
        "chance).",
    )
    section.table(ranking.groups[["rank", "share", "members"]].head(10), "Groups of correlated descriptors, ranked.")
    if task.effects is not None:
        section.raw("<ul>" + "".join(f"<li>{_escape(s)}</li>" for s in task.effects.sentences.values()) + "</ul>")


def _claims(section: Section, result: StudyResult) -> None:
    section.text(
        "Each claim was given a criterion before the data were looked at. 'Undecided' means that these data cannot "
        "tell; it is not a polite no."
    )
    rows = pd.DataFrame(result.claims)
    if len(rows):
        rows["variant"] = [", ".join(v.values()) for v in rows["variant"]]
    shown = [c for c in ("id", "target", "variant", "verdict", "reason", "n_rows", "n_groups") if c in rows]
    if len(rows):
        section.table(rows[shown], "Verdicts.", index=False)
        criteria = rows.drop_duplicates("id")
        if "criterion" in rows:
            section.table(criteria[["id", "claim", "criterion"]], "Criteria, fixed beforehand.", index=False)


def _transfer(section: Section, result: StudyResult) -> None:
    section.text(
        "Every spacer occurs at several n by design, so only the variant with the spacer held out tells transfer from "
        "recognition."
    )
    for task in result.tasks.values():
        if task.transfer is None:
            section.note(f"{_title(task)}: {task.refusals.get('transfer', 'not tested')}")
            continue
        section.text(f"{_title(task)}. {task.transfer.sentence()}")
        if task.transfer.possible:
            section.table(task.transfer.to_frame(), f"{_title(task)}: scores on the multilayer crystals.", index=False)


def _series(section: Section, result: StudyResult, figures: Path) -> None:
    section.text(
        "The same spacer and halide at several n: what changes between them is n and what n does to the geometry. "
        "Significance comes from flipping the sign of all differences of a spacer together."
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
        section.table(item.to_frame(), f"{name} and descriptors: change from one n to another.", index=False)
        section.table(item.explained_by, f"Do changes of descriptors go with changes of {name}?")
    for name, item in result.variance.items():
        if isinstance(item, str):
            section.note(f"Variance of {name}: {item}")
            continue
        section.table(item, f"Share of the variance of {name}: bridging angle, halide, spacer or n (Shapley shares).")
    section.table(
        result.confounding, "What is tied to what, 0 to 1 (Cramér's V, correlation ratio or rank correlation)."
    )


def _descriptors(section: Section, result: StudyResult) -> None:
    from perovex.descriptors import REGISTRY

    rows = [
        {"key": key, "family": REGISTRY[key].family, "unit": REGISTRY[key].unit, "definition": REGISTRY[key].definition}
        for key in result.tables.X.columns
    ]
    section.table(pd.DataFrame(rows), "Descriptors offered to the models.", index=False)
    dropped = pd.Series(result.tables.dropped, name="reason", dtype=object).rename_axis("key").reset_index()
    if len(dropped):
        section.table(dropped, "Descriptors not offered, and why.", index=False)
    if len(result.tables.failures):
        section.table(result.tables.failures, "Crystals that could not be described.")


def _reproduce(section: Section, result: StudyResult) -> None:
    from perovex.learn import environment

    options = result.options
    section.text(
        f"perovex study --out DIR --target {options.target} --threshold {options.threshold} --seed {options.seed}"
        + (" --quick" if options.quick else ""),
        f"Data checksum: {result.data.checksum}",
    )
    versions: dict[str, Any] = environment()
    section.table(pd.DataFrame(versions.items(), columns=["package", "version"]), "Environment.", index=False)


def _escape(text: str) -> str:
    import html

    return html.escape(text)
