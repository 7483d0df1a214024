"""Shapley values of trees, leaf by leaf, against shap and against their definition."""

from itertools import permutations

import numpy as np
import pytest
import shap
import xgboost

from perovex.explain.attribution.leaves import DEEPEST, leaf_values, read_leaves


def made(depth, rounds=20, objective="reg:squarederror"):
    rng = np.random.default_rng(depth)
    X = rng.integers(0, 6, size=(90, 5)).astype(float)  # many ties with cuts
    X[rng.random(X.shape) < 0.15] = np.nan
    y = np.nan_to_num(X[:, 0]) * np.nan_to_num(X[:, 1], nan=1.0) + np.isnan(X[:, 2])
    if objective == "binary:logistic":
        y = (y > np.median(y)).astype(float)
    options = {"max_depth": depth, "objective": objective, "nthread": 1}
    return xgboost.train(options, xgboost.DMatrix(X, y), rounds), X


@pytest.mark.parametrize("objective", ["reg:squarederror", "binary:logistic"])
@pytest.mark.parametrize("depth", [1, 2, 3, DEEPEST])
def test_values_are_those_of_shap(depth, objective):
    booster, X = made(depth, objective=objective)
    explainer = shap.TreeExplainer(booster, data=X[40:], feature_perturbation="interventional")
    assert leaf_values(read_leaves(booster), X[:40], X[40:]) == pytest.approx(explainer.shap_values(X[:40]), abs=1e-6)


def test_values_are_those_of_the_definition():
    booster, X = made(3)
    row, known, found = X[0], X[50:53], np.zeros(5)
    orders = list(permutations(range(5)))
    for reference in known:
        for order in orders:
            steps = np.tile(reference, (6, 1))
            for i, j in enumerate(order):
                steps[i + 1 :, j] = row[j]
            found[list(order)] += np.diff(booster.predict(xgboost.DMatrix(steps)).astype(float))
    expected = found / len(orders) / len(known)
    assert leaf_values(read_leaves(booster), row[None], known)[0] == pytest.approx(expected, abs=1e-5)


def test_blocks_of_rows_change_nothing(monkeypatch):
    booster, X = made(3)
    leaves = read_leaves(booster)
    whole = leaf_values(leaves, X[:20], X[20:])
    monkeypatch.setattr("perovex.explain.attribution.leaves._CELLS", 1)
    assert leaf_values(leaves, X[:20], X[20:]) == pytest.approx(whole)


def test_a_column_that_is_cut_twice_is_one_player():
    X = np.arange(8.0)[:, None]
    y = np.isin(X[:, 0], [3, 4]).astype(float)
    options = {"max_depth": 3, "reg_lambda": 0, "learning_rate": 1, "min_child_weight": 0, "base_score": 0}
    leaves = read_leaves(xgboost.train(options, xgboost.DMatrix(X, y), 1))
    assert ((leaves.columns >= 0).sum(axis=1) == 1).all()
    assert leaf_values(leaves, X[3:4], X[:1])[0] == pytest.approx([1.0])


def test_trees_without_a_cut_share_nothing():
    X = np.ones((8, 2))
    leaves = read_leaves(xgboost.train({}, xgboost.DMatrix(X, np.arange(8.0)), 2))
    assert leaves.depth == 0
    assert not leaf_values(leaves, X, X).any()


def test_deep_trees_and_those_that_do_not_add_up_are_not_read():
    deep, _ = made(DEEPEST + 3, rounds=1)
    classes = xgboost.train(
        {"objective": "multi:softprob", "num_class": 3}, xgboost.DMatrix(np.eye(3), np.arange(3.0)), 1
    )
    dart = xgboost.train({"booster": "dart"}, xgboost.DMatrix(np.eye(3), np.arange(3.0)), 1)
    assert read_leaves(deep) is read_leaves(classes) is read_leaves(dart) is None
