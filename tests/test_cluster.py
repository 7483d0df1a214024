"""The same work here or on a cluster: results keep their numbers, and what cannot work is refused before."""

import pytest

from perovex._cluster import check_executor, connected, run_pieces
from perovex.errors import PerovexError
from perovex.study.kept import Kept
from perovex.study.workers import Step, run_steps


@pytest.mark.parametrize(
    ("executor", "scheduler", "words"),
    [
        ("spark", None, "unknown executor 'spark'"),
        ("local", "tcp://here:8786", "--scheduler belongs to --executor dask"),
        ("dask", None, "needs an address"),
        ("dask", "", "needs an address"),
    ],
)
def test_what_cannot_work_is_refused(executor, scheduler, words):
    with pytest.raises(PerovexError, match=words):
        check_executor(executor, scheduler)


def test_a_scheduler_that_does_not_answer_is_named():
    pytest.importorskip("distributed")
    with pytest.raises(PerovexError, match="no scheduler answers at nonsense"), connected("nonsense://"):
        pass


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_every_result_comes_with_the_number_of_its_piece(n_jobs):
    pieces = ((3 * number, -number) for number in range(20))
    assert sorted(run_pieces(abs, pieces, n_jobs=n_jobs)) == [(3 * number, number) for number in range(20)]


def test_pieces_are_taken_as_they_are_needed():
    taken = []

    def pieces():
        for number in range(50):
            taken.append(number)
            yield number, number

    results = run_pieces(abs, pieces())
    next(results)
    assert len(taken) < 10
    with pytest.raises(PerovexError, match="unknown executor"):
        next(run_pieces(abs, pieces(), executor="spark"))


def test_pieces_run_after_the_steps_of_a_study_in_the_same_process():
    run_steps([Step("one", abs, (-1,)), Step("two", abs, (-2,))], kept=Kept(None, "key"), n_jobs=2)
    assert sorted(run_pieces(abs, ((number, -number) for number in range(4)), n_jobs=2)) == [
        (number, number) for number in range(4)
    ]
