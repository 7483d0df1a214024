"""Units and orders of components that a file leaves open."""

import numpy as np
import pytest

from perovex.elasticity.reading.checks import in_gpa, order_remark, reordered, require_symmetric
from perovex.errors import ElasticityError

#: Hexagonal about z: shears yz and xz equal, C66 = (C11 - C12)/2.
HEXAGONAL = np.diag([40.0, 40.0, 30.0, 6.0, 6.0, 15.0])
HEXAGONAL[:3, :3] += np.array([[0, 10, 5], [10, 0, 5], [5, 5, 0]])


def test_what_was_asked_goes_before_what_the_file_says():
    matrix, key, remark = in_gpa(np.full((6, 6), 100.0), "gpa", "kbar")
    assert (matrix[0, 0], key, remark) == (10.0, "kbar", "")
    assert in_gpa(np.full((6, 6), 100.0), "kbar", None)[0][0, 0] == 10.0


def test_without_a_unit_gigapascals_are_taken_where_they_can_be():
    assert in_gpa(np.full((6, 6), 100.0), "", None)[2]
    for value in (1e4, 0.01):
        with pytest.raises(ElasticityError, match="no unit is named"):
            in_gpa(np.full((6, 6), value), "", None)


def test_an_order_of_another_program_shows_in_the_shears():
    assert order_remark(HEXAGONAL, None) == ""
    back = np.argsort([0, 1, 2, 4, 5, 3])
    of_vasp = HEXAGONAL[np.ix_(back, back)]
    assert "vasp" in order_remark(of_vasp, None)
    assert np.array_equal(reordered(of_vasp), HEXAGONAL)


def test_an_asymmetric_matrix_is_refused():
    require_symmetric(HEXAGONAL)
    with pytest.raises(ElasticityError):
        require_symmetric(np.triu(HEXAGONAL))
