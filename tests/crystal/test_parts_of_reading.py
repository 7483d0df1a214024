"""Steps of reading a CIF: blocks, operations, elements of rows."""

import numpy as np
import pytest

from perovex.crystal.reading.cif import parse_cif
from perovex.crystal.reading.cif_elements import elements_of_rows
from perovex.crystal.reading.symmetry import Operations
from perovex.errors import DisorderError, StructureFileError

BLOCK = """data_{name}
_cell_length_a 6.3
_cell_length_b 6.3
_cell_length_c 6.3
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
{atom}1 0 0 0
I1 .5 0 0
"""


def test_the_first_block_is_read_and_the_others_are_named():
    text = BLOCK.format(name="one", atom="Pb") + BLOCK.format(name="two", atom="Sn")
    lattice, sites, remarks = parse_cif(text)
    assert lattice == pytest.approx(6.3 * np.eye(3))
    assert sites.symbols == ["Pb", "I"]
    assert any("'one'" in remark and "FILE@two" in remark for remark in remarks)
    assert parse_cif(text, "two")[1].symbols == ["Sn", "I"]
    with pytest.raises(StructureFileError, match="blocks with atoms: one, two"):
        parse_cif(text, "three")


@pytest.mark.parametrize(
    ("kind", "label", "formula", "shares"),
    [
        ("Pb2+", "Pb1", {}, {"Pb": 1.0}),
        ("", "I2", {}, {"I": 1.0}),
        ("", "CA1", {"C": 2.0, "H": 6.0}, {"C": 1.0}),  # the formula knows no calcium
        ("", "CA1", {"Ca": 1.0}, {"Ca": 1.0}),
        ("Cval", "X1", {}, {"C": 1.0}),
    ],
)
def test_elements_are_read_by_type_then_by_label_and_formula(kind, label, formula, shares):
    assert elements_of_rows([kind], [label], [0], formula)[0] == {0: shares}


def test_elements_that_nobody_knows_and_mixed_sites_without_shares_are_refused():
    with pytest.raises(StructureFileError, match="unknown element 'Qq'"):
        elements_of_rows(["Qq"], ["Qq1"], [0], {})
    with pytest.raises(DisorderError, match="without their shares"):
        elements_of_rows(["Br/I"], ["X1"], [0], {})


def test_operations_fit_the_cells_that_they_leave_alone():
    identity = ((24, 0, 0, 0, 24, 0, 0, 0, 24), (0, 0, 0))
    fourfold = ((0, -24, 0, 24, 0, 0, 0, 0, 24), (0, 0, 0))
    operations = Operations((identity, fourfold), "made")
    assert len(operations) == 2
    assert operations.fits(np.diag([5.0, 5.0, 9.0]))
    assert not operations.fits(np.diag([5.0, 7.0, 9.0]))
