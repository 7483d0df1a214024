"""What is said of matched series."""

import numpy as np
import pandas as pd
import pytest

from perovex.explain.series.matched import MatchedSeries, matched_series
from perovex.explain.series.words import series_sentences


def _series(p, n_clusters, lower=0.5):
    step = {"from": 1.0, "to": 2.0, "column": "E", "n_pairs": 6, "n_clusters": n_clusters, "mean": 1.5}
    step |= {"lower": lower, "upper": 2.5, "p": p, "p_family": p}
    explained = pd.DataFrame({"within_step": [0.7, 0.2], "lower": [0.3, -0.2], "upper": [0.9, 0.5], "p_family": 0.01})
    explained.index = ["stei_max", "angle"]
    return MatchedSeries(
        pd.DataFrame(index=range(6)), pd.DataFrame([step]), pd.DataFrame(), explained, "E", 6, n_clusters
    )


@pytest.mark.parametrize(
    ("p", "n_clusters", "words"),
    [
        (0.01, 12, "0.01 over all steps)."),
        (0.2, 12, "which sign flips of whole clusters do not confirm"),
        (0.2, 3, "which 3 clusters are too few to confirm"),
    ],
)
def test_a_step_says_how_sure_it_is(p, n_clusters, words):
    assert words in series_sentences(_series(p, n_clusters))[0]


def test_a_missing_interval_is_said():
    assert "(too few clusters for an interval; 6 pairs" in series_sentences(_series(0.2, 3, np.nan))[0]


def test_only_descriptors_that_surely_go_along_are_named():
    named = series_sentences(_series(0.01, 12))[1]
    assert "(+0.70)" in named
    assert "(+0.20)" not in named


def test_too_few_pairs_are_the_only_sentence():
    table = pd.DataFrame({"spacer_smiles": ["A", "A"], "halide": "I", "n_layers": [1, 2], "E": [1.0, 2.0]})
    words = "No matched series: 1 pairs of the same spacer and halide, at least 3 are needed."
    assert matched_series(table, "E").sentences() == [words]
