"""What each family of descriptors is worth: without it, and with nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from perovex._progress import progress_bar
from perovex.errors import ModelInputError
from perovex.learn.tables import as_table, listed
from perovex.learn.validation.evaluation import evaluate
from perovex.learn.validation.score_table import score_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Ablation:
    """What each family of descriptors is worth.

    Attributes
    ----------
    table : DataFrame
        One row per family, kind (``"without"`` or ``"only"``) and metric: ``n_descriptors``, ``value``,
        ``lower``, ``upper`` of the reduced model, and ``difference`` (all descriptors minus reduced) with
        ``difference_lower``, ``difference_upper`` on the same resamples of groups. The first rows (family
        ``"all"``) hold the full model.
    settings : dict
        Settings, data checksum and environment.
    """

    table: pd.DataFrame
    settings: dict[str, Any]


def ablation(
    estimator: Any,
    X: Any,
    y: Any,
    groups: Any = None,
    *,
    families: Mapping[str, Sequence[str]],
    n_resamples: int = 1000,
    random_state: int = 0,
    progress: bool = False,
    **options: Any,
) -> Ablation:
    """Validate with every family left out and with every family alone, in the same folds.

    Parameters
    ----------
    estimator, X, y, groups
        As in `evaluate`.
    families : dict of str to list of str
        Columns of each family; columns that `X` lacks are passed over.
    n_resamples, random_state, progress
        As in `evaluate`.
    **options
        Passed to `evaluate`.

    Returns
    -------
    Ablation

    Raises
    ------
    ModelInputError
        No family has a column in `X`; or as `evaluate`.

    Examples
    --------
    >>> import numpy as np
    >>> from perovex.learn import YoungModulusRegressor
    >>> X = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=["a", "b", "c"])
    >>> families = {"one": ["a"], "two": ["b"]}
    >>> table = ablation(YoungModulusRegressor("ridge"), X, 10 + 2 * X["a"], families=families).table
    >>> table = table.query("metric == 'R2' and kind == 'without'").set_index("family")
    >>> bool(table["difference"]["one"] > 0.5 > abs(table["difference"]["two"]))
    True
    """
    table = as_table(X)
    sets = _column_sets(table, families)
    fixed = {**options, "baselines": False, "n_resamples": 0, "random_state": random_state}
    full = evaluate(estimator, table, y, groups, **fixed)
    predictions = [full.predictions]
    # what was reduced, by the name of the model; the model with all descriptors has the name that `evaluate` gives it
    reduced_by: dict[str, tuple[str, str]] = {}
    sizes = {"model": table.shape[1]}
    for (family, kind), columns in progress_bar(sets.items(), desc="ablation", shown=progress):
        reduced = evaluate(estimator, table[columns], y, groups, **fixed)
        name = f"{kind} {family}"
        reduced_by[name], sizes[name] = (family, kind), len(columns)
        predictions.append(reduced.predictions.assign(model=name))
    joined = pd.concat(predictions, ignore_index=True)
    scores, gaps = score_table(joined, full.task == "classification", n_resamples, random_state)
    gaps = gaps.rename(columns={"baseline": "model", "lower": "difference_lower", "upper": "difference_upper"})
    result = scores.drop(columns=["sd_repeats", "n_groups"]).merge(
        gaps.drop(columns="better"), how="left", on=["model", "metric"]
    )
    reductions = [reduced_by.get(name, ("all", "all")) for name in result["model"]]
    result.insert(0, "family", [family for family, _ in reductions])
    result.insert(1, "kind", [kind for _, kind in reductions])
    result.insert(2, "n_descriptors", result["model"].map(sizes))
    result = result.drop(columns="model")
    return Ablation(result, full.settings)


def _column_sets(table: pd.DataFrame, families: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], list[Any]]:
    """Columns of every reduced model; sets that are empty or hold no value are passed over."""
    sets: dict[tuple[str, str], list[Any]] = {}
    for family, members in families.items():
        inside = [column for column in table if column in set(members)]
        outside = [column for column in table if column not in set(members)]
        if not inside:
            continue
        for kind, columns in (("without", outside), ("only", inside)):
            if columns and table[columns].notna().to_numpy().any():
                sets[family, kind] = columns
    if not sets:
        raise ModelInputError("no family has a column in the table", remedy=f"its columns are {listed(table)}")
    return sets
