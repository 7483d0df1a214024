"""A study that is killed: it goes on where it was, its workers end with it, and old files stay."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perovex.errors import ModelFileError, PerovexError
from perovex.study import run_study
from perovex.study.files import check_out
from perovex.study.kept import FOLDER, Kept
from perovex.study.workers import Done, Step, run_steps

CALLS = []


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def counted(value, *needed):
    CALLS.append(value)
    return value + sum(needed)


STEPS = [Step("one", counted, (1,)), Step("two", counted, (2,), ("one",)), Step("four", counted, (4,), ("one", "two"))]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_steps_run_in_the_order_of_their_needs(tmp_path, n_jobs):
    done = run_steps(STEPS, kept=Kept(None, "k"), n_jobs=n_jobs)
    assert {name: item.result for name, item in done.items()} == {"one": 1, "two": 3, "four": 8}


def test_progress_in_a_file_is_a_line_for_each_kind_of_step(capsys):
    steps = [Step(name, counted, (1,)) for name in ("fit: E_vrh", "fit: stiff", "explain: E_vrh")]
    run_steps(steps, kept=Kept(None, "k"), progress=True)
    told = capsys.readouterr().err
    assert told == "study: fit, 0 of 3 steps done\nstudy: explain, 2 of 3 steps done\n"


def test_finished_steps_are_not_done_again(tmp_path):
    CALLS.clear()
    run_steps(STEPS[:2], kept=Kept(tmp_path, "k" * 20))
    assert CALLS == [1, 2]
    run_steps(STEPS, kept=Kept(tmp_path, "k" * 20))
    assert CALLS == [1, 2, 4]
    run_steps(STEPS[:1], kept=Kept(tmp_path, "other data or options"))
    assert CALLS == [1, 2, 4, 1]
    assert len(list((tmp_path / FOLDER).iterdir())) == 1  # what belongs to the other study is gone


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a stranger's file was unpickled",))


def test_a_file_of_a_stranger_is_not_believed(tmp_path):
    kept = Kept(tmp_path, "k" * 20)
    kept.save("one", 1)
    assert kept.load("one") == 1
    path = kept._path("one")
    path.write_bytes(b"0" * 32 + pickle.dumps(Bomb()))
    assert kept.load("one") is None
    kept.save("one", 1)
    kept._path("two").write_bytes(path.read_bytes())  # signed, but for another step
    assert kept.load("two") is None


def test_the_secret_is_readable_by_its_owner_alone(tmp_path):
    Kept(tmp_path, "k" * 20).save("one", 1)
    (secret,) = (tmp_path / "cache").rglob("study.key")
    assert secret.stat().st_mode & 0o077 == 0


SCRIPT = """
import sys, time, pathlib, os
from perovex.study.workers import Step, run_steps
from perovex.study.kept import Kept
def work(folder):
    (pathlib.Path(folder) / str(os.getpid())).write_text("here")
    time.sleep(60)
if __name__ == "__main__":
    run_steps([Step(str(k), work, (sys.argv[1],)) for k in range(2)], kept=Kept(None, "k"), n_jobs=2)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_workers_a_parent_that_was_killed(tmp_path):
    script, pids = tmp_path / "script.py", tmp_path / "pids"
    script.write_text(SCRIPT)
    pids.mkdir()
    parent = subprocess.Popen(
        [sys.executable, str(script), str(pids)], env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    )
    deadline = time.monotonic() + 400  # imports are slow where many work
    while len(list(pids.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    workers = [int(path.name) for path in pids.iterdir()]
    assert len(workers) == 2
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 20
    while any(running(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not any(running(pid) for pid in workers)


def running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:  # a zombie has ended, though nobody asked yet
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def numbers():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(24, 2)), columns=["a", "b"])
    return table.assign(gap=table["a"])


def study(out, **options):
    settings = {"table": numbers(), "target": "gap", "task": "regression", "quick": True, "algorithm": "xgboost"}
    return run_study(out, **{**settings, **options}, n_jobs=1)


def test_an_interrupted_study_gives_the_same_results_and_cleans_up(tmp_path, monkeypatch):
    whole = study(tmp_path / "whole")
    from perovex.study import run

    steps = run.steps_of
    monkeypatch.setattr(run, "nearest_crystals", interrupted)
    with pytest.raises(KeyboardInterrupt):
        study(tmp_path / "killed")
    assert (tmp_path / "killed" / FOLDER).is_dir()
    assert not (tmp_path / "killed" / "results.json").exists()
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    from perovex.study import validating

    monkeypatch.setattr(validating, "evaluate", lambda *_, **__: pytest.fail("validated again"))
    resumed = study(tmp_path / "killed")
    assert json.dumps(resumed.to_dict()) == json.dumps(whole.to_dict())
    assert not (tmp_path / "killed" / FOLDER).exists()
    assert steps is run.steps_of


def interrupted(_tables):
    raise KeyboardInterrupt


def test_a_second_study_removes_its_own_old_files_and_nothing_else(tmp_path):
    out = tmp_path / "out"
    study(out)
    (out / "models" / "notes.txt").write_text("mine")
    (out / "figures" / "mine.svg").write_text("mine")
    (out / "tables" / "mine.csv").write_text("mine")
    old = {path.name for path in (out / "figures").glob("*_gap.svg")}
    assert old
    study(out, table=numbers().rename(columns={"gap": "other"}), target="other")
    assert (out / "models" / "notes.txt").read_text() == "mine"
    assert (out / "figures" / "mine.svg").read_text() == "mine"
    assert (out / "tables" / "mine.csv").read_text() == "mine"
    assert not list((out / "figures").glob("*_gap.svg"))
    assert list((out / "figures").glob("*_other.svg"))


def test_a_list_of_files_that_points_elsewhere_is_not_believed(tmp_path):
    out, precious = tmp_path / "out", tmp_path / "precious.txt"
    out.mkdir()
    precious.write_text("mine")
    (out / "files.json").write_text(json.dumps({"files": ["../precious.txt", str(precious)]}))
    study(out)
    assert precious.read_text() == "mine"


def test_folders_that_cannot_take_the_files_are_refused_at_once(tmp_path):
    (tmp_path / "a" / "report.html").mkdir(parents=True)
    with pytest.raises(PerovexError, match="a folder stands where a file belongs"):
        check_out(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "figures").write_text("")
    with pytest.raises(PerovexError, match="a file stands where a folder belongs"):
        check_out(tmp_path / "b")
    (tmp_path / "c" / "models").mkdir(parents=True)
    (tmp_path / "c" / "models" / "thesis.txt").write_text("mine")
    with pytest.raises(ModelFileError, match="something that is no model"):
        study(tmp_path / "c")
    assert isinstance(Done(1, 0.0, 0.0).result, int)


LARGE = """
import numpy as np
from perovex.study.workers import Step, run_steps
from perovex.study.kept import Kept
if __name__ == "__main__":
    steps = [Step(str(k), np.square, (np.ones(400_000),)) for k in range(2)]
    done = run_steps([*steps, Step("both", np.add, (), ("0", "1"))], kept=Kept(None, "k"), n_jobs=2)
    print(done["both"].result.sum())
"""


def test_large_arrays_leave_nothing_behind_that_anyone_is_told_of(tmp_path):
    script = tmp_path / "large.py"
    script.write_text(LARGE)
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=True)
    assert ran.stdout.split() == ["800000.0"]
    assert ran.stderr == ""
