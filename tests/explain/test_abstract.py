"""The abstract as it was meant: signs that turn over, total and direct effects, and what a plain model makes of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from perovex.explain import (
    association_matrix,
    association_sentences,
    associations,
    plain_model,
    plain_sentences,
)


@pytest.fixture(scope="module")
def simpson():
    """STEI stiffens among like crystals, by way of packing; the source with larger STEI is softer for other reasons."""
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(80), 3)
    soft = groups >= 40
    stei = rng.normal(size=80)[groups] + 3 * soft
    free = -(stei - 3 * soft) + 0.3 * rng.normal(size=240)
    angle = rng.normal(size=240)
    E = -2 * free - 9 * soft + 0.8 * angle + 0.5 * rng.normal(size=240)
    X = pd.DataFrame({"stei_max": stei, "bridge_angle_mean": angle, "free_volume_fraction": free})
    strata = pd.DataFrame({"source": np.where(soft, "hypothetical", "factorial")})
    return pd.Series(E), X, strata, groups


@pytest.fixture(scope="module")
def table(simpson):
    E, X, strata, groups = simpson
    return associations(E, X, strata, groups, mediators=["free_volume_fraction"], n_resamples=300)


def test_sentences_say_what_was_planted(table):
    stei, angle = association_sentences(table, "E_vrh")
    assert stei.startswith("STEI and E_vrh: pooled -")
    assert "given source +" in stei
    assert "The sign turns over" in stei
    assert "it acts through them, which makes it no less real" in stei
    assert "turns over" not in angle
    assert "in part direct" in angle


def test_no_sentence_tells_a_sign_whose_interval_holds_zero(simpson):
    E, X, strata, groups = simpson
    noise = X.assign(stei_max=np.random.default_rng(0).normal(size=80)[groups])
    text = association_sentences(associations(E, noise, strata, groups, descriptors=["stei_max"]), "E_vrh")[0]
    assert text.count("no sign can be told") == 2
    assert "stiffer" not in text
    assert "softer" not in text


def test_matrix_holds_every_view_of_every_descriptor(table):
    matrix = association_matrix(table)
    assert list(matrix.columns) == ["STEI", "M-X-M angle"]
    assert {"pooled", "source = factorial", "given source", "given source and free volume fraction"} <= set(
        matrix.index
    )
    estimate = table.query("descriptor == 'stei_max' and view == 'pooled'")["estimate"].iloc[0]
    assert matrix.loc["pooled", "STEI"].startswith(f"{estimate:+.2f} [")


def test_what_a_descriptor_counts_itself_is_not_held_equal(simpson):
    E, _, _, groups = simpson
    n = np.tile([1, 2, 3], 80)
    strata = pd.DataFrame({"n": n, "halide": np.where(groups % 2, "I", "Br")})
    X = pd.DataFrame({"inverse_n_layers": 1 / n, "angle": np.random.default_rng(1).normal(size=240)})
    found = associations(E + 5 * n, X, strata, groups).query("kind == 'partial'")
    assert found.loc[found["descriptor"] == "inverse_n_layers", "view"].tolist() == ["given halide"]
    assert found.loc[found["descriptor"] == "angle", "view"].tolist() == ["given n", "given n and halide"]


def test_a_plain_model_is_led_by_what_tells_sources_apart_and_not_within_them(simpson):
    E, X, strata, groups = simpson
    y = E + 2 * X["free_volume_fraction"]  # packing taken off: nothing of STEI is left within a source
    offered = X[["stei_max", "bridge_angle_mean"]]
    rows = plain_model(
        y, offered, groups, {"linear": LogisticRegression()}, parts=strata["source"], asked=["stei_max"]
    ).set_index("part")
    assert rows.loc["all", ["rank", "leader"]].tolist() == [1, "stei_max"]
    assert rows.loc["all", "sign"] < -0.9
    assert rows.loc[["factorial", "hypothetical"], "rank"].tolist() == [2, 2]
    words = plain_sentences(rows.reset_index())
    assert words[0].startswith("linear, over all crystals (240): ROC-AUC")
    assert "within factorial alone (120)" in words[1]


def test_a_plain_model_without_skill_says_so(simpson):
    _, X, _, groups = simpson
    y = pd.Series(np.random.default_rng(2).normal(size=240))
    rows = plain_model(y, X, groups, {"linear": LogisticRegression()}, asked=["stei_max"])
    assert "ranks mean nothing" in plain_sentences(rows)[0]
