"""Explanations, their skill, and two ways of leaving a descriptor out, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perovex.explain.names import name_of

if TYPE_CHECKING:
    from perovex.explain.attribution.explanation import Explanation
    from perovex.explain.attribution.perturbation import PerturbationComparison
    from perovex.explain.attribution.skill import Skill

_MOST_NAMED = 3


def skill_in_words(skill: Skill) -> str:
    """Say how well models predict held-out rows.

    Parameters
    ----------
    skill : Skill
    """
    verdict = "above" if skill.above_chance else "not distinguishable from"
    interval = f"{100 * skill.level:.0f} % interval {skill.lower:.2f} to {skill.upper:.2f}"
    return f"Held-out {skill.metric} {skill.value:.2f} ({interval}), {verdict} chance ({skill.chance:g})."


def perturbations_in_words(comparison: PerturbationComparison) -> str:
    """Say what differs between two ways of leaving a descriptor out, and how to read it.

    Parameters
    ----------
    comparison : PerturbationComparison
    """
    head = (
        "Path-dependent values average an absent descriptor over the training crystals that reach each node, "
        "interventional ones over the background as if descriptors were independent, if need be on combinations "
        f"that no crystal shows. The two rankings agree with Spearman {comparison.rank_agreement:.3f}"
    )
    moved = comparison.moved()
    if moved.empty:
        return f"{head}; no descriptor's share differs by more than {100 * comparison.NOTABLE:.0f} %."
    named = [f"{name_of(str(key))} {100 * change:+.0f} %" for key, change in moved.head(_MOST_NAMED).items()]
    return f"{head}; shares that differ most (interventional minus path-dependent): {', '.join(named)}."


def explanation_in_words(explanation: Explanation) -> str:
    """Say what was explained: how many crystals and models, of which kind, in which unit.

    Parameters
    ----------
    explanation : Explanation
    """
    task = "classifier" if explanation.problem.classifier else "regressor"
    return (
        f"{explanation.n_rows} crystals in {explanation.n_groups} groups, {task}, "
        f"{len(explanation.folds)} models, values in {explanation.unit}, held-out rows only."
    )


def more_rows(count: int) -> str:
    """Say how many rows of a table are not shown.

    Examples
    --------
    >>> more_rows(5)
    '5 more rows'
    """
    return f"{count} more rows"
