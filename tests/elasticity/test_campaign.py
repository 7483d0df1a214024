"""Folders of records: resuming after kill -9, locks, bad input, potentials by name."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from ase.calculators.emt import EMT
from ase.io import write

from perovex._extras import install_command
from perovex.elasticity.labels.campaign import Job, label_many, read_jobs
from perovex.elasticity.labels.records import Checkpoint, claimed, read_record
from perovex.elasticity.potentials import by_name as potentials
from perovex.elasticity.potentials import names
from perovex.errors import LabelError

SLOW_WORKER = """
import sys, time
from pathlib import Path
from ase.calculators.emt import EMT
from perovex.elasticity import LabelSettings
from perovex.elasticity.labels.campaign import Job, label_many

class Slow(EMT):
    def calculate(self, *args, **kwargs):
        time.sleep(float(sys.argv[3]))
        super().calculate(*args, **kwargs)
        with open(sys.argv[2] + ".calls", "a") as log:
            log.write(".")

jobs = [Job(Path(sys.argv[1]), name="alloy", facts={"n": "inf"})]
settings = LabelSettings(batch=4)
print(len(list(label_many(jobs, sys.argv[2], potential="emt", settings=settings, calculator=Slow()))))
"""


def worker(path, out, pause):
    return subprocess.Popen(
        [sys.executable, "-c", SLOW_WORKER, str(path), str(out), str(pause)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.fixture
def crystal(tmp_path, alloy):
    path = tmp_path / "alloy.vasp"
    write(path, alloy, format="vasp", sort=True)
    return path


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_killed_worker_is_resumed_and_loses_at_most_a_batch(crystal, tmp_path):
    out, clean, log = tmp_path / "out", tmp_path / "clean", tmp_path / "out.calls"
    checkpoint = Checkpoint(out / ".alloy@emt.npz")

    def reached(condition):
        return checkpoint.path.exists() and condition(*checkpoint.load())

    stages = [
        lambda info, _: info["steps"] > 1,
        lambda _, arrays: len(arrays["strains_strains"]) > 2,
        lambda _, arrays: "basis" in arrays and arrays["basis"].shape[1] > 6,
    ]
    lost = 0
    for stage in stages:
        started = worker(crystal, out, 0.02)
        wait_for(lambda stage=stage: reached(stage))
        time.sleep(0.05)  # into the next batch
        os.kill(started.pid, signal.SIGKILL)
        started.communicate()
        assert not (out / "alloy@emt.json").exists()
        unsaved = len(log.read_text()) - lost - checkpoint.load()[0]["calls"]
        assert 0 <= unsaved <= 4
        lost += unsaved
    assert worker(crystal, out, 0).communicate()[0].strip() == "1"
    assert worker(crystal, clean, 0).communicate()[0].strip() == "1"
    resumed, whole = (read_record(folder / "alloy@emt.json") for folder in (out, clean))
    assert resumed["calls"] + lost == len(log.read_text())
    assert resumed["calls"] <= whole["calls"] + 4
    for row, expected in zip(resumed["C_GPa"], whole["C_GPa"], strict=True):
        assert row == pytest.approx(expected, abs=0.1)
    assert not checkpoint.path.exists()


def test_checkpoint_of_another_format_is_not_continued(crystal, tmp_path):
    Checkpoint(tmp_path / ".alloy@emt.npz").save({"round": 3}, {"positions": np.zeros((1, 3))})
    jobs = [Job(crystal, name="alloy", facts={"n": "inf"})]
    (record,) = label_many(jobs, tmp_path, potential="emt", calculator=EMT())
    assert record["status"] == "accepted"
    assert record["rounds"] == 0


def test_two_workers_share_a_folder(crystal, tmp_path):
    out = tmp_path / "out"
    first = worker(crystal, out, 0.02)
    wait_for((out / ".alloy@emt.lock").exists)
    wait_for((out / ".alloy@emt.npz").exists)
    assert worker(crystal, out, 0).communicate()[0].strip() == "0"
    assert first.communicate()[0].strip() == "1"
    assert len(list(out.glob("*.json"))) == 1


def test_lock_is_free_after_use(tmp_path):
    with claimed(tmp_path / "lock") as mine:
        assert mine
        with claimed(tmp_path / "lock") as again:
            assert not again
    with claimed(tmp_path / "lock") as mine:
        assert mine


def test_finished_crystals_are_skipped_and_records_are_one_line(crystal, tmp_path):
    jobs = [Job(crystal, name="alloy", origin="made for a test", facts={"n": "inf", "metal": "Cu"})]
    made = list(label_many(jobs, tmp_path / "out", potential="emt", calculator=EMT()))
    assert [r["status"] for r in made] == ["accepted"]
    assert not list(label_many(jobs, tmp_path / "out", potential="emt", calculator=EMT()))
    text = (tmp_path / "out" / "alloy@emt.json").read_text()
    assert text.count("\n") == 1
    record = json.loads(text)
    assert {"name", "parent", "origin", "potential", "settings", "calls", "seconds", "C_GPa"} <= set(record)
    assert record["versions"]["ase"]
    assert record["lowest_eigenvalues"][0] > 0
    assert (tmp_path / "out" / "alloy@emt.extxyz").exists()


def test_jobs_from_a_table(crystal, tmp_path):
    table = tmp_path / "jobs.csv"
    table.write_text(f"file,name,origin\n{crystal.name},one,doi\n{crystal.name},two,\n")
    jobs = read_jobs(table, origin="all others")
    assert [(j.stem, j.origin, j.path) for j in jobs] == [("one", "doi", crystal), ("two", "all others", crystal)]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("file,name\nalloy.vasp,a\nalloy.vasp,a\n", "two crystals are named 'a'"),
        ("path\nalloy.vasp\n", "columns"),
        ("file\nnowhere.cif\n", "no such file"),
        ("", "not a table"),
    ],
)
def test_bad_tables_of_jobs_are_named(crystal, tmp_path, text, cause):
    (tmp_path / "jobs.csv").write_text(text)
    with pytest.raises(LabelError, match=cause) as error:
        read_jobs(tmp_path / "jobs.csv")
    assert "jobs.csv" in str(error.value)


def test_progress_is_told_after_every_batch(crystal, tmp_path):
    told = []
    jobs = [Job(crystal, name="alloy", facts={"n": "inf"})]
    list(label_many(jobs, tmp_path, potential="emt", calculator=EMT(), watch=lambda *seen: told.append(seen)))
    stages = [progress.stage for _, progress in told]
    assert {"relaxing", "straining", "responding"} <= set(stages)
    assert {name for name, _ in told} == {"alloy"}
    calls = [progress.calls for _, progress in told]
    assert calls == sorted(calls)


def test_unreadable_crystal_is_a_rejected_record_and_the_next_goes_on(crystal, tmp_path):
    broken = tmp_path / "broken.cif"
    broken.write_text("nothing here")
    jobs = [Job(broken, facts={"n": None}), Job(crystal, facts={"n": "inf"})]
    made = list(label_many(jobs, tmp_path / "out", potential="emt", calculator=EMT()))
    assert [r["status"] for r in made] == ["rejected", "accepted"]
    assert "broken.cif" in made[0]["reason"]


def test_broken_checkpoint_and_record_are_named(tmp_path):
    path = tmp_path / "x.npz"
    path.write_bytes(b"not an archive")
    with pytest.raises(LabelError, match=r"x\.npz"):
        Checkpoint(path).load()
    (tmp_path / "r.json").write_text("[]")
    with pytest.raises(LabelError, match="status"):
        read_record(tmp_path / "r.json")


def test_any_calculator_by_entry_point(monkeypatch):
    class Point:
        name = "emt"

        @staticmethod
        def load():
            return lambda **_: EMT()

    monkeypatch.setattr(names, "entry_points", lambda group: [Point] if group == "perovex.calculators" else [])
    assert "emt" in potentials.known_potentials()
    assert isinstance(potentials.make_calculator("emt"), EMT)
    with pytest.raises(LabelError, match="unknown potential"):
        potentials.make_calculator("no-such-potential")
    with pytest.raises(LabelError, match="dispersion"):
        potentials.make_calculator("emt+d4")


def test_missing_package_is_a_typed_error(monkeypatch):
    monkeypatch.delitem(sys.modules, "perovex.elasticity.potentials.batched_sevennet", raising=False)
    monkeypatch.setitem(sys.modules, "sevenn.calculator", None)
    with pytest.raises(LabelError, match=re.escape(f"sevenn is not installed ({install_command('labels')})")):
        potentials.make_calculator("7net-l3i5")


@pytest.mark.labels
def test_fused_convolutions_change_nothing():
    calculators = pytest.importorskip("sevenn.calculator")
    from ase.spacegroup import crystal as build

    atoms = build(
        ("Cs", "Pb", "Br"),
        [(0.5, 0.5, 0.5), (0, 0, 0), (0.5, 0, 0)],
        spacegroup=221,
        cellpar=[5.9] * 3 + [90] * 3,
    )
    atoms.rattle(0.05, seed=1)
    plain, fused = atoms.copy(), atoms.copy()
    plain.calc = calculators.SevenNetCalculator("7net-l3i5", device="cpu")
    fused.calc = potentials.make_calculator("7net-l3i5")
    assert abs(plain.get_forces() - fused.get_forces()).max() < 1e-5
    assert abs(plain.get_stress() - fused.get_stress()).max() < 1e-6


def test_records_name_no_folder_of_the_machine(tmp_path):
    broken = tmp_path / "broken.cif"
    broken.write_text("data_broken\n_cell_length_a 5\n")
    (record,) = label_many([Job(broken)], tmp_path / "out", potential="emt", calculator=EMT())
    assert "broken.cif" in record["reason"]
    assert str(tmp_path) not in json.dumps(record)
