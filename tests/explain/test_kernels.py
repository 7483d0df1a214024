"""Shapley values of kernel models against their definition as a sum over coalitions."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

from perovex.explain.attribution.kernels import KernelExpansion, kernel_expansion, kernel_values

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 4)), RNG.normal(size=12)


def shapley(output, row, background):
    """Average over background rows of the sum over all coalitions, as Shapley defined it."""
    d = len(row)
    values = np.zeros(d)
    for reference in background:
        for j in range(d):
            others = [k for k in range(d) if k != j]
            for size in range(d):
                weight = factorial(size) * factorial(d - 1 - size) / factorial(d)
                for coalition in combinations(others, size):
                    without, within = reference.copy(), reference.copy()
                    without[list(coalition)] = within[list(coalition)] = row[list(coalition)]
                    within[j] = row[j]
                    values[j] += weight * (output(within[None]) - output(without[None])).item()
    return values / len(background)


@pytest.fixture(scope="module")
def expansion():
    return KernelExpansion(RNG.normal(size=(5, 4)), RNG.normal(size=5), np.array([0.7, 1.0, 2.0, 1.5]), 0.3)


def test_values_are_those_of_the_definition(expansion):
    rows, background = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 4))
    values, base = kernel_values(expansion, rows, background)
    assert base == pytest.approx(expansion.output(background).mean())
    for row, value in zip(rows, values, strict=True):
        assert value == pytest.approx(shapley(expansion.output, row, background), abs=1e-9)


def test_values_add_up_far_out_and_roughly_within_a_thousandth(expansion):
    rows, background = 6 * RNG.normal(size=(20, 4)), RNG.normal(size=(10, 4))
    for rough, limit in ((False, 1e-8), (True, 1e-3)):
        values, base = kernel_values(expansion, rows, background, rough=rough)
        assert base + values.sum(axis=1) == pytest.approx(expansion.output(rows), abs=2 * limit)


@pytest.mark.parametrize("normalize_y", [False, True])
@pytest.mark.parametrize(
    "kernel",
    [
        RBF(1.3),
        ConstantKernel(2.0) * RBF([1.0, 2.0, 0.5, 1.5]) + WhiteKernel(0.1),
        WhiteKernel(0.1) + RBF(0.8) * ConstantKernel(0.5),
    ],
)
def test_an_expansion_says_what_its_gaussian_process_says(kernel, normalize_y):
    model = GaussianProcessRegressor(kernel, optimizer=None, normalize_y=normalize_y).fit(X, Y)
    assert kernel_expansion(model).output(X + 0.1) == pytest.approx(model.predict(X + 0.1))


def test_a_classifier_is_read_by_its_latent_mean():
    model = GaussianProcessClassifier(1.5 * RBF(1.0), optimizer=None).fit(X, Y > 0)
    probability = model.predict_proba(X)[:, 1]
    latent = kernel_expansion(model).output(X)
    assert (np.argsort(latent) == np.argsort(probability)).mean() > 0.5
    assert ((latent > 0) == (probability > 0.5)).all()


@pytest.mark.parametrize("kernel", [Matern(1.0), RBF(1.0) + RBF(2.0), RBF(1.0) * RBF(2.0), RBF(1.0) * Matern(1.0) * 2])
def test_other_kernels_are_not_read(kernel):
    assert kernel_expansion(GaussianProcessRegressor(kernel, optimizer=None).fit(X, Y)) is None


def test_more_than_one_target_or_two_classes_are_not_read():
    two = GaussianProcessRegressor(RBF(1.0), optimizer=None).fit(X, np.column_stack([Y, -Y]))
    assert kernel_expansion(two) is None
    model = GaussianProcessClassifier(RBF(1.0), optimizer=None).fit(X, np.arange(12) % 3)
    assert kernel_expansion(model) is None
