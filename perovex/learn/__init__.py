"""Models of stiffness over descriptor tables: estimators, validation, uncertainty, domain, model files."""

from perovex.learn.bundle.bundle import ModelBundle
from perovex.learn.bundle.card import card_html, card_markdown
from perovex.learn.bundle.folder import load_model, read_manifest, save_model
from perovex.learn.estimators.classifier import StiffnessClassifier
from perovex.learn.estimators.process import ProcessRegressor
from perovex.learn.estimators.regressor import YoungModulusRegressor
from perovex.learn.estimators.selection import DescriptorSelector
from perovex.learn.estimators.small import ForwardSelection, formula, formula_text, small_model
from perovex.learn.metrics import score
from perovex.learn.provenance import environment, table_checksum
from perovex.learn.splits import clusters, folds_for
from perovex.learn.threshold import resolve_threshold, stiff_labels
from perovex.learn.uncertainty.calibration import (
    ProbabilityCalibrator,
    choose_calibration,
    expected_calibration_error,
    reliability_table,
)
from perovex.learn.uncertainty.domain import ApplicabilityDomain, domain_errors
from perovex.learn.uncertainty.intervals import ConformalRegressor, coverage_table
from perovex.learn.uncertainty.scatter import error_ranking, model_scatter
from perovex.learn.validation.ablation import ablation
from perovex.learn.validation.evaluation import evaluate, noise_floor
from perovex.learn.validation.learning_curve import LearningCurve, learning_curve
from perovex.learn.validation.result import Evaluation
from perovex.learn.validation.scrambling import Scrambling, shuffle_target, y_scrambling
from perovex.learn.validation.search import TunedModel, xgboost_space

__all__ = [
    "ApplicabilityDomain",
    "ConformalRegressor",
    "DescriptorSelector",
    "Evaluation",
    "ForwardSelection",
    "LearningCurve",
    "ModelBundle",
    "ProbabilityCalibrator",
    "ProcessRegressor",
    "Scrambling",
    "StiffnessClassifier",
    "TunedModel",
    "YoungModulusRegressor",
    "ablation",
    "card_html",
    "card_markdown",
    "choose_calibration",
    "clusters",
    "coverage_table",
    "domain_errors",
    "environment",
    "error_ranking",
    "evaluate",
    "expected_calibration_error",
    "folds_for",
    "formula",
    "formula_text",
    "learning_curve",
    "load_model",
    "model_scatter",
    "noise_floor",
    "read_manifest",
    "reliability_table",
    "resolve_threshold",
    "save_model",
    "score",
    "shuffle_target",
    "small_model",
    "stiff_labels",
    "table_checksum",
    "xgboost_space",
    "y_scrambling",
]
