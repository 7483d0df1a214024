"""Slabs in vacuum: what needs a next slab is not predicted."""

from pymatgen.core import Structure

from perovex.crystal.examples import layered
from perovex.prediction import predict


def test_a_slab_in_vacuum_has_no_modulus_across_it():
    bulk = layered(1, spacer="Cs", gap=6.0)
    lattice = bulk.lattice.matrix.copy()
    lattice[2, 2] = 40.0
    lower = [site for site in bulk if site.coords[2] < bulk.lattice.c / 2 - 1e-6]
    slab = Structure(lattice, [s.specie for s in lower], [s.coords for s in lower], coords_are_cartesian=True)
    table = predict({"bulk": bulk, "slab": slab})
    assert table.loc["bulk", ["E_in_plane", "E_out_of_plane", "E_vrh"]].notna().all()
    assert table.loc["slab", ["E_out_of_plane", "E_out_of_plane_lower", "E_vrh"]].isna().all()
    assert table.loc["slab", "phase"] == "sheet in vacuum"
    assert not table.loc["slab", "in_domain"]
    assert any("in vacuum" in warning for warning in table.loc["slab", "warnings"])
