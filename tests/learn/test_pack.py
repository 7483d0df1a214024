"""Everything a model holds, as JSON and arrays, and back."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from perovex.errors import ModelFileError
from perovex.learn.bundle.pack import Parts, pack, unpack
from perovex.learn.bundle.sklearn_parts import is_plain, rebuild, state_of


def there_and_back(value):
    parts = Parts()
    return unpack(json.loads(json.dumps(pack(value, parts), allow_nan=False)), parts)


@pytest.mark.parametrize("value", [None, True, 3, "a", 0.1, float("inf"), (1, ("b", 2.5)), {1: [2], "x": None}])
def test_plain_values(value):
    back = there_and_back(value)
    assert back == value
    assert type(back) is type(value)


def test_arrays_names_and_series():
    assert np.array_equal(there_and_back(np.arange(6.0).reshape(2, 3)), np.arange(6.0).reshape(2, 3))
    assert there_and_back(np.array([["a"], ["b"]])).tolist() == [["a"], ["b"]]
    pd.testing.assert_series_equal(
        there_and_back(pd.Series([1.0, 2.0], index=["x", "y"])), pd.Series([1.0, 2.0], ["x", "y"])
    )
    assert np.isnan(there_and_back(float("nan")))
    assert there_and_back(np.dtype("float32")) == np.float32


def test_a_pipeline_answers_as_before_without_any_pickle():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, X[:, 0] > 0)
    parts = Parts()
    again = unpack(json.loads(json.dumps(pack(model, parts))), parts)
    assert parts.estimators == {}
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))


def test_foreign_objects_and_foreign_manifests_are_refused():
    with pytest.raises(ModelFileError, match="without pickle"):
        pack(object(), Parts())
    for node in ({"$array": "a9"}, {"$object": "Evil", "params": {}, "state": {}}, {"$plain": "os", "state": {}}):
        with pytest.raises(ModelFileError, match="does not fit"):
            unpack(node, Parts())


def test_only_listed_classes_are_rebuilt():
    class Derived(StandardScaler):
        pass

    assert not is_plain(Derived())
    state = state_of(StandardScaler().fit([[1.0], [3.0]]))
    assert rebuild("StandardScaler", state).transform([[2.0]]).tolist() == [[0.0]]
    with pytest.raises(KeyError):
        rebuild("Derived", {})


def test_equal_arrays_are_kept_once():
    parts = Parts()
    values = [np.arange(5.0), np.arange(5.0), np.arange(5), np.arange(6.0)]
    back = unpack(json.loads(json.dumps(pack(values, parts))), parts)
    assert len(parts.arrays) == 3  # integers are no floats
    for value, again in zip(values, back, strict=True):
        assert again.dtype == value.dtype
        assert np.array_equal(again, value)


def test_the_factor_of_a_process_is_computed_when_it_is_read_and_gives_the_same_deviations():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), rng.normal(size=60)
    fitted = GaussianProcessRegressor(RBF(1.3) + WhiteKernel(0.1), alpha=1e-6, normalize_y=True).fit(X, y)
    assert "L_" not in state_of(fitted)
    parts = Parts()
    again = unpack(pack(fitted, parts), parts)
    assert all(array.size != 60 * 60 for array in parts.arrays.values())
    asked = rng.normal(size=(20, 3))
    for one, other in zip(fitted.predict(asked, return_std=True), again.predict(asked, return_std=True), strict=True):
        np.testing.assert_array_equal(one, other)
    older = rebuild("GaussianProcessRegressor", vars(fitted))  # files that hold the factor are read as they are
    assert older.L_ is fitted.L_
    unfitted = rebuild("GaussianProcessRegressor", state_of(GaussianProcessRegressor()))
    assert not hasattr(unfitted, "L_")
