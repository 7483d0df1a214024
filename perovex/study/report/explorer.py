"""What the explorer of the report shows: every crystal with its numbers, so that a page from disk can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from perovex.explain.names import group_name, name_of, unit_of
from perovex.figures.data import MODULUS_LABELS
from perovex.learn import formula
from perovex.study.report.explorer_crystals import categories_of, drawings_of, facts_of, looks_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from perovex.learn import YoungModulusRegressor
    from perovex.study.modelling import TaskResult
    from perovex.study.result import StudyResult
    from perovex.study.tables import Quantity

_MOST_CRYSTALS: Final = 3000
_MOST_NUMBERS: Final = 400_000  # of descriptors, at seven letters each


def explorer_payload(result: StudyResult, small: Mapping[str, YoungModulusRegressor]) -> dict[str, Any]:
    """Collect what the explorer needs; empty where no model was explained, or a page could not hold the crystals.

    Parameters
    ----------
    result : StudyResult
    small : mapping of str to YoungModulusRegressor
        Fitted small model of each target.

    Returns
    -------
    dict
        Crystals with what they are, descriptors, values (crystals x descriptors), known values, held-out predictions
        with intervals, SHAP values summed over groups of correlated descriptors, nearest crystals and structures, all
        in the order of the crystals.
    """
    tasks = _explained(result)
    if not tasks or len(result.tables.X) > _MOST_CRYSTALS:
        return {}
    X = _shown(result.tables.X, tasks, small)
    facts = facts_of(result)
    drawn = drawings_of(result)
    names = result.tables.X.index
    rows = facts.reset_index(drop=True).to_dict("index").values()  # one for each crystal, even without a column
    return {
        "crystals": [{**row, "name": str(name)} for name, row in zip(names, rows, strict=True)],
        "facts": list(facts.columns),
        "categories": categories_of(facts),
        "descriptors": [{"key": key, "label": name_of(key), "unit": unit_of(key)} for key in X.columns],
        "values": _rounded(X.to_numpy(float), 4),
        "targets": {name: _target(task, result.tables.quantities[name], X) for name, task in tasks.items()},
        "labels": {name: _rounded(result.tables.values[name].to_numpy(float), 4) for name in tasks},
        "predictions": {name: _predictions(task, names) for name, task in tasks.items()},
        "shap": {name: _rounded(_summed(task, names), 3) for name, task in tasks.items()},
        "base": {name: _base(task, names) for name, task in tasks.items()},
        "neighbours": nearest(result.neighbours, names),
        "structures": drawn,
        "elements": looks_of(drawn),
        "start": {"x": _leading(tasks)},
        "small": {name: _what_if(small[name], X) for name in tasks if name in small and len(formula(small[name])) > 1},
    }


def _explained(result: StudyResult) -> dict[str, TaskResult]:
    """Models with an explanation, by the property that they explain; of two the one that predicts values."""
    tasks: dict[str, TaskResult] = {}
    for task in result.tasks.values():
        if task.explanation is None or task.ranking is None:
            continue
        if task.task.classify and task.target in tasks:
            continue
        tasks[task.target] = task
    return tasks


def _shown(
    X: pd.DataFrame, tasks: Mapping[str, TaskResult], small: Mapping[str, YoungModulusRegressor]
) -> pd.DataFrame:
    """Descriptors that a page can hold: all, or those that the explanations and formulas name."""
    if X.size <= _MOST_NUMBERS:
        return X
    named = {key for task in tasks.values() for key in _members(task)}
    named |= {str(key) for name in tasks if name in small for key in formula(small[name]).index}
    return X[[key for key in X if key in named]]


def _members(task: TaskResult) -> dict[str, tuple[str, ...]]:
    """Correlated descriptors by the leading one."""
    assert task.ranking is not None
    return {str(leader): tuple(keys) for leader, keys in task.ranking.clusters.members.items()}


def _target(task: TaskResult, quantity: Quantity, X: pd.DataFrame) -> dict[str, Any]:
    members, columns = _members(task), list(X.columns)
    named = f"{quantity.name} ({quantity.unit})" if quantity.unit else quantity.name
    assert task.explanation is not None
    log = task.explanation.unit == "ln(target)"
    unit = f"contribution to ln {quantity.name} (0.1 ≈ 10 %)" if log else f"contribution to {named}"
    return {
        "text": MODULUS_LABELS.get(quantity.name, named),
        "unit": quantity.unit,
        "shapUnit": unit,
        "contributions": [group_name(name, len(keys)) for name, keys in members.items()],
        "leaders": [columns.index(name) for name in members],
    }


def _what_if(model: YoungModulusRegressor, X: pd.DataFrame) -> dict[str, Any]:
    """Return the numbers of a small model that a page needs to evaluate it."""
    terms = formula(model).drop(index="constant")
    keys = list(terms.index)
    columns = X[keys]
    constant = float(formula(model)["coefficient"].loc[["constant"]].iloc[0])
    return {
        "descriptors": keys,
        "coefficients": terms["effect"].to_numpy(float),
        "intercept": constant + float((terms["coefficient"] * terms["mean"]).sum()),
        "log": bool(model.log_target),
        "centre": terms["mean"].to_numpy(float),
        "scale": terms["sd"].to_numpy(float),
        "smallest": columns.min().to_numpy(float),
        "largest": columns.max().to_numpy(float),
        "correlation": np.nan_to_num(columns.corr().to_numpy(float)),
    }


def nearest(neighbours: pd.DataFrame, names: pd.Index) -> list[list[int]]:
    """Return the positions of the nearest crystals of each, nearest first.

    Parameters
    ----------
    neighbours : DataFrame
        From `perovex.study.neighbours.nearest_crystals`.
    names : Index
        Crystals in the order of the page.

    Examples
    --------
    >>> table = pd.DataFrame({"crystal_id": ["b", "a", "a"], "rank": [1, 2, 1], "neighbour": ["a", "c", "b"]})
    >>> nearest(table, pd.Index(["a", "b", "c"]))
    [[1, 2], [0], []]
    """
    place = {name: number for number, name in enumerate(names)}
    near: list[list[int]] = [[] for _ in names]
    for row in neighbours.sort_values("rank", kind="stable").itertuples():
        near[place[row.crystal_id]].append(place[row.neighbour])
    return near


def _predictions(task: TaskResult, index: pd.Index) -> dict[str, list[Any]]:
    if task.evaluation is None or task.task.classify:  # of classes there are probabilities, not values
        nothing: list[Any] = [None] * len(index)
        return {"value": nothing, "lower": nothing, "upper": nothing, "inside": nothing}
    held = task.evaluation.out_of_fold().reindex(index)
    missing = pd.Series(np.nan, index=index)
    numbers = {key: held.get(column, missing) for key, column in _COLUMNS.items()}
    inside = numbers.pop("inside")
    out: dict[str, list[Any]] = {key: _rounded(np.asarray(column, dtype=float), 4) for key, column in numbers.items()}
    out["inside"] = [None if np.isnan(share) else bool(share >= 0.5) for share in inside.to_numpy(float)]
    return out


_COLUMNS: Final = {"value": "prediction", "lower": "lower", "upper": "upper", "inside": "in_domain"}


def _summed(task: TaskResult, index: pd.Index) -> NDArray[np.float64]:
    """SHAP values summed over correlated descriptors; NaN for crystals without a value of the target."""
    assert task.explanation is not None
    values = task.explanation.values.reindex(index)
    of_groups = [values[list(keys)].to_numpy(float) for keys in _members(task).values()]
    return np.stack([of_group.sum(axis=1) for of_group in of_groups], axis=1)


def _base(task: TaskResult, index: pd.Index) -> list[float]:
    assert task.explanation is not None
    rounded: list[float] = _rounded(task.explanation.base_values.reindex(index).to_numpy(float), 4)
    return rounded


def _leading(tasks: Mapping[str, TaskResult]) -> str:
    ranking = next(iter(tasks.values())).ranking
    assert ranking is not None
    return str(ranking.groups.index[0])


def _rounded(values: NDArray[np.float64], digits: int) -> Any:
    """Return nested lists with so many significant digits, which keeps the page small; NaN becomes None."""
    if values.ndim > 1:
        return [_rounded(row, digits) for row in values]
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in values]
