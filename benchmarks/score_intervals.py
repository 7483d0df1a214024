"""How often do intervals of held-out scores hold when spacers are few?

Run ``python benchmarks/score_intervals.py``. Tables are drawn from a population in which crystals of a spacer share a
part of their modulus and of their error; the true score is that of 4000 spacers. Printed for each number of spacers:
the share of tables whose 95 % interval holds the true score, and the median width, for plain percentiles over
resampled spacers and for the expanded ones that `perovex.learn.evaluate` reports.
"""

import argparse

import numpy as np
import pandas as pd

from perovex.learn import metrics


def draw(rng, n_groups):
    """Truth and prediction of 2 to 10 crystals of each spacer."""
    codes = np.repeat(np.arange(n_groups), rng.integers(2, 11, n_groups))
    common = rng.normal(size=n_groups)[codes]
    bias = (rng.normal(size=n_groups) * np.exp(0.3 * rng.normal(size=n_groups)))[codes]
    own, noise = rng.normal(size=(2, len(codes)))
    truth = 12 + 1.4 * (common + own)
    return codes, truth, 12 + 0.6 * common + 0.7 * own + 1.2 * bias + 0.5 * noise


def scored(truth, guess):
    label, probability = (truth > 12).astype(float), 1 / (1 + np.exp(12 - guess))
    cases = [
        (table, pair)
        for table, pair in ((metrics.REGRESSION, (truth, guess)), (metrics.CLASSIFICATION, (label, probability)))
    ]
    return {name: (function, *pair) for table, pair in cases for name, function in table.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--groups", type=int, nargs="+", default=[6, 9, 16, 30])
    parser.add_argument("--tables", type=int, default=300)
    parser.add_argument("--resamples", type=int, default=400)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    codes, truth, guess = draw(rng, 4000)
    one = np.ones((1, len(codes)))
    true = {name: float(f(a, b, one)[0]) for name, (f, a, b) in scored(truth, guess).items()}
    rows = []
    for n_groups in options.groups:
        counts = metrics.bootstrap_counts(n_groups, options.resamples, 1)
        by_score = {}
        for _ in range(options.tables):
            codes, truth, guess = draw(rng, n_groups)
            for name, (f, a, b) in scored(truth, guess).items():
                values = metrics.resampled(f, a, b, counts, codes)
                plain = np.nanquantile(values, [0.025, 0.975])
                for kind, (low, high) in (("plain", plain), ("expanded", metrics.bootstrap_interval(values, n_groups))):
                    by_score.setdefault((name, kind), []).append((low <= true[name] <= high, high - low))
        for (name, kind), entries in by_score.items():
            hold, width = np.array(entries, dtype=float).T
            rows.append(
                {"spacers": n_groups, "score": name, "kind": kind, "holds": hold.mean(), "width": np.median(width)}
            )
    table = pd.DataFrame(rows).pivot_table(
        index=["spacers", "score"], columns="kind", values=["holds", "width"], sort=False
    )
    print(table.round(3).to_string())
    print(table.groupby("spacers").mean().round(3).to_string())


if __name__ == "__main__":
    main()
