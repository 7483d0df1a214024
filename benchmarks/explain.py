"""Time SHAP values and interactions against shap's defaults, xgboost and, where installed, shapash.

Processor time of this process, the least of several runs taken in turn, so that other work on the machine tells as
little as possible. Every peer starts from the same fitted model and the same DataFrame.

Usage: python benchmarks/explain.py [--rows 60 600 6000] [--trees 100 300] [--columns 60] [--repeats 7]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import time
import warnings

import numpy as np
import pandas as pd
import shap
import xgboost

from perovex.explain import attribute, interactions

INTERACTION_CELLS = 600_000  # rows x columns^2 above which the references take minutes
SLOW = 2.0  # seconds from which a peer is run twice only


def least_times(work, repeats):
    """Return the least processor time of each callable in milliseconds; the runs of all take turns."""
    times = {name: [] for name in work}
    for run in work.values():
        run()
    for _ in range(repeats):
        for name, run in work.items():
            if len(times[name]) >= 2 and min(times[name]) > SLOW:
                continue
            start = time.process_time()
            run()
            times[name].append(time.process_time() - start)
    return {name: 1e3 * min(seconds) for name, seconds in times.items()}


def shapash_compile(model, X):
    """Return shapash's compile step, or None where it is not installed."""
    try:
        from shapash import SmartExplainer
    except ImportError:
        return None

    def run():
        with contextlib.redirect_stdout(io.StringIO()):
            SmartExplainer(model=model).compile(x=X)

    return run


def value_tasks(model, X):
    """Values: ours, shap with its explainer built, xgboost from the same DataFrame, shapash."""
    booster = model.get_booster()
    work = {
        "perovex": lambda: attribute(model, X),
        "shap": lambda: shap.TreeExplainer(model).shap_values(X),
        "xgboost": lambda: booster.predict(xgboost.DMatrix(X), pred_contribs=True),
    }
    compiled = shapash_compile(model, X)
    return work if compiled is None else {**work, "shapash": compiled}


def interaction_tasks(model, X):
    """Interaction values; shapash calls shap for them."""
    booster = model.get_booster()
    return {
        "perovex": lambda: interactions(model, X),
        "shap": lambda: shap.TreeExplainer(model).shap_interaction_values(X),
        "xgboost": lambda: booster.predict(xgboost.DMatrix(X), pred_interactions=True),
    }


def measure(rows, trees, options, rng):
    """Return one line per task for a table of some size and a model of some trees."""
    X = pd.DataFrame(rng.normal(size=(rows, options.columns))).add_prefix("descriptor_")
    y = X.iloc[:, 0] + X.iloc[:, 1] * X.iloc[:, 2] + 0.3 * rng.normal(size=rows)
    model = xgboost.XGBRegressor(n_estimators=trees, max_depth=3, learning_rate=0.05, n_jobs=1).fit(X, y)
    tasks = {"values": value_tasks}
    if rows * options.columns**2 <= INTERACTION_CELLS:
        tasks["interactions"] = interaction_tasks
    for task, collect in tasks.items():
        times = least_times(collect(model, X), options.repeats)
        best = min(value for name, value in times.items() if name != "perovex")
        yield {"task": task, "rows": rows, "trees": trees, **times, "ratio": times["perovex"] / best}


def main():
    """Print a table of times and the ratio of ours to the fastest other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[60, 600, 6000])
    parser.add_argument("--trees", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--columns", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    rng = np.random.default_rng(0)
    lines = []
    for rows in options.rows:
        for trees in options.trees:
            lines += measure(rows, trees, options, rng)
    table = pd.DataFrame(lines)
    print(
        f"{options.columns} columns, trees of depth 3, milliseconds of processor time, least of {options.repeats} runs"
    )
    print(table.to_string(index=False, float_format=lambda value: f"{value:.2f}", na_rep="-"))
    if "shapash" not in table:
        print("left out: shapash is not installed")
    print(f"largest ratio to the fastest other: {table['ratio'].max():.2f}")


if __name__ == "__main__":
    main()
