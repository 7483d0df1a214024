"""Why a crystal is stiff, how sure that is, and whether it carries over.

Knows DataFrames and estimators only: descriptors and moduli arrive as columns, units as a mapping.
"""

from perovex.explain.attribution import Attribution, attribute, interactions
from perovex.explain.clusters import CorrelationGroups, correlation_groups
from perovex.explain.explanation import Explanation, explain
from perovex.explain.importance import drop_importance, permutation_importance
from perovex.explain.ranking import Ranking, rank, stability_index
from perovex.explain.shadows import NoiseFloor, noise_floor
from perovex.explain.skill import Skill, skill

__all__ = [
    "Attribution",
    "CorrelationGroups",
    "Explanation",
    "NoiseFloor",
    "Ranking",
    "Skill",
    "attribute",
    "correlation_groups",
    "drop_importance",
    "explain",
    "interactions",
    "noise_floor",
    "permutation_importance",
    "rank",
    "skill",
    "stability_index",
]
