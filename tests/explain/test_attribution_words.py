"""Skill, explanations and two ways of leaving a descriptor out, in words."""

from types import SimpleNamespace

import pandas as pd
import pytest

from perovex.explain.attribution.perturbation import PerturbationComparison
from perovex.explain.attribution.skill import Skill
from perovex.explain.attribution.words import explanation_in_words, perturbations_in_words, skill_in_words


@pytest.mark.parametrize(
    ("lower", "verdict"), [(0.1, "above chance (0)."), (-0.1, "not distinguishable from chance (0).")]
)
def test_skill_is_said_with_its_interval(lower, verdict):
    skill = Skill("R2", 0.5, lower, 0.7, chance=0.0, level=0.95, n_rows=20, n_groups=10)
    assert skill_in_words(skill) == f"Held-out R2 0.50 (95 % interval {lower:.2f} to 0.70), {verdict}"
    assert skill.sentence() == skill_in_words(skill)


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ([0.01, -0.01], "no descriptor's share differs by more than 2 %."),
        ([-0.3, 0.02], "shares that differ most (interventional minus path-dependent): one -30 %, two +2 %."),
    ],
)
def test_shares_that_moved_are_named(changes, end):
    table = pd.DataFrame({"difference": changes}, index=["one", "two"])
    found = PerturbationComparison(table, 0.912)
    said = perturbations_in_words(found)
    assert said.endswith(f"agree with Spearman 0.912; {end}")
    assert found.to_dict()["sentence"] == said


def test_an_explanation_says_on_what_it_stands():
    problem = SimpleNamespace(classifier=True)
    explanation = SimpleNamespace(n_rows=12, n_groups=4, problem=problem, folds=[0, 1], unit="log-odds")
    assert explanation_in_words(explanation) == (
        "12 crystals in 4 groups, classifier, 2 models, values in log-odds, held-out rows only."
    )
