"""The part of the report on how good a model is and where it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex._numbers import with_interval
from perovex._words import group_words
from perovex.figures import (
    figure,
    plot_coverage,
    plot_learning_curve,
    plot_parity,
    plot_parts,
    plot_reliability,
    plot_residuals,
    plot_scores,
    plot_train_against_held_out,
    save_figure,
    worst_crystals,
)
from perovex.figures.interactive import parity_chart
from perovex.report.wording import in_words
from perovex.study.report.summary import MAIN_METRIC, draws_line, score_line, slug, with_unit

if TYPE_CHECKING:
    from pathlib import Path

    from perovex.report import Section
    from perovex.study.modelling import TaskResult
    from perovex.study.result import StudyResult

_PARTS = ("n_layers", "halide", "source")
_PART_METRICS = ("MAE", "R2", "Spearman", "ROC-AUC", "Brier", "bias", "coverage")
_SMALL = (4.6, 3.4)


def add_errors(section: Section, task: TaskResult, result: StudyResult, figures: Path) -> None:
    """Say how good a model is, where it fails, and whether more crystals would help."""
    assert task.evaluation is not None
    section.heading("How good it is")
    line = score_line(task)
    section.text(f"{line[0].upper()}{line[1:]}.")
    for warning in task.evaluation.warnings:
        section.note(warning)
    one, many = group_words(result.tables.group_name)
    section.text(draws_line(task.evaluation, many))
    _scores(section, task, figures, one, many)
    if task.task.classify:
        _reliability(section, task, figures)
    else:
        _values(section, task, result, figures)
    _scrambling(section, task, many)
    section.heading("Where it fails")
    by_part = task.evaluation.by_part()
    drawn = _parts(section, task, by_part, figures, one, many)
    if not task.task.classify:
        _worst(section, task, result, figures)
        if drawn:
            section.beside(2)
        _worst_table(section, task, result)
        _domain(section, task, many)
    _rejected(section, task, result)
    _more_data(section, task, figures, many)
    _tables(section, task, by_part, many)


def _scores(section: Section, task: TaskResult, figures: Path, one: str, many: str) -> None:
    assert task.evaluation is not None
    metric = MAIN_METRIC[task.task.classify]
    own = task.evaluation.scores.query("metric == @metric").set_index("model")[["value", "lower", "upper"]]
    made, ax = figure(*_SMALL)
    plot_scores(own, metric if task.task.classify else with_unit(metric, task), ax)
    section.drawing(
        save_figure(made, figures, f"scores_{slug(task)}"),
        f"The model (blue) and its baselines in the same folds, which keep a {one} together; bars: 95 % intervals over "
        f"{many}.",
        description=f"{metric} of the model and of its baselines",
    )


def _reliability(section: Section, task: TaskResult, figures: Path) -> None:
    assert task.evaluation is not None
    held = task.evaluation.out_of_fold()
    made, ax = figure(*_SMALL)
    plot_reliability(held["truth"].astype(bool), held["prediction"], n_bins=5, ax=ax)
    section.drawing(
        save_figure(made, figures, f"reliability_{slug(task)}", raster=False),
        f"Predicted probability of {task.task.quantity.classes[1]} against the share that came true, in bins of equal "
        "size, with 95 % intervals; on the line, probabilities mean what they say.",
        description="Reliability of predicted probabilities",
    ).beside(2)


def _values(section: Section, task: TaskResult, result: StudyResult, figures: Path) -> None:
    assert task.evaluation is not None
    asked = task.evaluation.settings["coverage"]
    if asked is None:
        section.note(f"Too few {group_words(result.tables.group_name)[1]} for prediction intervals.")
    else:
        made, ax = figure(*_SMALL)
        plot_coverage(task.evaluation.coverage_table(), asked, ax=ax)
        section.drawing(
            save_figure(made, figures, f"coverage_{slug(task)}", raster=False),
            f"Calibration of the {asked:.0%} intervals: share of held-out crystals inside theirs, with 95 % intervals.",
            description="Coverage of prediction intervals in all crystals and within parts",
        ).beside(2)
    held = task.evaluation.out_of_fold()
    colour = _colour(result, held.index)
    made, ax = figure(4.8, 4.4)
    plot_parity(held["truth"], held["prediction"], colour, ax, unit=task.task.unit)
    section.chart(
        parity_chart(held, colour, unit=task.task.unit),
        "Held-out predictions against known values; point at a crystal for its name and interval.",
        description=f"Predictions of {task.name} against known values",
        fallback=save_figure(made, figures, f"parity_{slug(task)}"),
    )


def _scrambling(section: Section, task: TaskResult, many: str) -> None:
    """One sentence on whether chance does as well."""
    scrambled = task.scrambling
    if not scrambled:
        return
    section.text(
        f"y-scrambling: with shuffled targets the same procedure reaches {scrambled['metric']} "
        f"{scrambled['null_mean']:.2f} on average, with the true ones {scrambled['observed']:.2f} "
        f"(p = {scrambled['p_value']:.2g}, {scrambled['shuffles']} shuffles; where {many} are many, models are fitted "
        f"to halves of them here)."
    )


def _worst(section: Section, task: TaskResult, result: StudyResult, figures: Path) -> None:
    assert task.evaluation is not None
    held = task.evaluation.out_of_fold()
    made, ax = figure(*_SMALL)
    plot_residuals(held, _colour(result, held.index), unit=task.task.unit, ax=ax)
    section.drawing(
        save_figure(made, figures, f"residuals_{slug(task)}", raster=False),
        "Errors of held-out predictions; the worst crystals carry their names. Small values are predicted too large "
        "and large ones too small where points fall along a slope.",
        description=f"Residuals of {task.name}",
    )


def _worst_table(section: Section, task: TaskResult, result: StudyResult) -> None:
    assert task.evaluation is not None
    worst = worst_crystals(task.evaluation.out_of_fold())
    known = result.tables.meta.reindex(worst.index)
    for column, word in (("n_layers", "n"), ("halide", "halide"), ("source", "source")):
        if column in known:
            worst[word] = known[column].to_numpy()
    section.table(worst, f"The {len(worst)} crystals that are missed by most{in_brackets(task)}.", folded=True)


def _domain(section: Section, task: TaskResult, many: str) -> None:
    if task.error_ranking is not None:
        section.table(
            in_words(_ranked(task.error_ranking)),
            "Does anything say beforehand where errors are large? Rank correlation with absolute held-out errors, 95 % "
            f"intervals over {many}. Where an interval holds zero, a large score means a new kind of crystal, not a "
            "worse prediction.",
        )
    if task.domain is None or not len(task.domain):
        return
    section.table(
        _ratio(task.domain),
        f"Errors {in_unit(task)} inside and outside the applicability domain: layered crystals as they were held "
        "out, and 3D networks, which no model was trained on. The ratio of the mean errors stands with its 95 % "
        f"interval over {many}; where it includes 1, larger errors outside are not sure.",
        index=False,
    )


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    cells = [with_interval(*row) for row in table[["spearman", "lower", "upper"]].to_numpy(float)]
    return pd.DataFrame(
        {"Spearman with error": cells, "ranks errors": np.where(table["lower"] > 0, "yes", "no")}, table.index
    )


def _parts(section: Section, task: TaskResult, by_part: pd.DataFrame, figures: Path, one: str, many: str) -> bool:
    assert task.evaluation is not None
    shown = by_part[by_part["part"].isin(_PARTS)]
    metric = MAIN_METRIC[task.task.classify]
    if not (shown["metric"] == metric).any():
        return False
    made, ax = figure(*_SMALL)
    plot_parts(
        shown, metric, unit="" if task.task.classify else task.task.unit, overall=task.evaluation.score(metric), ax=ax
    )
    section.drawing(
        save_figure(made, figures, f"parts_{slug(task)}", raster=False),
        f"{metric} within layers per slab, halides and sources, every crystal held out with its {one}; dashed: all "
        f"crystals; bars: 95 % intervals over {many}.",
        description=f"{metric} of {task.name} within parts of the data",
    )
    return True


def _rejected(section: Section, task: TaskResult, result: StudyResult) -> None:
    """Show crystals that the data leave out because of their own modulus."""
    rejected = result.rejected.get(task.name)
    if rejected is None or rejected.value is None or rejected.value.empty:
        return
    table = rejected.value
    section.table(
        in_words(table[["label", "prediction"]].rename_axis("crystal")),
        f"{len(table)} crystals whose labels were rejected because soft modes dominate them, predicted with their "
        f"spacers left out, {in_unit(task)}. That cuts the soft end off by what is learnt: R2 is "
        f"{table['R2_without'].iloc[0]:.2f} without and {table['R2_with'].iloc[0]:.2f} with them.",
        folded=True,
    )


def _more_data(section: Section, task: TaskResult, figures: Path, many: str) -> None:
    """Learning curve, and importance on training crystals beside that on held-out ones."""
    drawn = 0
    if task.further is not None and task.further.curve is not None:
        made, ax = figure(*_SMALL)
        plot_learning_curve(task.further.curve, ax=ax)
        section.heading(f"Would more {many} help?")
        section.drawing(
            save_figure(made, figures, f"learning_curve_{slug(task)}", raster=False),
            f"Held-out R2 of the linear model, trained on ever more {many}; a curve that still rises asks for more of "
            "them. Dashed: a power law, where one fits, up to three times as many.",
            description="Learning curve",
        )
        drawn += 1
    explanation = task.explanation
    if explanation is not None and explanation.train_importance is not None:
        made, ax = figure(*_SMALL)
        plot_train_against_held_out(explanation, ax=ax)
        section.drawing(
            save_figure(made, figures, f"train_{slug(task)}", raster=False),
            "Importance on training crystals against held-out ones, one point for each descriptor; far above the line "
            "the model fits noise with it.",
            description="Importance of descriptors in training against held out",
        )
        drawn += 1
    if drawn == 2:
        section.beside(2)


def _tables(section: Section, task: TaskResult, by_part: pd.DataFrame, many: str) -> None:
    """All numbers behind the figures, folded."""
    evaluation = task.evaluation
    assert evaluation is not None
    numbers = evaluation.scores[["value", "lower", "upper"]].to_numpy(float)
    texts = evaluation.scores.assign(score=[with_interval(*row) for row in numbers])
    wide = texts.pivot(index="model", columns="metric", values="score")
    wide = wide.reindex(index=evaluation.scores["model"].unique(), columns=evaluation.scores["metric"].unique())
    section.table(in_words(wide), f"All held-out scores with 95 % intervals over {many}.", folded=True)
    section.table(
        in_words(evaluation.differences), "Model minus baseline on the same resamples.", index=False, folded=True
    )
    if not task.task.classify and evaluation.settings["coverage"] is not None:
        section.table(
            in_words(evaluation.coverage_table()),
            f"Share of held-out crystals inside their interval, and its median width {in_unit(task)}.",
            index=False,
            folded=True,
        )
    parts, left_out = _wide(by_part), _wide(evaluation.left_out)
    if len(parts):
        section.table(
            parts,
            "Scores within parts of the data; 'bias' is the mean of prediction minus truth, R2 compares with the mean "
            f"of the part. 95 % intervals over {many}.",
            index=False,
            folded=True,
        )
    if len(left_out):
        section.table(
            left_out,
            f"The model, and the mean, on sources and on clusters of like {many} of which no crystal was in training.",
            index=False,
            folded=True,
        )


def _wide(scores: pd.DataFrame) -> pd.DataFrame:
    """One row for each part and model, one cell for each metric with its interval."""
    shown = scores[scores["metric"].isin(_PART_METRICS) & scores["score"].notna()]
    if shown.empty:
        return pd.DataFrame()
    cells = [with_interval(*row) for row in shown[["score", "lower", "upper"]].to_numpy(float)]
    keys = ["part", "value", "model", "n_rows", "n_groups"]
    wide = shown.assign(cell=cells).pivot_table(
        index=keys, columns="metric", values="cell", aggfunc="first", sort=False
    )
    return in_words(wide[[name for name in _PART_METRICS if name in wide]].fillna("").reset_index())


def _colour(result: StudyResult, crystals: pd.Index) -> pd.Series:
    """Return what divides the points of a figure: the halide, or nothing where it is not known."""
    if "halide" in result.tables.meta:
        return result.tables.meta["halide"].loc[crystals]
    return pd.Series("all", index=crystals)


def in_unit(task: TaskResult) -> str:
    """Say the unit of a task after a quantity."""
    return f"in {task.task.unit}" if task.task.unit else "in the unit of the property"


def in_brackets(task: TaskResult) -> str:
    """Say the unit of a task in brackets."""
    return f" ({task.task.unit})" if task.task.unit else ""


def _ratio(domain: pd.DataFrame) -> pd.DataFrame:
    """Put the ratio and its interval in one cell."""
    cells = domain[["ratio", "ratio_lower", "ratio_upper"]].astype(float).to_numpy()
    ratio = ["" if value != value else with_interval(value, lower, upper) for value, lower, upper in cells]  # noqa: PLR0124
    shown = domain.drop(columns=["n_groups", "ratio_lower", "ratio_upper"]).assign(ratio=ratio)
    return in_words(shown.rename(columns={"crystals": "kind", "share": "share of the kind"}))
