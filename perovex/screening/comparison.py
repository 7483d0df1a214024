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

    Rung (b) is tried in two ways: models learn from relaxed crystals and are asked for built ones, and models learn
    from built crystals, too.

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
        differences on the same crystals; ``best``; ``n_rows``, ``n_groups``.
    """
    X, moduli, groups, _ = molecule_tables(data)
    sound = [name for name in built.index[built["error"] == ""] if name in X.index]
    described = HOIPFeaturizer(on_error="row").fit_transform(pd.Series({n: data.structures[n] for n in sound}))
    described.index = pd.Index(sound)
    X, moduli, groups = X.loc[sound], moduli.loc[sound], groups.loc[sound]
    relaxed, guessed = _shared(described, built.loc[sound])
    told = {}
    for target in TARGETS:
        y = moduli[target]
        errors = {name: np.zeros(len(sound)) for name in ("a", "b", "b, learnt built", "relaxed")}
        for repeat in range(n_repeats):
            seed = seed_for(random_state, "comparison of rungs", repeat)
            for train, test in folds_for("group", X, y, groups, n_splits=n_splits, random_state=seed):
                plain = regressor(target).set_params(interval_folds=0)
                average = YoungModulusRegressor("average", target=target)
                on_relaxed = average.fit(relaxed.iloc[train], y.iloc[train])
                guesses = {
                    "a": plain.fit(X.iloc[train], y.iloc[train]).predict(X.iloc[test]),
                    "b": on_relaxed.predict(guessed.iloc[test]),
                    "relaxed": on_relaxed.predict(relaxed.iloc[test]),
                }
                on_built = YoungModulusRegressor("average", target=target).fit(guessed.iloc[train], y.iloc[train])
                guesses["b, learnt built"] = on_built.predict(guessed.iloc[test])
                for name, guess in guesses.items():
                    errors[name][test] += np.abs(guess - y.to_numpy()[test]) / n_repeats
        told[target] = _summary(errors, groups)
    return told


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
    # rung (b) has to be better beyond doubt: the whole interval of the difference below zero
    told["best"] = "b" if min(told["b - a"][2], told["b, learnt built - a"][2]) < 0 else "a"
    return told | {"n_rows": len(groups), "n_groups": len(names)}
