"""Time and memory of fit and predict as rows grow, against plain xgboost and scikit-learn.

Run ``python benchmarks/learn.py`` (small) or ``python benchmarks/learn.py --rows 1000 100000 1000000``. Each
measurement runs in a process of its own, so that peak memory is its own; times are CPU seconds on one thread,
the best of ``--repeats``.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd

CASES = ("perovex", "xgboost", "scikit-learn")


def make_table(rows, columns):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(rows, columns))
    values[rng.random((rows, columns)) < 0.02] = np.nan
    signal = np.nan_to_num(values[:, 0]) + 0.5 * np.tanh(np.nan_to_num(values[:, 1]))
    y = np.exp(2.3 + 0.2 * signal + 0.03 * rng.normal(size=rows))
    return pd.DataFrame(values, columns=[f"d{i}" for i in range(columns)]), pd.Series(y)


def make_model(case, trees):
    if case == "perovex":
        from perovex.learn import YoungModulusRegressor

        return YoungModulusRegressor(algorithm_params={"n_estimators": trees})
    if case == "xgboost":
        import xgboost

        from perovex.learn._algorithms import XGBOOST_DEFAULTS

        return xgboost.XGBRegressor(**{**XGBOOST_DEFAULTS, "n_estimators": trees}, n_jobs=1, random_state=0)
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(max_iter=trees, max_leaf_nodes=8, learning_rate=0.05, early_stopping=False)


def measure(case, rows, columns, trees, repeats):
    X, y = make_table(rows, columns)
    target = y if case == "perovex" else np.log(y)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    fit, predict = [], []
    from threadpoolctl import threadpool_limits

    for _ in range(repeats):
        model = make_model(case, trees)
        with threadpool_limits(1, user_api="openmp"):
            start = time.process_time()
            model.fit(X, target)
            middle = time.process_time()
            model.predict(X)
            end = time.process_time()
        fit.append(middle - start)
        predict.append(end - middle)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "case": case,
        "rows": rows,
        "fit_s": min(fit),
        "predict_s": min(predict),
        "extra_MiB": peak - base,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--columns", type=int, default=50)
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
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
        for case in CASES:
            command = [sys.executable, __file__, "--case", case, "--rows", str(rows), *shared]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            results.append(json.loads(done.stdout.splitlines()[-1]))
    table = pd.DataFrame(results)
    plain = table[table["case"] == "xgboost"].set_index("rows")
    for step in ("fit", "predict"):
        table[f"{step}_vs_xgboost"] = table[f"{step}_s"] / table["rows"].map(plain[f"{step}_s"])
    print(table.round(4).to_string(index=False))


if __name__ == "__main__":
    main()
