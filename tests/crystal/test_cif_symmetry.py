"""Symmetry of CIFs: listed, named, numbered, incomplete, magnetic, contradictory."""

import gemmi
import numpy as np
import pytest

from perovex.crystal import perceive, read
from perovex.errors import PerovexError, StructureFileError, UnreasonableCellError

#: Cs2MX4 of the K2NiF4 type, I 4/m m m.
ATOMS = "Cs1 Cs 0 0 0.357\nPb1 Pb 0 0 0\nI1 I 0 0.5 0\nI2 I 0 0 0.166\n"
CUBIC = "Cs1 Cs 0.5 0.5 0.5\nPb1 Pb 0 0 0\nI1 I 0.5 0 0\n"


def cell(a=6.2, c=18.7, gamma=90, b=None):
    lengths = f"_cell_length_a {a}\n_cell_length_b {b or a}\n_cell_length_c {c}\n"
    return f"data_x\n{lengths}_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma {gamma}\n"


def atoms(rows=ATOMS):
    columns = ("label", "type_symbol", "fract_x", "fract_y", "fract_z")
    return "loop_\n" + "".join(f"_atom_site_{c}\n" for c in columns) + rows


def listed(operations, tag="_space_group_symop_operation_xyz"):
    return f"loop_\n{tag}\n" + "".join(f"'{op}'\n" for op in operations)


def group(name):
    return [op.triplet() for op in gemmi.find_spacegroup_by_name(name).operations()]


def write(folder, *parts):
    path = folder / "crystal.cif"
    path.write_text("".join(parts))
    return path


ALL = group("I 4/m m m")
NAMED = "_symmetry_space_group_name_H-M 'I 4/m m m'\n"
PRIMITIVE = [op for op in ALL if "/2" not in op]

WHOLE = {
    "list": listed(ALL),
    "list and name": NAMED + listed(ALL),
    "name alone": NAMED,
    "name with setting": "_symmetry_space_group_name_H-M 'I 4/m m m :1'\n",
    "name of a database": "_symmetry_space_group_name_H-M 'I 4/m m m S'\n",
    "underscores": "_space_group_name_H-M_alt 'I_4/m_m_m'\n",
    "number in brackets": "_space_group_name_H-M_alt 'I 4/mmm (139)'\n",
    "Hall": "_space_group_name_Hall '-I 4 2'\n",
    "mmCIF tags": listed(ALL, "_symmetry_equiv.pos_as_xyz"),
    "capitals": listed([op.upper() for op in ALL]),
    "tags in capitals": listed(ALL, "_SYMMETRY_EQUIV_POS_AS_XYZ"),
}


@pytest.mark.parametrize("symmetry", sorted(WHOLE))
def test_a_cell_is_whole_however_its_symmetry_is_written(tmp_path, symmetry):
    crystal = perceive(write(tmp_path, cell(), WHOLE[symmetry], atoms()))
    assert (len(crystal.structure), crystal.n_layers, crystal.warnings) == (14, 1, ())


@pytest.mark.parametrize("tag", ["_symmetry_Int_Tables_number", "_space_group_IT_number", "_space_group.IT_number"])
def test_a_number_alone_is_expanded_and_said(tmp_path, tag):
    crystal = perceive(write(tmp_path, cell(), f"{tag} 139\n", atoms()))
    assert len(crystal.structure) == 14
    assert crystal.warnings == ("symmetry by the number 139 of the group alone: taken as I 4/m m m",)


def test_a_number_alone_takes_the_axes_that_fit_the_cell(tmp_path):
    rhombohedral = "data_x\n" + "".join(f"_cell_length_{k} 6.2\n" for k in "abc")
    rhombohedral += "".join(f"_cell_angle_{k} 89.0\n" for k in ("alpha", "beta", "gamma"))
    crystal = perceive(write(tmp_path, rhombohedral, "_symmetry_Int_Tables_number 166\n", atoms(CUBIC)))
    assert len(crystal.structure) == 5
    assert "R -3 m:R" in crystal.warnings[0]


def test_of_two_origins_the_one_that_fits_the_atoms_is_taken(tmp_path):
    """CsPbBr3 in P 4/m b m has one origin; Fd-3m has two, and diamond at (0, 0, 0) is on the first."""
    second = cell(8.0, 8.0) + "_symmetry_space_group_name_H-M 'F d -3 m'\n_chemical_formula_sum 'Mg Al2 O4'\n"
    spinel = "Mg1 Mg 0.125 0.125 0.125\nAl1 Al 0.5 0.5 0.5\nO1 O 0.2624 0.2624 0.2624\n"
    assert read(write(tmp_path, second, atoms(spinel))).composition.formula == "Mg8 Al16 O32"


INCOMPLETE = {
    "centring lost": (PRIMITIVE, "16 symmetry operations are listed, I 4/m m m has 32"),
    "one lost": (ALL[:-1], "31 symmetry operations are listed, the group that they generate has 32"),
    "identity alone": (["x,y,z"], "1 symmetry operations are listed, I 4/m m m has 32"),
    "half": (group("I 4 2 2"), "16 symmetry operations are listed, I 4/m m m has 32"),
}


@pytest.mark.parametrize("case", sorted(INCOMPLETE))
def test_an_incomplete_list_is_completed_and_said(tmp_path, case):
    operations, remark = INCOMPLETE[case]
    crystal = perceive(write(tmp_path, cell(), NAMED, listed(operations), atoms()))
    assert len(crystal.structure) == 14
    if case == "half":  # the atoms lie on mirrors: nothing is lost
        assert crystal.warnings == ()
    else:
        assert remark in crystal.warnings[0]


def test_all_atoms_listed_under_the_name_of_their_group_stay_as_they_are(tmp_path):
    whole = read(write(tmp_path, cell(), listed(ALL), atoms()))
    rows = "".join(f"A{k} {s.specie} {' '.join(f'{x:.6f}' for x in s.frac_coords)}\n" for k, s in enumerate(whole))
    crystal = perceive(write(tmp_path, cell(), NAMED, listed(["x,y,z"]), atoms(rows)))
    assert (len(crystal.structure), crystal.warnings) == (14, ())
    shaken = read(write(tmp_path, cell(), NAMED, listed(["x,y,z"]), atoms(rows.replace("0.500000", "0.530000"))))
    assert len(shaken) == 14
    assert "taken as listed" in shaken.properties["warnings"][0]


def test_the_formula_decides_between_list_and_name(tmp_path):
    """A cubic perovskite by list; the name would centre its faces, against the formula."""
    formula = "_chemical_formula_sum 'Cs Pb I3'\n"
    named = "_symmetry_space_group_name_H-M 'F m -3 m'\n"
    structure = read(write(tmp_path, cell(6.2, 6.2), formula, named, listed(group("P m -3 m")), atoms(CUBIC)))
    assert structure.composition.formula == "Cs1 Pb1 I3"
    assert "taken as listed" in structure.properties["warnings"][0]


def test_a_list_in_another_setting_than_the_name_is_trusted(tmp_path):
    orthorhombic = cell(8.0, 11.5, b=8.2) + "_symmetry_space_group_name_H-M 'P n m a'\n"
    rows = "Cs1 Cs 0.5 0.5 0.25\nPb1 Pb 0.5 0 0\nI1 I 0.56 0 0.25\nI2 I 0.71 0.29 0.03\n"
    crystal = perceive(write(tmp_path, orthorhombic, listed(group("P b n m")), atoms(rows)))
    assert (len(crystal.structure), crystal.warnings) == (20, ())


@pytest.mark.parametrize("style", ["magCIF 1.0", "older", "one list"])
def test_operations_of_magnetic_groups(tmp_path, style):
    marked = [f"{op},{'+1' if k % 2 else '-1'}" for k, op in enumerate(PRIMITIVE)]
    centring = ["x,y,z,+1", "x+1/2,y+1/2,z+1/2,-1"]
    name = '_space_group_magn.number_BNS 139.531\n_space_group_magn.name_BNS "I4/mmm"\n'
    if style == "magCIF 1.0":
        text = listed(marked, "_space_group_symop_magn_operation.xyz")
        text += listed(centring, "_space_group_symop_magn_centering.xyz")
    elif style == "older":
        text = listed(marked, "_space_group_symop.magn_operation_xyz")
        text += listed(centring, "_space_group_symop.magn_centering_xyz")
    else:
        text = listed([f"{op},+1" for op in ALL], "_space_group_symop_magn_operation.xyz")
    crystal = perceive(write(tmp_path, cell(), name, text, atoms().replace("_atom_site_", "_atom_site_")))
    assert len(crystal.structure) == 14


def test_what_cannot_be_expanded_is_refused(tmp_path):
    for symmetry, cause in (
        ("_symmetry_space_group_name_H-M 'I 4/m m x'\n", "missing or not understood"),
        (NAMED + listed(["x,y,z", "-x,-y,q"]), "not understood"),
        (listed(["x,y,z", "x,x,z"]), "no rotation"),
        (listed(["x,y,z", "x+1/2,y+1/2,z"], "_space_group_symop_ssg_operation_algebraic"), "modulated"),
        ("_cell_modulation_dimension 1\n" + NAMED, "modulated"),
    ):
        with pytest.raises(StructureFileError, match=cause):
            read(write(tmp_path, cell(), symmetry, atoms()))


def test_a_cell_that_contradicts_its_operations_is_refused(tmp_path):
    with pytest.raises(UnreasonableCellError, match="does not have the symmetry"):
        read(write(tmp_path, cell(6.2, 18.7, b=7.4), NAMED, atoms()))
    assert len(read(write(tmp_path, cell(6.2, 18.7, b=6.21), NAMED, atoms()))) == 14


def test_an_atom_beside_its_special_position_is_one_atom(tmp_path):
    crystal = read(write(tmp_path, cell(), listed(ALL), atoms(ATOMS.replace("I1 I 0 0.5 0", "I1 I 0.004 0.499 0"))))
    assert crystal.composition.formula == "Cs4 Pb2 I8"


def test_uncertainties_of_symmetry_are_typed_errors(tmp_path):
    rng = np.random.default_rng(5)
    for _ in range(20):
        chosen = [str(op) for op in rng.choice(ALL, rng.integers(1, 9))]
        try:
            structure = read(write(tmp_path, cell(), NAMED, listed(chosen), atoms()))
        except PerovexError:
            continue
        assert structure.composition.formula == "Cs4 Pb2 I8"  # never half a crystal without a word
