"""Models that must answer as they did when they were written."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from perovex.errors import ModelFileError
from perovex.learn.bundle.check import answers, differing_versions, make_check, same_versions, verify
from perovex.learn.provenance import environment

X = pd.DataFrame({"a": np.arange(9.0), "b": np.arange(9.0) ** 2})


def line(slope):
    return LinearRegression().fit(X, slope * X["a"])


def test_the_same_model_passes_and_another_is_refused():
    check = make_check({"E": line(2.0)}, X)
    assert len(check["rows"]) == 4
    verify({"E": line(2.0)}, check, environment())
    with pytest.raises(ModelFileError, match="does not answer as when it was written"):
        verify({"E": line(2.1)}, check, environment())
    with pytest.raises(ModelFileError, match="nothing"):
        verify({}, check, environment())


def test_a_model_that_fails_names_other_versions_of_packages():
    check = make_check(line(2.0), X)
    with pytest.raises(ModelFileError, match=r"written with numpy 0\.1"):
        verify(LinearRegression(), check, {"numpy": "0.1"})


def test_rows_are_made_up_where_none_are_given():
    check = make_check(line(1.0))
    assert check["columns"] == ["a", "b"]
    assert make_check(object()) is None
    verify(object(), None, {})


def test_names_of_answers_and_versions():
    assert list(answers({"E": {"x": line(1.0)}}, X)) == ["E, x, prediction"]
    assert differing_versions(environment()) == ""


def test_the_remedy_installs_the_versions_a_model_was_written_with():
    remedy = same_versions(environment() | {"numpy": "1.0", "unknown": "3"})
    assert "install numpy==1.0, or train" in remedy
    assert "unknown" not in remedy
