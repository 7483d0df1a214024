"""Labels on a Dask cluster of processes: the records that one process makes, also when a worker is killed."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest
from ase.build import bulk
from ase.io import write

from perovex.elasticity import LabelSettings
from perovex.elasticity.labels.campaign import Job, label_many
from perovex.elasticity.labels.cluster import label_on_cluster
from perovex.elasticity.labels.records import read_record
from perovex.errors import LabelError, PerovexError

distributed = pytest.importorskip("distributed")
EMT = "ase.calculators.emt:EMT"
SLOW = "slow_emt:Slow"
SLOW_MODULE = """
import time
from ase.calculators.emt import EMT

class Slow(EMT):
    def calculate(self, *args, **kwargs):
        time.sleep(0.1)
        super().calculate(*args, **kwargs)
"""
# What differs from run to run of one machine, too.
PASSING = ("seconds", "seconds_per_call", "potential", "potential_details")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two workers that can import a slow calculator."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "slow_emt.py").write_text(SLOW_MODULE)
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(folder)  # processes start with the path of this one
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, scheduler_port=0
    ) as made:
        yield made
    patch.undo()


@pytest.fixture
def jobs(tmp_path):
    """Three alloys of four atoms, and two that give no crystal."""
    made = []
    for number in range(3):
        atoms = bulk("Cu", "fcc", a=3.7, cubic=True)
        atoms.numbers[0] = 79
        atoms.rattle(0.05, seed=number)
        path = tmp_path / f"alloy{number}.vasp"
        write(path, atoms, format="vasp", sort=True)
        made.append(Job(path, facts={"n": "inf"}))
    (tmp_path / "broken.cif").write_text("nothing here")
    return [*made, Job(tmp_path / "broken.cif"), Job(tmp_path / "missing.cif")]


def lasting(records):
    return {r["name"]: {key: value for key, value in r.items() if key not in PASSING} for r in records}


def test_records_of_a_cluster_are_those_made_here(cluster, jobs, tmp_path) -> None:
    settings = LabelSettings(batch=4)
    here = lasting(label_many(jobs, tmp_path / "here", potential=EMT, settings=settings))
    there = list(
        label_on_cluster(
            jobs, tmp_path / "there", scheduler=cluster.scheduler_address, potential=EMT, settings=settings
        )
    )
    assert lasting(there) == here
    assert sorted(r["status"] for r in there) == ["accepted", "accepted", "accepted", "rejected", "rejected"]
    names = [
        {path.name for path in (tmp_path / side).iterdir() if path.suffix != ".lock"} for side in ("here", "there")
    ]
    assert names[0] == names[1]
    assert not list(label_on_cluster(jobs, tmp_path / "there", scheduler=cluster.scheduler_address, potential=EMT))


def test_a_killed_worker_leaves_its_crystal_to_the_next(cluster, jobs, tmp_path) -> None:
    out = tmp_path / "out"
    killed: list[int] = []

    def kill() -> None:
        end = time.monotonic() + 60
        while not list(out.glob(".alloy*.npz")) and time.monotonic() < end:
            time.sleep(0.01)
        for pid in [worker.pid for worker in cluster.workers.values()]:
            os.kill(pid, signal.SIGSTOP)
            while list(out.glob(".writing-*")):  # a kill in the midst of a write leaves that, which is not asked here
                os.kill(pid, signal.SIGCONT)
                time.sleep(0.01)
                os.kill(pid, signal.SIGSTOP)
            killed.append(pid)
            os.kill(pid, signal.SIGKILL)

    assassin = threading.Thread(target=kill, daemon=True)
    assassin.start()
    settings = LabelSettings(batch=4)
    records = list(
        label_on_cluster(jobs[:2], out, scheduler=cluster.scheduler_address, potential=SLOW, settings=settings)
    )
    assassin.join()
    assert len(killed) == 2
    here = lasting(label_many(jobs[:2], tmp_path / "here", potential=EMT, settings=settings))
    assert {r["name"] for r in records} == set(here)
    for record in records:
        assert record["status"] == "accepted"
        for row, expected in zip(record["C_GPa"], here[record["name"]]["C_GPa"], strict=True):
            assert row == pytest.approx(expected, abs=0.1)
        assert read_record(next(out.glob(f"{record['name']}@*.json"))) == record
    assert {path.suffix for path in out.iterdir()} == {".json", ".extxyz", ".lock"}


def test_a_worker_that_does_not_see_the_folder_ends_the_run(cluster, jobs, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("pathlib.Path.touch", lambda *_, **__: None)  # the token never reaches the workers
    with pytest.raises(LabelError, match="does not see the folder of records"):
        list(label_on_cluster(jobs[:1], tmp_path / "out", scheduler=cluster.scheduler_address, potential=EMT))


def test_a_potential_that_workers_cannot_load_ends_the_run(cluster, jobs, tmp_path) -> None:
    with pytest.raises(LabelError, match="no-such-potential"):
        list(
            label_on_cluster(
                jobs[:1], tmp_path / "out", scheduler=cluster.scheduler_address, potential="no-such-potential"
            )
        )


def test_a_scheduler_that_is_needed_is_asked_for(jobs, tmp_path) -> None:
    with pytest.raises(PerovexError, match="needs an address"):
        list(label_on_cluster(jobs, tmp_path / "out", scheduler=None, potential=EMT))
