"""Scores against closed forms."""

import numpy as np
import pandas as pd
import pytest

from perovex.learn.validation.score_table import score_table


@pytest.fixture(scope="module")
def predictions():
    rows = []
    truth = np.arange(24.0)
    for name, off in (("model", 1.0), ("mean", 3.0)):
        for repeat in (0, 1):
            guess = truth + off * np.where(np.arange(24) % 2, 1, -1) + repeat
            rows.append(
                pd.DataFrame(
                    {"model": name, "repeat": repeat, "row": range(24), "group": np.arange(24) // 2, "truth": truth}
                ).assign(prediction=guess)
            )
    return pd.concat(rows)


def test_values_are_means_over_repeats_and_differences_carry_a_sign(predictions):
    scores, differences = score_table(predictions, classify=False, n_resamples=50, random_state=0)
    mae = scores[scores["metric"] == "MAE"].set_index("model")
    assert mae.loc["model", "value"] == pytest.approx((1 + 1) / 2)  # errors of 0 and 2 in the second repeat
    assert mae.loc["mean", "value"] == pytest.approx(3.0)
    assert mae.loc["model", "n_groups"] == 12
    gap = differences.set_index(["baseline", "metric"]).loc[("mean", "MAE")]
    assert gap["difference"] == pytest.approx(-2.0)
    assert gap["better"] == 1.0
    assert gap["lower"] <= -2.0 <= gap["upper"]


def test_the_order_of_rows_does_not_matter(predictions):
    shuffled = predictions.sample(frac=1, random_state=1)
    shuffled = pd.concat([shuffled[shuffled["model"] == "model"], shuffled[shuffled["model"] == "mean"]])
    first, _ = score_table(predictions, classify=False, n_resamples=20, random_state=0)
    second, _ = score_table(shuffled, classify=False, n_resamples=20, random_state=0)
    pd.testing.assert_series_equal(first["value"], second["value"])
