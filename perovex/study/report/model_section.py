"""The section of the report on one model: what it leans on, how good it is, where it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from perovex._words import group_words
from perovex.explain.names import axis_label, group_name, name_of, unit_of
from perovex.figures import figure, plot_ale, plot_beeswarm, plot_interactions, plot_ranking, save_figure
from perovex.figures.interactive import beeswarm_chart
from perovex.figures.shapes import plot_shape
from perovex.learn import formula
from perovex.report.wording import in_words
from perovex.study.report.error_section import add_errors
from perovex.study.report.findings import crystals_of
from perovex.study.report.summary import slug

if TYPE_CHECKING:
    from pathlib import Path

    from perovex.explain import Effects
    from perovex.report import Section
    from perovex.study.modelling import TaskResult
    from perovex.study.result import StudyResult

_CURVES = 4


def add_model(section: Section, task: TaskResult, result: StudyResult, figures: Path) -> None:
    """Fill the section on one model."""
    for step, reason in task.refusals.items():
        section.note(f"No {step}: {reason}")
    if task.ranking is not None:
        section.heading("What it leans on")
        _ranking(section, task, figures, group_words(result.tables.group_name)[1])
        if task.effects is not None:
            _effects(section, task, task.effects, figures, group_words(result.tables.group_name)[1])
        if task.factors is not None:
            _factors(section, task.factors, group_words(result.tables.group_name)[0])
    elif task.task.classify and "explanation" not in task.refusals:
        section.text(f"Classes follow from the predicted {task.target}: what decides them is in the section on it.")
    if task.evaluation is not None:
        add_errors(section, task, result, figures)
    if task.name in result.small and not task.task.classify:
        _formula(section, task, result, figures)


def _ranking(section: Section, task: TaskResult, figures: Path, many: str) -> None:
    ranking, explanation = task.ranking, task.explanation
    assert ranking is not None
    assert explanation is not None
    assert task.skill is not None
    section.text(f"What is explained is the model that predicts, on the same folds. {task.skill.sentence()}")
    if not task.skill.above_chance:
        section.note("The model is not distinguishable from chance, so its ranking explains nothing reliable.")
    made, ax = figure(6.4, 3.8)
    plot_ranking(ranking, groups=True, n=10, ax=ax)
    section.drawing(
        save_figure(made, figures, f"groups_{slug(task)}"),
        f"Groups of correlated descriptors, by their share of all SHAP importance on held-out crystals, with "
        f"{ranking.level:.0%} intervals over {many} and seeds. Filled bars beat the best shuffled descriptor in at "
        "least half of the models, hollow ones do not. Within a group the model cannot tell who earns the credit; a "
        "group is named by its leading member.",
        description=f"Bars of the share of importance of the ten leading groups of descriptors for {task.name}",
    )
    section.table(
        _members(ranking.groups[["rank", "share", "members"]].head(10)),
        "Members of the groups of correlated descriptors.",
        folded=True,
    )
    made, ax = figure(6.8, 4.6)
    plot_beeswarm(explanation, ax=ax)
    section.chart(
        beeswarm_chart(explanation),
        "SHAP value of each held-out crystal, one row for each descriptor, coloured by the descriptor's value: yellow "
        f"points on the left mean that much of it goes with {crystals_of(task)[0]}. Point at a crystal for "
        "its name.",
        description=f"Beeswarm of SHAP values for {task.name}",
        fallback=save_figure(made, figures, f"beeswarm_{slug(task)}"),
    )
    shown = ["rank", "rank_lower", "rank_upper", "p_top_k", "share", "p_above_noise", "permutation"]
    section.table(
        _named(ranking.table[[c for c in shown if c in ranking.table]].head(30)),
        f"Single descriptors: ranks with intervals. Stability of the top {ranking.top_k}: {ranking.stability:.2f} (1 "
        "always the same, 0 chance).",
        folded=True,
    )


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Name descriptors as figures do, the key beside the name."""
    named = in_words(table)
    named.insert(0, "key", named.index)
    return named.set_axis([name_of(str(key)) for key in table.index]).rename_axis("descriptor")


def _members(groups: pd.DataFrame) -> pd.DataFrame:
    members = [", ".join(map(name_of, keys)) for keys in groups["members"]]
    named = in_words(groups.assign(members=members))
    sizes = groups["members"].map(len)
    named_groups = [group_name(str(key), size) for key, size in zip(groups.index, sizes, strict=True)]
    return named.set_axis(named_groups).rename_axis("group")


def _effects(section: Section, task: TaskResult, effects: Effects, figures: Path, many: str) -> None:
    """Effects with a direction as a list and as curves; the others in one line, so that they do not drown it."""
    decided = effects.decided
    drawn = [key for key in [*decided, *effects.sentences] if key in effects.ale and len(effects.ale[key]) > 1]
    drawn = list(dict.fromkeys(drawn))[:_CURVES]
    if len(drawn) == _CURVES:
        made, axes = figure(5.6, 4.4, nrows=2, ncols=2)
        for key, ax in zip(drawn, axes.ravel(), strict=True):
            plot_ale(effects, key, target=task.target, ax=ax)
            ax.set_ylabel(f"effect on {task.target}", fontsize=8)
            ax.set_xlabel(axis_label(key), fontsize=8)
        section.drawing(
            save_figure(made, figures, f"effects_{slug(task)}", raster=False),
            "How the prediction moves with the leading descriptors (accumulated local effects, which keep correlated "
            f"descriptors together); bands: models fitted to halves of the {many}.",
            description=f"Curves of the effect of four descriptors on {task.name}",
        )
    _interactions(section, task, figures, beside=len(drawn) == _CURVES)
    silent = [key for key in effects.sentences if key not in decided]
    if decided:
        section.text("Effects whose direction is sure, as measured on held-out crystals:")
        section.bullets(text for key, text in effects.sentences.items() if key not in silent)
    if silent:
        section.text(f"No direction can be told for {', '.join(name_of(key) for key in silent)}.")


def _interactions(section: Section, task: TaskResult, figures: Path, *, beside: bool) -> None:
    if task.further is None or not len(task.further.pairs):
        return
    made, ax = figure(5.6, 4.0)
    plot_interactions(task.further.pairs.head(8), ax=ax)
    section.drawing(
        save_figure(made, figures, f"interactions_{slug(task)}", raster=False),
        "Pairs of descriptors whose effects depend on each other, in boosted trees fitted to all crystals: mean "
        "absolute SHAP interaction over all importance. Small shares mean that effects nearly add up.",
        description=f"Bars of the strongest interactions for {task.name}",
    )
    if beside:
        section.beside(2)


def _factors(section: Section, factors: pd.DataFrame, one: str) -> None:
    everyone = [name for name in factors if str(name).startswith("shuffled ") and (factors[name] == 1).all()]
    table = in_words(factors.drop(columns=everyone).rename_axis("factor"))
    section.table(
        table.rename(columns={"permutation importance": "permutation"}),
        f"Is it the halide, n or the {one}? Importance of all descriptors that carry a factor, together: by SHAP, "
        "and by what the held-out error gains when they are shuffled ('permutation'), among all crystals or only "
        "among those that agree in the factor given.",
    )


def _formula(section: Section, task: TaskResult, result: StudyResult, figures: Path) -> None:
    """Add a formula of a handful of descriptors, where it predicts better than the mean."""
    model = result.small[task.name]
    if task.evaluation is None or len(formula(model)) == 1:
        return
    scores = task.evaluation.scores.query("metric == 'R2' and model == 'small model'")
    if scores.empty or not scores["lower"].iloc[0] > 0:
        return
    terms = formula(model)
    left = f"ln({task.target} / {task.task.unit})" if model.log_target else task.target
    rows = [{"term": "constant", "coefficient": terms["coefficient"]["constant"], "one standard deviation more": ""}]
    for key, row in terms.drop(index="constant").iterrows():
        unit = unit_of(str(key))
        name = f"{name_of(str(key))} in {unit}" if unit else name_of(str(key))
        effect = f"{100 * row['effect']:+.0f} %" if model.log_target else f"{row['effect']:+.2g}"
        rows.append({"term": name, "coefficient": row["coefficient"], "one standard deviation more": effect})
    value, lower, upper = scores[["value", "lower", "upper"]].to_numpy(float)[0]
    section.heading("A formula to argue with")
    _shapes(section, task, result, figures)
    section.table(
        pd.DataFrame(rows),
        f"{left} = constant + sum of coefficient times descriptor; chosen inside the folds, held-out R2 {value:.2f} "
        f"[{lower:.2f}, {upper:.2f}].",
        index=False,
    )


def _shapes(section: Section, task: TaskResult, result: StudyResult, figures: Path) -> None:
    """Draw the shape of every term of the small model."""
    model, known = result.small[task.name], result.tables.known(task.target)
    terms = [str(name) for name in formula(model).index.drop("constant")]
    columns = min(3, len(terms))
    rows = -(-len(terms) // columns)
    made, panels = figure(3.1 * columns, 2.5 * rows, nrows=rows, ncols=columns, squeeze=False)
    for ax in panels.ravel()[len(terms) :]:
        ax.set_visible(False)
    for name, ax in zip(terms, panels.ravel(), strict=False):
        plot_shape(model, name, known.X, known.values[task.target], ax=ax)
    section.drawing(
        save_figure(made, figures, f"shapes_{slug(task)}"),
        "What each term of the small model does, the others held at their means. Points are crystals: the term plus "
        "what the whole model leaves unexplained.",
        description=f"Terms of the small model of {task.name}",
    )
