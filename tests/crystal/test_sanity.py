"""Cells that no one can compute with."""

import numpy as np
import pytest

from perovex.crystal.reading.sanity import MAX_ATOMS, check_cell, check_contacts
from perovex.errors import StructureFileError, UnreasonableCellError


@pytest.mark.parametrize(
    ("lattice", "count", "words"),
    [
        (np.diag([6.0, 6.0, 0.5]), 5, "degenerate"),
        (np.array([[6.0, 0, 0], [0, 6, 0], [6, 6, 1e-4]]), 5, "degenerate"),
        (np.diag([6.0, 6.0, 3000.0]), 500, "unreasonable cell"),
        (np.diag([6.0, 6.0, 6.0]), 200, "density"),
        (np.diag([100.0, 100.0, 100.0]), 5, "density"),
        (np.full((3, 3), np.nan), 5, "finite"),
        (np.diag([100.0, 100.0, 100.0]), MAX_ATOMS + 1, "atoms in one cell"),
    ],
)
def test_unreasonable_cells(lattice, count, words):
    with pytest.raises(UnreasonableCellError, match=words):
        check_cell(lattice, count)


def test_no_atoms_is_a_fault_of_the_file():
    with pytest.raises(StructureFileError, match="no atoms"):
        check_cell(np.eye(3) * 6, 0)


def test_atoms_on_top_of_each_other_are_named_with_their_distance():
    frac = np.array([[0.0, 0, 0], [0.5, 0.5, 0.5], [0.99, 0, 0]])
    with pytest.raises(UnreasonableCellError, match=r"Pb \(site 0\) and I \(site 2\) are 0.060 Å apart"):
        check_contacts(np.eye(3) * 6.0, frac, ["Pb", "Cs", "I"])
    check_contacts(np.eye(3) * 6.0, frac[:2], ["Pb", "Cs"])
