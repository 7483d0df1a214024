"""The first screen of the report: what makes these crystals stiff, how sure that is, what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from perovex._numbers import with_interval
from perovex.explain.names import axis_label, name_of
from perovex.figures.axes import axes
from perovex.figures.data import MODULUS_LABELS
from perovex.figures.style import HALIDE_COLOURS, HALIDE_MARKERS, PURPLE
from perovex.learn import formula_text
from perovex.study.tasks import SMALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

    from perovex.learn import YoungModulusRegressor
    from perovex.study.modelling import TaskResult
    from perovex.study.result import StudyResult

PACKING: Final = "free_volume_fraction"
SHEET: Final = "slab_fraction"


def _formula_sentence(task: TaskResult, model: YoungModulusRegressor) -> str:
    assert task.evaluation is not None
    scores = task.evaluation.scores
    row = scores.loc[(scores["metric"] == "R2") & (scores["model"] == SMALL), ["value", "lower", "upper"]]
    score = f", held out {with_interval(*row.to_numpy(float)[0])}" if len(row) else ""
    return f"A formula to argue with (R2{score}): {formula_text(model)}."


def lead_sentences(result: StudyResult, small: Mapping[str, YoungModulusRegressor]) -> list[str]:
    """Return the answer in plain words, most important first; every number in it was computed by the study.

    Parameters
    ----------
    result : StudyResult
    small : mapping of str to YoungModulusRegressor
        Fitted small model of each target.
    """
    regressions = [task for task in result.tasks.values() if task.name == task.target and _explained(task)]
    sentences = [_what_carries(task) for task in regressions if _skilful(task)]
    sentences += [
        _formula_sentence(task, small[task.name]) for task in regressions if _skilful(task) and task.name in small
    ]
    unknown = [task.name for task in result.tasks.values() if task.name == task.target and not _skilful(task)]
    if unknown:
        sentences.append(
            f"Not known: what decides {' and '.join(unknown)}. The models do no better there than the "
            "mean of all crystals, so that their explanations say nothing reliable."
        )
    return sentences


def _explained(task: TaskResult) -> bool:
    return task.evaluation is not None and task.ranking is not None


def _r2(task: TaskResult) -> tuple[float, float, float]:
    assert task.evaluation is not None
    row = task.evaluation.scores.query("metric == 'R2' and model == 'model'")[["value", "lower", "upper"]]
    value, lower, upper = row.to_numpy(float)[0]
    return value, lower, upper


def _skilful(task: TaskResult) -> bool:
    if task.evaluation is None:
        return False
    _, lower, _ = _r2(task)
    return bool(lower > 0)


def _what_carries(task: TaskResult) -> str:
    assert task.ranking is not None
    groups = task.ranking.groups
    above = groups[groups["p_above_noise"] >= 0.5].head(3)
    value, lower, upper = _r2(task)
    sure = f"R2 {with_interval(value, lower, upper)} on spacers that the model has not seen"
    if above.empty:
        return f"{task.name}: no descriptor stands out of the noise ({sure})."
    parts = [f"{name_of(str(name))} ({100 * share:.0f} %)" for name, share in above["share"].items()]
    return f"{task.name}: predictions rest most on {', '.join(parts)} of importance ({sure})."


def plot_main(descriptors: pd.DataFrame, moduli: pd.Series, halide: pd.Series, *, ax: Axes | None = None) -> Axes:
    """Plot a modulus against how loosely the crystal is packed, colour by halide, size by the share of sheets.

    Parameters
    ----------
    descriptors : DataFrame
        With the free volume and the volume share of the slabs.
    moduli : Series
        GPa, of the same rows; its name says which.
    halide : Series
        Of the same rows.
    ax : Axes, optional
        Where to draw; without it a new figure.

    Returns
    -------
    Axes
    """
    ax = axes(ax)
    sheet = descriptors[SHEET].to_numpy(float)
    span = np.nanmax(sheet) - np.nanmin(sheet)
    size = 14 + 90 * (sheet - np.nanmin(sheet)) / (span if span > 0 else 1.0)
    for name in sorted(halide.unique()):
        rows = (halide == name).to_numpy()
        ax.scatter(
            descriptors.loc[rows, PACKING], moduli[rows], s=size[rows], c=HALIDE_COLOURS.get(str(name), PURPLE),
            marker=HALIDE_MARKERS.get(str(name), "D"), alpha=0.7, edgecolor="white", linewidth=0.5, label=str(name),
        )  # fmt: skip
    ax.set_xlabel(axis_label(PACKING))
    ax.set_ylabel(MODULUS_LABELS.get(str(moduli.name), str(moduli.name)))
    ax.legend(title="halide (larger: more of the crystal is sheet)", fontsize=8, title_fontsize=8)
    return ax
