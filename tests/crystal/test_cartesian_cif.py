"""CIFs with Cartesian coordinates: in the usual frame, in one that the file states, in one that can't be right."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice
from scipy.spatial.transform import Rotation

from perovex.crystal import perceive, read
from perovex.crystal.examples import layered
from perovex.errors import StructureFileError


@pytest.fixture
def crystal():
    """A layered crystal in an oblique cell."""
    structure = layered(n=1)
    structure.lattice = Lattice.from_parameters(*structure.lattice.abc, 90, 94, 90)
    return structure


def cif(structure, points, *, capital="C", extra=()):
    """Text of a CIF with these coordinates."""
    a, b, c, *angles = structure.lattice.parameters
    lines = ["data_x", f"_cell_length_a {a:.6f}", f"_cell_length_b {b:.6f}", f"_cell_length_c {c:.6f}"]
    lines += [f"_cell_angle_{name} {angle:.6f}" for name, angle in zip(("alpha", "beta", "gamma"), angles, strict=True)]
    lines += [*extra, "loop_", "_atom_site_label", *(f"_atom_site_{capital}artn_{k}" for k in "xyz")]
    rows = zip(structure, points, strict=True)
    lines += [f"{site.specie}{k} {x:.6f} {y:.6f} {z:.6f}" for k, (site, (x, y, z)) in enumerate(rows, 1)]
    return "\n".join(lines) + "\n"


def usual(structure):
    """Cell vectors with a along x and b in the xy plane."""
    upper = np.linalg.qr(structure.lattice.matrix.T)[1]
    return (np.diag(np.sign(np.diag(upper))) @ upper).T


def same(found, wanted):
    difference = found.frac_coords - wanted.frac_coords
    assert np.abs(difference - np.round(difference)).max() < 1e-5
    assert [site.specie.symbol for site in found] == [site.specie.symbol for site in wanted]


@pytest.mark.parametrize("capital", ["C", "c"])
def test_the_usual_frame_is_assumed_and_said(tmp_path, crystal, capital):
    path = tmp_path / "x.cif"
    path.write_text(cif(crystal, crystal.frac_coords @ usual(crystal), capital=capital))
    same(read(path), crystal)
    assert any("a along x" in text for text in perceive(path).warnings)


@pytest.mark.parametrize("stated", ["Cartn", "fract", "macromolecular"])
def test_a_frame_that_the_file_states_is_followed(tmp_path, crystal, stated):
    matrix = Rotation.from_rotvec([0.3, -1.1, 0.7]).as_matrix() @ usual(crystal).T
    origin = np.array([1.0, -2.0, 0.5])
    points = crystal.frac_coords @ matrix.T + origin
    told, vector = (matrix, origin) if stated != "fract" else (np.linalg.inv(matrix), -np.linalg.inv(matrix) @ origin)
    tag = "_atom_sites.Cartn_transf_{}" if stated == "macromolecular" else f"_atom_sites_{stated}_tran_{{}}_"

    def place(*digits):
        return "".join(f"[{d}]" if stated == "macromolecular" else str(d) for d in digits)

    extra = [f"{tag.format('matrix')}{place(i + 1, j + 1)} {told[i, j]:.8f}" for i in range(3) for j in range(3)]
    extra += [f"{tag.format('vector')}{place(i + 1)} {vector[i]:.8f}" for i in range(3)]
    path = tmp_path / "x.cif"
    path.write_text(cif(crystal, points, extra=extra))
    same(read(path), crystal)
    assert not any("frame" in text for text in perceive(path).warnings)


def test_a_frame_of_another_cell_is_refused(tmp_path, crystal):
    extra = [f"_atom_sites_Cartn_tran_matrix_{i}{j} {10.0 * (i == j)}" for i in (1, 2, 3) for j in (1, 2, 3)]
    path = tmp_path / "x.cif"
    path.write_text(cif(crystal, crystal.cart_coords, extra=extra))
    with pytest.raises(StructureFileError, match="another cell"):
        read(path)
