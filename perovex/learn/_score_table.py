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
    weights = metrics.bootstrap_weights(pieces[names[0], repeats[0]]["group"], n_resamples, random_state)
    weights = np.vstack([np.ones((1, weights.shape[1])), weights])
    rows, differences = [], []
    for metric, function in table.items():
        drawn: dict[str, NDArray[Any]] = {}
        for name in names:
            values = [_resample(function, pieces[name, repeat], weights) for repeat in repeats]
            drawn[name] = np.mean(values, axis=0)
            spread = float(np.std([v[0] for v in values], ddof=1)) if len(values) > 1 else float("nan")
            low, high = _percentiles(drawn[name][1:])
            rows.append(
                {
                    "model": name,
                    "metric": metric,
                    "value": float(drawn[name][0]),
                    "low": low,
                    "high": high,
                    "sd_repeats": spread,
                }
            )
        sign = -1 if metric in metrics.LOWER_IS_BETTER else 1
        for name in names[1:]:
            gap = drawn["model"] - drawn[name]
            low, high = _percentiles(gap[1:])
            valid = gap[1:][np.isfinite(gap[1:])]
            differences.append(
                {
                    "baseline": name,
                    "metric": metric,
                    "difference": float(gap[0]),
                    "low": low,
                    "high": high,
                    "better": float(np.mean(sign * valid > 0)) if len(valid) else float("nan"),
                }
            )
    columns = ["baseline", "metric", "difference", "low", "high", "better"]
    return pd.DataFrame(rows), pd.DataFrame(differences, columns=columns)


def _resample(function: Any, part: pd.DataFrame, weights: NDArray[Any]) -> NDArray[np.float64]:
    return metrics.resampled(function, part["truth"].to_numpy(float), part["prediction"].to_numpy(float), weights)


def _percentiles(values: NDArray[Any]) -> tuple[float, float]:
    """95 % percentile interval over the resamples in which the score is defined."""
    valid = values[np.isfinite(values)]
    if len(valid) < max(10, len(values) // 2):
        return float("nan"), float("nan")
    low, high = np.quantile(valid, [0.025, 0.975])
    return float(low), float(high)
