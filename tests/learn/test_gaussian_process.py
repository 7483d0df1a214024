"""Kernel parameters: the likelihood of scikit-learn, its gradient, its optimum."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.spatial.distance import pdist, squareform
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF

from perovex.learn import YoungModulusRegressor
from perovex.learn.estimators import gaussian_process
from perovex.learn.estimators.gaussian_process import (
    QuickRBF,
    _ClassLikelihood,
    _ValueLikelihood,
    default_kernel,
    most_likely_kernel,
)


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    return X, X[:, 0] + np.sin(X[:, 1]) + 0.3 * rng.normal(size=60)


@pytest.mark.parametrize("logs", [[0.9, -1.8], [0.1, -6.0]])
def test_likelihood_of_values_is_that_of_scikit_learn_at_the_best_variance(sample, logs):
    X, y = sample
    objective = _ValueLikelihood(squareform(pdist(X, "sqeuclidean")), y)
    ours, gradient = objective(np.array(logs))
    variance = np.log(objective.variance_at(np.array(logs)))
    process = GaussianProcessRegressor(default_kernel(classify=False), normalize_y=True, optimizer=None).fit(X, y)
    theirs, slope = process.log_marginal_likelihood(np.array([variance, logs[0], variance + logs[1]]), True)
    assert -ours == pytest.approx(theirs, rel=1e-9)
    np.testing.assert_allclose(-gradient, slope[1:], rtol=1e-6)
    assert slope[0] + slope[2] == pytest.approx(0, abs=1e-6)  # scaling variance and noise alike gains nothing


def test_a_variance_beyond_its_bounds_is_held_there(sample):
    X, y = sample
    objective = _ValueLikelihood(squareform(pdist(X, "sqeuclidean")), y)
    logs = np.log([900.0, 1e-5])  # so smooth that only a huge variance reaches the values
    assert objective.variance_at(logs) == 1e3
    assert (
        check_grad(lambda v: objective(v)[0], lambda v: objective(v)[1], logs) < 1e-2 * np.abs(objective(logs)[1]).max()
    )


@pytest.mark.parametrize("logs", [[0.3, 0.9], [2.0, 1.5]])
def test_likelihood_of_classes_is_that_of_scikit_learn(sample, logs):
    X, y = sample
    objective = _ClassLikelihood(squareform(pdist(X, "sqeuclidean")), y > 0)
    ours, gradient = objective(np.array(logs))
    process = GaussianProcessClassifier(default_kernel(classify=True), optimizer=None).fit(X, y > 0)
    theirs, slope = process.log_marginal_likelihood(np.array(logs), eval_gradient=True)
    assert -ours == pytest.approx(theirs, rel=1e-7)
    np.testing.assert_allclose(-gradient, slope, rtol=1e-4, atol=1e-7)
    assert check_grad(lambda v: objective(v)[0], lambda v: objective(v)[1], np.array(logs)) < 1e-4


@pytest.mark.parametrize("classify", [False, True])
def test_the_optimum_is_no_worse(sample, classify):
    X, y = sample
    target = y > 0 if classify else y
    kind, options = (GaussianProcessClassifier, {}) if classify else (GaussianProcessRegressor, {"normalize_y": True})
    reference = kind(default_kernel(classify=classify), n_restarts_optimizer=3, random_state=0, **options)
    kernel = most_likely_kernel(squareform(pdist(X, "sqeuclidean")), target, classify=classify)
    found = kind(kernel, optimizer=None, **options).fit(X, target).log_marginal_likelihood_value_
    assert found > reference.fit(X, target).log_marginal_likelihood_value_ - 1e-3


@pytest.mark.parametrize("seed", range(5))
def test_nothing_to_learn_is_found_out_quickly_and_the_likelihood_is_that_of_noise(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(80, 6)), rng.normal(size=80)
    squares, asked = squareform(pdist(X, "sqeuclidean")), []

    class Counted(_ValueLikelihood):
        def _evaluate(self, logs):
            asked.append(logs)
            return super()._evaluate(logs)

    monkeypatch.setattr(gaussian_process, "_ValueLikelihood", Counted)
    kernel = most_likely_kernel(squares, y, classify=False)
    assert len(asked) <= 25
    process = GaussianProcessRegressor(kernel, normalize_y=True, optimizer=None).fit(X, y)
    assert process.log_marginal_likelihood_value_ > -Counted(squares, y).of_noise - 0.5
    assert np.std(process.predict(rng.normal(size=(50, 6)))) < 0.3


@pytest.mark.parametrize("length", [0.7, np.array([0.5, 1.0, 2.0, 9.0])])
def test_the_quick_kernel_is_the_rbf_of_scikit_learn(sample, length):
    X, _ = sample
    quick, slow = QuickRBF(length), RBF(length)
    for others in (None, X[:7], X + 40.0):
        np.testing.assert_allclose(quick(X, others), slow(X, others), rtol=1e-10, atol=1e-300)
    assert (np.diag(quick(X)) == 1).all()
    np.testing.assert_allclose(quick(X, eval_gradient=True)[1], slow(X, eval_gradient=True)[1], rtol=1e-12)


def test_a_kernel_of_the_user_is_kept(sample):
    from sklearn.gaussian_process.kernels import Matern

    X, y = sample
    model = YoungModulusRegressor(
        "gaussian_process", log_target=False, algorithm_params={"kernel": Matern(2.0), "optimizer": None}
    ).fit(X, y)
    assert model.model_[-1].kernel_ == Matern(2.0)
