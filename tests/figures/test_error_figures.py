"""Figures of errors and of the answer: what is drawn follows from made numbers."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from perovex.figures import (
    figure,
    plot_answer,
    plot_coverage,
    plot_interactions,
    plot_label_check,
    plot_parts,
    plot_residuals,
    plot_train_against_held_out,
    worst_crystals,
)


@pytest.fixture
def held():
    truth = [8.0, 12.0, 10.0, 9.0]
    return pd.DataFrame(
        {"truth": truth, "prediction": [9.0, 8.0, 10.5, 9.0], "lower": 8.5, "upper": 10.6}, index=list("abcd")
    )


@pytest.fixture
def ranking():
    """Two groups of descriptors: bonds with a second member, and free volume inside the noise."""
    groups = pd.DataFrame(
        {
            "share": [0.2, 0.1], "share_lower": [0.1, 0.05], "share_upper": [0.3, 0.2], "p_above_noise": [1.0, 0.2],
            "members": [("bond", "factor"), ("free",)],
        },
        index=["bond", "free"],
    )  # fmt: skip
    return SimpleNamespace(groups=groups)


def test_the_worst_come_first_and_say_whether_their_interval_holds(held):
    worst = worst_crystals(held, 2)
    assert list(worst.index) == ["b", "a"]
    assert worst["error"].tolist() == [-4.0, 1.0]
    assert worst["inside its interval"].tolist() == ["no", "no"]


def test_residuals_name_the_worst(held):
    ax = plot_residuals(held, pd.Series("I", index=held.index), n_named=2)
    assert {text.get_text() for text in ax.texts} == {"a", "b"}


def test_bars_go_the_way_of_the_effect_and_are_hollow_inside_the_noise(ranking):
    ax = plot_answer(ranking, pd.Series({"bond": "decreasing"}))
    widths = [bar.get_width() for bar in ax.patches]  # from below
    assert widths == pytest.approx([10.0, -20.0])
    hollow, filled = (bar.get_facecolor() for bar in ax.patches)
    assert hollow[:3] == (1.0, 1.0, 1.0)
    assert filled[:3] != (1.0, 1.0, 1.0)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["free", "bond and 1 alike"]


def test_parts_intervals_pairs_and_labels_are_named():
    scores = pd.DataFrame(
        {
            "part": ["n_layers", "halide", "halide"],
            "value": ["1", "I", "I"],
            "metric": ["MAE", "MAE", "R2"],
            "n_rows": 7,
        }
    ).assign(score=1.0, lower=0.5, upper=1.5)
    names = [tick.get_text() for tick in plot_parts(scores, "MAE", unit="GPa", overall=1.2).get_yticklabels()]
    assert names == ["I (7)", "n = 1 (7)"]
    coverage = pd.DataFrame({"part": ["all", "n_layers"], "value": ["all", 2.0], "count": [9, 4]})
    ax = plot_coverage(coverage.assign(coverage=0.9, lower=0.8, upper=1.0), 0.9)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["n = 2 (4)", "all (9)"]
    pairs = pd.DataFrame({"first": ["x"], "second": ["y"], "share": [0.02]})
    assert [bar.get_width() for bar in plot_interactions(pairs).patches] == pytest.approx([2.0])
    moduli = pd.DataFrame({f"{name}_{kind}": [10.0] for name in "KGE" for kind in ("label", "reference")})
    assert len(plot_label_check(moduli).collections) == 3


def test_training_importance_stands_above_the_line_where_noise_is_fitted():
    importance = pd.DataFrame({"importance": [1.0, 0.1], "train_importance": [1.0, 0.9]}, index=["signal", "luck"])
    _, ax = figure()
    assert plot_train_against_held_out(SimpleNamespace(importance=lambda: importance), n=1, ax=ax) is ax
    assert [text.get_text() for text in ax.texts] == ["luck"]
