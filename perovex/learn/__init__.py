"""Models of stiffness over descriptor tables: estimators, validation, uncertainty, domain, model files."""

from perovex.learn.calibration import ProbabilityCalibrator, choose_calibration, reliability_table
from perovex.learn.classifier import StiffnessClassifier
from perovex.learn.domain import ApplicabilityDomain
from perovex.learn.environment import environment, table_checksum
from perovex.learn.evaluation import Evaluation, evaluate, noise_floor
from perovex.learn.intervals import ConformalRegressor, coverage_table
from perovex.learn.metrics import score
from perovex.learn.regressor import YoungModulusRegressor
from perovex.learn.splits import clusters, folds_for
from perovex.learn.threshold import resolve_threshold, stiff_labels

__all__ = [
    "ApplicabilityDomain",
    "ConformalRegressor",
    "Evaluation",
    "ProbabilityCalibrator",
    "StiffnessClassifier",
    "YoungModulusRegressor",
    "choose_calibration",
    "clusters",
    "coverage_table",
    "environment",
    "evaluate",
    "folds_for",
    "noise_floor",
    "reliability_table",
    "resolve_threshold",
    "score",
    "stiff_labels",
    "table_checksum",
]
