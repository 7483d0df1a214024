"""What the explorer of the report shows: every crystal with its numbers, so that a page from disk can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from ase.data import atomic_numbers, covalent_radii
from ase.data.colors import jmol_colors

from perovex.explain.names import name_of, unit_of
from perovex.figures.data import MODULUS_LABELS
from perovex.learn import formula

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from pymatgen.core import Structure

    from perovex.learn import YoungModulusRegressor
    from perovex.study.modelling import TaskResult
    from perovex.study.result import StudyResult

NEIGHBOURS: Final = 3
_SHAP_UNITS: Final = {"ln(target)": "contribution to ln E (0.1 is about 10 %)", "target": "contribution"}


def explorer_payload(result: StudyResult, small: Mapping[str, YoungModulusRegressor]) -> dict[str, Any]:
    """Collect what the explorer needs; empty where no regression was explained.

    Parameters
    ----------
    result : StudyResult
    small : mapping of str to YoungModulusRegressor
        Fitted small model of each target.

    Returns
    -------
    dict
        Crystals (name, formula, SMILES, n, halide, stacking, source), descriptors, values (crystals x descriptors),
        labels, held-out predictions with intervals, SHAP values summed over groups of correlated descriptors, nearest
        crystals and structures, all in the order of the crystals.
    """
    if result.elastic is None:
        return {}
    tasks = {
        name: task
        for name, task in result.tasks.items()
        if name in result.tables.values and task.explanation is not None and task.ranking is not None
    }
    if not tasks:
        return {}
    X = result.tables.X
    ranking = next(iter(tasks.values())).ranking
    assert ranking is not None
    members = ranking.clusters.members  # of the descriptors alone: the same for every target
    structures = result.elastic.structures
    drawn = [_drawing(structures[name]) if name in structures else None for name in X.index]
    symbols = sorted({symbol for atoms in drawn if atoms is not None for symbol in atoms["symbols"]})
    return {
        "crystals": _crystals(result),
        "descriptors": [{"key": key, "label": name_of(key), "unit": unit_of(key)} for key in X.columns],
        "values": _rounded(X.to_numpy(float), 4),
        "contributions": [_group_name(name, keys) for name, keys in members.items()],
        "leaders": [list(X.columns).index(name) for name in members],
        "targets": {
            name: {"text": MODULUS_LABELS.get(name, name), "shapUnit": _shap_unit(task)} for name, task in tasks.items()
        },
        "labels": {name: _rounded(result.tables.values[name].to_numpy(float), 4) for name in tasks},
        "predictions": {name: _predictions(task, X.index) for name, task in tasks.items()},
        "shap": {name: _rounded(_summed(task, members), 3) for name, task in tasks.items()},
        "base": {name: _base(task) for name, task in tasks.items()},
        "neighbours": nearest(X, NEIGHBOURS).tolist(),
        "structures": drawn,
        "elements": {symbol: _look(symbol) for symbol in symbols},
        "start": {"x": _leading(tasks)},
        "small": {name: _what_if(small[name], X) for name in tasks if name in small},
        "whatIfNote": (
            "By the small model: a handful of descriptors chosen inside the folds, linear in the logarithm of the "
            "modulus. Moving one descriptor moves those that go with it in the data. It says what the model expects, "
            "not what chemistry allows."
        ),
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
        "centre": terms["mean"].to_numpy(float),
        "scale": terms["sd"].to_numpy(float),
        "smallest": columns.min().to_numpy(float),
        "largest": columns.max().to_numpy(float),
        "correlation": np.nan_to_num(columns.corr().to_numpy(float)),
    }


def nearest(X: pd.DataFrame, count: int) -> NDArray[np.int64]:
    """Return the positions of the most similar other rows in standardised descriptor space.

    Parameters
    ----------
    X : DataFrame, shape (rows, descriptors)
        Missing values count as the mean.
    count : int
        Neighbours of each row.

    Returns
    -------
    ndarray of int, shape (rows, count)
        Nearest first; fewer columns where there are fewer rows.

    Examples
    --------
    >>> nearest(pd.DataFrame({"a": [0.0, 1.0, 5.0], "b": [0.0, 0.0, 0.0]}), 1).ravel().tolist()
    [1, 0, 1]
    """
    from sklearn.neighbors import NearestNeighbors

    spread = X.std(ddof=0).replace(0.0, 1.0)
    scaled = ((X - X.mean()) / spread).fillna(0.0).to_numpy(float)
    found = NearestNeighbors(n_neighbors=min(count, len(X) - 1)).fit(scaled)
    return np.asarray(found.kneighbors(return_distance=False), dtype=np.int64)


def _crystals(result: StudyResult) -> list[dict[str, Any]]:
    meta = result.tables.meta
    table = result.data.table.reindex(meta.index)
    rows = []
    for name, row in meta.iterrows():
        known = table.loc[[str(name)]].iloc[0]
        rows.append(
            {
                "name": str(name),
                "formula": str(known.get("formula", "")),
                "smiles": str(row["spacer_smiles"]),
                "n": f"{row['n_layers']:g}",
                "halide": str(row["halide"]),
                "phase": str(row["phase"]),
                "source": str(row.get("source") or known.get("origin", "")),
            }
        )
    return rows


def _predictions(task: TaskResult, index: pd.Index) -> dict[str, list[Any]]:
    if task.evaluation is None:
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


def _summed(task: TaskResult, members: Mapping[str, Sequence[str]]) -> NDArray[np.float64]:
    assert task.explanation is not None
    values = task.explanation.values
    return np.stack([values[list(keys)].to_numpy(float).sum(axis=1) for keys in members.values()], axis=1)


def _base(task: TaskResult) -> list[float]:
    assert task.explanation is not None
    rounded: list[float] = _rounded(task.explanation.base_values.to_numpy(float), 4)
    return rounded


def _shap_unit(task: TaskResult) -> str:
    assert task.explanation is not None
    return _SHAP_UNITS.get(task.explanation.unit, task.explanation.unit)


def _group_name(leader: str, keys: Sequence[str]) -> str:
    name = name_of(leader)
    return name if len(keys) == 1 else f"{name} and {len(keys) - 1} alike"


def _leading(tasks: Mapping[str, TaskResult]) -> str:
    ranking = next(iter(tasks.values())).ranking
    assert ranking is not None
    return str(ranking.groups.index[0])


def _drawing(structure: Structure) -> dict[str, Any]:
    # whole molecules stay whole; all of it is moved by cells until its middle lies in the cell that is drawn
    moved = structure.frac_coords - np.floor(structure.frac_coords.mean(axis=0))
    return {
        "symbols": [site.specie.symbol for site in structure],
        "positions": np.round(structure.lattice.get_cartesian_coords(moved), 2).tolist(),
        "cell": np.round(structure.lattice.matrix, 2).tolist(),
    }


def _look(symbol: str) -> dict[str, Any]:
    number = atomic_numbers[symbol]
    red, green, blue = (int(255 * part) for part in jmol_colors[number])
    return {"radius": round(float(covalent_radii[number]), 2), "colour": f"rgb({red},{green},{blue})"}


def _rounded(values: NDArray[np.float64], digits: int) -> Any:
    """Return nested lists with so many significant digits, which keeps the page small; NaN becomes None."""
    if values.ndim > 1:
        return [_rounded(row, digits) for row in values]
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in values]
