"""Potentials by name: every kind of name, what goes on record, and what is said when something is missing."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT

from perovex.elasticity.labels.campaign import Job, is_finished, label_many
from perovex.elasticity.potentials import first_principles
from perovex.elasticity.potentials.by_name import make_calculator
from perovex.elasticity.potentials.first_principles import (
    Cp2kSettings,
    FirstPrinciples,
    GpawSettings,
    cp2k_input,
    mesh_of,
    settings_of,
)
from perovex.elasticity.potentials.names import describe, file_stem, known_potentials, split_dispersion
from perovex.errors import LabelError

# The ten lines of docs/potentials.md: a package of one's own.
OWN_PACKAGE = '''
"""A potential of one's own: a harmonic well under every pair of neighbours."""

from ase.calculators.lj import LennardJones


def soft(device="cpu", dtype="float64"):
    """Return an ASE calculator with energy, forces and stress."""
    return LennardJones(sigma=2.3, epsilon=0.3, rc=6.0, smooth=True)


wrong = "a string"
'''


@pytest.fixture
def own_package(tmp_path, monkeypatch):
    (tmp_path / "own_potential.py").write_text(OWN_PACKAGE)
    monkeypatch.syspath_prepend(tmp_path)
    yield "own_potential:soft"
    sys.modules.pop("own_potential", None)


def test_a_package_of_ones_own_labels_a_crystal(own_package, tmp_path):
    from ase.io import write

    atoms = bulk("Ar", "fcc", a=3.6, cubic=True)
    write(tmp_path / "argon.cif", atoms)
    jobs = [Job(tmp_path / "argon.cif", facts={"n": None})]
    (record,) = label_many(jobs, tmp_path / "out", potential=own_package)
    assert record["status"] == "accepted"
    assert record["potential"] == own_package
    assert record["potential_details"]["package"] is None, "a loose file has no version"
    assert (tmp_path / "out" / "argon@own_potential-soft.json").exists()
    assert is_finished(jobs[0], tmp_path / "out", own_package)


def test_a_package_is_found_in_the_working_folder(tmp_path):
    (tmp_path / "own_potential.py").write_text(OWN_PACKAGE)
    code = (
        "from perovex.elasticity.potentials.by_name import make_calculator;"
        "print(type(make_calculator('own_potential:soft')).__name__)"
    )
    root = str(Path(first_principles.__file__).parents[3])
    script = tmp_path / "elsewhere" / "run.py"  # the folder of the script is on the path, the working folder is not
    script.parent.mkdir()
    script.write_text(code)
    environment = os.environ | {"PYTHONPATH": root}
    said = subprocess.run(
        [sys.executable, script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert said.stdout.strip() == "LennardJones", said.stderr


@pytest.mark.parametrize(
    ("name", "cause", "remedy"),
    [
        ("no_such_module_here:factory", "No module named", "install its package"),
        ("own_potential:absent", "no attribute 'absent'", "name what returns"),
        ("own_potential:wrong", "not callable", "name what returns"),
        ("builtins:dict", "dict is not an ASE calculator", "must return one"),
        ("nowhere/x.pth:mpa", "no such checkpoint", "path of a SevenNet"),
        ("7net-l3i5+d4", "unknown dispersion 'd4'", "'+d3' or nothing"),
        ("cp2k-pbe:cutof=500", "no setting 'cutof'", "kpoint_length"),
        ("cp2k-pbe:grids=many", "not of type int", ""),
        ("7net-l3i6", "unknown potential", "cp2k-pbe"),
    ],
)
def test_what_is_wrong_with_a_name_is_said(own_package, name, cause, remedy):
    with pytest.raises(LabelError) as error:
        make_calculator(name)
    assert cause in error.value.cause or cause in str(error.value)
    assert remedy in error.value.remedy


@pytest.mark.parametrize("code", ["cp2k-pbe+d3", "gpaw-pbe+d3"])
def test_a_missing_code_names_the_command_that_installs_it(monkeypatch, code):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.delenv("ASE_CP2K_COMMAND", raising=False)
    monkeypatch.setitem(sys.modules, "gpaw", None)
    with pytest.raises(LabelError, match="not installed") as error:
        make_calculator(code)
    assert "apt-get install" in error.value.remedy


def test_names_of_codes_and_heads_are_known():
    assert {"cp2k-pbe", "gpaw-pbe", "7net-l3i5", "7net-mf-0:R2SCAN"} <= set(known_potentials())


def test_dispersion_is_the_last_plus_unless_it_is_part_of_a_path():
    assert split_dispersion("cp2k-pbe:cutoff=500+d3") == ("cp2k-pbe:cutoff=500", "d3")
    assert split_dispersion("/home/c++/net.pth:mpa+d3") == ("/home/c++/net.pth:mpa", "d3")
    assert split_dispersion("net+more.pth") == ("net+more.pth", "")


def test_settings_are_on_record():
    details = describe("cp2k-pbe:cutoff=500,kpoint_length=20+d3")
    assert details["settings"] | {"cutoff": 500.0, "kpoint_length": 20.0, "functional": "PBE"} == details["settings"]
    assert {"version", "basis", "pseudopotential", "smearing", "tolerance"} <= set(details["settings"])
    assert details["dispersion"]["s8"] == 0.7875
    assert {"version", "data_sets", "cutoff"} <= set(describe("gpaw-pbe")["settings"])
    with pytest.raises(AttributeError):
        settings_of("gpaw-pbe").cutoff = 3.0


def test_a_checkpoint_is_on_record_by_its_content(tmp_path):
    file = tmp_path / "net.pth"
    file.write_bytes(b"weights")
    details = describe(f"{file}:mpa+d3")
    assert (details["model"], details["task"]) == ("net.pth", "mpa")
    assert len(details["sha256"]) == 64
    stem = file_stem(f"{file}:mpa+d3")
    assert stem == f"net-mpa-{details['sha256'][:8]}+d3"
    file.write_bytes(b"other weights")
    assert file_stem(f"{file}:mpa+d3") != stem, "records of other weights are other records"


@pytest.mark.labels
def test_a_file_that_is_no_checkpoint_is_named(tmp_path):
    pytest.importorskip("sevenn")
    file = tmp_path / "net.pth"
    file.write_bytes(b"weights")
    with pytest.raises(LabelError, match=r"net\.pth"):
        make_calculator(f"{file}:mpa")


@pytest.mark.slow
@pytest.mark.labels
def test_a_checkpoint_of_several_heads_asks_for_one():
    sevenn = pytest.importorskip("sevenn")
    file = Path(sevenn.__file__).parent / "pretrained_potentials" / "SevenNet_MF_0" / "checkpoint_sevennet_mf_0.pth"
    atoms = bulk("Cu")
    energies = []
    for name in (f"{file}:R2SCAN", "7net-mf-0:R2SCAN", "7net-mf-0:PBE"):
        atoms.calc = make_calculator(name)
        energies.append(atoms.get_potential_energy())
    assert energies[0] == pytest.approx(energies[1], abs=1e-5)
    assert abs(energies[1] - energies[2]) > 0.1
    with pytest.raises(LabelError, match="modal") as error:
        make_calculator(str(file))
    assert "TASK" in error.value.remedy


@pytest.mark.parametrize(
    ("edges", "mesh"), [([6, 8, 20], (3, 2, 1)), ([5.9, 5.9, 5.9], (3, 3, 3)), ([16, 16, 15.9], (1, 1, 2))]
)
def test_mesh_of_k_points(edges, mesh):
    assert mesh_of(np.diag(edges).astype(float), 16.0) == mesh
    angle = np.array([[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]])
    assert mesh_of(np.diag(edges) @ angle, 16.0) == mesh, "whatever the orientation"


def test_input_of_cp2k_says_what_the_settings_say():
    text = cp2k_input(Cp2kSettings(smearing=300.0, tolerance=1e-8), (2, 3, 4))
    assert "MONKHORST-PACK 2 3 4" in text
    assert "EPS_SCF 1e-08" in text
    assert "ELECTRONIC_TEMPERATURE [K] 300.0" in text
    assert "SMEAR" not in cp2k_input(Cp2kSettings(), (1, 1, 1))
    assert text.count("&") % 2 == 0


def test_the_mesh_stays_while_a_crystal_is_strained(monkeypatch):
    """A mesh that changed under a strain would add a jump to the stress."""
    meshes = []
    monkeypatch.setattr(first_principles, "require", lambda _: None)
    monkeypatch.setattr(first_principles, "_gpaw", lambda _, mesh, __: meshes.append(mesh) or EMT())
    calculator = FirstPrinciples(GpawSettings())
    atoms = bulk("Cu", cubic=True)
    length = atoms.cell.lengths()[0]
    for strain in (0.0, 0.02, -0.02, 0.3):
        strained = atoms.copy()
        strained.set_cell(atoms.cell[:] * (1 + strain), scale_atoms=True)
        strained.calc = calculator
        strained.get_stress()
    assert meshes == [mesh_of(np.eye(3) * length * s, 16.0) for s in (1.0, 1.3)]
    assert meshes[0] != meshes[1]
    plain = atoms.copy()
    plain.calc = EMT()
    atoms.calc = calculator
    assert atoms.get_potential_energy() == pytest.approx(plain.get_potential_energy())


def test_a_code_that_fails_is_a_typed_error(monkeypatch):
    class Failing(EMT):
        def calculate(self, *_args, **_kwargs):
            raise AssertionError("SCF run NOT converged")

    monkeypatch.setattr(first_principles, "require", lambda _: None)
    monkeypatch.setattr(first_principles, "_cp2k", lambda *_: Failing())
    atoms = bulk("Cu")
    atoms.calc = FirstPrinciples(Cp2kSettings())
    with pytest.raises(LabelError, match="NOT converged") as error:
        atoms.get_potential_energy()
    assert "steps" in error.value.remedy


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("cp2k_shell.psmp"), reason="needs CP2K")
def test_cp2k_stress_is_the_derivative_of_its_energy():
    atoms = bulk("Si")
    settings = Cp2kSettings(cutoff=150, relative_cutoff=30, kpoint_length=6.0)
    calculator = FirstPrinciples(settings)
    energies = []
    for strain in (0.0, 0.01, -0.01):
        strained = atoms.copy()
        strained.set_cell(atoms.cell[:] * (1 + strain), scale_atoms=True)
        strained.calc = calculator
        energies.append(strained.get_potential_energy())
        if strain == 0.0:
            pressure = strained.get_stress()[:3].sum() * strained.get_volume()
            assert abs(strained.get_forces()).max() < 0.05
    calculator.close()
    assert (energies[1] - energies[2]) / 0.02 == pytest.approx(pressure, abs=0.05)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("gpaw") is None, reason="needs GPAW")
def test_gpaw_gives_energy_forces_and_stress():
    atoms = bulk("Si")
    atoms.calc = FirstPrinciples(GpawSettings(cutoff=200, kpoint_length=6.0))
    assert np.isfinite(atoms.get_stress()).all()
    assert abs(atoms.get_forces()).max() < 0.05
