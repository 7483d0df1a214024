"""The small model finds what was planted, says how many descriptors it needs, and writes it down."""

import numpy as np
import pandas as pd
import pytest

from perovex.errors import ModelInputError
from perovex.explain import attribute
from perovex.learn import (
    ForwardSelection,
    YoungModulusRegressor,
    formula,
    formula_text,
    load_model,
    save_model,
    small_model,
)


@pytest.fixture(scope="module")
def planted_formula():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 4)
    X = pd.DataFrame(rng.normal(size=(160, 30)), columns=[f"d{i}" for i in range(30)])
    X["bond"] = 3.0 + 0.2 * rng.normal(size=160)
    X["packing"] = 0.3 + 0.1 * rng.normal(size=160)
    y = np.exp(5 - 1.0 * X["bond"] - 3.0 * X["packing"] + 0.05 * rng.normal(size=160))
    return X, y, groups


def test_the_planted_formula_is_found_and_written_down(planted_formula):
    X, y, groups = planted_formula
    model = small_model("E_vrh").fit(X, y, groups)
    assert set(model.selector_.path_[:2]) == {"bond", "packing"}
    assert set(model.selected_features_) == {"bond", "packing"}
    table = formula(model)
    assert table.loc["bond", "coefficient"] == pytest.approx(-1.0, abs=0.1)
    assert table.loc["packing", "coefficient"] == pytest.approx(-3.0, abs=0.2)
    by_hand = (
        table.loc["constant", "coefficient"] + X[["bond", "packing"]] @ table.loc[["bond", "packing"], "coefficient"]
    )
    assert np.exp(by_hand).to_numpy() == pytest.approx(model.predict(X))
    text = formula_text(model)
    assert text.startswith("ln(E_vrh / GPa) = ")
    assert "bond" in text
    assert "packing" in text
    found = attribute(model, X.head(3), background=X)
    effect = (X["bond"].head(3) - X["bond"].mean()) * table.loc["bond", "coefficient"]
    j = X.columns.get_loc("bond")
    assert np.ptp(found.values[:, j] - effect.to_numpy()) == pytest.approx(0, abs=1e-9)


def test_noise_gets_one_descriptor_and_its_error_does_not_look_good():
    rng = np.random.default_rng(3)
    X = pd.DataFrame(rng.normal(size=(120, 60)), columns=[f"d{i}" for i in range(60)])
    chosen = ForwardSelection().fit(X, rng.normal(size=120), np.arange(120) // 3)
    assert chosen.n_chosen_ == 1
    assert chosen.errors_[-1] > 0.9  # the error that the choice was made by falls to 0.7


def test_missing_values_and_small_tables():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(30, 4)), columns=list("abcd"))
    y = 3 * X["a"]
    X.loc[:5, "b"] = np.nan
    assert ForwardSelection().fit(X, y, np.arange(30) // 5).get_feature_names_out().tolist() == ["a"]
    with pytest.raises(ModelInputError, match="two groups"):
        ForwardSelection().fit(X, y, np.zeros(30))
    with pytest.raises(ModelInputError, match="no sample_weight"):
        ForwardSelection().fit(X, y, sample_weight=np.arange(30) + 1.0)
    with pytest.raises(ModelInputError, match="only linear"):
        formula(YoungModulusRegressor(algorithm_params={"n_estimators": 5}).fit(X, np.exp(y)))


def test_it_is_saved_and_loaded(planted_formula, tmp_path):
    X, y, groups = planted_formula
    model = small_model("E_vrh").fit(X, y, groups)
    save_model(model, tmp_path / "small")
    again, _ = load_model(tmp_path / "small")
    assert formula_text(again) == formula_text(model)
    assert np.array_equal(again.predict(X), model.predict(X))
