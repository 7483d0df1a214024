"""Intervals grow until they hold for crystals from experiment, and for nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from perovex.learn import YoungModulusRegressor, evaluate
from perovex.study.models import measured_widenings
from perovex.study.tables import Quantity
from perovex.study.tasks import Task

TASK = Task("E", Quantity("E"), classify=False)


def held_out(noise_of_measured, named="experiment"):
    """Forty measured crystals among 160, whose labels scatter more."""
    rng = np.random.default_rng(5)
    X = pd.DataFrame({"a": rng.normal(size=160)})
    source = np.where(np.arange(160) % 4 == 0, named, "hypothetical")
    noise = np.where(source == named, noise_of_measured, 0.05) * rng.normal(size=160)
    y = np.exp(2 + 0.2 * X["a"] + noise).rename("E")
    model = YoungModulusRegressor("ridge", target="E", interval_folds=5)
    meta = pd.DataFrame({"source": source})
    return evaluate(model, X, y, np.arange(160), meta=meta, n_repeats=1, coverage=0.9, n_resamples=0, baselines=False)


def test_scattered_measured_crystals_get_wider_intervals():
    needed = measured_widenings([TASK], {"E": held_out(0.2)})["E"]
    assert needed["n_rows"] == 40
    assert needed["before"] < 0.8
    assert needed["factor"] > 1.3
    assert needed["after"] == pytest.approx(0.9, abs=0.06)


def test_nothing_is_widened_where_intervals_hold_or_no_source_is_known():
    assert measured_widenings([TASK], {"E": held_out(0.01)}) == {}
    assert measured_widenings([TASK], {"E": held_out(0.2, named="somewhere else")}) == {}
    assert measured_widenings([TASK], {}) == {}


def test_intervals_beside_their_own_predictions_end_no_study():
    evaluation = held_out(0.2)
    broken = evaluation.predictions.assign(lower=evaluation.predictions["prediction"] * 1.01)
    assert measured_widenings([TASK], {"E": replace(evaluation, predictions=broken)}) == {}
