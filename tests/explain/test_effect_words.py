"""Sentences about directions."""

import pytest

from perovex.explain.directions.words import EffectWords
from perovex.explain.names import Names

ROW = {
    "spearman": 0.8,
    "spearman_lower": 0.6,
    "spearman_upper": 0.9,
    "direction": "up",
    "step": 2.0,
    "slope_lower": 0.1,
    "slope_upper": 0.3,
    "change_per_step": 0.4,
    "threshold_r2": 0.2,
    "linear_r2": 0.8,
    "threshold": 5.0,
}


def words(scale="target", **changes):
    facts = {"names": Names({"a": "Å"}), "target": "E", "target_unit": "GPa", "scale": scale, "level": 0.9}
    return EffectWords(**(facts | changes))


@pytest.mark.parametrize(
    ("scale", "size"),
    [
        ("target", "+0.69 GPa"),
        ("ln(target)", "+1e+02 %"),
        ("probability", "+69 percentage points"),
        ("log-odds", "+0.69"),
    ],
)
def test_sizes_on_every_scale(scale, size):
    assert words(scale).size(0.6931471805599453) == size


def test_a_direction_comes_with_step_interval_and_sample():
    sentence = words().sentence("a", ROW, 40, 12)
    for part in ("2 Å", "+0.4 GPa", "+0.2 GPa to +0.6 GPa", "40 crystals", "12 groups", "90 %"):
        assert part in sentence
    assert "a step near 5 Å" in words().sentence("a", ROW | {"threshold_r2": 0.95}, 40, 12)


def test_why_there_is_no_direction():
    open_row = ROW | {"direction": "undecided"}
    assert "survives resampling" in words().sentence("a", open_row, 40, 12)
    assert "shuffled" in words().sentence("a", open_row | {"p_above_noise": 0.2}, 40, 12)
    assert "unseen groups" in words(skilled=False).sentence("a", open_row, 40, 12)
    assert "no measurable effect" in words().sentence("a", ROW | {"spearman": float("nan")}, 40, 12)
