"""Matrices as they stand in files."""

import numpy as np
import pytest

from perovex.elasticity.reading.raw import first_matrix, matrix_of, numbers, square, unit_in, unit_key
from perovex.errors import ElasticityError

FULL = np.diag([4.0, 4, 4, 1, 1, 1]) + np.kron([[1, 0], [0, 0]], np.ones((3, 3)) - np.eye(3))


def test_every_way_to_write_a_symmetric_matrix_gives_the_same():
    upper = [FULL[i, i:].tolist() for i in range(6)]
    lower = [FULL[i, : i + 1].tolist() for i in range(6)]
    counted = [[float(i + 1), *FULL[i].tolist()] for i in range(6)]
    for rows in (FULL.tolist(), upper, lower, counted, np.triu(FULL).tolist(), np.tril(FULL).tolist()):
        assert np.array_equal(square(rows), FULL)
    for value in (FULL.ravel().tolist(), FULL[np.triu_indices(6)].tolist(), lower):
        assert np.array_equal(matrix_of(value), FULL)


def test_what_is_no_matrix_is_none():
    assert square([[1.0]] * 6) is None
    assert matrix_of("text") is None
    assert matrix_of([1.0] * 5) is None


def test_a_line_of_column_numbers_is_passed_over():
    assert np.array_equal(first_matrix([[1.0, 2, 3, 4, 5, 6], *FULL.tolist()]), FULL)


def test_numbers_of_a_line_without_the_names_of_components():
    assert numbers("C11: 1.5D+01 C12=-.5 [GPa]") == [15.0, -0.5]


@pytest.mark.parametrize(("text", "unit"), [("in kB", "kbar"), ("(eV/Å^3)", "ev/a^3"), ("MPa", "mpa"), ("GPas", "")])
def test_units_in_words(text, unit):
    assert unit_in(text) == unit


def test_an_unknown_unit_is_refused():
    assert unit_key(" eV/Ang**3 ") == "ev/a^3"
    with pytest.raises(ElasticityError, match="unknown unit"):
        unit_key("psi")
