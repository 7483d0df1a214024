"""``perovex describe --out``: rows are kept as they come, and nothing is lost or replaced unasked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure

from perovex.cli.journal import Journal
from perovex.cli.moving import _Rows


def test_an_earlier_table_is_replaced_and_a_foreign_one_is_not(perovex, two_crystals, tmp_path):
    out = tmp_path / "table.csv"
    line = ("describe", two_crystals[0], "-f", "layers", "--out", out)
    assert perovex(*line).status == 0
    assert perovex(*line).status == 0
    out.write_text("name,modulus\nBA2PbI4,14\n")
    perovex(*line).assert_refused("table.csv", "--force")
    assert out.read_text().startswith("name")
    assert perovex(*line, "--force").status == 0
    assert out.read_text().startswith("file,")


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_is_followed_and_stays(perovex, two_crystals, tmp_path, exists):
    target, link = tmp_path / "deep" / "real.csv", tmp_path / "link.csv"
    target.parent.mkdir()
    if exists:
        target.touch(mode=0o600)
    link.symlink_to(target)
    assert perovex("describe", two_crystals[0], "-f", "layers", "--out", link).status == 0
    assert link.is_symlink()
    assert len(pd.read_csv(target)) == 1
    assert not exists or target.stat().st_mode & 0o777 == 0o600


def test_units_stand_in_the_columns_where_asked(perovex, two_crystals):
    done = perovex("describe", two_crystals[0], "-f", "bridges", "--format", "csv", "--units")
    assert "bridge_angle_mean (deg)" in done.out.splitlines()[0]
    assert "bridge_angle_mean," in perovex("describe", two_crystals[0], "--format", "csv").out.splitlines()[0]


def test_where_columns_bear_no_units_it_is_said_where_they_are(perovex, two_crystals, tmp_path, monkeypatch):
    line = ("describe", two_crystals[0], "-f", "bridges")
    plain, named = tmp_path / "plain.csv", tmp_path / "named.csv"
    assert "--units" in perovex(*line, "--out", plain).out
    assert "--units" not in perovex(*line, "--out", named, "--units").out
    assert list(pd.read_csv(plain))[1] == "bridge_angle_mean"
    assert list(pd.read_csv(named))[1] == "bridge_angle_mean (deg)"
    assert perovex(*line, "--format", "csv").err == ""  # nothing beside the table where no person reads it


def test_rows_of_an_interrupted_command_are_taken_over_unless_the_crystal_changed(perovex, two_crystals, tmp_path):
    out = tmp_path / "table.csv"
    line = ("describe", *two_crystals, "-f", "layers", "--out", out)
    assert perovex(*line).status == 0
    whole = out.read_text()
    from perovex import __version__
    from perovex.descriptors import REGISTRY

    settings = {"version": __version__, "keys": REGISTRY.keys_of(["layers"]), "disorder": "error"}
    made_up = {"values": {"n_layers": 77.0}, "warnings": [], "kind": "", "error": ""}
    with Journal(out, settings) as journal:
        journal.add({"file": str(two_crystals[0]), **made_up})
        journal.add({"file": str(two_crystals[1]), **made_up})
    with journal.path.open("a") as torn:
        torn.write('{"file": "half a li')
    os.utime(two_crystals[1], (1, 1))  # changed since
    assert perovex(*line).status == 0
    table = pd.read_csv(out)
    assert list(table["n_layers"]) == [77.0, 2.0]
    assert not journal.path.exists()
    with Journal(out, settings | {"disorder": "major"}) as journal:
        journal.add({"file": str(two_crystals[0]), **made_up})
    assert perovex(*line).status == 0  # rows made with other settings are no rows of this table
    assert out.read_text() == whole
    journal.path.write_text("my notes")
    perovex(*line).assert_refused("table.csv.partial", "in the way")


@pytest.mark.skipif(os.name != "posix", reason="signals to a group of processes")
def test_ctrl_c_with_two_jobs_keeps_rows_and_prints_no_traceback(two_crystals, tmp_path):
    for i in range(1500):
        (tmp_path / f"c{i:04d}.cif").write_bytes(two_crystals[i % 2].read_bytes())
    out = tmp_path / "table.csv"
    # jobs in the background of a shell ignore interrupts, and so would what they start
    heard = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    listening = [sys.executable, "-c", heard, sys.executable, "-m", "perovex"]
    process = subprocess.Popen(
        [*listening, "describe", tmp_path, "--out", out, "--jobs", "2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    partial = tmp_path / "table.csv.partial"
    for _ in range(3000):
        if partial.exists() and len(partial.read_text().splitlines()) > 3:
            break
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130, (process.returncode, stdout, stderr)
    assert "Traceback" not in stderr
    assert "kept in" in stderr
    assert stderr.splitlines()[-1] == "perovex: interrupted"
    assert not out.exists()
    rows = [json.loads(line) for line in partial.read_text().splitlines()[1:]]
    assert 3 <= len(rows) < 1500


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_killed_command_keeps_its_rows_and_goes_on(two_crystals, tmp_path):
    for i in range(60):
        (tmp_path / f"c{i:02d}.cif").write_bytes(two_crystals[i % 2].read_bytes())
    out = tmp_path / "table.csv"
    command = [sys.executable, "-m", "perovex", "describe", tmp_path, "--out", out]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    partial = tmp_path / "table.csv.partial"
    for _ in range(6000):
        if partial.exists() and len(partial.read_text().splitlines()) > 3:
            break
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not out.exists()
    done = len(partial.read_text().splitlines()) - 1
    assert done >= 3
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{done} of 60 crystals were described before" in again.stderr
    assert len(pd.read_csv(out)) == 60
    assert not partial.exists()


def test_rows_of_frames_are_on_disk_at_once_and_stay_if_interrupted(tmp_path, capsys):
    part = tmp_path / "frames.csv.part"
    rows = _Rows(tmp_path / "frames.csv").__enter__()
    rows.add(0, {"tilt": 1.25})
    assert part.read_text() == "frame,tilt\n0,1.25\n"
    rows.__exit__(KeyboardInterrupt)
    assert part.read_text() == "frame,tilt\n0,1.25\n"
    assert not (tmp_path / "frames.csv").exists()
    assert "frames.csv.part" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="processes by their group")
def test_workers_end_with_a_killed_command(tmp_path):
    program = """
import os, time
from joblib import delayed
from perovex._workers import workers

def wait(i):
    open(f"w{i}", "w").write(str(os.getpid()))
    time.sleep(600)

workers(2)(delayed(wait)(i) for i in range(2))
"""
    (tmp_path / "program.py").write_text(program)
    process = subprocess.Popen([sys.executable, "program.py"], cwd=tmp_path)
    files = [tmp_path / "w0", tmp_path / "w1"]
    for _ in range(1200):
        if all(file.exists() and file.read_text() for file in files):
            break
        time.sleep(0.05)
    pids = [int(file.read_text()) for file in files]
    process.kill()
    process.wait()
    for _ in range(300):
        if not any(_is_running(pid) for pid in pids):
            break
        time.sleep(0.1)
    assert not any(_is_running(pid) for pid in pids)


def _is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_csv_has_six_digits_and_all_where_they_are_asked_for(perovex, two_crystals, tmp_path):
    told = perovex("describe", two_crystals[0], "-f", "bridges", "--format", "json").out
    full = pd.read_json(StringIO(told), precise_float=True).T
    exact = float(full["bridge_angle_mean"].iloc[0])

    def printed(*more):
        done = perovex("describe", two_crystals[0], "-f", "bridges", "--format", "csv", *more)
        return pd.read_csv(StringIO(done.out), dtype=str)["bridge_angle_mean"].iloc[0]

    assert printed() == f"{exact:.6g}" != repr(exact)
    assert float(printed("--digits", "17")) == exact
    out = tmp_path / "table.parquet"
    perovex("describe", two_crystals[0], "-f", "bridges", "--out", out)
    assert pd.read_parquet(out)["bridge_angle_mean"].iloc[0] == exact
    perovex("describe", two_crystals[0], "--digits", "3", "--out", out).assert_refused("--digits is about CSV")


def test_isolated_octahedra_are_described_and_no_model_takes_them(perovex, two_crystals, tmp_path):
    file = tmp_path / "isolated.cif"
    lattice = Lattice.cubic(11.65)  # Cs2SnI6
    Structure.from_spacegroup("Fm-3m", lattice, ["Cs", "Sn", "I"], [[0.25] * 3, [0, 0, 0], [0.245, 0, 0]]).to(str(file))
    done = perovex("describe", two_crystals[0], file, "--format", "json")
    assert done.status == 0, done.err
    record = json.loads(done.out)[str(file)]
    assert record["bond_length_mean"] == pytest.approx(0.245 * 11.65, rel=1e-6)
    assert record["tilt_total_mean"] is None
    assert record["error"] == ""
    assert "0D isolated octahedra" in record["warnings"][0]
    assert done.err.count("0D isolated octahedra") == 1
    perovex("predict", file).assert_refused("TopologyError", "0D isolated octahedra, vacancy-ordered (A2BX6)")
