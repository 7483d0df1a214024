"""Models of a bundle and what its manifest says of them."""

import numpy as np
import pandas as pd
import pytest

from perovex.errors import ModelInputError
from perovex.learn.bundle.training import (
    check_moduli,
    descriptor_entries,
    fit_classifier,
    fit_regressors,
    model_entry,
    supported_coverage,
    training_entry,
)
from perovex.learn.estimators.classifier import StiffnessClassifier
from perovex.learn.estimators.regressor import YoungModulusRegressor

X = pd.DataFrame(np.random.default_rng(0).normal(size=(36, 2)), columns=["angle", "spacing"])
GROUPS = pd.Series(np.arange(36) // 3)
E = (12 + X["angle"]).rename("E")


@pytest.fixture(scope="module")
def regressor():
    told = []
    templates = {"E": YoungModulusRegressor("ridge", interval_folds=4)}
    fitted = fit_regressors(templates, X, E.mask(X.index < 3).to_frame(), GROUPS, 0, lambda: told.append("done"))
    assert told == ["done"]
    return fitted["E"]


def test_rows_without_a_label_teach_nothing(regressor):
    whole = YoungModulusRegressor("ridge", target="E", interval_folds=4).fit(X[3:], E[3:], GROUPS[3:])
    assert np.allclose(regressor.predict(X), whole.predict(X))
    assert model_entry(regressor)["n_groups"] == 11


def test_a_classifier_of_moduli_follows_the_regressor_of_its_target(regressor):
    template = StiffnessClassifier("ridge", learns="modulus", threshold="median")
    model = fit_classifier(template, X, E, GROUPS, regressor)
    assert model.regressor_ is regressor
    assert model.threshold_ == pytest.approx(E.median())
    with pytest.raises(ModelInputError, match="one class only"):
        fit_classifier(template.set_params(threshold=99.0), X, E, GROUPS, regressor)


def test_coverage_is_what_all_regressors_support(regressor):
    assert supported_coverage(0.5, {"E": regressor}) == 0.5
    assert supported_coverage(0.9999, {"E": regressor}) == regressor.max_coverage_ < 0.9999
    assert supported_coverage(0.5, {}) is None


@pytest.mark.parametrize(
    ("moduli", "targets", "words"),
    [
        (E.to_frame(), ["K"], "no modulus K"),
        (E.to_frame().iloc[::-1], ["E"], "differ in rows"),
        (E.mask(X.index >= 5).to_frame(), ["E"], "5 values of E are too few"),
    ],
)
def test_moduli_that_cannot_be_learnt_are_refused(moduli, targets, words):
    with pytest.raises(ModelInputError, match=words):
        check_moduli(X, moduli, targets)


def test_entries_of_the_manifest():
    assert descriptor_entries(X, {"angle": "deg"}, None)[0] == {"key": "angle", "unit": "deg", "version": ""}
    entry = training_entry(X, E.to_frame(), GROUPS)
    assert (entry["n_rows"], entry["n_groups"]) == (36, 12)
    assert entry["checksum"] != training_entry(X, 2 * E.to_frame(), GROUPS)["checksum"]
