"""Rows that models are asked about: order, unknown columns, infinite values; and what becomes of the answers."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from perovex.errors import ModelInputError
from perovex.learn.bundle import asking
from perovex.learn.bundle.asking import asked_rows, class_columns, domain_columns, value_columns
from perovex.learn.bundle.words import NewKind

X = pd.DataFrame({"b": [1.0, np.inf], "other": ["x", "y"], "a": [-np.inf, 2.0]}, index=["p", "q"])


def test_known_columns_come_in_the_order_of_the_models_and_infinity_is_named_and_undefined():
    table, infinite = asked_rows(X, ["a", "b"])
    expected = pd.DataFrame({"a": [np.nan, 2.0], "b": [1.0, np.nan]}, index=["p", "q"])
    pd.testing.assert_frame_equal(table, expected)
    assert infinite.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("table", "unknown", "words"),
    [
        (X, "error", "other"),
        (X[["a"]], "ignore", "b"),
        (X.assign(a="?"), "ignore", "not numbers"),
        (X.to_numpy(), "ignore", "DataFrame"),
        (X, "warn", "unknown must be"),
    ],
)
def test_what_cannot_be_asked_is_refused(table, unknown, words):
    with pytest.raises(ModelInputError, match=words):
        asked_rows(table, ["a", "b"], unknown)


def test_the_likelier_class_is_named_and_an_even_chance_is_the_lower_one():
    answer = SimpleNamespace(predict_proba=lambda _: np.array([[0.5, 0.5], [0.2, 0.8]]))
    columns = class_columns(answer, X, ("small", "large"), 3.0)
    assert columns["probability_large"].tolist() == [0.5, 0.8]
    assert columns["class"].tolist() == ["small", "large"]
    assert columns["threshold"] == 3.0


def test_arms_of_intervals_are_stretched_where_that_was_found_to_be_needed(monkeypatch):
    monkeypatch.setattr(asking, "process_deviation", lambda *_: 0.5)
    interval = pd.DataFrame({"lower": [8.0], "upper": [20.0]})
    model = SimpleNamespace(predict=lambda _: np.array([10.0]), predict_interval=lambda *_: interval)
    plain = value_columns({"E": model}, X[:1], 0.9, {})
    wide = value_columns({"E": model}, X[:1], 0.9, {"E": {"factor": 2.0, "log": True}})
    assert (plain["E_lower"].item(), plain["E_upper"].item()) == (8.0, 20.0)
    assert (wide["E_lower"].item(), wide["E_upper"].item()) == pytest.approx((6.4, 40.0))
    assert plain["E_std"] == 0.5
    assert "E_lower" not in value_columns({"E": model}, X[:1], None, {})


def test_coverage_is_claimed_only_where_nothing_speaks_against_it():
    flags = pd.DataFrame({"in_domain": [True, True, True, False], "reason": ["", "", "", "angle far away"]})
    domain = SimpleNamespace(check=lambda _: flags)
    infinite = np.array(["", "a", "", "a"], dtype=object)
    new = NewKind("halide", "Cl", ["Br", "I"])
    columns = domain_columns(domain, flags, infinite, [[], [], [new], []], 0.9)
    assert columns["in_domain"].tolist() == [True, False, False, False]
    assert columns["coverage"][0] == 0.9
    assert np.isnan(columns["coverage"][1:]).all()
    unknown = "halide Cl was never seen in training (Br, I)"
    assert columns["domain_reason"] == ["", "infinite: a", unknown, "infinite: a; angle far away"]
    assert np.isnan(domain_columns(domain, flags, infinite, [[]] * 4, None)["coverage"]).all()
