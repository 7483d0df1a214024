"""Worker processes, or none."""

from joblib import delayed

from perovex._workers import workers


def test_one_worker_works_in_this_process_and_in_order():
    seen = []
    results = workers(1, return_as="generator")(delayed(seen.append)(k) for k in range(3))
    assert seen == []  # nothing runs before it is asked for
    next(results)
    assert seen == [0]
    list(results)
    assert seen == [0, 1, 2]
