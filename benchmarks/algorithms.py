"""Which algorithm and which settings predict the stiffness of crystals with new spacers?

Run ``python benchmarks/algorithms.py``. Every candidate is held out by spacer in the same folds of the bundled data;
``chosen inside`` picks among the candidates by inner folds of each training part, so that its score also pays for
the choice. Defaults may follow what is chosen inside, never the outer scores themselves.
"""

import argparse
import time

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from tqdm import tqdm

import perovex
from perovex.errors import ModelInputError
from perovex.learn import DescriptorSelector, StiffnessClassifier, YoungModulusRegressor, evaluate, metrics
from perovex.learn.held_out import fit_groups, held_out
from perovex.learn.splits import folds_for
from perovex.study.tables import TARGETS, build_tables

SETTINGS = {
    "xgboost": {},
    "xgboost every row": {"algorithm_params": {"subsample": 1.0}},
    "xgboost stumps": {"algorithm_params": {"max_depth": 1, "n_estimators": 300, "learning_rate": 0.05}},
    "xgboost shrunk": {
        "algorithm_params": {
            "n_estimators": 100,
            "max_depth": 2,
            "learning_rate": 0.05,
            "subsample": 1.0,
            "colsample_bytree": 0.3,
            "min_child_weight": 3.0,
            "reg_lambda": 10.0,
        }
    },
    "xgboost 10 by mrmr": {"selector": DescriptorSelector(n_select=10)},
    "xgboost one per correlation group": {"selector": DescriptorSelector("correlation")},
    "random forest": {"algorithm": "random_forest", "algorithm_params": {"n_estimators": 100}},
    "histogram boosting": {"algorithm": "hist_gradient_boosting"},
    "explainable boosting": {"algorithm": "ebm"},
    "Gaussian process": {"algorithm": "gaussian_process"},
    "Gaussian process 10 by mrmr": {"algorithm": "gaussian_process", "selector": DescriptorSelector(n_select=10)},
    "average": {"algorithm": "average"},
}
INNER_FOLDS = 4
SLOW = ("random forest", "explainable boosting")  # not among those chosen inside: minutes more


def candidates(task, without):
    """Models by name; those whose library is missing are left out."""
    classify = task == "stiff"
    kind = StiffnessClassifier if classify else YoungModulusRegressor
    models = {name: kind(**settings) for name, settings in SETTINGS.items()}
    if not classify:
        models["xgboost without logarithm"] = YoungModulusRegressor(log_target=False)
    try:
        import interpret  # noqa: F401
    except ImportError:
        print('explainable boosting is left out: pip install "interpret-core>=0.7.8"')
        del models["explainable boosting"]
    return {name: model for name, model in models.items() if name not in without}


class Chosen(BaseEstimator):
    """The candidate with the least RMSE or Brier score over inner folds of whole spacers, fitted on all rows."""

    threshold = "median"
    log_target = False
    picked = {}  # noqa: RUF012 - over all clones: what was picked, and how often

    def __init__(self, models=None, task="E_in_plane"):
        self.models = models
        self.task = task

    @property
    def target(self):
        return self.task

    def fit(self, X, y, groups=None):
        groups = groups.reset_index(drop=True)
        classify = self.task == "stiff"
        folds = folds_for("group", X, y, groups, classify=classify, n_splits=INNER_FOLDS)
        measure = metrics.brier if classify else metrics.rmse
        losses = {}
        for name, model in self.models.items():
            plain = clone(model).set_params(threshold=None) if classify else model
            parts = pd.concat([held_out(plain, X, y, groups, train, test) for train, test in folds])
            truth, guess = parts["truth"].to_numpy(), parts["prediction"].to_numpy()
            losses[name] = float(measure(truth, guess, np.ones((1, len(truth))))[0])
        name = min(losses, key=losses.get)
        counts = self.picked.setdefault(self.task, {})
        counts[name] = counts.get(name, 0) + 1
        plain = clone(self.models[name])
        self.model_ = fit_groups(plain.set_params(threshold=None) if classify else plain, X, y, groups)
        if classify:
            self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)


class ChosenRegressor(RegressorMixin, Chosen):
    pass


class ChosenClassifier(ClassifierMixin, Chosen):
    def predict_proba(self, X):
        return self.model_.predict_proba(X)


def compare(task, tables, repeats, nested, without):
    models = candidates(task, without)
    y = tables.values["E_in_plane" if task == "stiff" else task]
    others = {name: model for name, model in models.items() if name != "xgboost"}
    if nested:
        kind = ChosenClassifier if task == "stiff" else ChosenRegressor
        others["chosen inside"] = kind({k: v for k, v in models.items() if k not in SLOW}, task)
    start = time.process_time()
    result = evaluate(models["xgboost"], tables.X, y, tables.groups, baselines=others, n_repeats=repeats, progress=True)
    frame = result.to_frame()
    keep = ("ROC-AUC", "Brier") if task == "stiff" else ("MAE", "RMSE", "Spearman")
    rows = [
        {
            "task": task,
            "model": "xgboost" if name == "model" else name,
            **{m: "{:.3f} [{:.3f}, {:.3f}]".format(*row[m][["value", "lower", "upper"]]) for m in keep},
        }
        for name, row in frame.iterrows()
    ]
    print(pd.DataFrame(rows).to_string(index=False))
    print(f"picked inside: {Chosen.picked.get(task)}; {time.process_time() - start:.0f} CPU s", flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="folder of a data release; default: the bundled one")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--nested", action="store_true", help="also choose inside, by inner folds (minutes)")
    parser.add_argument("--tasks", nargs="+", default=["stiff", *TARGETS])
    parser.add_argument("--without", nargs="+", default=[], help="names of candidates to leave out")
    parser.add_argument("--out", help="write the table as CSV")
    options = parser.parse_args()
    tables = build_tables(perovex.load_elastic(options.data), progress=False)
    print(f"{len(tables.X)} crystals, {tables.groups.nunique()} spacers, {tables.X.shape[1]} descriptors")
    rows = []
    for task in tqdm(options.tasks, desc="tasks", disable=None):
        try:
            rows += compare(task, tables, options.repeats, options.nested, options.without)
        except ModelInputError as error:
            print(f"{task}: {error}")
    if options.out:
        pd.DataFrame(rows).to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
