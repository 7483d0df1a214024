"""Shapley values by permutations: closed forms of linear models and products, and their own error."""

from __future__ import annotations

import numpy as np
import pytest

from perovex.explain.attribution.permutation import permutation_values


def test_a_linear_output_is_attributed_exactly():
    rng = np.random.default_rng(0)
    slopes, table, background = np.array([2.0, -1.0, 0.5]), rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    values, base, error = permutation_values(lambda x: x @ slopes + 7.0, table, background, rng=rng)
    assert values == pytest.approx(slopes * (table - background.mean(axis=0)))
    assert base == pytest.approx(background.mean(axis=0) @ slopes + 7.0)
    assert error == pytest.approx(0.0, abs=1e-12)


def test_contributions_add_up_whatever_the_output_and_an_unused_descriptor_gets_none():
    rng = np.random.default_rng(1)
    table, background = rng.normal(size=(3, 4)), rng.normal(size=(6, 4))

    def output(x):
        return np.sin(x[:, 0] * x[:, 1]) + np.maximum(x[:, 2], 0.0)

    values, base, error = permutation_values(output, table, background, rng=rng)
    assert values.sum(axis=1) + base == pytest.approx(output(table))
    assert values[:, 3] == pytest.approx(0.0)
    assert error == pytest.approx(0.0, abs=1e-12)  # of two descriptors that interact, an order and its reverse are all


def test_the_error_of_three_that_interact_is_that_of_repeated_draws():
    table, background = np.array([[1.0, 2.0, 3.0, 1.0]]), np.zeros((1, 4))

    def output(x):
        return x[:, 0] * x[:, 1] * x[:, 2] * (1.0 + x[:, 3])

    drawn = [permutation_values(output, table, background, rng=np.random.default_rng(s)) for s in range(200)]
    spread = np.std([values[0] for values, _, _ in drawn], axis=0).max()
    told = np.sqrt(np.mean([error**2 for _, _, error in drawn]))
    assert spread > 0
    assert told == pytest.approx(spread, rel=0.5)
