"""Values and classes of one property are validated together, and each is found under its own name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from perovex.learn import StiffnessClassifier
from perovex.study.kept import Kept
from perovex.study.options import StudyOptions
from perovex.study.own_data import read_own_data
from perovex.study.own_tables import own_tables
from perovex.study.tasks import tasks_of
from perovex.study.validating import validations
from perovex.study.workers import run_steps


def validated(task):
    rng = np.random.default_rng(0)
    numbers = pd.DataFrame(rng.normal(size=(48, 2)), columns=["angle", "spacing"])
    numbers["gap"] = 2 + 0.3 * numbers["angle"] + 0.1 * rng.normal(size=48)
    numbers["group"] = [f"spacer {i}" for i in np.arange(48) // 4]
    tables = own_tables(read_own_data(numbers, ["gap"], groups="group"))
    options = StudyOptions(target="gap", task=task, algorithm="xgboost", quick=True)
    tasks, _ = tasks_of(tables, options)
    steps = validations(tasks[-1], tasks, tables.known("gap"), options)
    done = run_steps(steps, kept=Kept(None, ""))
    return tasks, {name: item.result for name, item in done.items()}


def test_classes_stand_where_the_values_of_the_same_fold_do():
    tasks, results = validated("both")
    classes, values = (results[f"validation: {task.name}"].value.predictions for task in tasks)
    classes, values = (part[part["model"] == "model"].reset_index(drop=True) for part in (classes, values))
    assert classes[["row", "repeat", "fold"]].equals(values[["row", "repeat", "fold"]])
    np.testing.assert_array_equal(classes["prediction"] > 0.5, values["prediction"] > tasks[0].threshold)


def test_no_class_is_fitted_anew(monkeypatch):
    fitted = []
    plain = StiffnessClassifier.fit
    monkeypatch.setattr(
        StiffnessClassifier, "fit", lambda model, *args: fitted.append(model.learns) or plain(model, *args)
    )
    validated("both")
    assert "modulus" not in fitted


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_a_task_alone_is_one_step(task):
    tasks, results = validated(task)
    assert list(results) == [f"validation: {tasks[0].name}"]
    assert results[f"validation: {tasks[0].name}"].value.score("R2" if task == "regression" else "ROC-AUC") > 0.3
