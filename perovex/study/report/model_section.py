"""The section of the report on one model: scores, errors, what it leans on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from perovex._numbers import with_interval
from perovex.figures import figure, save_figure
from perovex.figures.interactive import beeswarm_chart, parity_chart
from perovex.figures.scores import plot_parity, plot_scores
from perovex.figures.shapes import plot_shape
from perovex.learn import formula, formula_text
from perovex.report.wording import in_words
from perovex.study.report.summary import MAIN_METRIC, score_line, with_unit
from perovex.study.tasks import SMALL

if TYPE_CHECKING:
    from pathlib import Path

    from perovex.explain import Effects
    from perovex.report import Section
    from perovex.study.modelling import TaskResult
    from perovex.study.result import StudyResult


def add_model(section: Section, task: TaskResult, result: StudyResult, figures: Path) -> None:
    """Fill the section on one model."""
    line = score_line(task)
    section.text(f"{line[0].upper()}{line[1:]}.")
    for step, reason in task.refusals.items():
        section.note(f"No {step}: {reason}")
    if task.evaluation is not None:
        _scores(section, task, figures)
        _errors(section, task, result, figures)
        _parts(section, task)
        _rejected(section, task, result)
    if task.name in result.small:
        _formula(section, task, result, figures)
    if task.ranking is not None:
        _ranking(section, task, figures)
    elif task.task.classify and "explanation" not in task.refusals:
        section.text(f"Classes follow from the predicted {task.target}: what decides them is in the section on it.")
    if task.effects is not None:
        _effects(section, task.effects)
    if task.factors is not None:
        section.table(
            _factors(task.factors),
            "Is it the halide, n or the spacer? Importance of all descriptors that carry a factor, together: by SHAP, "
            "and by what the held-out error gains when they are shuffled ('permutation'), among all crystals or only "
            "among those that agree in the factor given.",
        )


def _formula(section: Section, task: TaskResult, result: StudyResult, figures: Path) -> None:
    """Print the formula of the small model and draw the shape of every term."""
    model = result.small[task.name]
    terms = formula(model).drop(index="constant")
    if terms.empty:
        return
    known = result.tables.known(task.target)
    section.text(
        f"A small model to argue with, of descriptors chosen inside the folds (its scores stand above as '{SMALL}'): "
        f"{formula_text(model)}."
    )
    columns = min(3, len(terms))
    rows = -(-len(terms) // columns)
    made, panels = figure(3.1 * columns, 2.5 * rows, nrows=rows, ncols=columns, squeeze=False)
    for ax in panels.ravel()[len(terms) :]:
        ax.set_visible(False)
    for name, ax in zip(terms.index, panels.ravel(), strict=False):
        plot_shape(model, str(name), known.X, known.values[task.target], ax=ax)
    section.drawing(
        save_figure(made, figures, f"shapes_{_slug(task)}"),
        "What each term of the small model does, the others held at their means. Points are crystals: the term plus "
        "what the whole model leaves unexplained.",
    )


def _factors(factors: pd.DataFrame) -> pd.DataFrame:
    """Leave out how many rows were shuffled where it is all of them."""
    everyone = [name for name in factors if str(name).startswith("shuffled ") and (factors[name] == 1).all()]
    return in_words(factors.drop(columns=everyone).rename_axis("factor")).rename(
        columns={"permutation importance": "permutation"}
    )


def _scores(section: Section, task: TaskResult, figures: Path) -> None:
    evaluation, classify = task.evaluation, task.task.classify
    assert evaluation is not None
    for warning in evaluation.warnings:
        section.note(warning)
    metric = MAIN_METRIC[classify]
    own = evaluation.scores.query("metric == @metric").set_index("model")[["value", "lower", "upper"]]
    made, ax = figure(5.4, 2.2)
    plot_scores(own, metric if classify else with_unit(metric, task), ax)
    section.drawing(
        save_figure(made, figures, f"scores_{_slug(task)}"),
        "Held-out score of the model and its baselines in the same folds; folds keep a spacer together, bars are "
        "95 % intervals over spacers.",
    )
    numbers = evaluation.scores[["value", "lower", "upper"]].to_numpy(float)
    texts = evaluation.scores.assign(score=[with_interval(*row) for row in numbers])
    wide = texts.pivot(index="model", columns="metric", values="score")
    wide = wide.reindex(index=own.index, columns=evaluation.scores["metric"].unique())
    section.table(in_words(wide), "All held-out scores with 95 % intervals over spacers.")
    section.table(
        in_words(evaluation.differences), "Model minus baseline on the same resamples.", index=False, folded=True
    )
    if task.scrambling:
        flat = {k: v for k, v in task.scrambling.items() if isinstance(v, (int, float, str))}
        caption = (
            "y-scrambling: the same procedure on shuffled targets. Where spacers are many, models are fitted to halves "
            "of them, which lowers the score against that above; p is the share of targets, the true one included, "
            "that do as well. Classes are taken from the predicted values, on the same shuffles."
        )
        section.table(in_words(pd.DataFrame([flat])), caption, index=False)


def _errors(section: Section, task: TaskResult, result: StudyResult, figures: Path) -> None:
    evaluation = task.evaluation
    assert evaluation is not None
    if task.task.classify:
        section.table(
            in_words(evaluation.reliability_table(5)),
            f"Predicted probability of {task.task.quantity.classes[1]} against the observed share, in equal bins.",
            index=False,
        )
        return
    held = evaluation.out_of_fold()
    colour = _colour(result, held.index)
    made, ax = figure(4.8, 4.4)
    plot_parity(held["truth"], held["prediction"], colour, ax)
    still = save_figure(made, figures, f"parity_{_slug(task)}")
    caption = "Held-out predictions against known values; point at a crystal for its name and interval."
    section.chart(
        parity_chart(held, colour, unit=task.task.unit),
        caption,
        description=f"Predictions of {task.name} against known values",
        fallback=still,
    )
    asked = evaluation.settings["coverage"]
    if asked is None:
        section.note("Too few spacers for prediction intervals.")
    else:
        section.table(
            in_words(evaluation.coverage_table()),
            f"Share of held-out crystals inside the {asked:.0%} interval, and its median width {in_unit(task)}.",
            index=False,
            folded=True,
        )
    if task.domain is not None and len(task.domain):
        section.table(
            _domain(task.domain),
            f"Errors {in_unit(task)} inside and outside the applicability domain: layered crystals as they were held "
            "out, and 3D networks, which no model was trained on. The ratio of the mean errors stands with its 95 % "
            "interval over spacers; where it includes 1, larger errors outside are not sure.",
            index=False,
        )
    if task.error_ranking is not None:
        section.table(
            in_words(_ranked(task.error_ranking)),
            "Does anything say beforehand where errors are large? Rank correlation with absolute held-out errors, 95 % "
            "intervals over spacers. Where an interval holds zero, a large score means a new kind of crystal, not a "
            "worse prediction.",
        )


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    cells = [with_interval(*row) for row in table[["spearman", "lower", "upper"]].to_numpy(float)]
    return pd.DataFrame(
        {"Spearman with error": cells, "ranks errors": np.where(table["lower"] > 0, "yes", "no")}, table.index
    )


def _parts(section: Section, task: TaskResult) -> None:
    """Scores within parts of the data, and of what was left out as a whole."""
    assert task.evaluation is not None
    by_part = _wide(task.evaluation.by_part())
    if len(by_part):
        section.table(
            by_part,
            "The model within parts of the data, every crystal held out with its spacer; 'bias' is the mean of "
            "prediction minus truth, R2 compares with the mean of the part. 95 % intervals over spacers.",
            index=False,
            folded=True,
        )
    left_out = _wide(task.evaluation.left_out)
    if len(left_out):
        section.table(
            left_out,
            "The model, and the mean, on sources and on clusters of like spacers of which no crystal was in training.",
            index=False,
        )


def _rejected(section: Section, task: TaskResult, result: StudyResult) -> None:
    """Show crystals that the data leave out because of their own modulus."""
    found = result.rejected.get(task.name)
    if found is None or found.value is None or found.value.empty:
        return
    table = found.value
    section.table(
        in_words(table[["label", "prediction"]].rename_axis("crystal")),
        f"{len(table)} crystals whose labels were rejected because soft modes dominate them, predicted with their "
        f"spacers left out, {in_unit(task)}. That cuts the soft end off by what is learnt: R2 is "
        f"{table['R2_without'].iloc[0]:.2f} without and {table['R2_with'].iloc[0]:.2f} with them.",
        folded=True,
    )


_PART_METRICS = ("MAE", "R2", "Spearman", "ROC-AUC", "Brier", "bias", "coverage")


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
    """Return what divides the points of a parity plot: the halide, or nothing where it is not known."""
    if "halide" in result.tables.meta:
        return result.tables.meta["halide"].loc[crystals]
    return pd.Series("all", index=crystals)


def _slug(task: TaskResult) -> str:
    """Name of a task in names of files."""
    return "".join(c if c.isalnum() or c in "_-" else "_" for c in task.name)


def in_unit(task: TaskResult) -> str:
    """Say the unit of a task after a quantity."""
    return f"in {task.task.unit}" if task.task.unit else "in the unit of the property"


def _domain(domain: pd.DataFrame) -> pd.DataFrame:
    """Put the ratio and its interval in one cell."""
    cells = domain[["ratio", "ratio_lower", "ratio_upper"]].astype(float).to_numpy()
    ratio = ["" if value != value else with_interval(value, lower, upper) for value, lower, upper in cells]  # noqa: PLR0124
    shown = domain.drop(columns=["n_groups", "ratio_lower", "ratio_upper"]).assign(ratio=ratio)
    return in_words(shown.rename(columns={"crystals": "kind", "share": "share of the kind"}))


def _ranking(section: Section, task: TaskResult, figures: Path) -> None:
    from perovex.figures import plot_beeswarm, plot_ranking

    ranking, explanation = task.ranking, task.explanation
    assert ranking is not None
    assert explanation is not None
    assert task.skill is not None
    section.text(f"What is explained is the model that predicts, on the same folds. {task.skill.sentence()}")
    if not task.skill.above_chance:
        section.note("The model is not distinguishable from chance, so its ranking explains nothing reliable.")
    made, ax = figure(6.4, 3.6)
    plot_ranking(ranking, groups=True, n=10, ax=ax)
    section.drawing(
        save_figure(made, figures, f"groups_{_slug(task)}"),
        f"Groups of correlated descriptors, by their share of all SHAP importance on held-out crystals, with "
        f"{ranking.level:.0%} intervals over spacers and seeds. Within a group the model cannot tell who earns the "
        "credit, so groups are the sounder answer. A group is named by its leading member.",
    )
    section.table(
        in_words(ranking.groups[["rank", "share", "members"]].head(10)),
        "Members of the groups of correlated descriptors.",
        folded=True,
    )
    made, ax = figure(6.4, 4.4)
    plot_ranking(ranking, ax=ax)
    section.drawing(
        save_figure(made, figures, f"ranking_{_slug(task)}"),
        f"The same for single descriptors; stability of the top {ranking.top_k}: {ranking.stability:.2f} (1 always the "
        "same, 0 chance).",
    )
    made, ax = figure(6.8, 4.6)
    plot_beeswarm(explanation, ax=ax)
    section.chart(
        beeswarm_chart(explanation),
        "SHAP value of each held-out crystal, one row per descriptor, coloured by the descriptor's value.",
        fallback=save_figure(made, figures, f"beeswarm_{_slug(task)}"),
    )
    shown = ["rank", "rank_lower", "rank_upper", "p_top_k", "share", "p_above_noise", "permutation"]
    section.table(
        in_words(ranking.table[[c for c in shown if c in ranking.table]].head(15)),
        "Single descriptors: ranks with intervals.",
        folded=True,
    )


def _effects(section: Section, effects: Effects) -> None:
    """Effects with a direction as a list; the others in one line, so that they do not drown it."""
    from perovex.explain.names import name_of

    decided = effects.decided
    silent = [key for key in effects.sentences if key not in decided]
    section.text("Direction of the leading effects, as measured on held-out crystals:")
    section.bullets(text for key, text in effects.sentences.items() if key not in silent)
    if silent:
        section.text(f"No direction can be told for {', '.join(name_of(key) for key in silent)}.")
