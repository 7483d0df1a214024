"""Why a crystal is stiff, how sure that is, and whether it carries over.

Knows DataFrames and estimators only: descriptors and moduli arrive as columns, units as a mapping.
"""

from perovex.explain.attribution.attribute import Attribution, attribute
from perovex.explain.attribution.draws import Draw, draw_models
from perovex.explain.attribution.explanation import Explanation, FittedFold
from perovex.explain.attribution.held_out import explain
from perovex.explain.attribution.perturbation import PerturbationComparison, compare_perturbations
from perovex.explain.attribution.skill import Skill, skill
from perovex.explain.attribution.trees import interactions
from perovex.explain.claims.claims import Claim, Claims, load_claims
from perovex.explain.claims.collecting import collect
from perovex.explain.claims.evidence import Evidence
from perovex.explain.claims.plain_model import PLAIN_DESCRIPTORS, plain_model
from perovex.explain.claims.verdicts import Verdict, judge
from perovex.explain.claims.words import association_matrix, association_sentences, how_to_read, plain_sentences
from perovex.explain.correlation import confounding_table
from perovex.explain.directions.ale import accumulated_local_effects
from perovex.explain.directions.associations import associations, turned_over
from perovex.explain.directions.counterfactual import Counterfactual, counterfactual
from perovex.explain.directions.effects import Effects, effects
from perovex.explain.directions.groups import group_directions
from perovex.explain.importance.clusters import CorrelationGroups, correlation_groups
from perovex.explain.importance.factors import descriptors_of_factors, factor_importance
from perovex.explain.importance.loss import drop_importance, permutation_importance
from perovex.explain.importance.noise_floor import NoiseFloor, noise_floor
from perovex.explain.importance.ranking import Ranking, rank, stability_index
from perovex.explain.names import Names
from perovex.explain.series.matched import MatchedSeries, matched_series
from perovex.explain.series.variance import variance_decomposition
from perovex.explain.transfer.domain_shift import descriptor_shift, two_sample_test
from perovex.explain.transfer.experiment import transfer_test
from perovex.explain.transfer.result import TransferResult

__all__ = [
    "PLAIN_DESCRIPTORS",
    "Attribution",
    "Claim",
    "Claims",
    "CorrelationGroups",
    "Counterfactual",
    "Draw",
    "Effects",
    "Evidence",
    "Explanation",
    "FittedFold",
    "MatchedSeries",
    "Names",
    "NoiseFloor",
    "PerturbationComparison",
    "Ranking",
    "Skill",
    "TransferResult",
    "Verdict",
    "accumulated_local_effects",
    "association_matrix",
    "association_sentences",
    "associations",
    "attribute",
    "collect",
    "compare_perturbations",
    "confounding_table",
    "correlation_groups",
    "counterfactual",
    "descriptor_shift",
    "descriptors_of_factors",
    "draw_models",
    "drop_importance",
    "effects",
    "explain",
    "factor_importance",
    "group_directions",
    "how_to_read",
    "interactions",
    "judge",
    "load_claims",
    "matched_series",
    "noise_floor",
    "permutation_importance",
    "plain_model",
    "plain_sentences",
    "rank",
    "skill",
    "stability_index",
    "transfer_test",
    "turned_over",
    "two_sample_test",
    "variance_decomposition",
]
