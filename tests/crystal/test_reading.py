"""Files of every format, sound and broken."""

import gzip
from io import StringIO
from pathlib import Path

import ase.io
import numpy as np
import pytest
from pymatgen.core import PeriodicSite, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from perovex.crystal import as_structure, expand_paths, perceive, read
from perovex.crystal.examples import cation, cubic, layered
from perovex.errors import DisorderError, PerovexError, StructureFileError, UnreasonableCellError

CIF = """data_note
_journal_year 2020
data_CsPbBr3
_cell_length_a 5.874(2)
_cell_length_b 5.874(2)
_cell_length_c 5.874(2)
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P m -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Pb1 Pb2+ 0 0 0 1
Cs1 Cs1+ 0.5(1) 0.5 0.5 1
Br1 Br1- 0.5 0.0000(3) 0 1
"""


def write(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def same(structure, other):
    assert structure.composition == other.composition
    np.testing.assert_allclose(
        np.sort(structure.distance_matrix, None), np.sort(other.distance_matrix, None), atol=2e-4
    )


def test_cif_with_symmetry_uncertainties_charges_and_two_blocks(tmp_path):
    structure = read(write(tmp_path, "a.cif", CIF))
    assert structure.composition.formula == "Cs1 Pb1 Br3"
    assert structure.lattice.a == pytest.approx(5.874)
    assert perceive(tmp_path / "a.cif").octahedra.bond_lengths == pytest.approx(5.874 / 2)


@pytest.mark.parametrize("symbol", ["Br", "Br1", "BR", "?"])
def test_type_symbol_oddities(tmp_path, symbol):
    text = CIF.replace("Br1 Br1-", f"Br1 {symbol}").replace("_atom_site_type_symbol", "_atom_site_type_symbol")
    assert read(write(tmp_path, "a.cif", text)).composition.formula == "Cs1 Pb1 Br3"


def test_deuterium_is_hydrogen(tmp_path):
    text = CIF.replace("Cs1 Cs1+", "D1 D")
    assert "H" in read(write(tmp_path, "a.cif", text)).composition


def test_block_by_name(tmp_path):
    path = write(tmp_path, "a.cif", CIF)
    assert len(read(path, block="CsPbBr3")) == 5
    with pytest.raises(StructureFileError, match="blocks with atoms: CsPbBr3"):
        read(path, block="note")


def trajectory(*crystals):
    text = StringIO()
    for structure in crystals:
        ase.io.write(text, AseAtomsAdaptor.get_atoms(structure), format="extxyz")
    return text.getvalue()


@pytest.mark.parametrize(("which", "formula"), [("0", "Cs1 Pb1 I3"), ("1", "Cs1 Pb1 Br3"), ("-1", "Cs4 Pb2 I8")])
def test_a_frame_by_number(tmp_path, which, formula):
    text = trajectory(cubic(), cubic(halide="Br"), layered(1, spacer="Cs"))
    path = write(tmp_path, "run.extxyz", text.replace("\n5\n", "\n\n5\n"))  # blank lines between frames do no harm
    for structure in (read(path, frame=int(which)), read(f"{path}@{which}"), perceive(f"{path}@{which}").structure):
        assert structure.composition.formula == formula
        assert "warnings" not in structure.properties
    assert expand_paths(f"{path}@{which}") == [Path(f"{path}@{which}")]


def test_the_last_frame_is_read_and_said_to_be(tmp_path):
    path = write(tmp_path, "run.xyz", trajectory(cubic(), cubic(halide="Br")))
    crystal = perceive(path)
    assert crystal.halides == ("Br",)
    assert crystal.warnings == ("the last of 2 frames was read (another one: FILE@0 to FILE@1)",)
    assert not perceive(write(tmp_path, "one.xyz", trajectory(cubic()))).warnings


def test_a_damaged_frame_costs_only_itself(tmp_path):
    good = trajectory(cubic())
    path = write(tmp_path, "run.extxyz", good + good.replace("Pb ", "Pb x", 1))
    assert len(read(path, frame=0)) == 5
    with pytest.raises(StructureFileError, match="not a readable xyz"):
        read(path)


@pytest.mark.parametrize(
    ("name", "which", "message"),
    [
        ("run.extxyz", "7", "no frame 7 among 2"),
        ("run.extxyz", "-3", "no frame -3 among 2"),
        ("run.extxyz", "last", "'last' is no number of a frame"),
        ("a.cif", "note", "blocks with atoms: CsPbBr3"),
        ("a.vasp", "0", "there is no frame or block '0'"),
        ("none.cif", "0", "no such file"),
        (".", "0", "cannot be read"),
        ("run.extxyz", 300 * "9", "no frame 999"),
    ],
)
def test_nothing_is_read_in_place_of_what_was_selected(tmp_path, name, which, message):
    write(tmp_path, "run.extxyz", trajectory(cubic(), cubic()))
    write(tmp_path, "a.cif", CIF)
    cubic().to(filename=str(tmp_path / "a.vasp"), fmt="poscar")
    with pytest.raises(StructureFileError, match=message):
        read(f"{tmp_path / name}@{which}")


def test_a_name_with_an_at_sign_is_a_name(tmp_path):
    path = write(tmp_path, "run@2.extxyz", trajectory(cubic()))
    assert len(read(path)) == len(read(f"{path}@0")) == 5


def test_the_first_of_several_blocks_is_read_and_said_to_be(tmp_path):
    path = write(tmp_path, "two.cif", CIF + CIF.replace("data_note", "data_empty").replace("CsPbBr3", "other"))
    assert perceive(path).warnings == (
        "the first of 2 data blocks with atoms was read, 'CsPbBr3' (another one: FILE@other)",
    )
    assert not perceive(f"{path}@other").warnings


@pytest.mark.parametrize("suffix", [".cif", ".vasp", ".extxyz", ".cif.gz", ""])
def test_formats_round_trip(tmp_path, suffix):
    structure = layered(2)
    path = tmp_path / ("POSCAR" if suffix == "" else f"crystal{suffix}")
    if suffix == ".extxyz":
        ase.io.write(path, AseAtomsAdaptor.get_atoms(structure), format="extxyz")
    elif suffix == ".cif.gz":
        path.write_bytes(gzip.compress(structure.to(fmt="cif").encode()))
    else:
        path.write_text(structure.to(fmt="cif" if suffix == ".cif" else "poscar"))
    same(read(path), structure)
    assert read(path).properties["source"] == str(path)


def test_poscar_variants(tmp_path):
    rows = "0 0 0\n1.5 1.5 1.5\n1.5 0 0\n0 1.5 0\n0 0 1.5\n"
    cell = "3 0 0\n0 3 0\n0 0 3\n"
    plain = read(write(tmp_path, "POSCAR_a", f"x\n2.0\n{cell}Pb Cs I\n1 1 3\nSelective dynamics\nCartesian\n{rows}"))
    volume = read(write(tmp_path, "b.vasp", f"Pb Cs I\n-216.0\n{cell}1 1 3\nCartesian\n{rows}"))
    assert plain.volume == pytest.approx(216.0)
    same(plain, volume)


def test_objects_in_memory():
    structure = cubic()
    assert as_structure(structure) is structure
    atoms = AseAtomsAdaptor.get_atoms(structure)
    same(as_structure(atoms), structure)
    charged = structure.copy()
    charged.add_oxidation_state_by_element({"Cs": 1, "Pb": 2, "I": -1})
    assert perceive(charged).metals == ("Pb",)
    crystal = perceive(structure)
    assert perceive(crystal) is crystal
    with pytest.raises(StructureFileError, match="type int"):
        as_structure(3)


DISORDERED = CIF + "Cl1 Cl1- 0.5 0 0 0.3\n"


def test_disorder_is_refused_or_resolved(tmp_path):
    path = write(tmp_path, "a.cif", DISORDERED.replace("0.0000(3) 0 1", "0.0000(3) 0 0.7"))
    with pytest.raises(DisorderError, match="6 of 8 atoms"):
        read(path)
    structure = read(path, disorder="major")
    assert structure.composition.formula == "Cs1 Pb1 Br3"
    assert "8 atoms" in structure.properties["warnings"][0]
    assert any("disordered" in w for w in perceive(path, disorder="major").warnings)
    with pytest.raises(PerovexError, match="unknown"):
        read(path, disorder="minor")


def turned_methylammonium(occupancy):
    """A cubic crystal whose methylammonium lists the hydrogens of both ends a second time, turned by 60 degrees."""
    symbols, xyz = cation("MA")
    turn = np.array([[0.5, -np.sqrt(0.75), 0], [np.sqrt(0.75), 0.5, 0], [0, 0, 1]])
    host = cubic(cage="MA", bond=3.15)
    frame = [s for s in host if s.specie.symbol in {"Pb", "I"}]
    rows = [(s.specie.symbol, s.coords, 1.0) for s in frame]
    for k, (symbol, point) in enumerate(zip(symbols, xyz, strict=True)):
        share = occupancy if symbol == "H" else 1.0
        rows.append((symbol, point + 3.15 - [0, 0, 0.75], share))
        if k >= 2:
            rows.append((symbol, turn @ point + 3.15 - [0, 0, 0.75], 1.0 - occupancy))
    sites = [PeriodicSite({s: x}, p, host.lattice, coords_are_cartesian=True) for s, p, x in rows]
    return Structure.from_sites(sites)


@pytest.mark.parametrize("occupancy", [0.5, 0.6, 0.4])
def test_a_disordered_methyl_group_keeps_three_hydrogens(occupancy):
    crystal = perceive(turned_methylammonium(occupancy), disorder="major")
    (molecule,) = crystal.molecules
    assert (molecule.smiles, len(molecule), molecule.hydrogens_complete) == ("C[NH3+]", 8, True)
    assert any("disordered" in w for w in crystal.warnings)


def test_partial_occupancy_in_memory():
    structure = Structure(cubic().lattice, ["Cs", {"Pb": 0.6, "Sn": 0.4}], [[0, 0, 0], [0.5, 0.5, 0.5]])
    with pytest.raises(DisorderError):
        as_structure(structure)
    assert as_structure(structure, disorder="major").composition.formula == "Cs1 Pb1"


BROKEN = {
    "empty": ("", "empty"),
    "no loop": ("data_x\n_cell_length_a 5\n", "no atoms"),
    "not cif": ("loop_\n_a\n'unfinished", "not a readable CIF"),
    "unknown element": (CIF.replace("Cs1 Cs1+", "Qq1 Qq"), "unknown element"),
    "flat": (CIF.replace("_cell_length_c 5.874(2)", "_cell_length_c 0.001"), "degenerate"),
    "missing coordinate": (CIF.replace("0.5(1) 0.5 0.5", "? 0.5 0.5"), "coordinates"),
    "on top": (CIF.replace("0.5(1) 0.5 0.5", "0.01 0 0"), "Å apart"),
    "too thin": (CIF.replace("5.874(2)", "587.4"), "density"),
}


@pytest.mark.parametrize("case", sorted(BROKEN))
def test_broken_files_name_file_and_cause(tmp_path, case):
    text, cause = BROKEN[case]
    path = write(tmp_path, "broken.cif", text)
    with pytest.raises(StructureFileError, match=cause) as caught:
        read(path)
    assert "broken.cif" in str(caught.value)


def test_missing_file_truncated_poscar_and_bad_gzip(tmp_path):
    with pytest.raises(StructureFileError, match="no such file"):
        read(tmp_path / "none.cif")
    text = cubic().to(fmt="poscar")
    with pytest.raises(StructureFileError, match="truncated"):
        read(write(tmp_path, "POSCAR", "\n".join(text.splitlines()[:-2])))
    bad = tmp_path / "a.cif.gz"
    bad.write_bytes(b"\x1f\x8b" + b"nonsense")
    with pytest.raises(StructureFileError, match="cannot be read"):
        read(bad)
    huge = "x\n1.0\n5 0 0\n0 5 0\n0 0 5\nPb\n200000000\nDirect\n0 0 0\n"
    with pytest.raises(UnreasonableCellError, match="200000000 atoms"):
        read(write(tmp_path, "b.vasp", huge))


def test_expand_paths(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.cif", "a.vasp", "sub/c.cif.gz", "notes.txt"):
        (tmp_path / name).write_text("x")
    assert [p.name for p in expand_paths(tmp_path)] == ["a.vasp", "b.cif", "c.cif.gz"]
    assert [p.name for p in expand_paths([tmp_path / "b.cif", str(tmp_path / "*.cif")])] == ["b.cif"]
    for wrong in (tmp_path / "none", str(tmp_path / "*.xyz")):
        with pytest.raises(StructureFileError):
            expand_paths(wrong)
