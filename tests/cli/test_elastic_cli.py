"""`perovex elastic`: what is printed, as JSON, as a page; what is refused."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from perovex.cli.main import app
from perovex.errors import ElasticityError

C = np.diag([60.0, 60.0, 40.0, 11.0, 11.0, 20.0])
C[0, 1] = C[1, 0] = 20.0
C[:2, 2] = C[2, :2] = 15.0


@pytest.fixture
def tensor_file(tmp_path):
    path = tmp_path / "C.txt"
    path.write_text("GPa\n" + "\n".join(" ".join(map(str, row)) for row in C))
    return path


def run(*options):
    return CliRunner().invoke(app, ["elastic", *map(str, options)], catch_exceptions=True)


def test_printed_values(tensor_file):
    result = run(tensor_file, "--density", 3)
    assert result.exit_code == 0
    assert "Born: stable" in result.stdout
    for title in ("Averages of a random polycrystal", "Extremes over all directions", "Sound and heat"):
        assert title in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "28.89" in result.stdout  # K of Voigt, (2 60 + 40 + 2 (20 + 2 15)) / 9 GPa
    assert "Debye temperature" not in result.stdout.replace("The Debye temperature counts", "")


def test_json_holds_everything(tensor_file):
    stored = json.loads(run(tensor_file, "--json").stdout)
    assert stored["C_GPa"] == C.tolist()
    assert stored["born_stable"] is True
    assert stored["extremes"]["youngs_modulus"]["min_second"] is None
    assert stored["averages"]["bulk modulus"]["Voigt"] == pytest.approx((160 + 100) / 9)


def test_sheet_plane_and_page(tmp_path, elastic_data):
    table = elastic_data.table
    name = table.index[table["n_layers"] == 1][0]
    crystal = tmp_path / "crystal.vasp"
    elastic_data.structures[name].to(filename=str(crystal), fmt="poscar")
    source = f"{elastic_data.folder / 'tensors.json'}@{table.loc[name, 'label_id']}"
    page = tmp_path / "page.html"
    result = run(source, "--structure", crystal, "--json", "--report", page)
    assert result.exit_code == 0, result.stderr
    stored = json.loads(result.stdout)
    for key in ("E_in_plane", "E_out_of_plane"):
        assert stored["sheet"][key]["value"] == pytest.approx(table.loc[name, key], rel=1e-3)
    assert {"film", "plate", "sound"} <= set(stored)
    html = page.read_text()
    assert html.count("<svg") == 5  # four moduli and the phase velocity
    assert "One slab as a plate" in html


def test_sheet_plane_sound_and_heat_without_a_structure(tensor_file):
    options = ("--normal", "0,0,1", "--thickness", 10, "--density", 3, "--formula", "CsPbI3")
    result = run(tensor_file, *options, "--along", "1,1,0", "--strain", "0.01,0,0,0,0,0")
    assert result.exit_code == 0, result.stderr
    for words in ("One slab as a plate", "bending stiffness", "Debye temperature  ", "1,1,0, fast", "displacement"):
        assert words in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert result.stderr == ""
    stored = json.loads(run(tensor_file, *options, "--json").stdout)
    fast = stored["waves"]["normal, fast"]
    assert fast["phase"] == pytest.approx(np.sqrt(40 / 3))
    assert fast["polarisation"] == pytest.approx([0, 0, 1])
    assert stored["sheet"]["E_out_of_plane"]["value"] == pytest.approx(1 / np.linalg.inv(C)[2, 2])
    assert stored["directions"]["Young's modulus"]["normal"] == pytest.approx(1 / np.linalg.inv(C)[2, 2])


def test_what_was_left_out_is_said(tensor_file):
    assert "want a density" in run(tensor_file).stderr
    assert "want masses" in run(tensor_file, "--density", 3).stderr


def test_unstable_tensor_is_said_so(tensor_file):
    tensor_file.write_text("GPa\n" + "\n".join(" ".join(map(str, row)) for row in C - np.diag([0, 0, 0, 0, 0, 25])))
    result = run(tensor_file)
    assert result.exit_code == 0
    assert "UNSTABLE" in result.stdout
    assert "undefined" in result.stdout
    assert "Extremes" not in result.stdout
    assert "unstable" in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--unit", "psi"),
        ("--density", "-1"),
        ("--thickness", "0"),
        ("--report", "page.pdf"),
        ("--structure", "nothing.cif"),
        ("--thickness", "10"),
        ("--spread", "5"),
        ("--formula", "CsPbI3"),
        ("--density", "3", "--formula", "Foo7"),
        ("--normal", "0,0"),
        ("--along", "up"),
        ("--strain", "1,2,3"),
    ],
)
def test_nonsense_is_refused(tensor_file, options):
    result = run(tensor_file, *options)
    assert result.exit_code != 0
    assert result.stdout == ""
    assert result.exception is not None
    assert isinstance(result.exception, (ElasticityError, SystemExit)) or hasattr(result.exception, "remedy")
