"""Train the models of a bundle, and say in its manifest what they are and what they saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.base import clone

from perovex.errors import ModelInputError
from perovex.learn.estimators.classifier import StiffnessClassifier
from perovex.learn.provenance import table_checksum
from perovex.learn.tables import listed
from perovex.learn.threshold import resolve_threshold

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from perovex.learn.estimators.regressor import YoungModulusRegressor

_SMALLEST = 6


def check_moduli(table: pd.DataFrame, moduli: pd.DataFrame, targets: list[str]) -> None:
    """Refuse moduli that are missing, too few, or of other rows than the descriptors.

    Raises
    ------
    ModelInputError
    """
    missing = sorted(set(targets) - set(moduli.columns))
    if missing:
        raise ModelInputError(f"no modulus {listed(missing)}", remedy=f"columns are {listed(moduli.columns)}")
    if not moduli.index.equals(table.index):
        raise ModelInputError("moduli and X differ in rows", remedy="pass moduli.loc[X.index]")
    for name in targets:
        known = int(moduli[name].notna().sum())
        if known < _SMALLEST:
            raise ModelInputError(f"{known} values of {name} are too few to train on", remedy=f"at least {_SMALLEST}")


def fit_regressors(
    templates: Mapping[str, YoungModulusRegressor],
    table: pd.DataFrame,
    moduli: pd.DataFrame,
    groups: pd.Series,
    random_state: int,
    done: Callable[[], object],
) -> dict[str, YoungModulusRegressor]:
    """Fit a clone of every regressor to the rows that have a value of its target, and tell `done` of each."""
    fitted = {}
    for name, template in templates.items():
        model = clone(template).set_params(target=name, random_state=random_state)
        has = moduli[name].notna()
        fitted[name] = model.fit(table[has], moduli.loc[has, name].astype(float), groups[has])
        done()
    return fitted


def fit_classifier(
    template: StiffnessClassifier,
    table: pd.DataFrame,
    values: pd.Series,
    groups: pd.Series,
    regressor: YoungModulusRegressor | None,
) -> StiffnessClassifier:
    """Fit the classifier, or let it follow the regressor of its target where it would learn the same.

    Raises
    ------
    ModelInputError
        All values lie on one side of the threshold.
    """
    has = values.notna()
    own = values[has].astype(float)
    if template.learns == "modulus" and regressor is not None and regressor.interval_folds:
        limit = resolve_threshold(own, "median" if template.threshold is None else template.threshold)
        if not (own > limit).any() or (own > limit).all():
            raise ModelInputError(f"one class only at a threshold of {limit:g}", remedy="choose another threshold")
        return following(regressor, limit)
    return template.fit(table[has], own, groups[has])


def following(regressor: YoungModulusRegressor, threshold: float) -> StiffnessClassifier:
    """Return a classifier that asks a fitted regressor on which side of a threshold a crystal lies."""
    shared = ("algorithm", "target", "log_target", "monotone", "selector", "algorithm_params", "random_state")
    options = {name: getattr(regressor, name) for name in shared}
    model = StiffnessClassifier(learns="modulus", threshold=threshold, **options)
    return model.follow(regressor, threshold)


def supported_coverage(coverage: float, regressors: Mapping[str, YoungModulusRegressor]) -> float | None:
    """Return the coverage that every regressor can give; None where they have no intervals."""
    if not regressors or any(not model.interval_folds for model in regressors.values()):
        return None
    return float(min(coverage, *(model.max_coverage_ for model in regressors.values())))


def target_entries(
    target: str,
    targets: list[str],
    unit: str,
    target_units: Mapping[str, str] | None,
    classes: tuple[str, str],
) -> dict[str, Any]:
    """Return what the models answer, in which units, and what crystals on either side of the threshold are called."""
    return {
        "target": target,
        "targets": targets,
        "unit": unit,
        "units": {name: (target_units or {}).get(name, unit) for name in targets},
        "classes": list(classes),
    }


def descriptor_entries(
    table: pd.DataFrame, units: Mapping[str, str] | None, versions: Mapping[str, str] | None
) -> list[dict[str, str]]:
    """Return key, unit and version of every descriptor; empty text where one is not known."""
    return [
        {"key": key, "unit": (units or {}).get(key, ""), "version": (versions or {}).get(key, "")}
        for key in table.columns
    ]


def training_entry(table: pd.DataFrame, moduli: pd.DataFrame, groups: pd.Series) -> dict[str, Any]:
    """Return how many crystals and groups the models saw, and the checksum of the tables."""
    return {
        "n_rows": len(table),
        "n_groups": int(groups.nunique()),
        "checksum": table_checksum(table, moduli, groups),
    }


def model_entry(model: StiffnessClassifier | YoungModulusRegressor) -> dict[str, Any]:
    """Return what the card says about a model."""
    entry = {
        "algorithm": model.algorithm,
        "target": model.target,
        "monotone": dict(model.monotone or {}),
        "n_descriptors": len(model.kept_),
        "algorithm_params": dict(model.algorithm_params or {}),
    }
    if isinstance(model, StiffnessClassifier):
        return entry | {"calibration": model.calibration_}
    groups = {"n_groups": model.n_groups_} if model.interval_folds else {}
    return entry | {"log_target": model.log_target, "interval_folds": model.interval_folds, **groups}
