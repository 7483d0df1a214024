"""Scores of held-out predictions with intervals over groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from perovex.learn import metrics

if TYPE_CHECKING:
    from numpy.typing import NDArray


def score_table(
    predictions: pd.DataFrame, classify: bool, n_resamples: int, random_state: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores with bootstrap intervals over groups, and differences of the model to every other one."""
    table = metrics.CLASSIFICATION if classify else metrics.REGRESSION
    pieces: dict[Any, pd.DataFrame] = {
        key: part.sort_values("row") for key, part in predictions.groupby(["model", "repeat"], sort=False)
    }
    names: list[str] = list(dict.fromkeys(name for name, _ in pieces))
    repeats = sorted({repeat for _, repeat in pieces})
    codes, group_names = pd.factorize(pieces[names[0], repeats[0]]["group"])
    n_groups = len(group_names)
    drawn_groups = metrics.bootstrap_counts(n_groups, n_resamples, random_state)
    counts = np.vstack([np.ones((1, n_groups)), drawn_groups])  # the first "resample" is the sample itself
    rows, differences = [], []
    for metric, function in table.items():
        drawn: dict[str, NDArray[Any]] = {}
        for name in names:
            values = [
                metrics.resampled(
                    function, part["truth"].to_numpy(float), part["prediction"].to_numpy(float), counts, codes
                )
                for part in (pieces[name, repeat] for repeat in repeats)
            ]
            drawn[name] = np.mean(values, axis=0)
            of_repeats = [resampled[0] for resampled in values]  # on the sample itself
            spread = float(np.std(of_repeats, ddof=1)) if len(of_repeats) > 1 else float("nan")
            lower, upper = metrics.bootstrap_interval(drawn[name][1:], n_groups)
            rows.append(
                {
                    "model": name,
                    "metric": metric,
                    "value": float(drawn[name][0]),
                    "lower": lower,
                    "upper": upper,
                    "n_groups": n_groups,
                    "sd_repeats": spread,
                }
            )
        sign = -1 if metric in metrics.LOWER_IS_BETTER else 1
        for name in names[1:]:
            gap = drawn["model"] - drawn[name]
            lower, upper = metrics.bootstrap_interval(gap[1:], n_groups)
            valid = gap[1:][np.isfinite(gap[1:])]
            differences.append(
                {
                    "baseline": name,
                    "metric": metric,
                    "difference": float(gap[0]),
                    "lower": lower,
                    "upper": upper,
                    "better": float(np.mean(sign * valid > 0)) if len(valid) else float("nan"),
                }
            )
    columns = ["baseline", "metric", "difference", "lower", "upper", "better"]
    return pd.DataFrame(rows), pd.DataFrame(differences, columns=columns)
