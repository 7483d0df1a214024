"""Tensors in every format that is read; layouts are those of the programs, numbers are small on purpose."""

import gzip
import json

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from perovex.elasticity import ElasticTensor, Substance, read_tensor
from perovex.errors import ElasticityError

# tetragonal about z, all three shears told apart from a wrong order: C44 = C55 = 11, C66 = 7
C = np.diag([60.0, 60.0, 40.0, 11.0, 11.0, 7.0])
C[0, 1] = C[1, 0] = 20.0
C[:2, 2] = C[2, :2] = 15.0
IN_VASP_ORDER = [0, 1, 2, 5, 3, 4]  # XX YY ZZ XY YZ ZX

FULL = "\n".join(" ".join(f"{x:g}" for x in row) for row in C)
UPPER = "\n".join(" ".join(f"{x:g}" for x in row[i:]) for i, row in enumerate(C))
LOWER = "\n".join(" ".join(f"{x:g}" for x in row[: i + 1]) for i, row in enumerate(C))
TEXTS = {
    "full": FULL,
    "upper triangle": UPPER,
    "lower triangle": LOWER,
    "triangle with zeros": "\n".join(" ".join(f"{x:g}" for x in row) for row in np.triu(C)),
    "comments": "# elastic tensor of x, 6 x 6\n" + FULL.replace("\n", "  ! a row\n"),
    "brackets": "[" + ",\n".join("[" + ", ".join(map(str, row)) + "]" for row in C) + "]",
    "csv": "\n".join(",".join(map(str, row)) for row in C),
    "csv with names": "C,1,2,3,4,5,6\n" + "\n".join(f"C{i + 1}," + ",".join(map(str, row)) for i, row in enumerate(C)),
    "csv with row numbers": "\n".join(f"{i + 1}," + ",".join(map(str, row)) for i, row in enumerate(C)),
    "column numbers": " 1 2 3 4 5 6\n" + FULL,
    "semicolons": "\n".join(";".join(map(str, row)) for row in C),
    "fortran": "\n".join(" ".join(f"{x:.6E}".replace("E", "D") for x in row) for row in C),
    "one number a line": "\n".join(map(str, C.ravel())),
    "21 numbers": " ".join(str(C[i, j]) for i in range(6) for j in range(i, 6)),
    "windows": FULL.replace("\n", "\r\n"),
}


def write(tmp_path, text, name="C.txt"):
    path = tmp_path / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("kind", TEXTS)
def test_text(tmp_path, kind):
    found = read_tensor(write(tmp_path, TEXTS[kind]))
    np.testing.assert_allclose(found.tensor.C, C)
    assert found.remarks == ("no unit is named in the file: taken as GPa",)


def vasp_rows():
    names = ("XX", "YY", "ZZ", "XY", "YZ", "ZX")
    rows = 10 * C[np.ix_(IN_VASP_ORDER, IN_VASP_ORDER)]
    return [f" {name}   " + "".join(f"{x:12.4f}" for x in row) for name, row in zip(names, rows, strict=True)]


OUTCAR = "\n".join(
    [
        "   POMASS =  207.200; ZVAL   =   14.000    mass and valenz",
        "   POMASS =  126.904; ZVAL   =    7.000    mass and valenz",
        "   ions per type =               1   2",
        "  Mass of Ions in am",
        "   POMASS = 207.20126.90",
        "  volume of cell :      123.50",
        " ELASTIC MODULI CONTR FROM IONIC RELAXATION (kBar)",
        " Direction    XX          YY          ZZ          XY          YZ          ZX",
        " " + "-" * 80,
        *[f" {n}          1.0         1.0         1.0         0.0         0.0         0.0" for n in ("XX", "YY")],
        "",
        " TOTAL ELASTIC MODULI (kBar)",
        " Direction    XX          YY          ZZ          XY          YZ          ZX",
        " " + "-" * 80,
        *vasp_rows(),
        " " + "-" * 80,
    ]
)
THERMO_PW = "\n".join(
    [
        "     Frozen ions",
        "     Elastic constants C_ij (kbar) ",
        "    i j=        1           2           3           4           5           6",
        *[f"{i + 1:5d} " + "".join(f"{20 * x:12.5f}" for x in row) for i, row in enumerate(C)],
        "",
        "     Elastic constants C_ij (kbar) ",
        "    i j=        1           2           3           4           5           6",
        *[f"{i + 1:5d} " + "".join(f"{10 * x:12.5f}" for x in row) for i, row in enumerate(C)],
        "",
        "     1 bar = 10^5 Pa; 10 kbar = 1 GPa; 1 atm = 1.01325 bar; 1 Pa = 1 N/m^2",
        "     Elastic compliances  S_ij (1/Mbar) ",
        "    i j=        1           2           3           4           5           6",
    ]
)
PROGRAMS = {
    "VASP OUTCAR": OUTCAR,
    "Quantum ESPRESSO thermo_pw": THERMO_PW,
    "CASTEP .elastic": "BEGIN header\n Number of ions 4\nEND header\n"
    f"BEGIN Elastic Constants {{xx yy zz yz zx xy}} (GPa)\n"
    f"{FULL}\nEND Elastic Constants\nBEGIN Elastic Constants [Frozen Ion] {{xx yy zz yz zx xy}} (GPa)\n"
    + "\n".join(["9 9 9 9 9 9"] * 6)
    + "\nEND Elastic Constants\n",
    "CASTEP": f" ====== Elastic Stiffness Constants Cij (GPa) ======\n\n   1 2 3 4 5 6\n{FULL}\n",
    "ElaStic": "    Elastic constant (stiffness) matrix in GPa:      \n\n\n"
    + "\n\n\n".join("\n".join(f"   {x:8.1f}" for x in row) for row in C),
    "AFLOW aflow.ael.out": f"[AEL_STIFFNESS_TENSOR]START\n{FULL}\n[AEL_STIFFNESS_TENSOR]STOP\n",
    "ABINIT anaddb": " Elastic Tensor (relaxed ion) (unit:10^2GP, VOIGT notation):\n\n"
    + "\n".join(" ".join(f"{x / 100:.7f}" for x in row) for row in C),
    "CRYSTAL": " SYMMETRIZED ELASTIC CONSTANTS FOR TETRAGONAL CASE, IN GPa\n\n"
    + "\n".join("|" + " ".join(f"{x:.3f}" for x in row[i:]) + "|" for i, row in enumerate(C)),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs(tmp_path, program):
    found = read_tensor(write(tmp_path, PROGRAMS[program], "run.out"))
    np.testing.assert_allclose(found.tensor.C, C, atol=1e-5)
    assert found.file_format == program


def test_outcar_gives_density_and_says_how_it_was_read(tmp_path):
    found = read_tensor(write(tmp_path, OUTCAR, "OUTCAR"))
    expected = Substance.from_cell(207.2 + 2 * 126.904, 3, 123.5)
    assert found.substance == expected
    assert expected.density == pytest.approx((207.2 + 2 * 126.904) / 123.5 / 0.602214)
    assert any("VASP's order" in text for text in found.remarks)
    assert not any("clamped" in text for text in found.remarks)
    clamped = read_tensor(write(tmp_path, OUTCAR.replace("CONTR FROM IONIC", ""), "OUTCAR"))
    assert any("clamped-ion" in text for text in clamped.remarks)


def test_castep_names_its_unit_and_its_crystal(tmp_path):
    lattice = np.diag([5.0, 5.0, 8.0])
    header = "BEGIN header\n Number of ions          2\nUnit cell vectors (A)\n"
    header += "\n".join("  " + "  ".join(f"{x:.6f}" for x in row) for row in lattice)
    header += "\nFractional Co-ordinates\n   1   0.0 0.0 0.0   Sn  118.71\n   2   0.5 0.5 0.5   Se  78.97\nEND header\n"
    rows = "\n".join(" ".join(f"{10 * x:.3f}" for x in row) for row in C)
    text = f"{header}BEGIN Elastic Constants {{xx yy zz yz zx xy}} (kbar)\n{rows}\nEND Elastic Constants\n"
    found = read_tensor(write(tmp_path, text, "run.elastic"))
    np.testing.assert_allclose(found.tensor.C, C)
    assert found.unit == "kbar"
    assert found.structure.composition.reduced_formula == "SnSe"
    assert found.substance.density == pytest.approx((118.71 + 78.97) / 200 / 0.602214, rel=1e-3)


def test_thermo_pw_file_of_constants(tmp_path):
    rows = [" ".join(f"{10 * x:.9f}" for x in part) for row in C for part in (row[:4], row[4:])]
    inverse = [" ".join(f"{x:.9f}" for x in part) for row in np.linalg.inv(C) for part in (row[:4], row[4:])]
    for text in ("\n".join(rows), "\n".join(rows) + "\n\n" + "\n".join(inverse)):
        found = read_tensor(write(tmp_path, text, "output_el_cons.dat.g1"))
        np.testing.assert_allclose(found.tensor.C, C)
        assert (found.file_format, found.unit) == ("thermo_pw output_el_cons", "kbar")


def test_decimal_commas_of_spreadsheets(tmp_path):
    for separator in (";", "\t"):
        text = "\n".join(separator.join(f"{x + 0.5:.1f}".replace(".", ",") for x in row) for row in C)
        np.testing.assert_allclose(read_tensor(write(tmp_path, text, "C.csv")).tensor.C, C + 0.5)


def test_kilobars_that_nobody_named_show_in_the_sound_of_a_halide(tmp_path):
    salt = Structure(Lattice.tetragonal(4.0, 6.0), ["Cs", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    path = write(tmp_path, "\n".join(" ".join(f"{10 * x}" for x in row) for row in C))
    assert any("--unit kbar" in text for text in read_tensor(path, structure=salt).remarks)
    assert not any("--unit kbar" in text for text in read_tensor(path, structure=salt, unit="kbar").remarks)
    assert not any("--unit kbar" in text for text in read_tensor(write(tmp_path, FULL), structure=salt).remarks)


def test_why_nothing_was_found(tmp_path):
    for text, words in (
        (" CP2K| version string: CP2K version 2023.1\n", "folder of its outputs"),
        (FULL.replace("11", "nan"), "no numbers"),
        (FULL.replace("11", "*******"), "no numbers"),
    ):
        with pytest.raises(ElasticityError, match=words):
            read_tensor(write(tmp_path, text))


def test_thermo_pw_says_which_of_two_tensors_was_read(tmp_path):
    assert "the last of 2 tensors in the file was read" in read_tensor(write(tmp_path, THERMO_PW)).remarks


JSON = {
    "matrix": C.tolist(),
    "legacy Materials Project": {"elasticity": {"elastic_tensor": C.tolist(), "G_VRH": 1.0}},
    "Materials Project": {"elastic_tensor": {"raw": C.tolist(), "ieee_format": np.eye(6).tolist()}},
    "list of one": [{"elasticity": {"elastic_tensor": C.tolist()}}],
    "AFLOW": {"auid": "x", "ael_stiffness_tensor": ";".join(",".join(map(str, row)) for row in C)},
    "flat": {"elastic_tensor": C.ravel().tolist(), "BV": 1.0},
    "pymatgen": {"@class": "ElasticTensor", "input_array": np.asarray(ElasticTensor(C)._pymatgen).tolist()},
    "perovex": {"C_GPa": C.tolist(), "settings": {}},
    "triangle": {"stiffness": [row[i:].tolist() for i, row in enumerate(C)]},
}


@pytest.mark.parametrize("kind", JSON)
def test_json(tmp_path, kind):
    np.testing.assert_allclose(read_tensor(write(tmp_path, json.dumps(JSON[kind]), "C.json")).tensor.C, C)


def test_entries_of_a_json_file_and_of_the_data_set(tmp_path, elastic_data):
    several = {"a@x": {"C_GPa": C.tolist()}, "b@x": {"C_GPa": (2 * C).tolist()}}
    path = write(tmp_path, json.dumps(several), "tensors.json")
    np.testing.assert_allclose(read_tensor(f"{path}@b@x").tensor.C, 2 * C)
    with pytest.raises(ElasticityError, match=r"several tensors.*a@x, b@x"):
        read_tensor(path)
    with pytest.raises(ElasticityError, match="no entry"):
        read_tensor(f"{path}@c")
    name = elastic_data.table.index[0]
    label = elastic_data.table["label_id"].iloc[0]
    released = read_tensor(f"{elastic_data.folder / 'tensors.json'}@{label}")
    np.testing.assert_allclose(released.tensor.C, elastic_data.tensors[name])


def test_structure_of_the_same_json_gives_density(tmp_path):
    copper = Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Cu"], [[0, 0, 0]])
    cubic = np.diag([168.0] * 3 + [75.0] * 3)
    cubic[:3, :3] += 121 * (1 - np.eye(3))
    stored = {"elastic_tensor": {"raw": cubic.tolist()}, "structure": copper.as_dict()}
    found = read_tensor(write(tmp_path, json.dumps(stored), "mp.json"))
    assert found.substance.density == pytest.approx(float(copper.density))
    assert found.remarks == ()
    turned = stored | {"elastic_tensor": {"raw": C.tolist()}}
    assert any("another frame" in text for text in read_tensor(write(tmp_path, json.dumps(turned), "t.json")).remarks)


def test_units_are_found_or_asked(tmp_path):
    np.testing.assert_allclose(read_tensor(write(tmp_path, "C in kbar\n" + FULL)).tensor.C, C / 10)
    np.testing.assert_allclose(read_tensor(write(tmp_path, FULL), unit="MPa").tensor.C, C / 1000)
    np.testing.assert_allclose(read_tensor(write(tmp_path, FULL), unit="eV/Ang^3").tensor.C, C * 160.21766208)
    for factor in (1e3, 1e9, 1e-3):
        text = "\n".join(" ".join(f"{factor * x:g}" for x in row) for row in C)
        with pytest.raises(ElasticityError, match="no unit"):
            read_tensor(write(tmp_path, text))
    with pytest.raises(ElasticityError, match="unknown unit"):
        read_tensor(write(tmp_path, FULL), unit="psi")


def test_wrong_order_is_noticed_and_can_be_mended(tmp_path):
    rows = C[np.ix_(IN_VASP_ORDER, IN_VASP_ORDER)]
    path = write(tmp_path, "\n".join(" ".join(map(str, row)) for row in rows))
    assert any("VASP's order" in text for text in read_tensor(path).remarks)
    np.testing.assert_allclose(read_tensor(path, order="vasp").tensor.C, C)
    crystal = Structure(Lattice.tetragonal(4.0, 6.0), ["Sn", "O", "O"], [[0, 0, 0], [0, 0, 0.3], [0, 0, 0.7]])
    assert any("VASP's order" in text for text in read_tensor(path, structure=crystal).remarks)
    assert not any("order" in text for text in read_tensor(write(tmp_path, FULL), structure=crystal).remarks)
    headed = write(tmp_path, "XX YY ZZ XY YZ ZX\n" + "\n".join(" ".join(map(str, row)) for row in rows))
    np.testing.assert_allclose(read_tensor(headed).tensor.C, C)


def test_asymmetry_is_named(tmp_path):
    bad = C.copy()
    bad[0, 2] = 25.0
    path = write(tmp_path, "\n".join(" ".join(map(str, row)) for row in bad))
    with pytest.raises(ElasticityError, match="C13 = 25, C31 = 15"):
        read_tensor(path)


def test_instability_is_named(tmp_path):
    bad = C.copy()
    bad[5, 5] = -2.0
    found = read_tensor(write(tmp_path, "\n".join(" ".join(map(str, row)) for row in bad)))
    assert any("unstable" in text for text in found.remarks)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "1 2 3",
        "{}",
        '{"a": 1}',
        "[[1, 2]]",
        FULL.replace("11", "nan"),
        OUTCAR[:-300],
        "\n".join(["1 1"] * 6),
    ],
)
def test_what_holds_no_tensor_is_refused(tmp_path, text):
    with pytest.raises(ElasticityError):
        read_tensor(write(tmp_path, text))


def cp2k_output(cell, pressure, unit="GPa"):
    """Cell and stress as CP2K 2023 prints them; what is positive is pressure."""
    text = " CP2K| version string:                                          CP2K version 2023.1\n"
    for name, row in zip("abc", cell, strict=True):
        parts = "".join(f"{x:10.3f}" for x in row)
        text += f" CELL| Vector {name} [angstrom]:    {parts}   |{name}| = {np.linalg.norm(row):12.6f}\n"
    text += f" STRESS| Analytical stress tensor [{unit}]\n STRESS|                        x           y           z\n"
    for name, row in zip("xyz", pressure, strict=True):
        text += f" STRESS|      {name}    " + "   ".join(f"{x:.11E}" for x in row) + "\n"
    text += " STRESS| 1/3 Trace                                             1.0E-01\n"
    text += f"\n STRESS| Eigenvectors and eigenvalues of the analytical stress tensor [{unit}]\n"
    text += " STRESS|                        1                   2                   3\n"
    rows = [f" STRESS|      {name}     0.577844347143      0.756273914341     -0.306831675291\n" for name in "xyz"]
    return text + "".join(rows)


def strained_runs(folder, tensor, components=range(6), unit="GPa"):
    folder.mkdir()
    lattice = np.array([[12.4, 0, 0], [1.1, 11.7, 0], [0.3, -0.8, 13.9]])
    for k in components:
        for sign in (-1, 1):
            strain = np.zeros(6)
            strain[k] = 0.01 * sign
            e = np.array([[strain[0], strain[5] / 2, strain[4] / 2], [strain[5] / 2, strain[1], strain[3] / 2],
                          [strain[4] / 2, strain[3] / 2, strain[2]]])  # fmt: skip
            s = tensor @ strain
            stress = np.array([[s[0], s[5], s[4]], [s[5], s[1], s[3]], [s[4], s[3], s[2]]]) - 0.2 * np.eye(3)
            factor = {"GPa": 1.0, "bar": 1e4}[unit]
            (folder / f"run{k}{sign:+d}.out").write_text(cp2k_output(lattice @ (np.eye(3) + e), -stress * factor, unit))
    return folder


@pytest.mark.parametrize("unit", ["GPa", "bar"])
def test_folder_of_cp2k_outputs(tmp_path, unit):
    folder = strained_runs(tmp_path / "runs", C, unit=unit)
    found = read_tensor(folder)
    # components of the cells stand to 0.001 Å: strains to 1e-4 of 1e-2
    np.testing.assert_allclose(found.tensor.C, C, atol=0.01 * C.max())
    assert "fitted to 12 CP2K outputs" in found.remarks[0]


def test_cp2k_outputs_must_span_all_strains(tmp_path):
    with pytest.raises(ElasticityError, match="0 CP2K outputs"):
        read_tensor(tmp_path)
    with pytest.raises(ElasticityError, match="six components"):
        read_tensor(strained_runs(tmp_path / "five", C, components=range(5)))
    crooked = C + np.diag([0.0, 0, 0, 0, 20], 1)
    with pytest.raises(ElasticityError, match="not symmetric"):
        read_tensor(strained_runs(tmp_path / "crooked", crooked))


def test_files_that_are_none(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(ElasticityError):
            read_tensor(path)
    packed = tmp_path / "C.txt.gz"
    packed.write_bytes(gzip.compress(FULL.encode()))
    np.testing.assert_allclose(read_tensor(packed).tensor.C, C)
    packed.write_bytes(gzip.compress(FULL.encode())[:20])
    with pytest.raises(ElasticityError, match="cannot be read"):
        read_tensor(packed)
