"""Why a crystal is stiff, how sure that is, and whether it carries over.

Knows DataFrames and estimators only: descriptors and moduli arrive as columns, units as a mapping.
"""

from perovex.explain.ale import accumulated_local_effects
from perovex.explain.attribution import Attribution, attribute, interactions
from perovex.explain.claims import Claim, Claims, Verdict, judge, load_claims
from perovex.explain.clusters import CorrelationGroups, correlation_groups
from perovex.explain.counterfactual import Counterfactual, counterfactual
from perovex.explain.domain_shift import descriptor_shift, two_sample_test
from perovex.explain.effects import Effects, effects
from perovex.explain.evidence import Evidence, collect
from perovex.explain.explanation import Explanation
from perovex.explain.factors import descriptors_of_factors, factor_importance
from perovex.explain.importance import drop_importance, permutation_importance
from perovex.explain.perturbation import PerturbationComparison, compare_perturbations
from perovex.explain.pooling import explain
from perovex.explain.ranking import Ranking, rank, stability_index
from perovex.explain.series import MatchedSeries, matched_series
from perovex.explain.shadows import NoiseFloor, noise_floor
from perovex.explain.skill import Skill, skill
from perovex.explain.transfer import transfer_test
from perovex.explain.transfer_result import TransferResult
from perovex.explain.variance import confounding_table, variance_decomposition

__all__ = [
    "Attribution",
    "Claim",
    "Claims",
    "CorrelationGroups",
    "Counterfactual",
    "Effects",
    "Evidence",
    "Explanation",
    "MatchedSeries",
    "NoiseFloor",
    "PerturbationComparison",
    "Ranking",
    "Skill",
    "TransferResult",
    "Verdict",
    "accumulated_local_effects",
    "attribute",
    "collect",
    "compare_perturbations",
    "confounding_table",
    "correlation_groups",
    "counterfactual",
    "descriptor_shift",
    "descriptors_of_factors",
    "drop_importance",
    "effects",
    "explain",
    "factor_importance",
    "interactions",
    "judge",
    "load_claims",
    "matched_series",
    "noise_floor",
    "permutation_importance",
    "rank",
    "skill",
    "stability_index",
    "transfer_test",
    "two_sample_test",
    "variance_decomposition",
]
