"""Time and memory of fit and predict as rows grow, against plain xgboost and scikit-learn.

Run ``python benchmarks/learn.py`` (small) or ``python benchmarks/learn.py --rows 1000 100000 1000000 --columns 20``.
Each measurement runs in a process of its own; times are CPU seconds on one thread, the best of ``--repeats``; memory
is the peak of the process above what it held before the step (Linux). ``fit / inside`` and ``predict / inside``
divide the whole by what was spent inside xgboost in the same call: the overhead of perovex, free of the noise
between processes. The cases: the regressor (``perovex``), the
regressor on a float32 table, plain ``xgboost`` on the same DataFrame, scikit-learn's histogram boosting, and with
``--layers`` the regressor with intervals together with the applicability domain.
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

        from perovex.learn._algorithms import XGBOOST_DEFAULTS

        return xgboost.XGBRegressor(**{**XGBOOST_DEFAULTS, "n_estimators": trees}, n_jobs=1, random_state=0)
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(max_iter=trees, max_leaf_nodes=8, learning_rate=0.05, early_stopping=False)


def status(field):
    """A memory field of this process in MiB."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def timed(work):
    """Result, CPU seconds, those of them spent inside xgboost, and peak MiB above the start."""
    gc.collect()
    CLEAR_PEAK.write_text("5")
    INSIDE.clear()
    before, start = status("VmRSS"), time.process_time()
    result = work()
    return result, time.process_time() - start, sum(INSIDE), status("VmHWM") - before


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


def measure(case, rows, columns, trees, repeats):
    from threadpoolctl import threadpool_limits

    X, y = make_table(rows, columns, np.float32 if case.endswith("float32") else np.float64)
    target = y if case.startswith("perovex") else np.log(y)
    watch_xgboost()
    make_model(case, 2).fit(X[:200], target[:200]).predict(X[:200])  # imports and thread pools are not the subject
    best = {}
    for _ in range(repeats):
        with threadpool_limits(1, user_api="openmp"):
            model, *fit = timed(lambda: make_model(case, trees).fit(X, target))
            _, *predict = timed(lambda: model.predict(X))  # noqa: B023 - called at once
            entry = {"fit": fit, "predict": predict}
            if case == LAYERS:
                from perovex.learn import ApplicabilityDomain

                _, *entry["predict"] = timed(lambda: model.predict_interval(X, 0.9))  # noqa: B023
                domain, *entry["domain fit"] = timed(lambda: ApplicabilityDomain().fit(X))
                _, *entry["domain check"] = timed(lambda: domain.check(X))  # noqa: B023
        for step, measured in entry.items():
            best.setdefault(step, []).append(measured)
    found = {"case": case, "rows": rows}
    for step, measured in best.items():
        seconds, inside, peak = np.array(measured).T
        found |= {f"{step} s": seconds.min(), f"{step} MiB": peak.max()}
        if case.startswith("perovex") and inside.any():
            found[f"{step} / inside"] = float(np.min(seconds / inside))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--layers", action="store_true", help="also intervals and domain")
    parser.add_argument("--case", choices=(*CASES, LAYERS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        found = measure(options.case, options.rows[0], options.columns, options.trees, options.repeats)
        print(json.dumps(found))
        return
    shared = [
        "--columns",
        str(options.columns),
        "--trees",
        str(options.trees),
        "--repeats",
        str(options.repeats),
    ]
    results = []
    for rows in options.rows:
        for case in (*CASES, LAYERS) if options.layers else CASES:
            command = [sys.executable, __file__, "--case", case, "--rows", str(rows), *shared]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            results.append(json.loads(done.stdout.splitlines()[-1]))
            print(json.dumps(results[-1]), file=sys.stderr, flush=True)
    table = pd.DataFrame(results)
    for step in ("fit", "predict"):
        for kind in (" float32", ""):
            plain = table[table["case"] == f"xgboost{kind}"].set_index("rows")[f"{step} s"]
            same = table["case"].str.endswith("float32") == bool(kind)
            table.loc[same, f"{step} / xgboost"] = table[f"{step} s"] / table["rows"].map(plain)
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
