"""What people's files hold: capital symbols, mixed sites, frames, stray entries, dummy atoms, shadows of archives."""

import pytest
from ase import Atoms

from perovex.crystal import as_structure, expand_paths, perceive, read
from perovex.errors import DisorderError, PerovexError, StructureFileError

CELL = "".join(f"_cell_length_{k} 6.3\n" for k in "abc") + "".join(
    f"_cell_angle_{k} 90\n" for k in ("alpha", "beta", "gamma")
)
ROWS = ["Cs1 Cs 0.5 0.5 0.5 1", "Pb1 Pb 0 0 0 1", "I1 I 0.5 0 0 1", "I2 I 0 0.5 0 1", "I3 I 0 0 0.5 1"]
COLUMNS = ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy")


def cif(rows=ROWS, columns=COLUMNS, head=""):
    names = "".join(f"_atom_site_{c}\n" for c in columns)
    return f"data_x\n{head}{CELL}loop_\n{names}" + "\n".join(rows) + "\n"


def write(folder, text, name="crystal.cif"):
    path = folder / name
    path.write_text(text)
    return path


def with_row(k, row):
    return [row if i == k else old for i, old in enumerate(ROWS)]


@pytest.mark.parametrize(
    "symbol",
    ["'0.60Sn + 0.40Pb'", "Sn0.60Pb0.40", "'Sn0.60 Pb0.40'", "'Sn:0.6,Pb:0.4'", "'0.6Sn2+ 0.4Pb2+'", "Sn(.6)Pb(.4)"],
)
def test_a_type_symbol_that_mixes_elements_is_disorder(tmp_path, symbol):
    path = write(tmp_path, cif(with_row(1, f"M1 {symbol} 0 0 0 1")))
    with pytest.raises(DisorderError, match="partly occupied"):
        read(path)
    assert perceive(path, disorder="major").metals == ("Sn",)


def test_a_mixed_halide_site_keeps_its_major_element_or_is_refused(tmp_path):
    rows = [r.replace(" I ", " '0.30I + 0.70Br' ") for r in ROWS]
    with pytest.raises(DisorderError):
        read(write(tmp_path, cif(rows)))
    crystal = perceive(write(tmp_path, cif(rows)), disorder="major")
    assert crystal.halides == ("Br",)
    assert any("disordered" in w for w in crystal.warnings)


@pytest.mark.parametrize("symbol", ["Pb,Sn", "Pb/Sn", "'Pb + Sn'", "PbSn"])
@pytest.mark.parametrize("disorder", ["error", "major"])
def test_mixed_elements_without_shares_are_refused(tmp_path, symbol, disorder):
    with pytest.raises(DisorderError, match="without their shares"):
        read(write(tmp_path, cif(with_row(1, f"M1 {symbol} 0 0 0 1"))), disorder=disorder)


@pytest.mark.parametrize("symbol", ["Pb", "Pb2+", "PB", "Pb+2", "pb", "Pb0+"])
def test_one_element_is_no_mixture(tmp_path, symbol):
    assert perceive(write(tmp_path, cif(with_row(1, f"M1 {symbol} 0 0 0 1")))).metals == ("Pb",)


@pytest.mark.parametrize("occupancy", ["1.5", "2", "1.06(2)"])
def test_occupancy_above_one_is_refused(tmp_path, occupancy):
    with pytest.raises(StructureFileError, match=r"occupancy of Pb1 is .* above 1"):
        read(write(tmp_path, cif(with_row(1, f"Pb1 Pb 0 0 0 {occupancy}"))))


def test_occupancy_of_one_and_a_little_is_remarked(tmp_path):
    structure = read(write(tmp_path, cif(with_row(1, "Pb1 Pb 0 0 0 1.02(1)"))))
    assert structure.properties["warnings"] == ("occupancies of up to 1.02 taken as 1",)
    assert "warnings" not in read(write(tmp_path, cif(with_row(1, "Pb1 Pb 0 0 0 ?")))).properties


def test_atoms_without_labels_and_labels_without_types(tmp_path):
    bare = [row.split(" ", 1)[1] for row in ROWS]
    assert read(write(tmp_path, cif(bare, COLUMNS[1:]))).composition.formula == "Cs1 Pb1 I3"
    labels = [" ".join([row.split()[0], *row.split()[2:]]) for row in ROWS]
    columns = [c for c in COLUMNS if c != "type_symbol"]
    structure = read(write(tmp_path, cif(labels, columns)))
    assert (structure.composition.formula, "warnings" in structure.properties) == ("Cs1 Pb1 I3", False)


LABELS = {
    "small letters elsewhere": ("CA1", "", "C"),
    "in capitals throughout": ("CS1", "", "Cs"),
    "the formula knows carbon": ("CA1", "_chemical_formula_sum 'C Pb I3'\n", "C"),
    "the formula knows calcium": ("CA1", "_chemical_formula_sum 'Ca Pb I3'\n", "Ca"),
    "holmium or hydrogen": ("HO1", "", "H"),
}


@pytest.mark.parametrize("case", sorted(LABELS))
def test_labels_that_can_be_read_in_two_ways_are_settled_and_said(tmp_path, case):
    label, formula, element = LABELS[case]
    columns = [c for c in COLUMNS if c != "type_symbol"]
    rows = [" ".join([row.split()[0], *row.split()[2:]]) for row in with_row(0, f"{label} X 0.5 0.5 0.5 1")]
    if case == "in capitals throughout":
        rows = [row.replace("Pb", "PB") for row in rows]
    structure = read(write(tmp_path, cif(rows, columns, formula)))
    assert structure[0].specie.symbol == element
    assert f"{label} is {element}" in structure.properties["warnings"][0]


def test_dummy_atoms_are_left_out(tmp_path):
    rows = [f"{row} d" for row in ROWS] + ["Q1 C 0.2 0.2 0.2 1 dum"]
    structure = read(write(tmp_path, cif(rows, (*COLUMNS, "calc_flag"))))
    assert len(structure) == 5
    assert structure.properties["warnings"] == ("1 dummy atoms left out",)


def test_atoms_listed_twice_are_merged_and_said(tmp_path):
    again = ["I1A I 1.5 0 1 1", "I2A I 0.001 0.5 0 1"]
    structure = read(write(tmp_path, cif([*ROWS, *again])))
    assert len(structure) == 5
    assert structure.properties["warnings"][0].startswith("2 of 7 atoms listed twice")
    with pytest.raises(StructureFileError, match="apart"):
        read(write(tmp_path, cif([*ROWS, "Br1 Br 0.5 0 0 1"])))


POSCAR = "x\n1.0\n6.3 0 0\n0 6.3 0\n0 0 6.3\nCs Pb I\n1 1 3\nDirect\n.5 .5 .5\n0 0 0\n.5 0 0\n0 .5 0\n0 0 .5\n"


@pytest.mark.parametrize(
    "names", ["CS PB I", "Cs PB I", "cs pb i", "Cs_sv Pb_d_GW I", "CS Pb_d I_GW", "Cs/1a2b Pb/3 I/x"]
)
def test_elements_of_a_poscar_in_any_case(tmp_path, names):
    structure = read(write(tmp_path, POSCAR.replace("Cs Pb I", names), "POSCAR"))
    assert structure.composition.formula == "Cs1 Pb1 I3"


def test_unknown_elements_and_fortran_numbers(tmp_path):
    for names in ("Qq Pb I", "Cs Pbx I", "A B X"):
        with pytest.raises(StructureFileError, match="unknown element"):
            read(write(tmp_path, POSCAR.replace("Cs Pb I", names), "POSCAR"))
    assert len(read(write(tmp_path, POSCAR.replace("6.3", "0.63D+01"), "POSCAR"))) == 5


def frames(*shifts, header_each=False):
    head = POSCAR.split("Direct", maxsplit=1)[0]
    rows = ".5 .5 .5\n0 0 0\n.5 {0} 0\n0 .5 {0}\n{0} 0 .5\n"
    parts = [f"Direct configuration= {k + 1:5d}\n{rows.format(s)}" for k, s in enumerate(shifts)]
    return "".join(head + part for part in parts) if header_each else head + "".join(parts)


@pytest.mark.parametrize("header_each", [False, True])
@pytest.mark.parametrize("name", ["XDATCAR", "XDATCAR_300K", "run.xdatcar", "noname"])
def test_frames_of_an_xdatcar(tmp_path, name, header_each):
    path = write(tmp_path, frames(0.0, 0.01, 0.02, header_each=header_each), name)
    last = read(path)
    assert last.properties["warnings"] == ("the last of 3 frames was read (another one: FILE@0 to FILE@2)",)
    for which, shift in (("-1", 0.02), ("1", 0.01), ("0", 0.0)):
        assert read(f"{path}@{which}").frac_coords[2, 1] == pytest.approx(shift)
    assert last.frac_coords[2, 1] == pytest.approx(0.02)
    with pytest.raises(StructureFileError, match="no frame 3 among 3"):
        read(path, frame=3)
    assert "warnings" not in read(write(tmp_path, frames(0.0), "XDATCAR_one")).properties


def test_a_truncated_frame_of_an_xdatcar_is_refused(tmp_path):
    path = write(tmp_path, frames(0.0, 0.01)[:-30], "XDATCAR")
    with pytest.raises(StructureFileError, match="truncated"):
        read(path)
    assert len(read(path, frame=0)) == 5


XYZ = "5\n{}\nCs 3.15 3.15 3.15\nPb 0 0 0\nI 3.15 0 0\nI 0 3.15 0\nI 0 0 3.15\n"
BOX = 'Lattice="6.3 0 0 0 6.3 0 0 0 6.3"'


@pytest.mark.parametrize(
    "entries",
    [
        'stress="0.1 0.2 0.3 0 0 0"',
        'virial="1 2 3 4 5 6"',
        "stress=None energy=nan",
        'stress="0.1 0.2 0.3 0 0 0" virial=[1,2]',
        "REF_stress={1 2 3 4 5 6} config_type=bulk",
        'cutoff=-1.0 dipole="a b c" info=\'{"a": 1}\'',
        'Properties=species:S:1:pos:R:3 magmoms="1 2"',
    ],
)
def test_what_an_xyz_header_says_beside_the_crystal_does_not_matter(tmp_path, entries):
    for comment in (f"{BOX} {entries}", f"{entries} {BOX}"):
        crystal = perceive(write(tmp_path, XYZ.format(comment), "a.xyz"))
        assert (crystal.phase, crystal.warnings) == ("3D", ())


def test_columns_of_an_xyz_file_in_any_order(tmp_path):
    rows = [f"{x} {s} 0.1 0.2" for s, *x in (line.split(" ", 1) for line in XYZ.split("\n")[2:7]) for x in x]
    text = "\n".join(["5", f"{BOX} Properties=pos:R:3:species:S:1:forces:R:2", *rows]) + "\n"
    assert read(write(tmp_path, text, "a.xyz")).composition.formula == "Cs1 Pb1 I3"
    numbers = XYZ.format(f"{BOX} Properties=Z:I:1:pos:R:3").replace("Cs", "55").replace("Pb", "82").replace("I ", "53 ")
    assert read(write(tmp_path, numbers, "b.xyz")).composition.formula == "Cs1 Pb1 I3"
    assert (
        read(write(tmp_path, XYZ.format(BOX).replace("Pb", "PB").replace("Cs", "CS"), "c.xyz")).formula == "Cs1 Pb1 I3"
    )


@pytest.mark.parametrize(("pbc", "along"), [("F F F", "a, b, c"), ("T T F", "c"), ("0 1 1", "a")])
def test_a_file_that_is_not_periodic_says_so(tmp_path, pbc, along):
    crystal = perceive(write(tmp_path, XYZ.format(f'{BOX} pbc="{pbc}"'), "a.xyz"))
    assert any(f"not periodic along {along} by its own account" in w for w in crystal.warnings)
    atoms = Atoms("CsPbI3", read(write(tmp_path, POSCAR, "POSCAR")).cart_coords, cell=[6.3] * 3)
    assert "not periodic" in as_structure(atoms).properties["warnings"][0]
    atoms.pbc = True
    assert "warnings" not in as_structure(atoms).properties


def test_without_a_cell_there_is_no_crystal(tmp_path):
    for comment in ("", "pbc=F", 'Lattice="6.3 0 0"  Properties=species:S:1:pos:R:3', 'Lattice="a b c"'):
        if comment.startswith('Lattice="6.3'):  # three numbers are the edges of a right cell, zeros none
            with pytest.raises(StructureFileError, match="no three-dimensional cell"):
                read(write(tmp_path, XYZ.format(comment), "a.xyz"))
        else:
            with pytest.raises(StructureFileError, match="cell"):
                read(write(tmp_path, XYZ.format(comment), "a.xyz"))


def test_shadows_of_archives_are_no_structure_files(tmp_path):
    for name in ("a.vasp", "._a.vasp", "__MACOSX/._b.cif", "__MACOSX/b.cif", ".ipynb_checkpoints/a-checkpoint.vasp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(POSCAR)
    assert [p.name for p in expand_paths(tmp_path)] == ["a.vasp"]
    assert [p.name for p in expand_paths(str(tmp_path / "*.vasp"))] == ["a.vasp"]
    assert [p.name for p in expand_paths(str(tmp_path / "**/*.vasp"))] == ["a.vasp"]


def test_occupancies_times_multiplicity_are_understood(tmp_path):
    """Rietveld programs write 1/48 for a site on the origin of Pm-3m."""
    rows = [
        f"{row.rsplit(' ', 1)[0]} {share}" for row, share in zip(ROWS, ("0.02083", "0.02083", "0.0625"), strict=False)
    ]
    path = write(tmp_path, cif(rows, head="_symmetry_space_group_name_H-M 'P m -3 m'\n"))
    crystal = perceive(path)
    assert crystal.structure.composition.formula == "Cs1 Pb1 I3"
    assert any("multiplied by the multiplicities" in w for w in crystal.warnings)


def test_occupancies_that_leave_nothing_or_too_much_are_refused(tmp_path):
    nothing = [row[:-1] + "0.1" for row in ROWS]
    with pytest.raises(DisorderError, match="mostly absent"):
        read(write(tmp_path, cif(nothing)), disorder="major")
    with pytest.raises(StructureFileError, match=r"Cs and Rb on one site add up to 1.40"):
        read(write(tmp_path, cif([ROWS[0][:-1] + "0.9", "Rb1 Rb 0.5 0.5 0.5 0.5", *ROWS[1:]])), disorder="major")


def test_a_truncated_xyz_file_says_so(tmp_path):
    with pytest.raises(StructureFileError, match="atom 4 of 5 lacks columns"):
        read(write(tmp_path, XYZ.format(BOX).replace("I 0 3.15 0\n", "I 0\n"), "a.xyz"))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("number", ["1e30845", "-inf", "1e308", "nan"])
@pytest.mark.parametrize("name", ["far.extxyz", "POSCAR"])
def test_a_coordinate_that_is_no_finite_number_is_refused_without_a_warning(tmp_path, name, number):
    atoms = f"Pb 0 0 0\nI 3 0 {number}\n" if name != "POSCAR" else f"0 0 0\n3 0 {number}\n"
    head = '2\nLattice="6 0 0 0.5 6 0 0 0 6" Properties=species:S:1:pos:R:3\n'
    if name == "POSCAR":
        head = "made\n1.0\n6 0 0\n0.5 6 0\n0 0 6\nPb I\n1 1\nCartesian\n"
    (tmp_path / name).write_text(head + atoms)
    with pytest.raises(PerovexError, match=r"coordinates|number|readable"):
        perceive(tmp_path / name)
