"""Time SHAP values and interactions against shap's defaults, xgboost and, where installed, shapash.

Usage: python benchmarks/explain.py [--rows 60 600 6000] [--trees 100 300] [--columns 60] [--repeats 5]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
import shap
import xgboost

from perovex.explain import attribute, interactions

INTERACTION_CELLS = 600_000  # rows x columns^2 above which the references take minutes


def fastest(work, repeats):
    """Return the least wall time of some runs in milliseconds: the one other processes disturb least."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def shapash_compile(model, X):
    """Return shapash's compile step, or None where it is not installed."""
    try:
        from shapash import SmartExplainer
    except ImportError:
        return None
    return lambda: SmartExplainer(model=model).compile(x=X)


def value_times(model, X, repeats):
    """Time values: ours, shap with its explainer built, xgboost from the same DataFrame, shapash."""
    booster = model.get_booster()
    work = {
        "perovex": lambda: attribute(model, X),
        "shap": lambda: shap.TreeExplainer(model).shap_values(X),
        "xgboost": lambda: booster.predict(xgboost.DMatrix(X), pred_contribs=True),
    }
    compiled = shapash_compile(model, X)
    if compiled is not None:
        work["shapash"] = compiled
    return {name: fastest(run, repeats) for name, run in work.items()}


def interaction_times(model, X, repeats):
    """Time interaction values."""
    booster = model.get_booster()
    work = {
        "perovex": lambda: interactions(model, X),
        "shap": lambda: shap.TreeExplainer(model).shap_interaction_values(X),
        "xgboost": lambda: booster.predict(xgboost.DMatrix(X), pred_interactions=True),
    }
    return {name: fastest(run, repeats) for name, run in work.items()}


def main():
    """Print a table of times and the ratio of ours to the fastest other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[60, 600, 6000])
    parser.add_argument("--trees", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--columns", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    lines = []
    rng = np.random.default_rng(0)
    for rows in options.rows:
        X = pd.DataFrame(rng.normal(size=(rows, options.columns))).add_prefix("descriptor_")
        y = X.iloc[:, 0] + X.iloc[:, 1] * X.iloc[:, 2] + 0.3 * rng.normal(size=rows)
        for trees in options.trees:
            model = xgboost.XGBRegressor(n_estimators=trees, max_depth=3, learning_rate=0.05, n_jobs=1).fit(X, y)
            tasks = {"values": value_times}
            if rows * options.columns**2 <= INTERACTION_CELLS:
                tasks["interactions"] = interaction_times
            for task, measure in tasks.items():
                times = measure(model, X, options.repeats if task == "values" else 2)
                best = min(value for name, value in times.items() if name != "perovex")
                lines.append({"task": task, "rows": rows, "trees": trees, **times, "ratio": times["perovex"] / best})
    table = pd.DataFrame(lines)
    print(f"{options.columns} columns, trees of depth 3, milliseconds, least of {options.repeats} runs")
    print(table.to_string(index=False, float_format=lambda value: f"{value:.2f}"))
    print(f"largest ratio to the fastest other: {table['ratio'].max():.2f}")


if __name__ == "__main__":
    main()
