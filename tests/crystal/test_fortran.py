"""Numbers as Fortran writes them."""

import pytest

from perovex.crystal.reading.fortran import number


@pytest.mark.parametrize(("text", "value"), [("1.5D+01", 15.0), ("-2d-1", -0.2), ("3", 3.0), ("1e2", 100.0)])
def test_exponents(text, value):
    assert number(text) == value


@pytest.mark.parametrize("text", ["D1", "Direct", "1.5*2", ""])
def test_words_are_no_numbers(text):
    with pytest.raises(ValueError, match="could not convert"):
        number(text)
