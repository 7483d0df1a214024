"""The models that a study leaves behind: trained on all crystals, with their held-out scores."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from perovex.datasets import ElasticData
from perovex.descriptors import REGISTRY
from perovex.errors import ModelTableError, PerovexError
from perovex.learn import ModelBundle, small_model
from perovex.learn.bundle.proven import MEASURED
from perovex.learn.uncertainty.widening import widening
from perovex.study.tasks import interval_coverage, predictor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perovex.learn import Evaluation, YoungModulusRegressor
    from perovex.study.found import Found
    from perovex.study.options import StudyOptions
    from perovex.study.own_data import OwnData
    from perovex.study.tables import StudyTables
    from perovex.study.tasks import Task

_IDENTITY = ("n_layers", "halide", "metal", "phase", "spacer_smiles", "cage")


def training_facts(data: ElasticData | OwnData, group_name: str = "spacer") -> dict[str, Any]:
    """Return what the manifest of models says about their data."""
    facts: dict[str, Any] = {"data_version": data.version, "data_checksum": data.checksum, "group": group_name}
    if isinstance(data, ElasticData):
        facts |= {"potential": data.potential, "moduli": data.moduli}
    return facts


def descriptor_units(columns: Any) -> dict[str, str]:
    """Return the unit of each descriptor column from the registry; a user's own columns have none."""
    return {key: REGISTRY[key].unit if key in REGISTRY else "" for key in columns}


def fit_bundle(
    tasks: list[Task],
    tables: StudyTables,
    facts: dict[str, Any],
    options: StudyOptions,
    *validations: Found[Evaluation],
) -> ModelBundle:
    """Train the models that are saved, on all crystals, and attach their held-out scores.

    Parameters
    ----------
    tasks : list of Task
    tables : StudyTables
    facts : dict
        As `training_facts` gives them.
    options : StudyOptions
    *validations : Found of Evaluation
        Of each task.
    """
    evaluated = {t.name: v.value for t, v in zip(tasks, validations, strict=True) if v.value is not None}
    classes = next((task for task in tasks if task.classify), None)
    regressions = [task for task in tasks if not task.classify]
    main = tables.quantities[options.target]
    known = [column for column in _IDENTITY if column in tables.meta]
    return ModelBundle.fit(
        tables.X,
        tables.values,
        tables.groups,
        target=options.target,
        threshold=options.threshold,
        targets=[task.target for task in regressions],
        classifier=None if classes is None else predictor(classes, options, intervals=True),
        classify=classes is not None,
        regressors={task.target: predictor(task, options, intervals=True) for task in regressions},
        coverage=interval_coverage(tables.groups.nunique()) or 0.8,
        unit=main.unit,
        target_units={name: item.unit for name, item in tables.quantities.items()},
        classes=main.classes,
        units=descriptor_units(tables.X.columns),
        versions={key: REGISTRY[key].version for key in tables.X.columns if key in REGISTRY},
        metrics={name: evaluation.to_dict() for name, evaluation in evaluated.items()},
        widening=measured_widenings(regressions, evaluated),
        training=facts,
        crystals=tables.meta[known] if known else None,
        random_state=options.seed,
    )


def measured_widenings(tasks: list[Task], evaluated: Mapping[str, Evaluation]) -> dict[str, dict[str, Any]]:
    """Return by how much intervals have to grow to hold for crystals from experiment, which users mostly ask about.

    Parameters
    ----------
    tasks : list of Task
        Regressions.
    evaluated : mapping of str to Evaluation
        By the name of the task.

    Returns
    -------
    dict
        Target to a `Widening` as a dict; without targets whose data name no source, hold too few measured crystals,
        need nothing, or have intervals that do not hold their own predictions.
    """
    widenings: dict[str, dict[str, Any]] = {}
    for task in tasks:
        evaluation = evaluated.get(task.name)
        if evaluation is None or evaluation.meta is None or "source" not in evaluation.meta:
            continue
        table = evaluation.out_of_fold()
        measured = table[(evaluation.meta["source"] == MEASURED).to_numpy()].dropna()
        if "lower" not in measured or measured.empty:
            continue
        truth, prediction, lower, upper = (measured[name] for name in ("truth", "prediction", "lower", "upper"))
        asked = evaluation.settings["coverage"]
        try:
            needed = widening(truth, prediction, lower, upper, measured["group"], asked, log=task.quantity.log)
        except ModelTableError:  # intervals beside their own predictions: they are named as too narrow, not mended
            continue
        if needed is not None and needed.factor > 1:
            widenings[task.target] = asdict(needed)
    return widenings


def fit_small(tasks: list[Task], tables: StudyTables, options: StudyOptions) -> dict[str, YoungModulusRegressor]:
    """Fit the small model of every property on all crystals: what a physicist can argue with.

    Parameters
    ----------
    tasks : list of Task
    tables : StudyTables
    options : StudyOptions
    """
    fitted: dict[str, YoungModulusRegressor] = {}
    for task in tasks:
        if task.classify:
            continue
        known = tables.known(task.target)
        model = small_model(task.target, log_target=task.quantity.log, random_state=options.seed)
        try:
            fitted[task.target] = model.fit(known.X, known.values[task.target].astype(float), groups=known.groups)
        except PerovexError:  # too little to choose from: the report goes without a formula
            continue
    return fitted
