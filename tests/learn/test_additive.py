"""Numbers taken over from interpret's explainable boosting machine, against that machine itself."""

import re
import sys

import numpy as np
import pandas as pd
import pytest

from perovex._extras import install_command
from perovex.errors import ModelInputError
from perovex.learn import StiffnessClassifier, YoungModulusRegressor, load_model, save_model
from perovex.learn.estimators.additive import AdditiveClassifier, AdditiveRegressor


def planted_additive():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 4))
    X[:, 2] = rng.integers(0, 2, 90)
    y = np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.05 * rng.normal(size=90)
    X[rng.random(X.shape) < 0.05] = np.nan
    X[:, 3] = 1.0
    return X, y


@pytest.mark.parametrize("interactions", [0, 2])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (AdditiveRegressor, "ExplainableBoostingRegressor"),
        (AdditiveClassifier, "ExplainableBoostingClassifier"),
    ],
)
@pytest.mark.filterwarnings("ignore:Missing values detected")
def test_predictions_are_those_of_interpret_to_the_last_bit(ours, theirs, interactions):
    glassbox = pytest.importorskip("interpret.glassbox")
    X, y = planted_additive()
    target = y if ours is AdditiveRegressor else (y > 0).astype(int)
    weights = np.linspace(0.5, 1.5, len(y))
    plain = getattr(glassbox, theirs)(
        interactions=interactions,
        max_rounds=50,
        min_samples_leaf=2,
        outer_bags=1,
        validation_size=0,
        early_stopping_rounds=0,
        feature_types=["continuous"] * 4,
        random_state=0,
        n_jobs=1,
    ).fit(X, target, sample_weight=weights)
    model = ours(interactions=interactions, max_rounds=50).fit(X, target, sample_weight=weights)
    if ours is AdditiveRegressor:
        assert np.array_equal(model.predict(X), plain.predict(X))
    else:
        assert np.allclose(model.predict_proba(X), plain.predict_proba(X), rtol=1e-12)
        assert np.array_equal(model.predict(X), plain.predict(X))


def by_hand():
    """Score -1 below 0 and +1 from 0 on, 0.5 where missing; intercept 10."""
    model = AdditiveRegressor()
    model.intercept_, model.n_features_in_, model.terms_ = 10.0, 1, [[0]]
    model.cuts_, model.scores_ = [[np.array([0.0])]], [np.array([0.5, -1.0, 1.0, 0.0])]
    return model


def test_scores_of_a_machine_written_by_hand():
    model = by_hand()
    assert model.predict(np.array([[-3.0], [0.0], [2.0], [np.nan]])).tolist() == [9.0, 11.0, 11.0, 10.5]
    steps = model.shape_function(0)
    assert steps["score"].tolist() == [0.5, -1.0, 1.0]
    assert steps["upper"].tolist()[1:] == [0.0, np.inf]
    with pytest.raises(ModelInputError, match="no term of its own"):
        model.shape_function(1)


def test_loading_and_predicting_need_no_interpret(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "interpret", None)
    monkeypatch.setitem(sys.modules, "interpret.glassbox", None)
    X = pd.DataFrame({"a": [-1.0, 1.0, np.nan]})
    folder = save_model(by_hand(), tmp_path / "m")
    again, _ = load_model(folder)
    assert again.predict(X.to_numpy()).tolist() == [9.0, 11.0, 10.5]
    for model in (YoungModulusRegressor("ebm"), StiffnessClassifier("ebm", threshold=1.0)):
        with pytest.raises(ModelInputError, match=re.escape(f"({install_command('ebm')})")):
            model.fit(X, [0.5, 2.0, 3.0])


def test_monotone_constraint_reaches_the_machine():
    pytest.importorskip("interpret")
    X, y = planted_additive()
    table = pd.DataFrame(X, columns=list("abcd"))
    grid = pd.DataFrame(0.0, index=range(40), columns=list("abcd")).assign(a=np.linspace(-2, 2, 40))
    model = YoungModulusRegressor("ebm", log_target=False, monotone={"a": 1}).fit(table, y)
    assert (np.diff(model.predict(grid)) >= 0).all()
