"""Small matrices and many threads: the libraries are bounded where models are fitted and asked."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from threadpoolctl import threadpool_info, threadpool_limits

from perovex._threads import few_threads
from perovex.learn import YoungModulusRegressor
from perovex.study.workers import _timed


def widest():
    return max(pool["num_threads"] for pool in threadpool_info())


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2):
        if widest() < 2:
            pytest.skip("the libraries here know one thread only")
        yield


def test_libraries_are_bounded_inside_and_free_again_outside():
    with few_threads():
        assert widest() == 1
    assert widest() == 2
    with few_threads(-1):
        assert widest() == 2


@pytest.mark.parametrize(("n_jobs", "expected"), [(1, 1), (2, 2)])
def test_a_model_is_fitted_and_asked_with_as_many_threads_as_it_has_jobs(monkeypatch, n_jobs, expected):
    seen = []

    class Watched(Ridge):
        def fit(self, X, y):
            seen.append(widest())
            return super().fit(X, y)

        def predict(self, X):
            seen.append(widest())
            return super().predict(X)

    monkeypatch.setattr("perovex.learn.estimators.base.make_algorithm", lambda *_, **__: Watched())
    X = pd.DataFrame({"angle": np.linspace(150, 180, 12)})
    model = YoungModulusRegressor("ridge", n_jobs=n_jobs).fit(X, 10 + 0.1 * X["angle"])
    model.predict(X)
    assert seen == [expected, expected]


def test_steps_of_a_study_use_one_thread():
    assert _timed(widest, (), []).result == 1
