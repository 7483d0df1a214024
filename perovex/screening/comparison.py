"""Does building a crystal pay: rung (b) against rung (a) on the same spacers, held out in the same folds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex._seeds import seed_for
from perovex.descriptors import HOIPFeaturizer
from perovex.learn import YoungModulusRegressor, folds_for
from perovex.learn.metrics import bootstrap_counts
from perovex.screening.model import TARGETS, molecule_tables, regressor

if TYPE_CHECKING:
    from perovex.datasets import ElasticData

_FILLED = 0.5  # share of crystals in which a descriptor must be defined
_RESAMPLES = 1000


def compare_rungs(
    data: ElasticData, built: pd.DataFrame, *, n_repeats: int = 3, n_splits: int = 5, random_state: int = 0
) -> dict[str, dict[str, Any]]:
    """Predict crystals of held-out spacers by rung (a), by built crystals, and by the relaxed crystals themselves.

    Rung (b) is tried in two ways: models learn from relaxed crystals and are asked for built ones, as `perovex predict`
    does it; and models learn from built crystals, too.

    Parameters
    ----------
    data : ElasticData
    built : DataFrame
        Descriptors of crystals built from SMILES, metal, halide and n; index: names of crystals. Rows that could not
        be built (``error``) are left out of the comparison, for all rungs.
    n_repeats, n_splits : int
        Folds of whole spacers.
    random_state : int

    Returns
    -------
    dict
        By target: mean absolute error (GPa) as [value, lower, upper] of ``a``, ``b`` (learnt from relaxed crystals),
        ``b, learnt built``, ``relaxed`` (the structure known, out of reach of a screen); ``b - a`` and the like, the
        differences on the same crystals; ``best``; ``n_rows``, ``n_groups``; and under ``like spacers`` the same for
        clusters of like spacers held out together.
    """
    X, moduli, groups, _ = molecule_tables(data)
    sound = [name for name in built.index[built["error"] == ""] if name in X.index]
    described = HOIPFeaturizer(on_error="row").fit_transform(pd.Series({n: data.structures[n] for n in sound}))
    described.index = pd.Index(sound)
    X, moduli, groups = X.loc[sound], moduli.loc[sound], groups.loc[sound]
    relaxed, guessed = _shared(described, built.loc[sound])
    told: dict[str, dict[str, Any]] = {}
    for target in TARGETS:
        y = moduli[target]
        plans = [
            folds_for(
                "group", X, y, groups, n_splits=n_splits,
                random_state=seed_for(random_state, "comparison of rungs", repeat),
            )
            for repeat in range(n_repeats)
        ]  # fmt: skip
        like = [folds_for("leave-like-groups-out", X, y, groups, n_splits=n_splits)]
        tables = X, relaxed, guessed, y
        told[target] = _summary(_errors(tables, plans), groups) | {
            "like spacers": _summary(_errors(tables, like), groups)
        }
    return told


def _errors(
    tables: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.Series], plans: list[Any]
) -> dict[str, np.ndarray]:
    """Absolute held-out errors of every rung, averaged over the plans of folds."""
    X, relaxed, guessed, y = tables
    target = str(y.name)
    errors = {name: np.zeros(len(y)) for name in ("a", "b", "b, learnt built", "relaxed")}
    for train, test in (fold for plan in plans for fold in plan):
        known = y.iloc[train]
        by_graph = regressor(target).set_params(interval_folds=0).fit(X.iloc[train], known)
        on_relaxed = YoungModulusRegressor("average", target=target).fit(relaxed.iloc[train], known)
        on_built = YoungModulusRegressor("average", target=target).fit(guessed.iloc[train], known)
        guesses = {
            "a": by_graph.predict(X.iloc[test]),
            "b": on_relaxed.predict(guessed.iloc[test]),
            "b, learnt built": on_built.predict(guessed.iloc[test]),
            "relaxed": on_relaxed.predict(relaxed.iloc[test]),
        }
        for name, guess in guesses.items():
            errors[name][test] += np.abs(guess - y.to_numpy()[test]) / len(plans)
    return errors


def _shared(relaxed: pd.DataFrame, built: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the descriptors that both kinds of crystals have, finite and mostly defined."""
    keys = [
        key
        for key in relaxed.columns
        if key in built
        and all(np.isfinite(part[key].dropna()).all() for part in (relaxed, built))
        and min(relaxed[key].notna().mean(), built[key].notna().mean()) >= _FILLED
        and relaxed[key].nunique() > 1
    ]
    return relaxed[keys].astype(float), built[keys].astype(float)


def _summary(errors: dict[str, np.ndarray], groups: pd.Series) -> dict[str, Any]:
    """Mean errors and their differences to rung (a), with intervals over spacers."""
    codes, names = pd.factorize(groups)
    counts = bootstrap_counts(len(names), _RESAMPLES, 0)[:, codes]

    def triple(values: np.ndarray) -> list[float]:
        drawn = counts @ values / counts.sum(axis=1)
        return [float(values.mean()), *map(float, np.percentile(drawn, [2.5, 97.5]))]

    told: dict[str, Any] = {name: triple(values) for name, values in errors.items()}
    told |= {f"{name} - a": triple(errors[name] - errors["a"]) for name in ("b", "b, learnt built")}
    # the bundled models learnt from relaxed crystals; better beyond doubt: the whole interval lies below zero
    told["best"] = "b" if told["b - a"][2] < 0 else "a"
    return told | {"n_rows": len(groups), "n_groups": len(names)}
