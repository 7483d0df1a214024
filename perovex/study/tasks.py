"""What a study learns: one classification and a regression of each property."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perovex.errors import ModelInputError
from perovex.learn import StiffnessClassifier, YoungModulusRegressor, resolve_threshold, stiff_labels
from perovex.study.remarks import Remark

if TYPE_CHECKING:
    import pandas as pd

    from perovex.study.options import StudyOptions
    from perovex.study.tables import Quantity, StudyTables

CLASSIFIER = "stiff"
OTHER_CLASSIFIER = "high"
TREES = "boosted trees"
SMALL = "small model"
_INTERVAL_FOLDS = 5


@dataclass(frozen=True)
class Task:
    """One model of a study.

    Attributes
    ----------
    name : str
        The property of a regression; ``"stiff"`` for classes of a modulus, ``"high"`` for those of another property.
    quantity : Quantity
        What is learnt.
    classify : bool
        Whether classes are told apart.
    threshold : float or None
        What divides the classes, in the unit of the property.
    """

    name: str
    quantity: Quantity
    classify: bool
    threshold: float | None = None

    @property
    def target(self) -> str:
        """Name of the property behind it."""
        return self.quantity.name

    @property
    def unit(self) -> str:
        """Unit of the property."""
        return self.quantity.unit


def tasks_of(tables: StudyTables, options: StudyOptions) -> tuple[list[Task], list[Remark]]:
    """Return the models to make, and why there is no classification where there is none.

    Raises
    ------
    ModelInputError
        All values fall in one class, and nothing but classes was asked for; or all values of a property are equal.
    """
    main = tables.quantities[options.target]
    known = tables.values[main.name].dropna()
    remarks: list[Remark] = []
    tasks: list[Task] = []
    if tables.groups.nunique() < 2:
        raise ModelInputError(
            "all crystals belong to one group: nothing can be said about others",
            remedy="add crystals of other groups, or give --groups COLUMN",
        )
    for name, values in tables.values.items():
        if values.nunique() < 2:
            raise ModelInputError(f"all values of {name} are equal", remedy="there is nothing to learn: add crystals")
    if options.task != "regression":
        try:
            limit = require_classes(known, options.threshold)
        except ModelInputError as error:
            if options.task == "classification" or tables.quantities[main.name].is_modulus:
                raise
            remarks.append(Remark("no classification", values={"why": error.cause, "remedy": error.remedy}))
        else:
            tasks.append(
                Task(CLASSIFIER if main.is_modulus else OTHER_CLASSIFIER, main, classify=True, threshold=limit)
            )
    if options.task != "classification":
        tasks += [Task(name, tables.quantities[name], classify=False) for name in map(str, tables.values)]
    return tasks, remarks


def require_classes(values: pd.Series, threshold: str | float) -> float:
    """Return the threshold as a number after checking that both classes occur.

    Raises
    ------
    ModelInputError
        If all crystals fall in one class.
    """
    labels = stiff_labels(values, threshold)
    if labels.nunique() < 2:
        raise ModelInputError(
            f"one class only: every crystal is {'stiff' if labels.iloc[0] else 'non-stiff'} at this threshold",
            remedy="choose another --threshold or add crystals",
        )
    return float(resolve_threshold(values, threshold))


def interval_coverage(n_groups: int) -> float | None:
    """Return the coverage of intervals that a number of spacers supports within five folds.

    g training groups support at most g / (g + 1), because the group is the unit of evidence.

    Examples
    --------
    >>> [interval_coverage(n) for n in (3, 8, 20)]
    [None, 0.8, 0.9]
    """
    training = n_groups - math.ceil(n_groups / 5)
    return next((c for c in (0.9, 0.8) if training / (training + 1) >= c), None)


def predictor(task: Task, options: StudyOptions, *, intervals: bool = False) -> Any:
    """Return the untrained model that predicts; classes are taken from the predicted property."""
    if task.classify:
        return StiffnessClassifier(
            options.algorithm,
            threshold=task.threshold,
            target=task.target,
            learns="modulus",
            log_target=task.quantity.log,
            random_state=options.seed,
        )
    return YoungModulusRegressor(
        options.algorithm,
        target=task.target,
        log_target=task.quantity.log,
        interval_folds=_INTERVAL_FOLDS if intervals else 0,
        random_state=options.seed,
    )


def trees_beside(task: Task, options: StudyOptions) -> Any:
    """Return the untrained boosted trees that stand beside an average in its scores."""
    if task.classify:
        return StiffnessClassifier(
            options.tree_algorithm, threshold=task.threshold, target=task.target, random_state=options.seed
        )
    return YoungModulusRegressor(
        options.tree_algorithm, target=task.target, log_target=task.quantity.log, random_state=options.seed
    )


def explained_target(task: Task, tables: StudyTables) -> pd.Series:
    """Return the values that the explained model learns."""
    return tables.values[task.target].astype(float)
