"""Time and memory of fit and predict as rows grow, against plain xgboost and scikit-learn.

Run ``python benchmarks/learn.py`` (small) or ``python benchmarks/learn.py --rows 1000 100000 1000000 --columns 20``.
All cases of one size take turns in one process on the same tables, so that whatever else the machine does meets
them alike; times are CPU seconds on one thread, the best of as many rounds as ``--seconds`` hold (at least
``--repeats``). ``/ xgboost`` divides by plain xgboost on the same table, ``/ inside`` by what was spent inside
xgboost in the same call: two ways to see the overhead of perovex. The cases: the regressor (``perovex``), the
regressor on a float32 table, plain ``xgboost`` on the same DataFrames, scikit-learn's histogram boosting, and with
``--layers`` the regressor with intervals together with the applicability domain. ``--memory`` measures peaks instead:
MiB above what the process held before the step, each case in a process of its own, because a second one would find
freed pages (Linux).
"""

import argparse
import gc
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

CASES = ("perovex", "perovex float32", "xgboost", "xgboost float32", "scikit-learn")
INSIDE = []
LAYERS = "perovex with intervals and domain"
CLEAR_PEAK = Path("/proc/self/clear_refs")


def make_table(rows, columns, dtype=np.float64):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, columns)).astype(dtype, copy=False)
    values[rng.integers(rows, size=rows * columns // 50), rng.integers(columns, size=rows * columns // 50)] = np.nan
    signal = np.nan_to_num(values[:, 0]) + 0.5 * np.tanh(np.nan_to_num(values[:, 1]))
    y = np.exp(2.3 + 0.2 * signal + 0.03 * rng.normal(size=rows))
    return pd.DataFrame(values, columns=[f"d{i}" for i in range(columns)]), pd.Series(y)


def make_model(case, trees):
    if case.startswith("perovex"):
        from perovex.learn import YoungModulusRegressor

        folds = 5 if case == LAYERS else 0
        return YoungModulusRegressor(algorithm_params={"n_estimators": trees}, interval_folds=folds)
    if case.startswith("xgboost"):
        import xgboost

        from perovex.learn.estimators.algorithms import XGBOOST_DEFAULTS

        return xgboost.XGBRegressor(**{**XGBOOST_DEFAULTS, "n_estimators": trees}, n_jobs=1, random_state=0)
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(max_iter=trees, max_leaf_nodes=8, learning_rate=0.05, early_stopping=False)


def status(field):
    """A memory field of this process in MiB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def timed(work):
    """Result, CPU seconds, and those of them spent inside xgboost."""
    gc.collect()
    INSIDE.clear()
    start = time.process_time()
    result = work()
    return result, time.process_time() - start, sum(INSIDE)


def peak(work):
    """Result and peak MiB above the start."""
    gc.collect()
    CLEAR_PEAK.write_text("5")
    before = status("VmRSS")
    return work(), status("VmHWM") - before


def watch_xgboost():
    """Note the CPU seconds of every fit and predict of xgboost in `INSIDE`."""
    import xgboost

    for step in ("fit", "predict"):
        plain = getattr(xgboost.XGBRegressor, step)

        def noted(*arguments, _plain=plain, **options):
            start = time.process_time()
            result = _plain(*arguments, **options)
            INSIDE.append(time.process_time() - start)
            return result

        setattr(xgboost.XGBRegressor, step, noted)


def target_of(case, y):
    """What a case is fitted on: perovex takes the logarithm itself."""
    return y if case.startswith("perovex") else np.log(y)


def run_case(case, X, y, trees, watch):
    """Results of `watch` (`timed` or `peak`) without the work's own result, by step."""
    model, *fit = watch(lambda: make_model(case, trees).fit(X, y))
    if case != LAYERS:
        return {"fit": fit, "predict": watch(lambda: model.predict(X))[1:]}
    from perovex.learn import ApplicabilityDomain

    found = {"fit": fit, "predict": watch(lambda: model.predict_interval(X, 0.9))[1:]}
    domain, *found["domain fit"] = watch(lambda: ApplicabilityDomain().fit(X))
    return found | {"domain check": watch(lambda: domain.check(X))[1:]}


def tables(cases, rows, columns):
    """Table and target of each case; cases of one precision share one table."""
    made = {kind: make_table(rows, columns, kind) for kind in (np.float64, np.float32)}
    chosen = {case: made[np.float32 if case.endswith("float32") else np.float64] for case in cases}
    return {case: (X, target_of(case, y)) for case, (X, y) in chosen.items()}


def times(cases, rows, options):
    """One row for each case: best CPU seconds of each step over rounds in which all cases take turns."""
    data = tables(cases, rows, options.columns)
    rounds, end = {case: [] for case in cases}, time.perf_counter() + options.seconds
    while len(rounds[cases[-1]]) < options.repeats or time.perf_counter() < end:
        for case in cases:
            rounds[case].append(run_case(case, *data[case], options.trees, timed))
    lines = []
    for case in cases:
        line = {"case": case, "rows": rows, "rounds": len(rounds[case])}
        for step in rounds[case][0]:
            seconds, inside = np.array([entry[step] for entry in rounds[case]]).T
            line[f"{step} s"] = seconds.min()
            if case.startswith("perovex") and inside.any():
                line[f"{step} / inside"] = float(np.median(seconds / inside))
        lines.append(line)
    return lines


def ratios(table):
    """Add what each step takes against plain xgboost on the same table."""
    for step in ("fit", "predict"):
        for kind in (" float32", ""):
            plain = table[table["case"] == f"xgboost{kind}"].set_index("rows")[f"{step} s"]
            same = table["case"].str.endswith("float32") == bool(kind)
            table.loc[same, f"{step} / xgboost"] = table[f"{step} s"] / table["rows"].map(plain)
    return table


def memory_apart(case, rows, options):
    """Peak MiB of each step, from a process of its own."""
    sizes = [f"--{name}={getattr(options, name)}" for name in ("columns", "trees")]
    command = [sys.executable, __file__, "--memory", "--case", case, "--rows", str(rows), *sizes]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def memory_here(case, rows, options):
    """Peak MiB of each step in this process."""
    X, y = tables([case], rows, options.columns)[case]
    steps = run_case(case, X, y, options.trees, peak)
    return {"case": case, "rows": rows} | {f"{step} MiB": above for step, (above,) in steps.items()}


def main():
    from threadpoolctl import threadpool_limits

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=5, help="least number of rounds")
    parser.add_argument("--seconds", type=float, default=20.0, help="go on for so long at each size")
    parser.add_argument("--layers", action="store_true", help="also intervals and domain")
    parser.add_argument("--memory", action="store_true", help="peak memory instead of time")
    parser.add_argument("--case", choices=(*CASES, LAYERS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    cases = (*CASES, LAYERS) if options.layers else CASES
    if options.memory and not options.case:
        table = [memory_apart(case, rows, options) for rows in options.rows for case in cases]
        print(pd.DataFrame(table).round(1).to_string(index=False))
        return
    with threadpool_limits(1, user_api="openmp"):
        watch_xgboost()
        warm = [options.case] if options.case else cases
        for case, (X, y) in tables(warm, 200, options.columns).items():
            run_case(case, X, y, 2, timed)  # imports and thread pools are not the subject
        if options.case:
            print(json.dumps(memory_here(options.case, options.rows[0], options)))
            return
        table = []
        for rows in options.rows:
            table += times(cases, rows, options)
            print(f"{rows} rows done", file=sys.stderr, flush=True)
    print(ratios(pd.DataFrame(table)).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
