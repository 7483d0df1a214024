"""POSCAR and XDATCAR."""

import numpy as np
import pytest

from perovex.crystal.reading.vasp import is_xdatcar, parse_poscar, parse_xdatcar
from perovex.errors import StructureFileError

CELL = "6 0 0\n0 6 0\n0 0 6\n"


@pytest.mark.parametrize(("scale", "edge"), [("0.5", 3.0), ("-27.0", 3.0), ("1 1 0.5", 6.0)])
def test_scaling_factors(scale, edge):
    lattice, _ = parse_poscar(f"x\n{scale}\n{CELL}Cs\n1\nDirect\n0 0 0\n")
    assert lattice[0, 0] == pytest.approx(edge)


def test_cartesian_coordinates_with_selective_dynamics_and_old_names():
    text = f"Cs Cl\n2.0\n{CELL}1 1\nSelective dynamics\nCartesian\n0 0 0 T T T\n3 3 3 F F F\n"
    lattice, sites = parse_poscar(text)
    assert sites.symbols == ["Cs", "Cl"]
    assert np.allclose(sites.frac[1], 0.5)
    assert lattice[2, 2] == 12.0


@pytest.mark.parametrize(
    "text",
    ["", "x\n1.0\n6 0 0\n", f"x\n1.0\n{CELL}Cs\n2\nDirect\n0 0 0\n", f"12\n1.0\n{CELL}1 1\nDirect\n0 0 0\n"],
)
def test_damaged_files_are_refused(text):
    with pytest.raises(StructureFileError):
        parse_poscar(text)


def test_frames_of_an_xdatcar():
    text = f"Cs\n1.0\n{CELL}Cs\n1\nDirect configuration=     1\n0 0 0\nDirect configuration=     2\n0.25 0 0\n"
    assert is_xdatcar(text)
    assert not is_xdatcar(f"x\n1.0\n{CELL}Cs\n1\nDirect\n0 0 0\n")
    _, last, remarks = parse_xdatcar(text)
    assert last.frac[0, 0] == 0.25
    assert len(remarks) == 1
    _, first, remarks = parse_xdatcar(text, frame=0)
    assert (first.frac[0, 0], remarks) == (0.0, [])
    with pytest.raises(StructureFileError, match="no frame 2 among 2"):
        parse_xdatcar(text, frame=2)
