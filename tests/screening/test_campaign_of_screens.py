"""Campaigns against random choice."""

import pandas as pd
import pytest

from perovex.screening.campaign import RANDOM, Campaign


def test_acquisitions_are_compared_seed_by_seed():
    rows = [
        (name, seed, labels, 2.0 + seed - (0.5 if name == "greedy" else 0.0), 0.1)
        for name in (RANDOM, "greedy")
        for seed in range(6)
        for labels in (20, 40)
    ]
    table = pd.DataFrame(rows, columns=["acquisition", "seed", "labels", "MAE", "best"])
    told = Campaign(table, "E_in_plane").against_random()
    assert told.loc[RANDOM, "MAE"] == pytest.approx(4.5)
    # the seeds differ by 5 GPa among themselves and the gain is the same on each: the interval has no width
    assert told.loc["greedy", ["MAE - random", "MAE lower", "MAE upper"]].tolist() == pytest.approx([-0.5] * 3)
    assert told.loc["greedy", "best - random"] == pytest.approx(0.0)
