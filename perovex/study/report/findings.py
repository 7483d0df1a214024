"""The first screen of the report: what makes these crystals stiff, how sure that is, what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from perovex._numbers import short
from perovex._words import enumerated, group_words
from perovex.explain.importance.noise_floor import STANDS_OUT
from perovex.explain.names import name_of

if TYPE_CHECKING:
    from perovex.study.modelling import TaskResult
    from perovex.study.result import StudyResult

_NAMED: Final = 3
_IN_WORDS: Final = {
    "E_in_plane": "E_in_plane, Young's modulus in the plane of the layers",
    "E_out_of_plane": "E_out_of_plane, Young's modulus along the normal of the layers",
    "E_vrh": "E_vrh, Young's modulus averaged over all directions",
}
_MOSTLY_OPEN: Final = 0.35  # R2 below which most of the variance is open


def lead_sentences(result: StudyResult) -> list[str]:
    """Return the answer in plain words: what goes with large values, how sure that is, what is not known.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    list of str
        Most important first; every number was computed by the study. Empty where nothing could be explained.
    """
    regressions = [task for task in result.tasks.values() if task.name == task.target and _explained(task)]
    if not regressions:
        return []
    best = best_explained(result)
    if best is None:
        return _not_known(result, regressions)
    _, many = group_words(result.tables.group_name)
    return [_what_goes_with(best), _how_sure(regressions, many), *_not_known(result, regressions)]


def best_explained(result: StudyResult) -> TaskResult | None:
    """Return the property whose held-out predictions explain most, None where none does better than its mean."""
    regressions = [task for task in result.tasks.values() if task.name == task.target and _explained(task)]
    skilful = [task for task in regressions if _r2(task)[1] > 0]
    return max(skilful, key=lambda task: _r2(task)[0], default=None)


def ways_of(task: TaskResult) -> pd.Series:
    """Return which way the leading groups of descriptors act, by their leaders."""
    assert task.ways is not None
    return task.ways["direction"]


def words_for(task: TaskResult) -> tuple[str, str]:
    """Return what small and large values of a property are called."""
    return ("softer", "stiffer") if task.task.quantity.is_modulus else ("smaller", "larger")


def crystals_of(task: TaskResult) -> tuple[str, str]:
    """Return what crystals with small and with large values of a property are called."""
    small, large = words_for(task)
    if task.task.quantity.is_modulus:
        return f"{small} crystals", f"{large} crystals"
    return f"a {small} {task.target}", f"a {large} {task.target}"


def _explained(task: TaskResult) -> bool:
    return task.evaluation is not None and task.ranking is not None and task.explanation is not None


def _r2(task: TaskResult) -> tuple[float, float, float]:
    assert task.evaluation is not None
    row = task.evaluation.scores.query("metric == 'R2' and model == 'model'")[["value", "lower", "upper"]]
    value, lower, upper = row.to_numpy(float)[0]
    return value, lower, upper


def _what_goes_with(task: TaskResult) -> str:
    """Name the groups that stand out of the noise, with the way they act."""
    assert task.ranking is not None
    groups = task.ranking.groups
    ways = ways_of(task)
    above = groups[groups["p_above_noise"] >= STANDS_OUT]
    sure = [str(name) for name in above.index if ways.get(name, "undecided") != "undecided"][:_NAMED]
    large = crystals_of(task)[1]
    what = f"Crystals with {large}"
    if task.task.quantity.is_modulus:
        what = f"{large.capitalize()} (by {_IN_WORDS.get(task.target, task.target)})"
    if not sure:
        return f"What makes crystals differ in {task.target} cannot be told: no descriptor stands out with a direction."
    amounts = {"increasing": "larger", "decreasing": "smaller"}
    parts = [f"{amounts[ways[name]]} {name_of(name)}" for name in sure]
    share = 100 * float(groups.loc[sure, "share"].sum())
    rest = f"{100 - share:.0f} % is spread over {len(groups) - len(sure)} other groups of descriptors"
    return f"{what} have a {enumerated(parts)}. That is {share:.0f} % of what the model uses; {rest}."


def _how_sure(regressions: list[TaskResult], many: str) -> str:
    shares, errors, means = [], [], []
    for task in regressions:
        assert task.evaluation is not None
        value, lower, upper = _r2(task)
        shares.append(f"{100 * value:.0f} % ({100 * lower:.0f} to {100 * upper:.0f} %) of the variance of {task.name}")
        unit = f" {task.task.unit}" if task.task.unit else ""
        errors.append(short(task.evaluation.score("MAE"), 3, zeros=True) + unit)
        means.append(short(task.evaluation.score("MAE", "mean"), 3, zeros=True) + unit)
    return (
        f"How sure: for {many} that it has never seen the model explains {enumerated(shares)}. It is off by "
        f"{enumerated(errors)} on average; always saying the mean, by {enumerated(means)}."
    )


def _not_known(result: StudyResult, regressions: list[TaskResult]) -> list[str]:
    sentences = []
    weak = [task.name for task in regressions if _r2(task)[0] < _MOSTLY_OPEN]
    if weak:
        sentences.append(f"Not known: most of what decides {enumerated(weak)}.")
    best = best_explained(result)
    if best is not None:
        assert best.ranking is not None
        first, row = next(iter(best.ranking.groups.iterrows()))
        alike = len(row["members"])
        if alike > 1:
            sentences.append(
                f"Not known: which of the {alike} descriptors that change together with {name_of(str(first))} it "
                "is; these crystals cannot tell them apart."
            )
    if result.claims:
        counts = pd.Series([claim["verdict"] for claim in result.claims]).value_counts()
        said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        sentences.append(f"Published claims, each asked of each modulus: {said}.")
    if result.elastic is not None:
        sentences.append("All moduli are computed with an interatomic potential at 0 K; none is a measurement.")
    return sentences
