"""Where models have shown no skill is said before their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from perovex._bundled import data_root
from perovex.learn import read_manifest
from perovex.learn.bundle.card import card_markdown
from perovex.learn.bundle.proven import experiment_scores, narrow_coverages, part_score
from perovex.learn.bundle.words import cautions, narrow, unproven

ROW = {"part": "source", "value": "experiment", "model": "model", "metric": "R2", "n_rows": 20, "n_groups": 12}


@pytest.mark.parametrize(
    ("score", "lower", "upper", "words"),
    [
        (-0.15, -0.6, 0.2, "for E_vrh: held-out R2 -0.15 [-0.60, 0.20] (20 crystals)"),
        (0.4, -0.1, 0.6, "R2 0.40 [-0.10, 0.60] (20 crystals)"),  # good, but it cannot be told from the mean
        (0.4, None, None, "R2 0.40 (20 crystals, too few for an interval)"),
        (0.4, 0.1, 0.6, ""),
    ],
)
def test_skill_is_shown_by_an_interval_above_zero(score, lower, upper, words):
    text = unproven({"E_vrh": {"by_part": [{**ROW, "score": score, "lower": lower, "upper": upper}]}})
    assert text.endswith(words)
    assert bool(text) == bool(words)


def test_where_skill_is_shown_is_said_beside_where_it_is_not():
    rows = {"E_vrh": {**ROW, "score": 0.4, "lower": 0.1, "upper": 0.6}}
    rows |= {"E_in_plane": {**ROW, "score": 0.1, "lower": -0.2, "upper": 0.4}}
    text = unproven({target: {"by_part": [row]} for target, row in rows.items()})
    assert text.index("no skill is shown for E_in_plane: held-out R2 0.10") < text.index("it is for E_vrh: 0.40")


@pytest.mark.parametrize(("upper", "said"), [(0.88, True), (0.9, False), (0.95, False)])
def test_intervals_are_too_narrow_where_even_the_upper_end_misses(upper, said):
    row = {**ROW, "metric": "coverage", "score": 0.8, "lower": 0.6, "upper": upper}
    entry = {"by_part": [row], "coverage": [{"nominal": 0.9}]}
    assert bool(narrow({"E_vrh": entry})) is said
    assert len(cautions({"metrics": {"E_vrh": entry}})) == said


def test_what_predictions_do_about_narrow_intervals_is_said_instead():
    widening = {name: {"factor": 1.52, "before": 0.74, "after": 0.91, "coverage": 0.9} for name in ("E_vrh", "E")}
    text = narrow({}, widening)
    assert "lengthened by 1.52 (E_vrh), 1.52 (E), for on crystals whose structure was measured" in text
    assert "90% ones held 74%, 74%" in text
    assert text.endswith("held out, they then hold 91%, 91%")


def test_targets_that_were_not_widened_are_still_named_as_too_narrow():
    row = {**ROW, "metric": "coverage", "score": 0.8, "lower": 0.6, "upper": 0.88}
    entry = {"by_part": [row], "coverage": [{"nominal": 0.9}]}
    widening = {"E_vrh": {"factor": 1.5, "before": 0.7, "after": 0.9, "coverage": 0.9}}
    text = narrow({"E_vrh": entry, "E_in_plane": entry}, widening)
    assert text.startswith("intervals are lengthened by 1.50 (E_vrh)")
    assert text.endswith("too narrow: they hold 80% [60%, 88%] for E_in_plane")


def test_nothing_is_said_of_what_nobody_scored():
    assert unproven({"E_vrh": {"scores": []}, "note": "text"}) == ""
    assert part_score({"by_part": [ROW]}, "source", "factorial design", "R2") is None


def test_the_card_says_it_among_the_limits():
    manifest = read_manifest(data_root() / "models" / "relaxed")
    bad = {"by_part": [{**ROW, "score": -0.2, "lower": -1.0, "upper": 0.3}]}
    manifest = manifest | {"metrics": {"E_vrh": manifest["metrics"]["E_vrh"] | bad}}
    assert "no skill is shown for E_vrh: held-out R2 -0.20" in card_markdown(manifest)


def test_scores_on_experiment_are_values():
    entry = {"by_part": [{**ROW, "score": 0.4, "lower": None, "upper": None}], "coverage": [{"nominal": 0.9}]}
    (score,) = experiment_scores({"E_vrh": entry, "note": "text"}, "R2")
    assert (score.target, score.value, score.n_rows) == ("E_vrh", 0.4, 20)
    assert np.isnan(score.lower)
    coverage = {**ROW, "metric": "coverage", "score": 0.8, "lower": 0.6, "upper": 0.88}
    asked, lacking = narrow_coverages({"E_vrh": {**entry, "by_part": [coverage]}}, ())
    assert (asked, [one.target for one in lacking]) == (0.9, ["E_vrh"])
    assert narrow_coverages({"E_vrh": {**entry, "by_part": [coverage]}}, {"E_vrh"})[1] == []
