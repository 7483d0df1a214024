"""A screen on a Dask cluster of processes: the same bytes as here, also when a worker is killed."""

from __future__ import annotations

import os
import signal
import threading
import time

import pandas as pd
import pytest

from perovex._cluster import run_pieces
from perovex.descriptors import HOIPFeaturizer
from perovex.errors import PerovexError
from perovex.screening import Question, screen

distributed = pytest.importorskip("distributed")
SPACERS = [
    f"{'C' * length}{head}" for head in ("[NH3+]", "[NH2+]C", "c1ccccc1C[NH3+]", "OCC[NH3+]") for length in range(2, 12)
]


def _slow(number: int) -> tuple[int, int]:
    time.sleep(0.15)
    return number, os.getpid()


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, scheduler_port=0
    ) as made:
        yield made


def test_a_screen_on_a_cluster_gives_the_same_bytes(cluster, tmp_path) -> None:
    question = Question(halides=("Br", "I"))
    here = screen(SPACERS, question, chunk=8, parts=tmp_path / "here")
    there = screen(
        SPACERS, question, chunk=8, parts=tmp_path / "there", executor="dask", scheduler=cluster.scheduler_address
    )
    files = {path.name: path.read_bytes() for path in (tmp_path / "here").iterdir()}
    assert len(files) == 6
    assert {path.name: path.read_bytes() for path in (tmp_path / "there").iterdir()} == files
    assert there.hits.equals(here.hits)


def test_descriptors_from_a_cluster_are_those_made_here(cluster, two_crystals, tmp_path) -> None:
    (tmp_path / "bad.cif").write_text("data_x\n")
    files = [*two_crystals, tmp_path / "bad.cif", *two_crystals[::-1]]
    here = HOIPFeaturizer(["bridges", "cation"], on_error="row")
    there = HOIPFeaturizer(["bridges", "cation"], on_error="row", executor="dask", scheduler=cluster.scheduler_address)
    pd.testing.assert_frame_equal(there.fit_transform(files), here.fit_transform(files), check_exact=True)
    pd.testing.assert_frame_equal(there.errors_, here.errors_)
    assert len(there.errors_) == 1


def test_a_killed_worker_costs_time_and_nothing_else(cluster) -> None:
    killed: list[int] = []

    def kill() -> None:
        pid = next(iter(cluster.workers.values())).pid
        killed.append(pid)
        os.kill(pid, signal.SIGKILL)

    assassin = threading.Timer(0.6, kill)
    assassin.start()
    results = dict(run_pieces(_slow, ((i, i) for i in range(24)), executor="dask", scheduler=cluster.scheduler_address))
    assassin.join()
    assert killed
    assert sorted(results) == list(range(24))
    assert all(results[i][0] == i for i in results)


def test_pieces_are_taken_only_as_workers_can_take_them(cluster) -> None:
    taken: list[int] = []

    def pieces():
        for number in range(30):
            taken.append(number)
            yield number, number

    results = run_pieces(_slow, pieces(), executor="dask", scheduler=cluster.scheduler_address)
    next(results)
    assert len(taken) <= 8
    assert len(list(results)) == 29


def test_a_scheduler_that_cannot_be_reached_is_a_typed_error(monkeypatch) -> None:
    monkeypatch.setattr("perovex._cluster._PATIENCE", 1)
    with pytest.raises(PerovexError, match="no scheduler answers at"):
        list(run_pieces(abs, [(0, 1)], executor="dask", scheduler="tcp://127.0.0.1:1"))
    with pytest.raises(PerovexError, match="needs an address"):
        list(run_pieces(abs, [(0, 1)], executor="dask"))
    with pytest.raises(PerovexError, match="belongs to --executor dask"):
        list(run_pieces(abs, [(0, 1)], scheduler="tcp://127.0.0.1:1"))
    with pytest.raises(PerovexError, match="unknown executor"):
        list(run_pieces(abs, [(0, 1)], executor="spark"))
