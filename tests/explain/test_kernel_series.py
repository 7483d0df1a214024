"""Values by a series of matrix products against those that go through all factors."""

import numpy as np
import pytest
from scipy.special import factorial

from perovex.explain.attribution import kernels
from perovex.explain.attribution.kernel_series import LONGEST, _coin, order_for, series_values
from perovex.explain.attribution.kernels import KernelExpansion, kernel_values

RNG = np.random.default_rng(4)


def test_cumulants_are_those_of_a_coin():
    q, s = 0.3, 0.2
    level, steepness = _coin(12, q)
    powers = s ** np.arange(1, 13)
    assert level @ powers == pytest.approx(np.log(1 - q + q * np.exp(s)), abs=1e-13)
    assert steepness @ powers == pytest.approx((np.exp(s) - 1) / (1 - q + q * np.exp(s)), abs=1e-12)
    assert level[:3] * factorial([1, 2, 3]) == pytest.approx([q, q * (1 - q), q * (1 - q) * (1 - 2 * q)])


@pytest.mark.parametrize("scale", [0.05, 0.2, 0.4])
@pytest.mark.parametrize("rough", [False, True])
def test_the_series_and_all_factors_agree(scale, rough, monkeypatch):
    expansion = KernelExpansion(scale * RNG.normal(size=(30, 12)), RNG.normal(size=30), np.ones(12), 0.1)
    table, background = scale * RNG.normal(size=(25, 12)), scale * RNG.normal(size=(7, 12))
    quick, base = kernel_values(expansion, table, background, rough=rough)
    asked = []
    monkeypatch.setattr(kernels, "order_for", lambda x, *_: asked.append(1) or np.zeros(len(x), dtype=int))
    slow, same = kernel_values(expansion, table, background)
    assert asked
    assert base == same
    assert quick == pytest.approx(slow, abs=2e-4 if rough else 1e-8)


def test_rows_close_by_take_few_terms_and_those_far_out_none():
    b, rows = 0.05 * RNG.normal(size=(4, 6)), 0.05 * RNG.normal(size=(20, 6))
    x = np.vstack([b[0] + 0.001, 0.3 * np.ones(6), 5.0 * np.ones(6)])
    near, middle, far = order_for(x, b, rows, 10.0, 1e-8)
    assert 0 < near < middle <= LONGEST
    assert far == 0


def test_what_the_terms_leave_is_below_the_limit():
    b, rows, weights = 0.1 * RNG.normal(size=(5, 8)), 0.1 * RNG.normal(size=(20, 8)), RNG.normal(size=20)
    x = 0.1 * RNG.normal(size=(6, 8))
    nodes = kernels.quadrature(16)
    exact = series_values(x, b, rows, weights, order=LONGEST, quadrature=nodes)
    for limit in (1e-3, 1e-6):
        order = int(order_for(x, b, rows, float(np.abs(weights).sum()), limit).max())
        short = series_values(x, b, rows, weights, order=order, quadrature=nodes)
        assert np.abs(short - exact).sum(axis=1).max() <= limit
