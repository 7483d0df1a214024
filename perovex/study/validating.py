"""The steps that validate tasks: scores on groups that were not seen, classes by the fitted models of their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perovex._words import group_words
from perovex.learn import ApplicabilityDomain, evaluate, small_model
from perovex.learn.splits import clusters_of_groups
from perovex.study.found import Found, attempt
from perovex.study.tasks import SMALL, TREES, interval_coverage, predictor, trees_beside
from perovex.study.workers import Step

if TYPE_CHECKING:
    import pandas as pd

    from perovex.learn import Evaluation
    from perovex.study.options import StudyOptions
    from perovex.study.tables import StudyTables
    from perovex.study.tasks import Task

_LEFT_OUT = "leave-like-groups-out"


def validations(task: Task, own: list[Task], known: StudyTables, options: StudyOptions) -> list[Step]:
    """Return the steps that validate a task, with the classes that are read off it from the same fitted models.

    Parameters
    ----------
    task : Task
        A regression, or classes without one.
    own : list of Task
        All tasks of its property.
    known : StudyTables
        Rows with a known value.
    options : StudyOptions
    """
    if len(own) == 1:
        return [Step(f"validation: {task.name}", validate, (task, known, options))]
    both = Step(f"validations: {task.target}", validate_together, (own, known, options))
    return [both, *(Step(f"validation: {each.name}", _one_of, (each.name,), (both.name,)) for each in own)]


def _one_of(name: str, validated: dict[str, Found[Evaluation]]) -> Found[Evaluation]:
    return validated[name]


def validate_together(tasks: list[Task], tables: StudyTables, options: StudyOptions) -> dict[str, Found[Evaluation]]:
    """Validate values, then the classes that are read off the same fitted models."""
    fold_models: dict[bytes, Any] = {}
    in_turn = sorted(tasks, key=lambda task: task.classify)
    return {task.name: validate(task, tables, options, fold_models) for task in in_turn}


def validate(
    task: Task, tables: StudyTables, options: StudyOptions, fold_models: dict[bytes, Any] | None = None
) -> Found[Evaluation]:
    """Score the model on groups it has not seen, by parts of the data, and on sources and like groups left out."""
    # the trees alone and a model of a handful of descriptors stand beside the model in the same folds
    beside = {TREES: trees_beside(task, options)} if options.algorithm == "average" else {}
    if not task.classify:
        beside[SMALL] = small_model(task.target, log_target=task.quantity.log)
    meta, schemes = _parts(tables)
    return attempt(
        lambda: evaluate(
            predictor(task, options, intervals=True),
            tables.X,
            tables.values[task.target].astype(float),
            tables.groups,
            meta=meta,
            baselines=beside,
            n_repeats=options.n_repeats,
            coverage=None if task.classify else interval_coverage(tables.groups.nunique()),
            domain=ApplicabilityDomain(),
            left_out=schemes,
            unit=task.unit,
            fold_models=fold_models,
            random_state=options.seed,
        )
    )


def _parts(tables: StudyTables) -> tuple[pd.DataFrame, list[str]]:
    """Return what to score by, and the schemes that leave something out as a whole."""
    meta, schemes = tables.meta.drop(columns="formula", errors="ignore"), []
    if "source" in meta and meta["source"].nunique() > 1:
        schemes.append("leave-one-source-out")
    if tables.groups.nunique() >= 10:
        like = clusters_of_groups(tables.X, tables.groups.reset_index(drop=True))
        meta[f"like {group_words(tables.group_name)[1]}"] = like.to_numpy()
        schemes.append(_LEFT_OUT)
    return meta, schemes
