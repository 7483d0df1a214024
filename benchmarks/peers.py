"""Time and size of the reports of shapash, explainerdashboard, dalex and perovex on one table.

Every tool gets the same rows, and every peer the same boosted trees, fitted to three quarters of the spacers and
explained on the rest; perovex validates and explains on all of them, held out. The peers need a place of their own:

    python benchmarks/peers.py table table.csv                      # the bundled data, described; needs perovex
    python -m venv peers && peers/bin/pip install shapash explainerdashboard dalex xgboost
    peers/bin/python benchmarks/peers.py shapash table.csv OUT      # also explainerdashboard, dalex
    python benchmarks/peers.py perovex table.csv OUT

Each writes its pages into OUT and one line of numbers (CPU and wall seconds, megabytes) into OUT/NAME.json.
"""

import argparse
import json
import os
import resource
import time
from pathlib import Path

TARGET, GROUPS = "E_vrh", "spacer"


def write_table(path):
    """Write the descriptors, the spacer and the modulus of the layered crystals of the bundled data."""
    from perovex.datasets import load_elastic
    from perovex.study.tables import build_tables

    tables = build_tables(load_elastic())
    table = tables.X.assign(**{GROUPS: tables.groups, TARGET: tables.values[TARGET]})
    table.rename_axis("id").to_csv(path)


def read_parts(path):
    """Return a fitted model, and descriptors and moduli of the training and of the held-out spacers."""
    import numpy as np
    import pandas as pd
    import xgboost

    table = pd.read_csv(path, index_col=0)
    spacers = np.random.default_rng(0).permutation(table[GROUPS].unique())
    held_out = table[GROUPS].isin(spacers[: len(spacers) // 4])
    X, y = table.drop(columns=[GROUPS, TARGET]).fillna(0.0), table[TARGET]
    model = xgboost.XGBRegressor(
        n_estimators=100, max_depth=3, learning_rate=0.1, subsample=0.8, random_state=0, n_jobs=1
    )
    model.fit(X[~held_out], y[~held_out])
    return model, X[~held_out], y[~held_out], X[held_out], y[held_out]


def run_shapash(path, out):
    from shapash import SmartExplainer

    model, X_train, y_train, X, y = read_parts(path)
    explainer = SmartExplainer(model=model)
    explainer.compile(x=X, y_target=y, y_pred=y.to_frame().assign(**{TARGET: model.predict(X)}))
    explainer.generate_report(output_file=str(out / "shapash.html"), x_train=X_train, y_train=y_train, y_test=y)
    return [out / "shapash.html"]


def run_explainerdashboard(path, out):
    from explainerdashboard import ExplainerDashboard, RegressionExplainer

    model, _, _, X, y = read_parts(path)
    dashboard = ExplainerDashboard(RegressionExplainer(model, X, y), title="E_vrh")
    dashboard.save_html(str(out / "explainerdashboard.html"))
    return [out / "explainerdashboard.html"]


def run_dalex(path, out):
    import dalex

    model, _, _, X, y = read_parts(path)
    explainer = dalex.Explainer(model, X, y, verbose=False)
    row = X.iloc[[0]]
    parts = {
        "performance": explainer.model_performance(),
        "importance": explainer.model_parts(random_state=0),
        "profiles": explainer.model_profile(type="accumulated", variables=list(X.columns[:6]), verbose=False),
        "one_crystal": explainer.predict_parts(row, type="shap", random_state=0),
    }
    pages = [out / f"dalex_{name}.html" for name in parts]
    for page, part in zip(pages, parts.values(), strict=True):
        part.plot(show=False).write_html(page, include_plotlyjs="directory" if page != pages[0] else True)
    return pages


def run_perovex(path, out):
    from perovex import run_study

    run_study(out / "perovex", table=path, target=TARGET, groups=GROUPS, unit="GPa", task="regression", n_jobs=1)
    return [out / "perovex" / "report.html"]


RUNS = {
    "shapash": run_shapash,
    "explainerdashboard": run_explainerdashboard,
    "dalex": run_dalex,
    "perovex": run_perovex,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=["table", *RUNS])
    parser.add_argument("table", type=Path)
    parser.add_argument("out", type=Path, nargs="?", default=Path("peers"))
    options = parser.parse_args()
    if options.name == "table":
        write_table(options.table)
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    options.out.mkdir(parents=True, exist_ok=True)
    wall = time.perf_counter()
    pages = RUNS[options.name](options.table.absolute(), options.out)
    wall = time.perf_counter() - wall
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    numbers = {
        "cpu_s": round(sum(part.ru_utime + part.ru_stime for part in used), 1),
        "wall_s": round(wall, 1),
        "megabytes": round(sum(page.stat().st_size for page in pages) / 1e6, 2),
        "pages": [page.name for page in pages],
    }
    (options.out / f"{options.name}.json").write_text(json.dumps(numbers, indent=1) + "\n")
    print(options.name, numbers)


if __name__ == "__main__":
    main()
