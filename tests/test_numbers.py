"""Numbers as people read them."""

import pytest

from perovex._numbers import short, with_interval


@pytest.mark.parametrize(("value", "text"), [(1e-11, "0"), (-1e-11, "0"), (1e-9, "1e-09"), (123456.0, "1.235e+05")])
def test_only_rounding_error_is_zero(value, text):
    assert short(value) == text


def test_zeros_stay_where_they_are_asked_for_and_no_point_without_digits():
    assert [short(value, 3, zeros=True) for value in (2.997, 1.75, 0.0301, 123.4, 0.0)] == [
        "3.00",
        "1.75",
        "0.0301",
        "123",
        "0.00",
    ]


def test_an_interval_is_shown_where_both_ends_are_known():
    assert with_interval(2, 1, 3, " GPa") == "2.00 GPa [1.00, 3.00]"
    assert with_interval(2, 1, float("nan")) == "2.00"
