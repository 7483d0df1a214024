"""Faults of method that were found once, on data where the right answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from perovex.explain import explain, matched_series, noise_floor, skill
from perovex.learn import YoungModulusRegressor, evaluate


def test_shadows_are_explained_in_the_space_of_the_explanation(planted, classifier):
    odds = explain(classifier, planted.X, planted.stiff, planted.groups, n_repeats=1)
    share = explain(
        classifier, planted.X, planted.stiff, planted.groups, n_repeats=1, space="probability",
        perturbation="interventional",
    )  # fmt: skip
    largest = [max(np.abs(v.sum(axis=1)).max() for v in noise_floor(e, n_shadow=4).values) for e in (odds, share)]
    assert largest[0] > 1  # log-odds of a clear case
    assert largest[1] <= 1  # no probability moves by more


def test_an_explanation_and_an_evaluation_of_the_same_models_have_one_r2(planted):
    model = YoungModulusRegressor("ridge", target="E_vrh", log_target=False)
    X, y, groups = planted.X, planted.y, planted.groups
    explained = skill(explain(model, X, y, groups, n_repeats=2, random_state=3))
    held_out = evaluate(model, X, y, groups, n_repeats=2, baselines=False, random_state=3)
    assert explained.value == pytest.approx(held_out.score("R2"), rel=1e-9)


def series(rng, related):
    """Twelve spacers at three n; what n does to a crystal depends on its spacer, and so it does to the descriptor."""
    spacers = np.repeat(np.arange(12), 3)
    n = np.tile([1, 2, 3], 12)
    own = rng.normal(size=12)[spacers]
    other = own if related else rng.normal(size=12)[spacers]
    return pd.DataFrame(
        {
            "spacer_smiles": [f"C{s}" for s in spacers],
            "halide": "I",
            "n_layers": n.astype(float),
            "E": 10 + (n - 1) * other + 0.01 * rng.normal(size=36),
            "angle": 150 + (n - 1) * own + 0.01 * rng.normal(size=36),
        }
    )


def test_pairs_of_one_spacer_are_one_piece_of_evidence():
    # three pairs a spacer repeat each other: exchanged one by one, chance would look significant far too often
    rng = np.random.default_rng(0)
    p = [
        matched_series(series(rng, related=False), "E", descriptors=["angle"]).explained_by["p"].iloc[0]
        for _ in range(60)
    ]
    assert np.mean(np.array(p) < 0.05) < 0.15
    assert matched_series(series(rng, related=True), "E", descriptors=["angle"]).explained_by["p"].iloc[0] < 0.01
