"""Models of stiffness over descriptor tables: estimators, validation, uncertainty, domain, model files."""

from perovex.learn.ablation import ablation
from perovex.learn.bundle import ModelBundle
from perovex.learn.calibration import ProbabilityCalibrator, choose_calibration, reliability_plot, reliability_table
from perovex.learn.card import card_html, card_markdown
from perovex.learn.classifier import StiffnessClassifier
from perovex.learn.domain import ApplicabilityDomain, domain_errors
from perovex.learn.environment import environment, table_checksum
from perovex.learn.evaluation import Evaluation, evaluate, noise_floor
from perovex.learn.intervals import ConformalRegressor, coverage_table
from perovex.learn.learning_curve import LearningCurve, learning_curve
from perovex.learn.metrics import score
from perovex.learn.model_files import load_model, read_manifest, save_model
from perovex.learn.regressor import YoungModulusRegressor
from perovex.learn.scrambling import Scrambling, shuffle_target, y_scrambling
from perovex.learn.search import TunedModel, xgboost_space
from perovex.learn.selection import DescriptorSelector
from perovex.learn.splits import clusters, folds_for
from perovex.learn.threshold import resolve_threshold, stiff_labels

__all__ = [
    "ApplicabilityDomain",
    "ConformalRegressor",
    "DescriptorSelector",
    "Evaluation",
    "LearningCurve",
    "ModelBundle",
    "ProbabilityCalibrator",
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
    "evaluate",
    "folds_for",
    "learning_curve",
    "load_model",
    "noise_floor",
    "read_manifest",
    "reliability_plot",
    "reliability_table",
    "resolve_threshold",
    "save_model",
    "score",
    "shuffle_target",
    "stiff_labels",
    "table_checksum",
    "xgboost_space",
    "y_scrambling",
]
