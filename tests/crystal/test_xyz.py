"""Extended xyz."""

import numpy as np
import pytest

from perovex.crystal.reading.xyz import parse_xyz, periodicity_remarks
from perovex.errors import StructureFileError

CELL = 'Lattice="6 0 0 0 6 0 0 0 6"'


def test_columns_are_found_by_their_names():
    text = f"1\n{CELL} Properties=forces:R:3:species:S:1:pos:R:3\n9 9 9 Cs 3 0 0\n"
    lattice, sites, remarks = parse_xyz(text)
    assert sites.symbols == ["Cs"]
    assert sites.frac.tolist() == [[0.5, 0, 0]]
    assert (lattice.tolist(), remarks) == (np.diag([6.0, 6.0, 6.0]).tolist(), [])


def test_the_last_frame_is_read_and_said():
    text = f"1\n{CELL}\nCs 0 0 0\n1\n{CELL}\nCs 3 0 0\n"
    _, sites, remarks = parse_xyz(text)
    assert sites.frac[0, 0] == 0.5
    assert "last of 2 frames" in remarks[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1\nno cell\nCs 0 0 0\n", "no cell"),
        (f"2\n{CELL}\nCs 0 0 0\n", "lacks columns"),
        (f"1\n{CELL}\nCs 0 zero 0\n", "damaged"),
        ('1\nLattice="6 0 0 0 6 0 0 0 0"\nCs 0 0 0\n', "three-dimensional"),
        (f"1\n{CELL} Properties=species:S:1\nCs 0 0 0\n", "no species or positions"),
    ],
)
def test_damaged_files_are_refused(text, words):
    with pytest.raises(StructureFileError, match=words):
        parse_xyz(text)


def test_a_slab_by_its_own_account():
    assert periodicity_remarks([True, True, True]) == []
    assert "along c" in periodicity_remarks([True, True, False])[0]
